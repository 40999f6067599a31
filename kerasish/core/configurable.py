"""Configs from constructor signatures, and objects from configs: one mechanism for all kinds of objects."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from kerasish.core import policies
from kerasish.core.policies import DTypePolicy
from kerasish.core.registry import (
    CustomObjectScope,
    did_you_mean,
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
            TypeError: an argument was not kept under its own name.
        """
        return {name: serialize(self._argument(name)) for name in argument_names(type(self))}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The object that `get_config` described."""
        return cls(**{name: revive(value) for name, value in config.items()})

    def _argument(self, name: str) -> Any:
        if name in vars(self) or name in dir(type(self)):
            return getattr(self, name)
        owner = type(self).__name__
        raise TypeError(
            f"{owner} takes `{name}` but does not keep it, so it cannot be saved.\n"
            f"Write `self.{name} = {name}` in __init__, or override get_config()."
        )


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
    if is_registered(fn):
        key = get_registered_name(fn)
        return {"module": "builtins", "class_name": "function", "config": key, "registered_name": key}
    return {
        "module": "builtins",
        "class_name": "function",
        "config": getattr(fn, "__name__", type(fn).__name__),
        "registered_name": getattr(fn, "__name__", type(fn).__name__),
    }


def serialize_object(x: Any) -> dict[str, Any]:
    """`x`, which has `get_config`, as `{module, class_name, config, registered_name}`."""
    cls = type(x)
    if not isinstance(x, Configurable) and "get_config" not in dir(cls):
        raise TypeError(
            f"{x!r} of type {cls.__name__} can't be written to a config. Give its class a `get_config` method, and "
            "register it with @kerasish.saving.register_keras_serializable()."
        )
    name = public_name(cls)
    module, class_name = name if name else (cls.__module__, cls.__name__)
    return {
        "module": module,
        "class_name": class_name,
        "config": x.get_config(),
        "registered_name": None if name else get_registered_name(cls),
    }


def is_config(x: Any) -> bool:
    """Whether `x` looks like what `serialize` makes of an object."""
    return isinstance(x, dict) and "class_name" in x and "config" in x


def revive(x: Any) -> Any:
    """The opposite of `serialize`, except that names of functions stay strings: the constructor looks them up."""
    if is_config(x):
        return deserialize(x)
    if isinstance(x, list):
        return [revive(item) for item in x]
    return x


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The object that a config describes. Only registered names are looked up: nothing is imported.

    Raises:
        ValueError: the config names something that is not registered.
    """
    if custom_objects:
        with CustomObjectScope(custom_objects):
            return deserialize(config)
    class_name, inner = config["class_name"], config["config"]
    if class_name == "__numpy__":
        return np.array(inner["value"], dtype=inner["dtype"])
    if class_name == "__tuple__":
        return tuple(revive(item) for item in config.get("items", inner))
    if class_name == "DTypePolicy":
        return DTypePolicy.from_config(inner)
    if class_name == "function":
        return _find(config.get("module"), inner, config.get("registered_name"))
    cls = _find(config.get("module"), class_name, config.get("registered_name"))
    if not inspect.isclass(cls) or "from_config" not in dir(cls):
        raise ValueError(f"{class_name!r} is named as a class in a config, but it is {cls!r}.")
    return cls.from_config(dict(inner))


def _find(module: str | None, name: str, registered_name: str | None) -> Any:
    for key in (registered_name, name):
        found = get_registered_object(key) if isinstance(key, str) else None
        if found is not None:
            return found
    found = find_public(module, name) if isinstance(module, str) and isinstance(name, str) else None
    if found is None:
        raise ValueError(
            f"A config names {name!r} of the module {module!r}, which is not registered. Nothing is imported because "
            "a file names it: decorate the class or function with @kerasish.saving.register_keras_serializable(), or "
            "give it in `custom_objects`."
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
