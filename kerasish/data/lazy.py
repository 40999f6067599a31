"""Arrays that are never read whole: those in HDF5 and Zarr files, and sparse matrices. A batch reads its rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish.data.frames import PLAIN

_DENSE = 4
"""Rows that lie this close together on average are read as one block, the ones between them too."""


def is_on_demand(x: Any) -> bool:
    """Whether `x` is an array that reads what it is asked for: of h5py, Zarr, Dask and their like; it has chunks."""
    if isinstance(x, PLAIN) or "__getitem__" not in dir(type(x)):
        return False
    members = dir(x)
    return all(name in members for name in ("shape", "dtype", "chunks"))


def is_sparse(x: Any) -> bool:
    """Whether `x` is a sparse matrix or array of SciPy, or one that has its methods."""
    if isinstance(x, PLAIN):
        return False
    members = dir(type(x))
    return "tocsr" in members and "toarray" in members


class LazyRows:
    """An array of which only those rows are read that somebody asks for.

    Args:
        source: What it is read from.
        start, stop: Which rows of the source are its own; None: all.
    """

    def __init__(self, source: Any, start: int = 0, stop: int | None = None) -> None:
        self.source = source
        self.start = start
        self.stop = int(source.shape[0]) if stop is None and source.shape else stop or 0

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array."""
        return (self.stop - self.start, *map(int, self.source.shape[1:])) if self.source.shape else ()

    @property
    def ndim(self) -> int:
        """As of an array."""
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype:
        """As of an array."""
        return np.dtype(self.source.dtype)

    @property
    def nbytes(self) -> int:
        """How large it would be if it were read."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    def __len__(self) -> int:
        return self.stop - self.start

    def __getitem__(self, key: Any) -> Any:
        """A part that isn't read yet, for a slice; an array, for an array of row numbers."""
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            if step != 1:
                raise ValueError(f"Rows that are read on demand have slices without a step; got {key!r}.")
            return type(self)(self.source, self.start + start, self.start + max(start, stop))
        return self._in_order(np.asarray(key, np.int64) + self.start)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        whole = self._block(self.start, self.stop)
        return whole if dtype is None else whole.astype(dtype)

    def _in_order(self, rows: np.ndarray) -> np.ndarray:
        """Files want row numbers that grow, and read fastest what lies side by side."""
        if not rows.size:
            return self._block(self.start, self.start)
        unique, place = np.unique(rows, return_inverse=True)
        first, last = int(unique[0]), int(unique[-1])
        if last - first < _DENSE * unique.size:
            block = self._block(first, last + 1)
            return block[rows - first]
        return self._scattered(unique)[place]

    def _block(self, start: int, stop: int) -> np.ndarray:
        return np.asarray(self.source[start:stop])

    def _scattered(self, rows: np.ndarray) -> np.ndarray:
        members = dir(type(self.source))
        return np.asarray(self.source.oindex[rows] if "oindex" in members else self.source[rows])


class SparseRows(LazyRows):
    """A sparse matrix, of which the rows of a batch are made dense."""

    def _block(self, start: int, stop: int) -> np.ndarray:
        return self.source[start:stop].toarray()

    def _scattered(self, rows: np.ndarray) -> np.ndarray:
        return self.source[rows].toarray()


def lazy_rows(x: Any) -> LazyRows | None:
    """`x` as rows to read, if it is read on demand or sparse."""
    if isinstance(x, LazyRows):
        return x
    if is_sparse(x):
        return SparseRows(x.tocsr())
    return LazyRows(x) if is_on_demand(x) else None
