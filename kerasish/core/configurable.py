"""Configs from constructor signatures, and objects from configs: one mechanism for all kinds of objects."""

from __future__ import annotations

import contextlib
import functools
import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, Self

import numpy as np

from kerasish.core import policies
from kerasish.core.budget import of_machine
from kerasish.core.errors import UnregisteredNameError as UnregisteredNameError
from kerasish.core.policies import DTypePolicy
from kerasish.core.registry import (
    CustomObjectScope,
    did_you_mean,
    find_function,
    find_public,
    get_registered_name,
    get_registered_object,
    is_registered,
    public_name,
    public_objects,
)


class Configurable:
    """Keeps each constructor argument under its own name; so `get_config` reads the signature."""

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them.

        Raises:
            TypeError: an argument was not kept under its own name, and no subclass overrides `get_config`.
        """
        names = argument_names(type(self))
        if overrides_config(type(self)):  # it calls this one by super(), and adds what it keeps elsewhere
            names = tuple(name for name in names if name in vars(self) or name in dir(type(self)))
        return {name: serialize(self._argument(name)) for name in names}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The object that `get_config` described."""
        return cls(**{name: revive(value) for name, value in config.items()})

    def written_as(self) -> tuple[str, str] | None:
        """Keras's `(module, class name)` for this object in files; None for a class of the user's."""
        return public_name(type(self))

    def get_build_config(self) -> dict[str, Any] | None:
        """What `build_from_config` needs to make the variables; None if there are none to make."""
        return None

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Make the variables, as `get_build_config` says."""

    def get_compile_config(self) -> dict[str, Any] | None:
        """What `compile_from_config` needs; None for what can't be compiled, or hasn't been."""
        return None

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Make the object ready for training, as `get_compile_config` says."""

    def _argument(self, name: str) -> Any:
        if name in vars(self) or name in dir(type(self)):
            return getattr(self, name)
        owner = type(self).__name__
        raise TypeError(
            f"{owner} takes `{name}` but does not keep it, so it cannot be saved.\n"
            f"Write `self.{name} = {name}` in __init__, or override get_config()."
        )


@functools.cache
def overrides_config(cls: type) -> bool:
    """Whether a class of the user's, not of the library, writes `get_config`."""
    owner = next(base for base in cls.__mro__ if "get_config" in vars(base))
    return not owner.__module__.startswith("kerasish.")


