"""Configs of models from files: refused where they hold code, and made models under the rules for strangers' files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasish.core.configurable import UnregisteredNameError, deserialize, is_config, reading_shared
from kerasish.core.registry import CustomObjectScope
from kerasish.layers.layer import Layer
from kerasish.saving.errors import CorruptModelError, IncompatibleModelError, ModelFileError, UnsafeModelError
from kerasish.saving.strict_json import objects_in

_MISLEADING = {*map(chr, (*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)))}


def revive_model(config: Any, where: str, custom_objects: Mapping[str, Any] | None) -> Any:
    """The model that a config describes; what is wrong with the config is told by one of three exceptions."""
    if not is_config(config):
        raise CorruptModelError(f"{where}: the config is not that of a model: it has no 'class_name' and 'config'.")
    try:
        with CustomObjectScope(custom_objects or {}), reading_shared():
            model = deserialize(config)
    except UnregisteredNameError as error:
        raise UnsafeModelError(f"{where}: {error!s:.500}") from error
    except ModelFileError:
        raise
    except (TypeError, ValueError, LookupError, AttributeError, MemoryError, ArithmeticError, RuntimeError) as error:
        raise IncompatibleModelError(
            f"{where}: its config can't be made a model: {type(error).__name__}: {error!s:.400}"
        ) from error
    if not isinstance(model, Layer):
        raise CorruptModelError(f"{where}: the config describes a {type(model).__name__}, which is not a model.")
    return model


def refuse_code(config: Any, where: str) -> None:
    """Raise if there is bytecode anywhere in a config, in either of the forms that Keras gives it.

    Names that a terminal would show otherwise than they are, are refused too. Other names are harmless, whatever they
    are: no path of a file is made of them.
    """
    for item in objects_in(config):
        if item.get("class_name") == "__lambda__" or _is_bytecode(item):
            raise UnsafeModelError(
                f"{where}: the config holds the bytecode of a lambda, which is never run. Where the model was made "
                "write the function with `def`, and decorate it with "
                "@kerasish.saving.register_keras_serializable(); then save it again."
            )
        name = item.get("name")
        if isinstance(name, str) and not _MISLEADING.isdisjoint(name):
            raise UnsafeModelError(f"{where}: the name {name!a:.100} holds characters that control how text is shown.")


def _is_bytecode(item: dict[str, Any]) -> bool:
    """Whether there is `[code, defaults, closure]`, where Keras 3 and Keras 2 have it."""
    for key in ("value", "function", "mask", "output_shape"):
        found = item.get(key)
        if not isinstance(found, list) or len(found) != 3 or not isinstance(found[0], str) or "dtype" in item:
            continue
        if all(part is None or isinstance(part, list) for part in found[1:]):
            return True
    return False
