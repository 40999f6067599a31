"""HDF5 files are written through Python file objects, never to a path: HDF5 crashes where the disk is full."""

from __future__ import annotations

import collections
import concurrent.futures
import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

import h5py
import numpy as np

from kerasish.saving.windows import Window, apart

NOT_OF_NUMPY = ("bfloat16", "float8_e4m3fn", "float8_e5m2")
"""Dtypes that HDF5 doesn't know: stored as opaque bytes, with the name in the attribute `dtype`, as Keras does."""

_LONGEST_LIST = 64_000  # bytes: HDF5 takes 64 kB for an attribute; Keras too splits longer lists
_WORTH_A_THREAD = 2**20


class Group(NamedTuple):
    """What is written for one object: a group, its attributes, and its arrays by name."""

    path: str
    attributes: Mapping[str, str | list[str]]
    arrays: Mapping[str, np.ndarray]


def write_groups(file: BinaryIO | Window, groups: Iterable[Group], digests: bool) -> Mapping[str, str]:
    """Write `groups` as one HDF5 file. Each is asked for when it is its turn.

    Arrays are held until their digests are known; those of a model on the CPU share its memory.

    Args:
        file: Open for writing and reading.
        groups: Each path once.
        digests: Whether each dataset keeps its own digest, as the attribute `sha256`.

    Returns:
        The digest of each dataset, by its path. Without `digests`, some may be computed still; who reads them waits.

    Raises:
        OSError: the disk is full, or another error of it.
    """
    window = file if isinstance(file, Window) else Window(file)
    try:
        found = apart(lambda: _write_groups(window, groups, digests), window.cancel)
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        if window.error is not None:
            raise window.error from error  # HDF5 stumbled over what the disk did not take
        raise
    window.flush()
    if window.error is not None:
        raise window.error
    return found


def _write_groups(window: Window, groups: Iterable[Group], digests: bool) -> Mapping[str, str]:
    with h5py.File(window, "w") as target, Digests(digests) as found:
        for group in groups:
            node = target.require_group(group.path) if group.path else target
            for name, value in group.attributes.items():
                _write_attribute(node, name, value)
            for name, array in group.arrays.items():
                array = np.asarray(array, order="C")
                path = f"{group.path}/{name}" if group.path else name
                found.add(path, array, functools.partial(_write, node, name, array))
                if window.error is not None:
                    return found
    return found


class Digests(Mapping[str, str]):
    """Digests of arrays by path, computed on threads while arrays are written: hashing takes twice as long as writing.

    Who reads one waits for it.

    Args:
        keeps: Whether each dataset keeps its own.
    """

    def __init__(self, keeps: bool) -> None:
        self._keeps = keeps
        self._found: dict[str, concurrent.futures.Future[str]] = {}
        self._waiting: collections.deque[tuple[str, Any]] = collections.deque()
        self._workers = concurrent.futures.ThreadPoolExecutor(2)

    def __enter__(self) -> Digests:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            self._keep(0)
        self._workers.shutdown(wait=False, cancel_futures=kind is not None)

    def add(self, path: str, array: np.ndarray, write: Callable[[], Any]) -> None:
        """Begin with the digest of an array, and call `write`, which returns its dataset."""
        self._keep(1)
        if array.nbytes >= _WORTH_A_THREAD:
            self._found[path] = self._workers.submit(digest, path, array)
        else:
            self._found[path] = concurrent.futures.Future()
            self._found[path].set_result(digest(path, array))
        dataset = write()
        if self._keeps:
            self._waiting.append((path, dataset))

    def _keep(self, most: int) -> None:
        """Let datasets have theirs, but for so many that are being computed."""
        while len(self._waiting) > most:
            path, dataset = self._waiting.popleft()
            dataset.attrs["sha256"] = self[path]

    def __getitem__(self, path: str) -> str:
        return self._found[path].result()

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def _write(group: Any, name: str, array: np.ndarray) -> Any:
    if array.dtype.name not in NOT_OF_NUMPY:
        return group.create_dataset(name, data=array)
    dataset = group.create_dataset(name, data=array.view(f"V{array.dtype.itemsize}"))
    dataset.attrs["dtype"] = array.dtype.name
    return dataset


def _write_attribute(node: Any, name: str, value: str | list[str]) -> None:
    """A text, or a list of texts: a long one in several pieces, as Keras writes and reads it."""
    if isinstance(value, str):
        node.attrs[name] = value
        return
    texts = [text.encode() for text in value]
    longest = max(map(len, texts), default=0)
    pieces = -(-longest * len(texts) // _LONGEST_LIST) or 1
    if pieces == 1:
        node.attrs[name] = np.array(value, h5py.string_dtype()) if value else np.zeros(0)
        return
    size = max(_LONGEST_LIST // longest, 1)
    for number, start in enumerate(range(0, len(texts), size)):
        node.attrs[f"{name}{number}"] = np.array(texts[start : start + size])


def digest(path: str, array: np.ndarray) -> str:
    """SHA-256 of the place, kind and content of a dataset: two datasets that are exchanged don't verify."""
    found = digest_start(path, array.dtype, array.shape)
    found.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return found.hexdigest()


def digest_start(path: str, dtype: np.dtype, shape: tuple[int, ...]) -> Any:
    """The beginning of `digest`, to which the bytes of the values are added."""
    return hashlib.sha256(f"{path}|{dtype.name}|{shape}|".encode())