@functools.cache
def argument_names(cls: type) -> tuple[str, ...]:
    """The named arguments of the constructor; where it takes `**kwargs`, those of the base classes too."""
    own: dict[str, None] = {}
    for base in cls.__mro__:
        constructor = vars(base).get("__init__")
        if constructor is None or base is object:
            continue
        parameters = list(inspect.signature(constructor).parameters.values())[1:]
        own |= {p.name: None for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return tuple(own)


def serialize(x: Any) -> Any:
    """`x` as JSON can hold it: plain values as they are, functions as names, objects as configs.

    Raises:
        TypeError: `x` is of a kind that can't be written; the error says what to do.
    """
    if x is None or isinstance(x, bool | int | float | str):
        return x
    if isinstance(x, list | tuple):
        return type(x)(serialize(item) for item in x) if type(x) in (list, tuple) else [serialize(item) for item in x]
    if isinstance(x, dict):
        return {key: serialize(item) for key, item in x.items()}
    if isinstance(x, np.generic):
        return x.item()
    if isinstance(x, slice):
        parts = {"start": serialize(x.start), "stop": serialize(x.stop), "step": serialize(x.step)}
        return {"class_name": "__slice__", "config": parts}
    if x is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(x, np.ndarray):
        return {"class_name": "__numpy__", "config": {"value": x.tolist(), "dtype": x.dtype.name}}
    if isinstance(x, DTypePolicy):
        return policies.serialize(x)
    if isinstance(x, types.FunctionType | types.BuiltinFunctionType | functools.partial) or inspect.isclass(x):
        return _serialize_function(x)
    return serialize_object(x)


def _serialize_function(fn: Any) -> Any:
    name = public_name(fn)
    if name is not None:
        return name[1]
    own = get_registered_name(fn) if is_registered(fn) else getattr(fn, "__name__", None)  # a partial has no name
    if own is None or own == "<lambda>":
        raise TypeError(
            f"{fn!r:.200} has no name, so it can't be written to a config: files hold no code. Write it with `def` "
            "and decorate it with @kerasish.saving.register_keras_serializable()."
        )
    return {"module": "builtins", "class_name": "function", "config": own, "registered_name": "function"}


def serialize_object(x: Any) -> dict[str, Any]:
    """`x`, which has `get_config`, as `{module, class_name, config, registered_name}`, and how it is built."""
    cls = type(x)
    if not isinstance(x, Configurable) and "get_config" not in dir(cls):
        raise TypeError(
            f"{x!r:.200} of type {cls.__name__} can't be written to a config. Give its class a `get_config` method "
            "and register it with @kerasish.saving.register_keras_serializable()."
        )
    name = x.written_as() if isinstance(x, Configurable) else public_name(cls)
    module, class_name = name if name else (None if is_registered(cls) else cls.__module__, cls.__name__)
    written: dict[str, Any] = {
        "module": module,
        "class_name": class_name,
        "config": x.get_config(),
        "registered_name": None if name else get_registered_name(cls),
    }
    if isinstance(x, Configurable):
        for key, value in (("build_config", x.get_build_config()), ("compile_config", x.get_compile_config())):
            if value is not None:
                written[key] = value
        _note_sharing(x, written)
    return written


# Objects in several places -------------------------------------------------------------------------------------------
_written: ContextVar[dict[int, tuple[Any, dict[str, Any]]] | None] = ContextVar("kerasish_written", default=None)
_read: ContextVar[dict[Any, Any] | None] = ContextVar("kerasish_read", default=None)


@contextlib.contextmanager
def _fresh(table: ContextVar[Any]) -> Iterator[None]:
    token = table.set({})
    try:
        yield
    finally:
        table.reset(token)


def writing_shared() -> contextlib.AbstractContextManager[None]:
    """Inside it, objects that are written several times are numbered by `shared_object_id`, as Keras does."""
    return _fresh(_written)


def reading_shared() -> contextlib.AbstractContextManager[None]:
    """Inside it, configs with the same `shared_object_id` are one object."""
    return _fresh(_read)


def _note_sharing(x: Any, written: dict[str, Any]) -> None:
    known = _written.get()
    if known is None:
        return
    if id(x) in known:
        first = known[id(x)][1]
        first.setdefault("shared_object_id", list(known).index(id(x)) + 1)
        written["shared_object_id"] = first["shared_object_id"]
    else:
        known[id(x)] = x, written


def is_config(x: Any) -> bool:
    """Whether `x` looks like what `serialize` makes of an object."""
    return isinstance(x, dict) and "class_name" in x and "config" in x


def revive(x: Any) -> Any:
    """The opposite of `serialize`, except that names of functions stay strings: the constructor looks them up."""
    if is_config(x):
        return deserialize(x)
    if isinstance(x, list):
        return [revive(item) for item in x]
    if isinstance(x, dict):
        return {key: revive(item) for key, item in x.items()}
    return x


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The object that a config describes. Only registered names are looked up: nothing is imported.

    Raises:
        UnregisteredNameError: the config names something that is not registered.
        ValueError: it is not a config.
    """
    if custom_objects:
        with CustomObjectScope(custom_objects):
            return deserialize(config)
    if not is_config(config) or not isinstance(config["class_name"], str):
        raise ValueError(f"A config must be a dict with a 'class_name' and a 'config'; got {config!r:.200}.")
    class_name, inner = config["class_name"], config["config"]
    if class_name in _VALUES:
        try:
            return _VALUES[class_name](config)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"The config of a {class_name} is malformed: {config!r:.200}.") from error
    if class_name == "__lambda__":
        raise UnregisteredNameError(
            "A config holds the bytecode of a lambda. It is never run. Where the model was made, write the function "
            "with `def` and decorate it with @kerasish.saving.register_keras_serializable(); then save again."
        )
    if class_name == "function":
        return _find(config.get("module"), inner, config.get("registered_name"))
    cls = _find(config.get("module"), class_name, config.get("registered_name"))
    if not inspect.isclass(cls) or "from_config" not in dir(cls):
        raise UnregisteredNameError(f"{class_name!r} is named as a class in a config, but it is {cls!r}.")
    if not isinstance(inner, dict):
        raise ValueError(f"The 'config' of a {class_name} must be a dict; got {inner!r:.200}.")
    return _object(cls, config)


def _object(cls: Any, config: Mapping[str, Any]) -> Any:
    known, key = _read.get(), config.get("shared_object_id")
    shared = known.get(key) if known is not None and isinstance(key, int) else None
    if shared is not None:
        if type(shared) is not cls:
            raise ValueError(f"A config uses one object as a {type(shared).__name__} and as a {cls.__name__}.")
        return shared
    with of_machine():
        made = cls.from_config(dict(config["config"]))
        if known is not None and isinstance(key, int):
            known[key] = made
        if isinstance(made, Configurable):
            if config.get("build_config"):
                made.build_from_config(config["build_config"])
            if config.get("compile_config"):
                made.compile_from_config(config["compile_config"])
    return made


def _numpy_value(config: Mapping[str, Any]) -> np.ndarray:
    value, name = config["config"]["value"], config["config"]["dtype"]
    try:
        dtype = np.dtype(name)
    except TypeError as error:
        raise ValueError(f"A config holds an array of an unknown dtype, {name!r:.40}.") from error
    if dtype.kind not in "biufc" and dtype.name != "bfloat16":
        raise UnregisteredNameError(f"A config holds an array of dtype {name!r:.40}; arrays in files are numbers.")
    return np.array(value, dtype=dtype)


_VALUES: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "__numpy__": _numpy_value,
    "__tensor__": _numpy_value,
    "__tuple__": lambda config: tuple(revive(item) for item in config.get("items", config["config"])),
    "__slice__": lambda config: slice(*(revive(config["config"][key]) for key in ("start", "stop", "step"))),
    "__ellipsis__": lambda config: Ellipsis,
    "DTypePolicy": lambda config: DTypePolicy.from_config(config["config"]),
}
"""Values that are no objects of ours, by the name that Keras gives them in configs."""


def _find(module: Any, name: Any, registered_name: Any) -> Any:
    if not isinstance(name, str):
        raise UnregisteredNameError(f"A config names something by {name!r:.200}, which is no name.")
    for key in (registered_name, name):
        found = get_registered_object(key) if isinstance(key, str) else None
        if found is not None:
            return found
    known = registered_name in (None, "function", name)
    found = find_public(module, name) if known and isinstance(module, str) else None
    if found is None and known and module == "builtins":
        found = find_function(name)
    if found is None:
        raise UnregisteredNameError(
            f"A config names {registered_name if not known else name!r:.80} of the module {module!r:.80}, which is not "
            "registered. Nothing is imported because a file names it: decorate the class or function with "
            "@kerasish.saving.register_keras_serializable(), or give it in `custom_objects`."
        )
    return found


class Family:
    """The objects of one kind, such as activations, which a string, a config or an object may mean.

    Args:
        kind: What one of them is called in errors.
        module: Keras's module for them.
        make: Whether a name of a class means an instance of it.
    """

    def __init__(self, kind: str, module: str, make: bool = True) -> None:
        self.kind = kind
        self.module = module
        self.make = make

    def names(self) -> dict[str, Any]:
        """The published objects by name."""
        return {name: value for (_, name), value in public_objects(self.module).items()}

    def get(self, identifier: Any) -> Any:
        """What `identifier` means; None means None.

        Raises:
            ValueError: nothing has that name; the error says which name is like it.
        """
        if identifier is None:
            return None
        if isinstance(identifier, str):
            return self._made(self._named(identifier))
        if is_config(identifier):
            return deserialize(identifier)
        if inspect.isclass(identifier) or callable(identifier):
            return self._made(identifier)
        raise ValueError(
            f"{identifier!r} is not {_article(self.kind)}: give a name, an object, a function or a config."
        )

    def _made(self, x: Any) -> Any:
        return x() if self.make and inspect.isclass(x) else x

    def _named(self, name: str) -> Any:
        custom = get_registered_object(name)
        if custom is not None:
            return custom
        known = self.names()
        lowered = {key.lower().replace("_", ""): value for key, value in known.items()}
        found = known.get(name, lowered.get(name.lower().replace("_", "")))
        if found is None:
            raise ValueError(f"There is no {self.kind} named {name!r}.{did_you_mean(name, known)}")
        return found

    def serialize(self, x: Any) -> Any:
        """`x` as JSON can hold it."""
        return serialize(x)

    def deserialize(self, config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
        """The object that a config, or a name, describes."""
        with CustomObjectScope(custom_objects or {}):
            return self.get(config)


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


Function = Callable[..., Any]
