"""Weights in several files: an index, `name.weights.json`, and shards, `name_00000.weights.h5` and so on, as Keras's.

The index decides: it goes to its place when all shards are on the disk, and new shards never replace those of the index
that is there. So at each moment an index and its shards fit together.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from kerasish.layers.layer import Layer
from kerasish.saving.atomic import alone_in, atomic_write, is_running, open_regular, temporary_name
from kerasish.saving.errors import CorruptModelError, UnsafeModelError
from kerasish.saving.hdf5 import Reader, Stored
from kerasish.saving.hdf5_write import Group, write_groups
from kerasish.saving.state import Manifest, check_loadable, groups_of, held, load_from, verify_state
from kerasish.saving.strict_json import LARGEST, read_json, write_json

INDEX = ".weights.json"
_SHARD = ".weights.h5"
_OURS = "kerasish_sha256"
_GB = 2**30
_MOST_SHARDS = 500
_TRIES = 3


# Writing -------------------------------------------------------------------------------------------------------------
def save_shards(model: Layer, path: str, max_shard_size: float) -> None:
    """Write an index, and shards of at most `max_shard_size` GB of weights each.

    Args:
        model: Built.
        path: Of the index; or ends in `.weights.h5`, and then the index is beside it.
        max_shard_size: In GB of 2^30 bytes.
    """
    index = Path(os.path.realpath(path.removesuffix(_SHARD).removesuffix(INDEX) + INDEX))
    stem = index.name.removesuffix(INDEX)
    with held(model):
        shards = _distribute(list(groups_of(model)), max_shard_size * _GB)
    with alone_in(index.parent):
        _write_shards(index, stem, shards, model.name)


def _write_shards(index: Path, stem: str, shards: Sequence[Sequence[Group]], model: str) -> None:
    final = [_name(stem, number) for number in range(len(shards))]
    taken = any((index.parent / name).exists() for name in final)
    fresh = f"{stem}_{os.getpid():x}-{secrets.token_hex(4)}"
    names = [_name(fresh, number) for number in range(len(shards))] if taken else final
    digests: Manifest = {}

    def settle() -> None:
        # From here on the new shards count; Keras looks for them under their usual names only.
        if taken:
            for name, last in zip(names, final, strict=True):
                _give_second_name(index.parent / name, index.parent / last)
            _write_index(index, shards, final, digests, model)
        _remove_others(index.parent, stem, {*final}, {*names})

    try:
        for name, groups in zip(names, shards, strict=True):
            digests |= _write_shard(index.parent / name, groups)
        _write_index(index, shards, names, digests, model)
        settle()
    except BaseException:
        if taken and set(names) <= _listed(index):  # it came late, Ctrl-C as a rule: the new shards count already
            with contextlib.suppress(OSError):
                settle()
        for name in set(names) - _listed(index):
            (index.parent / name).unlink(missing_ok=True)
        raise


def _give_second_name(path: Path, name: Path) -> None:
    """Make `name` a name of the file `path` too, in one step; where there are no links, a copy."""
    between = name.with_name(temporary_name(name.name))
    try:
        try:
            os.link(path, between)
        except OSError:
            with open_regular(path) as source:
                atomic_write(name, lambda file: shutil.copyfileobj(source, file, 2**20))
            return
        os.replace(between, name)
    finally:
        between.unlink(missing_ok=True)  # to rename one name of a file to another does nothing


def _name(stem: str, number: int) -> str:
    return f"{stem}_{number:05d}{_SHARD}"


def _write_shard(path: Path, groups: Sequence[Group]) -> Manifest:
    digests: Manifest = {}

    def write(file: BinaryIO) -> None:
        digests.update(write_groups(file, groups, digests=True))

    atomic_write(path, write, lambda file: verify_state(file, os.fspath(path), digests), needs=_bytes([groups]))
    return digests


def _distribute(groups: Sequence[Group], most: float) -> list[list[Group]]:
    """The groups of each shard; a group that does not fit goes on in the next one."""
    shards: list[list[Group]] = [[]]
    used = 0
    for group in groups:
        part: dict[str, np.ndarray] = {}
        shards[-1].append(Group(group.path, group.attributes, part))
        for name, array in group.arrays.items():
            if array.nbytes > most:
                raise ValueError(
                    f"The weights {group.path}/{name} have {array.nbytes} bytes, more than a shard may have: "
                    f"max_shard_size={most / _GB:g} GB is {most:.0f} bytes. Give a larger `max_shard_size`."
                )
            if used + array.nbytes > most:
                part, used = {}, 0
                shards.append([Group(group.path, {}, part)])
            part[name] = array
            used += array.nbytes
    return shards


def _bytes(shards: Sequence[Sequence[Group]]) -> int:
    return sum(array.nbytes for groups in shards for group in groups for array in group.arrays.values())


def _write_index(
    path: Path, shards: Sequence[Sequence[Group]], names: Sequence[str], digests: Manifest, model: str
) -> None:
    places: dict[str, list[str]] = {}
    for shard, groups in zip(names, shards, strict=True):
        for group in groups:
            if group.arrays:
                places.setdefault(f"/{group.path}", []).append(shard)
    metadata = {"total_size": float(_bytes(shards)), _OURS: digests}
    content = write_json({"metadata": metadata, "weight_map": places}, f"model {model!r}")
    atomic_write(path, lambda file: file.write(content))


def _listed(index: Path) -> set[str]:
    """The shards of the index that is there: the new one's, if the error came after it."""
    with contextlib.suppress(OSError, ValueError), open_regular(index) as file:
        return set(_read_index(file, os.fspath(index))[0])
    return set()


