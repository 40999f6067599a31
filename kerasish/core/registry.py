"""Names that a config or a string may use: a frozen table, filled by decorators and `publish`, and custom objects."""

from __future__ import annotations

import contextlib
import difflib
import inspect
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, TypeVar

from kerasish.core.operators import OPS

T = TypeVar("T")

_public: dict[tuple[str, str], Any] = {}
_public_names: dict[int, tuple[str, str]] = {}
_custom: dict[str, Any] = {}
_custom_names: dict[int, tuple[str, Any]] = {}
"""By `id`; with the object, so that no other can get its `id`."""
_scope: ContextVar[dict[str, Any] | None] = ContextVar("kerasish_custom_objects", default=None)


def publish(module: str, objects: Mapping[str, Any]) -> None:
    """Make `objects` known under Keras's `module`, such as `"keras.layers"`: a file may name them.

    An object published under several names is written under the first of them.
    """
    for name, value in objects.items():
        _public[module, name] = value
        _public_names.setdefault(id(value), (module, name))


def public_name(x: Any) -> tuple[str, str] | None:
    """`(module, name)` of a published object."""
    return _public_names.get(id(x))


def public_objects(module: str | None = None) -> dict[tuple[str, str], Any]:
    """What has been published, under `module` or anywhere."""
    return {key: value for key, value in _public.items() if module is None or key[0] == module}


def find_public(module: str, name: str) -> Any | None:
    """The published object of that module and name."""
    return _public.get((module, name))


def find_function(name: str) -> Any | None:
    """The published function of that name, whatever its module, or the op: Keras's files call it one of `builtins`.

    Keras 3.15.1 writes ops so, and doesn't find them when it reads.
    """
    found = [value for (_, known), value in _public.items() if known == name and inspect.isfunction(value)]
    return found[0] if found else OPS.get(name)


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[T], T]:
    """A decorator: files may name this class or function, as `package>name`.

    Example:
        >>> @register_keras_serializable("docs")
        ... def double(x):
        ...     return 2 * x
        >>> get_registered_name(double)
        'docs>double'
    """

    def register(x: T) -> T:
        if inspect.isclass(x) and not {"get_config", "from_config"} <= set(dir(x)):
            raise ValueError(f"{x.__name__} needs a get_config method to be registered as serializable.")
        key = f"{package}>{name or x.__name__}"  # pyright: ignore[reportAttributeAccessIssue]
        _custom[key] = x
        _custom_names[id(x)] = key, x
        return x

    return register


def get_registered_name(obj: Any) -> str:
    """The name under which `obj` was registered; its own name if it was not."""
    return _custom_names[id(obj)][0] if is_registered(obj) else str(obj.__name__)


def is_registered(obj: Any) -> bool:
    """Whether `obj` was registered by `register_keras_serializable`."""
    return id(obj) in _custom_names


def get_registered_object(
    name: str, custom_objects: Mapping[str, Any] | None = None, module_objects: Mapping[str, Any] | None = None
) -> Any | None:
    """What is registered as `name`: in `custom_objects`, the scope in force, the registry, or `module_objects`."""
    for table in (custom_objects, _scope.get(), _custom, module_objects):
        if table and name in table:
            return table[name]
    return None


def get_custom_objects() -> dict[str, Any]:
    """The table of custom objects, which may be changed."""
    return _custom


class CustomObjectScope(contextlib.AbstractContextManager[None]):
    """Inside it, names in configs may also mean these objects. It may be entered again, and inside itself.

    Example:
        >>> with CustomObjectScope({"double": lambda x: 2 * x}):
        ...     get_registered_object("double")(3)
        6
    """

    def __init__(self, custom_objects: Mapping[str, Any]) -> None:
        self.custom_objects = dict(custom_objects)
        self._tokens: list[Any] = []

    def __enter__(self) -> None:
        self._tokens.append(_scope.set({**(_scope.get() or {}), **self.custom_objects}))

    def __exit__(self, *exception: Any) -> None:
        _scope.reset(self._tokens.pop())


def did_you_mean(name: Any, names: Any) -> str:
    """` Did you mean 'x'?`, if there is a name like it; else the list of names."""
    known = sorted({str(n) for n in names})
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else f" Known are {', '.join(known)}."
