"""Whole models to and from `.keras` files, in Keras's format."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from typing import Any, BinaryIO

from kerasish.core.budget import limited
from kerasish.core.configurable import (
    UnregisteredNameError,
    deserialize,
    is_config,
    reading_shared,
    serialize,
    writing_shared,
)
from kerasish.core.registry import CustomObjectScope
from kerasish.layers.layer import Layer
from kerasish.saving.archive import Contents, read_archive, write_archive
from kerasish.saving.atomic import PathLike, atomic_write, open_regular
from kerasish.saving.errors import CorruptModelError, IncompatibleModelError, ModelFileError, UnsafeModelError
from kerasish.saving.weights import (
    check_built,
    check_target,
    largest_weights,
    load_state,
    verify_weights,
    weights_bytes,
)

_SLACK = 64 * 2**20
_PER_BYTE = 16  # of the weights in the file: Keras compresses none, but the state of training may be left out


def save_model(
    model: Layer, filepath: PathLike, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any
) -> None:
    """Save a model, with its weights and the state of training, to one `.keras` file, which Keras opens too.

    The file that was there before stays until the new one is on the disk, and verified.

    Args:
        model: Built, so that it has weights.
        filepath: Ends in `.keras`.
        overwrite: Whether a file that is there may be replaced.
        zipped: True or None: one file. A folder, Keras's `zipped=False`, is not supported yet.

    Raises:
        ValueError: the model isn't built, the name ends otherwise, or the model holds code without a name.
        FileExistsError: there is a file, and `overwrite` is False.
        OSError: writing failed; the file that was there before is unchanged.
    """
    if kwargs:
        raise TypeError(f"save_model got an argument that it doesn't know: {', '.join(map(repr, kwargs))}.")
    if zipped is not None and not zipped:
        raise NotImplementedError("A model as a folder is not supported yet: leave out `zipped`.")
    path = os.fspath(filepath)
    if path.endswith((".h5", ".hdf5")):
        raise NotImplementedError(
            f"Files in the old HDF5 format are not written: end the name in '.keras'; got {path!r}."
        )
    path = check_target(path, ".keras", overwrite)
    check_built(model)
    with writing_shared():
        config = serialize(model)
    weights, digests = weights_bytes(model, digests=False)

    def write(file: BinaryIO) -> None:
        write_archive(file, config, weights, digests, f"model {model.name!r}")

    atomic_write(path, write, lambda file: _verify(file, path))


def _verify(file: BinaryIO, path: str) -> None:
    contents = read_archive(file, path)
    verify_weights(io.BytesIO(contents.weights), path, contents.manifest)


def load_model(
    filepath: PathLike,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Any:
    """The model in a `.keras` file of ours or of Keras's.

    A file can't run code: names in it mean what this package publishes, what was registered with
    `register_keras_serializable`, and `custom_objects`. Nothing is imported, and bytecode is never run.

    Args:
        filepath: The file.
        custom_objects: Classes and functions by the names that the file has for them.
        compile: Whether to make the model ready for further training, as it was.
        safe_mode: Accepted for Keras's sake; what it allows in Keras, running bytecode, is never done here.

    Raises:
        FileNotFoundError: there is no such file.
        UnsafeModelError: the file asks for something that no model file may ask for.
        CorruptModelError: the file is truncated or altered.
        IncompatibleModelError: the file is sound, but it can't be made a model here.
    """
    del safe_mode
    path = os.fspath(filepath)
    if path.endswith(".weights.h5"):
        raise ValueError(f"{path!r} holds weights only, no model: make the model, and call `model.load_weights(path)`.")
    with open_regular(path) as file:
        contents = read_archive(file, path)
    model = _model(contents, path, dict(custom_objects or {}), compile)
    most = largest_weights(model)
    if len(contents.weights) > most:
        raise IncompatibleModelError(f"{path}: {len(contents.weights)} bytes of weights; this model's can have {most}.")
    load_state(model, io.BytesIO(contents.weights), path, manifest=contents.manifest)
    return model


def _model(contents: Contents, path: str, custom_objects: dict[str, Any], compiled: bool) -> Any:
    config = contents.config
    refuse_code(config, path)
    if not compiled:
        config = {key: value for key, value in config.items() if key != "compile_config"}
    with limited(_SLACK + _PER_BYTE * len(contents.weights)):
        model = revive_model(config, path, custom_objects)
    if not model.built:
        raise IncompatibleModelError(
            f"{path}: the model {model.name!r} can't be built from its config: it says no input shape. Make the model, "
            "call it on some data, and use `model.load_weights(path)`."
        )
    return model


def revive_model(config: Any, where: str, custom_objects: Mapping[str, Any] | None) -> Any:
    """The model that a config describes; what is wrong with the config is told by one of three exceptions."""
    if not is_config(config):
        raise CorruptModelError(f"{where}: the config is not that of a model: it has no 'class_name' and 'config'.")
    try:
        with CustomObjectScope(custom_objects or {}), reading_shared():
            model = deserialize(config)
    except ModelFileError:
        raise
    except UnregisteredNameError as error:
        raise UnsafeModelError(f"{where}: {error!s:.500}") from error
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, MemoryError, OverflowError) as error:
        raise IncompatibleModelError(
            f"{where}: its config can't be made a model: {type(error).__name__}: {error!s:.400}"
        ) from error
    if not isinstance(model, Layer):
        raise CorruptModelError(f"{where}: the config describes a {type(model).__name__}, which is not a model.")
    return model


def refuse_code(config: Any, where: str) -> None:
    """Raise if there is bytecode anywhere in a config, in either of the forms that Keras gives it."""
    todo = [config]
    while todo:
        item = todo.pop()
        if isinstance(item, list):
            todo.extend(item)
        elif isinstance(item, dict):
            if item.get("class_name") == "__lambda__" or _is_bytecode(item):
                raise UnsafeModelError(
                    f"{where}: the config holds the bytecode of a lambda, which is never run. Where the model was made "
                    "write the function with `def`, and decorate it with "
                    "@kerasish.saving.register_keras_serializable(); then save it again."
                )
            todo.extend(item.values())


def _is_bytecode(item: dict[str, Any]) -> bool:
    value = item.get("value")
    return isinstance(value, list) and len(value) == 3 and isinstance(value[0], str) and "dtype" not in item