def _remove_others(folder: Path, stem: str, kept: set[str], own: set[str]) -> None:
    """Remove the shards that the index doesn't name: of the one before, and what killed processes have left."""
    shard = re.compile(re.escape(stem) + r"_(?:([0-9a-f]+)-[0-9a-f]{8}_)?\d{5}" + re.escape(_SHARD))
    part = re.compile(r"\." + re.escape(stem) + r"_.*" + re.escape(_SHARD) + r"\.(\d+)\.[0-9a-f]{16}\.tmp")
    for entry in os.scandir(folder):
        found = shard.fullmatch(entry.name)
        busy = found is not None and found[1] is not None and is_running(int(found[1], 16))
        half = part.fullmatch(entry.name)
        left = half is not None and not is_running(int(half[1]))
        if left or (found is not None and entry.name not in kept and (entry.name in own or not busy)):
            Path(entry.path).unlink(missing_ok=True)


# Reading -------------------------------------------------------------------------------------------------------------
def load_shards(model: Layer, path: str, skip_mismatch: bool) -> None:
    """Assign the weights in an index and its shards: all of them, or after an error none."""
    check_loadable(model)
    plan = None
    for attempt in range(_TRIES):
        with open_regular(path) as file:
            before = os.fstat(file.fileno())
            files, manifest = _read_index(file, path)
        try:
            with contextlib.ExitStack() as stack:
                plan = load_from(model, Shards(path, files, stack), skip_mismatch, manifest)
            break
        except (FileNotFoundError, CorruptModelError) as error:
            # Another process may have saved in between: then there is another index now.
            after = os.stat(path)
            if attempt < _TRIES - 1 and (after.st_ino, after.st_mtime_ns) != (before.st_ino, before.st_mtime_ns):
                continue
            if isinstance(error, FileNotFoundError):
                raise CorruptModelError(f"{path} names the shard {error.filename!r:.200}, which is missing.") from error
            raise
    assert plan is not None
    plan.assign()


def _read_index(file: BinaryIO, path: str) -> tuple[dict[str, set[str]], Manifest | None]:
    return parse_index(file.read(LARGEST + 1), path)


def parse_index(data: bytes, path: str) -> tuple[dict[str, set[str]], Manifest | None]:
    """The groups of each shard, and the digests of the datasets if the index has them."""
    index = read_json(data, path)
    places, metadata = index.get("weight_map"), index.get("metadata")
    if not isinstance(places, dict) or not isinstance(metadata, dict | None):
        raise CorruptModelError(f"{path} is not an index of weights: it has no 'weight_map'.")
    files: dict[str, set[str]] = {}
    for group, names in places.items():
        names = [names] if isinstance(names, str) else names
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise CorruptModelError(f"{path}: the shards of {group!r:.100} are no list of names.")
        for name in names:
            _check_name(name, path)
            files.setdefault(name, set()).add(group.strip("/"))
    if len(files) > _MOST_SHARDS:
        raise UnsafeModelError(f"{path} names {len(files)} shards; at most {_MOST_SHARDS} are read.")
    manifest = (metadata or {}).get(_OURS)
    if manifest is not None and not isinstance(manifest, dict):
        raise CorruptModelError(f"{path} has no usable entry {_OURS!r}.")
    return files, manifest


def _check_name(name: str, path: str) -> None:
    plain = name.isprintable() and not any(c in name for c in '/\\:<>"|?*') and len(name) <= 255
    if not plain or not name.endswith(_SHARD):
        raise UnsafeModelError(
            f"{path} names the shard {name!r:.100}: a shard is a '.weights.h5' file in the folder of the index."
        )


class Shards:
    """Several HDF5 files, read as if they were one.

    Args:
        where: The index.
        files: The groups of each shard, by its name.
        stack: Closes the shards.
    """

    def __init__(self, where: str, files: dict[str, set[str]], stack: contextlib.ExitStack) -> None:
        self.where = where
        self.groups: dict[str, Any] = {}
        self.datasets: dict[str, Any] = {}
        self.addresses: dict[str, int] = {}
        self._names: dict[str, dict[str, None]] = {}
        folder = os.path.dirname(os.path.realpath(where))
        for name, groups in files.items():
            path = os.path.join(folder, name)
            reader = stack.enter_context(Reader(stack.enter_context(open_regular(path, follow=False)), path))
            self._add(reader, groups)

    def _add(self, reader: Reader, groups: set[str]) -> None:
        for path in reader.groups:
            if path not in self.groups or reader.text(path, "name") is not None:
                self.groups[path] = reader
        for path in reader.datasets:
            group, _, name = path.rpartition("/")
            if path in self.datasets or group not in groups:
                why = "twice" if path in self.datasets else "in a shard in which the index does not have it"
                raise CorruptModelError(f"{self.where}: the weights {path!r:.200} are there {why}.")
            self.datasets[path] = reader
            self._names.setdefault(group, {})[name] = None

    def names_in(self, group: str) -> list[str]:
        """The names of the datasets in a group."""
        return list(self._names.get(group, ()))

    def describe(self, path: str) -> Stored:
        """Shape and dtype of a dataset."""
        return self.datasets[path].describe(path)

    def text(self, path: str, name: str) -> str | None:
        """An attribute of a group."""
        return self.groups[path].text(path, name) if path in self.groups else None

    def open_dataset(
        self, path: str, shape: tuple[int, ...] | None, most_bytes: int, digest_expected: str | None = None
    ) -> np.ndarray:
        """The values of a dataset."""
        return self.datasets[path].open_dataset(path, shape, most_bytes, digest_expected)
