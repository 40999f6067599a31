"""Whole models to and from `.keras` files, in Keras's format, and to and from `.h5` files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, BinaryIO

from kerasish.core.budget import limited
from kerasish.core.configurable import serialize, writing_shared
from kerasish.core.unfilled import unfilled
from kerasish.layers.layer import Layer
from kerasish.saving.archive import Contents, read_archive, write_archive
from kerasish.saving.assets import collect_assets, load_assets
from kerasish.saving.atomic import PathLike, atomic_write, open_regular
from kerasish.saving.configs import refuse_code, revive_model
from kerasish.saving.errors import IncompatibleModelError
from kerasish.saving.folder import folder_at, open_folder, write_folder
from kerasish.saving.legacy_models import OLD, load_legacy_model, save_legacy_model
from kerasish.saving.orbax import checkpoint_in, load_orbax_model
from kerasish.saving.state import (
    bytes_of,
    check_built,
    check_target,
    largest_weights,
    load_state,
    verify_state,
    write_state,
)

_SLACK = 64 * 2**20
_PER_BYTE = 16  # of the weights in the file: Keras compresses none, but the state of training may be left out


def save_model(
    model: Layer, filepath: PathLike, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any
) -> None:
    """Save a model, with its weights and the state of training, to one `.keras` file, which Keras opens too.

    The file that was there before stays until the new one is on the disk, and verified. A `.h5` file, in the format of
    Keras 2, is written too; what it can't hold are layers that write their variables in their own way.

    Args:
        model: Built, so that it has weights.
        filepath: Ends in `.keras`, or in `.h5` or `.hdf5`; with `zipped=False` in none of them.
        overwrite: Whether a file that is there may be replaced; or a folder, if a model is in it.
        zipped: True or None: one file. False: a folder of that name, which holds what the file would.
        **kwargs: For `.h5` files `include_optimizer`: whether the state of training is in the file.

    Raises:
        ValueError: the model isn't built, the name ends otherwise, or the model holds code without a name.
        FileExistsError: there is a file, and `overwrite` is False.
        OSError: writing failed; the file that was there before is unchanged.
    """
    path = os.fspath(filepath)
    include_optimizer = kwargs.pop("include_optimizer", True) if path.endswith(OLD) else True
    if kwargs:
        raise TypeError(f"save_model got an argument that it doesn't know: {', '.join(map(repr, kwargs))}.")
    if path.endswith(".weights.h5"):
        raise ValueError(f"{path!r} is a name for weights only: use `model.save_weights`, or end the name in '.keras'.")
    if zipped is not None and not zipped:
        _save_folder(model, path, overwrite)
        return
    check_target(path, (".keras", *OLD), overwrite)
    if path.endswith(OLD):
        save_legacy_model(model, path, include_optimizer)
        return
    check_built(model)
    with writing_shared():
        config = serialize(model)
    assets = collect_assets(model)

    def write(file: BinaryIO) -> None:
        write_archive(
            file, config, lambda part: write_state(part, model, digests=False), f"model {model.name!r}", assets
        )

    atomic_write(path, write, lambda file: _verify(file, path), needs=bytes_of(model))


def _save_folder(model: Layer, path: str, overwrite: bool) -> None:
    if path.endswith((".keras", *OLD)):
        raise ValueError(f"With zipped=False a folder is written, whose name must not end like a file's; got {path!r}.")
    check_target(path, "", overwrite)
    check_built(model)
    with writing_shared():
        config = serialize(model)
    needs = bytes_of(model)
    write_folder(path, config, lambda file: write_state(file, model, digests=False), collect_assets(model), needs)


def _verify(file: BinaryIO, path: str) -> None:
    # The checksum has been taken from the file itself, a moment ago; the digests are those of the values in memory.
    contents = read_archive(file, path, compares_sum=False)
    verify_state(contents.weights, path, contents.manifest)


def load_model(
    filepath: PathLike,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Any:
    """The model in a `.keras` file of ours or of Keras's, or in an old `.h5` file, of Keras 2 too.

    A file can't run code: names in it mean what this package publishes, what was registered with
    `register_keras_serializable`, and `custom_objects`. Nothing is imported, and bytecode is never run.

    A symbolic link may lead to the file, and the file may have other names (hard links), also one that belongs to
    another user: what is opened is read to the end, but who can write to it can change it before the next time. Load
    from folders that only you can write to; `metadata.json` of our files tells damage, not forgery.

    Args:
        filepath: The file, or the folder that `zipped=False` or an `OrbaxCheckpoint` made.
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
    names = dict(custom_objects or {})
    checkpoint = checkpoint_in(path)
    if checkpoint is not None:
        return load_orbax_model(checkpoint, names, compile)
    if not path.endswith((".keras", *OLD)) and folder_at(path) is not None:
        with open_folder(path) as contents:
            return _load(contents, path, names, compile)
    with open_regular(path) as file:
        if path.endswith(OLD):
            return load_legacy_model(file, path, names, compile)
        return load_open_archive(file, path, names, compile)


def load_open_archive(file: BinaryIO, where: str, custom_objects: dict[str, Any], compiled: bool) -> Any:
    """The model in an open `.keras` file."""
    return _load(read_archive(file, where), where, custom_objects, compiled)


def _load(contents: Contents, where: str, custom_objects: dict[str, Any], compiled: bool) -> Any:
    with unfilled() as waiting:
        model = _model(contents, where, custom_objects, compiled)
    most = largest_weights(model)
    if contents.size > most:
        raise IncompatibleModelError(f"{where}: {contents.size} bytes of weights; this model's can have {most}.")
    load_assets(model, contents.assets, where)
    waiting.fill(load_state(model, contents.weights, where, manifest=contents.manifest, finish=contents.finish))
    return model


def _model(contents: Contents, path: str, custom_objects: dict[str, Any], compiled: bool) -> Any:
    config = contents.config
    refuse_code(config, path)
    if not compiled:
        config = {key: value for key, value in config.items() if key != "compile_config"}
    with limited(_SLACK + _PER_BYTE * contents.size):
        model = revive_model(config, path, custom_objects)
    if not model.built:
        raise IncompatibleModelError(
            f"{path}: the model {model.name!r} can't be built from its config: it says no input shape. Make the model, "
            "call it on some data, and use `model.load_weights(path)`."
        )
    return model
