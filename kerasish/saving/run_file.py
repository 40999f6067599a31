"""The file from which an interrupted training goes on: its arrays and its state, the last two of them."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from kerasish.saving.atomic import PathLike, Step, atomic_write, open_regular
from kerasish.saving.errors import CorruptModelError, ModelFileError
from kerasish.saving.run_version_1 import brought_up
from kerasish.saving.safetensors import read_arrays, verify_arrays, write_arrays
from kerasish.saving.strict_json import objects_in, read_json, write_json

NEWEST, BEFORE = "run.safetensors", "run.before.safetensors"
STATE = "state/"
"""With it begin the names of arrays that are part of the state; in the state stands `{"array": name}`."""
_STATE, _DIGEST, _VERSION = "kerasish_run", "kerasish_run_sha256", 2
_NOT_FINITE = ("nan", "inf", "-inf")
_TRIES = 100
_WHOLE = ("epoch", "batch", "trained")


class RunState(NamedTuple):
    """A training at one moment."""

    arrays: dict[str, np.ndarray]
    """The values of all variables, by name; then the arrays of the state."""
    state: dict[str, Any]
    """Everything else, as JSON."""

    def written(self) -> tuple[dict[str, np.ndarray], dict[str, str]]:
        """The arrays and the texts of the file."""
        text = write_json({"version": _VERSION} | self.state, "the state of the training")
        return self.arrays, {_STATE: text.decode(), _DIGEST: hashlib.sha256(text).hexdigest()}


def save_run(folder: PathLike, run: RunState) -> None:
    """Write the file; the one that was the newest is kept as the one before.

    At each moment one of the two is there, whole.

    Raises:
        OSError: with the path and the step that failed; the old files are there still.
    """
    newest, before = Path(folder, NEWEST), Path(folder, BEFORE)
    os.makedirs(folder, exist_ok=True)
    arrays, texts = run.written()
    waiting = Path(folder, "run.next.safetensors")
    atomic_write(
        waiting,
        lambda file: write_arrays(file, arrays, texts),
        lambda file: verify_arrays(file, str(waiting)),
        needs=sum(array.nbytes for array in arrays.values()),
    )
    with Step(newest, "putting the new file in its place"):
        if newest.exists():
            os.replace(newest, before)
        os.replace(waiting, newest)


def load_run(folder: PathLike) -> RunState | None:
    """What was saved last, and can be read; None if nothing was.

    Raises:
        CorruptModelError: there are files, and none of them is whole.
    """
    for attempt in range(_TRIES):
        try:
            return _load_newest(folder)
        except FileNotFoundError:  # another process has saved meanwhile, and the files have other names now
            if attempt == _TRIES - 1:
                raise
    return None


def _load_newest(folder: PathLike) -> RunState | None:
    # A kill between the two renames leaves the newest under the name it waits under.
    paths = [path for path in (Path(folder, "run.next.safetensors"), Path(folder, NEWEST)) if path.exists()]
    paths = [*sorted(paths, key=lambda p: p.stat().st_mtime_ns, reverse=True), Path(folder, BEFORE)]
    errors: list[Exception] = []
    for path in paths:
        if not path.exists():
            continue
        try:
            with open_regular(path) as file:
                found = parse_run(file, str(path))
        except ModelFileError as error:
            errors.append(error)
            continue
        for error in errors:
            warnings.warn(f"{error} The training goes on from the file before it, {path}.", stacklevel=4)
        return found
    if errors:
        raise CorruptModelError(
            f"No file in {os.fspath(folder)!r} can be read to go on from: {errors[0]} Delete the folder to begin anew."
        ) from errors[0]
    return None


def delete_run(folder: PathLike) -> None:
    """Remove the files of a training that is finished, and the folder if nothing else is in it."""
    for name in ("run.next.safetensors", NEWEST, BEFORE):
        Path(folder, name).unlink(missing_ok=True)
    if os.path.isdir(folder) and not os.listdir(folder):
        os.rmdir(folder)


def parse_run(file: BinaryIO, where: str) -> RunState:
    """What an open file holds.

    Raises:
        CorruptModelError: it is damaged, of another version, or its arrays and its state don't fit together.
        UnsafeModelError: tensors overlap, or it asks for an array of something else than numbers.
    """
    arrays, metadata = read_arrays(file, where)
    text = metadata.get(_STATE, "")
    if metadata.get(_DIGEST) != hashlib.sha256(text.encode()).hexdigest():
        raise CorruptModelError(f"{where}: the state of the training is not the one that was saved (SHA-256 differs).")
    state = read_json(text.encode(), where)
    version = state.pop("version", None)
    if version == 1:
        state = brought_up(state, arrays, STATE, where)
    elif version != _VERSION:
        raise CorruptModelError(
            f"{where} was written by another version of kerasish "
            f"(its format is {version!r}, this one reads 1 and {_VERSION})."
        )
    _check_values(state, arrays, where)
    if "facts" in state:
        _check_run(state, arrays, where)
    return RunState(arrays, state)


def _check_values(state: Any, arrays: Mapping[str, np.ndarray], where: str) -> None:
    """Raise if something stands for an array that is not there, or for a number that is none."""
    for item in objects_in(state):
        keys = set(item)
        if keys == {"array"} and (not isinstance(item["array"], str) or item["array"] not in arrays):
            raise CorruptModelError(f"{where}: the state of the training names the array {item['array']!r:.60}.")
        if keys == {"float"} and item["float"] not in _NOT_FINITE:
            raise CorruptModelError(f"{where}: {item['float']!r:.60} is none of {', '.join(_NOT_FINITE)}.")


def _check_run(state: Mapping[str, Any], arrays: Mapping[str, np.ndarray], where: str) -> None:
    """Raise if a run has not all that `fit` takes up, or if its arrays are not those it says it has."""
    for key in _WHOLE:
        if type(state.get(key)) is not int or state[key] < 0:
            raise CorruptModelError(f"{where}: {key!r} must be a whole number, at least 0; got {state.get(key)!r:.60}.")
    facts, callbacks, rate = state["facts"], state.get("callbacks"), state.get("learning_rate")
    shaped = isinstance(facts, dict) and isinstance(callbacks, dict) and type(state.get("stopped")) is bool
    rated = rate is None or type(rate) in (int, float) or (isinstance(rate, dict) and set(rate) == {"float"})
    if not shaped or not rated or not {"data", "learning_rate"} <= set(state):
        raise CorruptModelError(f"{where}: the state of the training lacks a part, or has one of another kind.")
    own = [array for name, array in arrays.items() if not name.startswith(STATE)]
    found = [[list(array.shape), array.dtype.name] for array in own]
    if facts.get("variables") != found:
        raise CorruptModelError(f"{where}: the arrays are not those of the variables that the state names.")


def is_finite(arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether no floating array has NaN or infinity in it."""
    return all(
        np.isfinite(a.astype(np.float32) if a.dtype.kind == "V" or a.dtype.itemsize == 1 else a).all()
        for a in arrays.values()
        if a.dtype.kind in "fcV"
    )
