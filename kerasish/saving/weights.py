"""Weights to and from files of each kind: `.weights.h5`, `.weights.json` with shards, `.safetensors`, old `.h5`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from kerasish.layers.layer import Layer
from kerasish.saving.archive import read_archive
from kerasish.saving.assets import taken_up
from kerasish.saving.atomic import PathLike, atomic_write, open_regular
from kerasish.saving.hdf5 import Reader
from kerasish.saving.legacy_h5 import is_legacy, plan_legacy
from kerasish.saving.orbax import checkpoint_in, load_orbax_weights
from kerasish.saving.safetensors import load_safetensors, save_safetensors
from kerasish.saving.shards import INDEX, load_shards, save_shards
from kerasish.saving.state import (
    bytes_of,
    check_built,
    check_loadable,
    check_target,
    largest_weights,
    load_from,
    load_state,
    verify_state,
    write_state,
)

SAFETENSORS = ".safetensors"
WEIGHTS = ".weights.h5"
OLD = (".h5", ".hdf5")
Rename = Mapping[str, str] | Callable[[str], str | None]


def save_weights(
    model: Layer,
    filepath: PathLike,
    overwrite: bool = True,
    max_shard_size: float | None = None,
    *,
    rename: Rename | None = None,
    **kwargs: Any,
) -> None:
    """Save the weights of a model, and the state of its optimizer.

    A `.weights.h5` file, or with `max_shard_size` a `.weights.json` file and its shards, is what Keras opens too. The
    states of seed generators are in it as well, where Keras doesn't look. A `.safetensors` file holds the weights
    alone, by their paths. The file that was there before stays until the new one is on the disk.

    Args:
        model: Built, so that it has weights.
        filepath: Ends in `.weights.h5`, `.weights.json` or `.safetensors`.
        overwrite: Whether a file that is there may be replaced.
        max_shard_size: The most that one file may have, in GB of 2^30 bytes; None: one file.
        rename: For `.safetensors`: what a weight is called in the file, by its path; a dict, or a function that
            returns None for weights that are left out.

    Raises:
        ValueError: the model isn't built, or the name ends otherwise.
        FileExistsError: there is a file, and `overwrite` is False.
        OSError: writing failed; the file that was there before is unchanged.
    """
    if kwargs:
        raise TypeError(f"save_weights got an argument that it doesn't know: {', '.join(map(repr, kwargs))}.")
    text = os.fspath(filepath)
    _check_rename(rename, text)
    if text.endswith(SAFETENSORS):
        if max_shard_size is not None:
            raise ValueError("`max_shard_size` is for `.weights.h5` files; a `.safetensors` file is one file.")
        check_built(model)
        save_safetensors(model, check_target(filepath, SAFETENSORS, overwrite), rename)
    elif max_shard_size is not None:
        path = check_target(filepath, (WEIGHTS, INDEX), overwrite)
        check_built(model)
        save_shards(model, path, max_shard_size)
    else:
        path = check_target(filepath, (WEIGHTS, SAFETENSORS), overwrite)
        check_built(model)
        atomic_write(
            path,
            lambda file: write_state(file, model, digests=True),
            lambda file: verify_state(file, path),
            needs=bytes_of(model),
        )


def load_weights(
    model: Layer,
    filepath: PathLike,
    skip_mismatch: bool = False,
    *,
    by_name: bool = False,
    rename: Rename | None = None,
    **kwargs: Any,
) -> None:
    """Load weights from a `.weights.h5`, `.weights.json`, `.keras`, `.safetensors` or old `.h5` file.

    If that fails, the model is as it was. The state of the optimizer is loaded if the file has it and it fits. A
    `.keras` file has vocabularies and the like too: layers get them.

    Args:
        model: Built, and of the same structure as the one that was saved.
        filepath: The file, of ours or of Keras's; of Keras 2 too. Or the folder of an `OrbaxCheckpoint`, whose last
            checkpoint is read.
        skip_mismatch: Whether to leave out layers whose weights are missing or have other shapes, and to say so in a
            warning, instead of refusing.
        by_name: For old `.h5` files: whether layers find their weights by their names, not by their order; layers
            that only one side has are left out.
        rename: For `.safetensors`: what a weight is called in the file, by its path in the model; a dict, or a
            function that returns None for weights that are not in the file.

    Raises:
        FileNotFoundError: there is no such file.
        IncompatibleModelError: the weights in the file don't fit the model; the error shows a table.
        CorruptModelError: the file is damaged.
        UnsafeModelError: the file asks for something that no file of weights may ask for.
    """
    if kwargs:
        raise TypeError(f"load_weights got an argument that it doesn't know: {', '.join(map(repr, kwargs))}.")
    path = os.fspath(filepath)
    if by_name and not (path.endswith(OLD) and not path.endswith(WEIGHTS)):
        raise ValueError(f"`by_name` is for old `.h5` files, whose layers have names; got {path!r}.")
    _check_rename(rename, path)
    checkpoint = checkpoint_in(path)
    if checkpoint is not None:
        load_orbax_weights(model, checkpoint, skip_mismatch)
        return
    if not path.endswith((WEIGHTS, INDEX, ".keras", SAFETENSORS, *OLD)):
        raise ValueError(
            "Weights are loaded from files that end in '.weights.h5', '.weights.json', '.keras', '.safetensors' or "
            f"'.h5'; got {path!r}."
        )
    if path.endswith(INDEX):
        load_shards(model, path, skip_mismatch)
        return
    with open_regular(path) as file:
        if path.endswith(".keras"):
            contents = read_archive(file, path, largest_weights(model))
            check_loadable(model)
            with taken_up(model, contents.assets, path, skip_mismatch):
                load_state(model, contents.weights, path, skip_mismatch, contents.manifest, contents.finish)
        elif path.endswith(SAFETENSORS):
            load_safetensors(model, file, path, skip_mismatch, rename)
        else:
            _load_hdf5(model, file, path, skip_mismatch, by_name)


def _load_hdf5(model: Any, file: BinaryIO, path: str, skip_mismatch: bool, by_name: bool) -> None:
    """What the file holds decides about its layout: Keras 2 gave files in the old one any name."""
    check_loadable(model)
    with Reader(file, path) as reader:
        if by_name or not path.endswith(WEIGHTS) or is_legacy(reader):
            plan = plan_legacy(model, model.layers, reader, skip_mismatch, by_name)
        else:
            plan = load_from(model, reader, skip_mismatch, None)
        plan.assign()


def _check_rename(rename: Rename | None, path: str) -> None:
    if rename is not None and not path.endswith(SAFETENSORS):
        raise ValueError(f"`rename` is for `.safetensors` files, whose weights have names; got {path!r}.")
