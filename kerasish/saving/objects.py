"""Single objects to and from configs, under Keras's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasish.core.configurable import UnregisteredNameError, deserialize, is_config, revive, serialize
from kerasish.core.registry import CustomObjectScope
from kerasish.saving.configs import refuse_code
from kerasish.saving.errors import UnsafeModelError


def serialize_keras_object(obj: Any) -> Any:
    """`obj` as JSON can hold it: plain values as they are, objects as configs.

    Example:
        >>> serialize_keras_object({"shape": (1, None)})
        {'shape': (1, None)}
    """
    return serialize(obj)


def deserialize_keras_object(
    config: Any, custom_objects: Mapping[str, Any] | None = None, safe_mode: bool = True, **kwargs: Any
) -> Any:
    """The opposite of `serialize_keras_object`. Only registered names are looked up, and nothing is imported.

    Args:
        config: What `serialize_keras_object` returned.
        custom_objects: Further names.
        safe_mode: Accepted for Keras's sake: bytecode is never run.

    Raises:
        UnsafeModelError: the config names something that is not registered, or holds code.
        ValueError: it is not a config.
    """
    if kwargs:
        raise TypeError(
            f"deserialize_keras_object got an argument that it doesn't know: {', '.join(map(repr, kwargs))}."
        )
    del safe_mode
    refuse_code(config, "deserialize_keras_object")
    try:
        with CustomObjectScope(custom_objects or {}):
            return deserialize(config) if is_config(config) else revive(config)
    except UnregisteredNameError as error:
        raise UnsafeModelError(f"deserialize_keras_object: {error!s:.500}") from error


def revive_compile_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `compile` that `get_compile_config` described; names of functions stay names."""
    return {name: revive(value) for name, value in config.items() if name != "is_compiled"}
