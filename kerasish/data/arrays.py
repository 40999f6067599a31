"""Batches from arrays that are all there: shuffled by (seed, epoch), and kept on the device if they are small."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Array, Tree
from kerasish.core import tree
from kerasish.core.random import next_seed
from kerasish.data.batches import Batch, Source
from kerasish.data.conversion import convert_tree, narrow
from kerasish.data.lazy import LazyRows
from kerasish.data.orders import permutation, whole_batches

RESIDENT_BYTES = 2**30
"""Up to this size, a set of arrays is put on the device once, and its batches are gathered inside the step."""


class RowBatches(Source):
    """Batches of rows that can be taken in any order.

    Args:
        rows: How many there are.
        batch_size: Rows of a batch.
        shuffle: Whether each epoch has its own order; `"batch"`: batches are shuffled whole.
        seed: What the orders follow from; None: what `set_random_seed` determines.
    """

    def __init__(self, rows: int, batch_size: int = 32, shuffle: bool | str = False, seed: int | None = None) -> None:
        self.rows: int = rows  # pyright: ignore[reportIncompatibleVariableOverride]
        self.batch_size: int = batch_size  # pyright: ignore[reportIncompatibleVariableOverride]
        self.steps: int = math.ceil(rows / batch_size)  # pyright: ignore[reportIncompatibleVariableOverride]
        self.shuffle = shuffle
        self.seed = next_seed() if seed is None and shuffle else seed

    def take(self, rows: np.ndarray) -> tuple[Tree, Tree, Tree]:
        """`(x, y, sample_weight)` of these rows."""
        raise NotImplementedError(f"{type(self).__name__} must write `take`.")

    @property
    def is_partial(self) -> bool:
        """Whether the last batch is smaller than the others."""
        return self.rows % self.batch_size != 0

    def order(self, epoch: int) -> np.ndarray:
        """The rows in the order of this epoch, `int32`: a pure function of the seed and the epoch."""
        if self.shuffle == "batch":
            return whole_batches(self.rows, self.batch_size, self.seed, epoch)
        return permutation(self.rows, self.seed, epoch) if self.shuffle else np.arange(self.rows, dtype=np.int32)

    def epoch(self, number: int, skip: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, without the first `skip`."""
        order = self.order(number)
        for start in range(skip * self.batch_size, self.rows, self.batch_size):
            rows = order[start : start + self.batch_size]
            try:
                data = self.take(rows)
            except Exception as error:
                error.add_note(f"This happened in batch {start // self.batch_size} of epoch {number + 1}.")
                raise
            yield Batch(data, len(rows))

    def get_state(self) -> dict[str, Any]:
        """What the orders follow from."""
        return {"seed": self.seed}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up what `get_state` returned."""
        self.seed = state["seed"]

    def example(self) -> Batch:
        """The first batch."""
        rows = np.arange(min(self.rows, self.batch_size))
        return Batch(self.take(rows), len(rows))


class ArrayBatches(RowBatches):
    """Batches of rows of arrays.

    Args:
        x: An array, or a tree of arrays, with the same number of rows each.
        y: Likewise, or None.
        sample_weight: Likewise, or None.
        batch_size: Rows of a batch.
        shuffle: Whether each epoch has its own order; `"batch"`: batches are shuffled whole.
        seed: What the orders follow from; None: what `set_random_seed` determines.
        strings: Whether `x` may hold strings, which the host turns into numbers (`data/prepared.py`).
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        batch_size: int = 32,
        shuffle: bool | str = False,
        seed: int | None = None,
        strings: bool = False,
    ) -> None:
        self.data = _converted((x, y, sample_weight), strings)
        super().__init__(_common_rows(self.data), batch_size, shuffle, seed)
        self._resident: Tree = None

    @property
    def is_in_memory(self) -> bool:
        """Whether no array is in a file, or in a layout that is not a model's."""
        return not any(isinstance(x, np.memmap | LazyRows) for x in tree.leaves(self.data))

    @property
    def is_small(self) -> bool:
        """Whether the arrays may be kept on the device."""
        size = sum(x.nbytes for x in tree.leaves(self.data) if x is not None)
        return size <= RESIDENT_BYTES and self.is_in_memory

    def resident(self) -> Tree:
        """The arrays, on the device."""
        if self._resident is None:
            self._resident = tree.map(lambda x: x if x is None else engine.asarray(narrow(x)), self.data)
        return self._resident

    def with_x(self, x: Tree) -> ArrayBatches:
        """The same batches, of other inputs."""
        other = copy.copy(self)
        other.data = (x, *self.data[1:])
        other._resident = None
        return other

    def take(self, rows: np.ndarray) -> tuple[Tree, Tree, Tree]:
        """`(x, y, sample_weight)` of these rows."""
        return tree.map(lambda x: x if x is None else narrow(x[rows]), self.data)


def _converted(data: tuple[Any, Any, Any], strings: bool) -> tuple[Tree, Tree, Tree]:
    x, y, weight = data
    return (
        convert_tree(x, "x", strings, lazily=True),
        convert_tree(y, "y", lazily=True),
        convert_tree(weight, "sample_weight", lazily=True),
    )


def _common_rows(data: Tree) -> int:
    sizes = {}
    for path, leaf in tree.paths(data):
        if leaf is not None:
            if leaf.ndim == 0:
                raise ValueError(f"{_name(path)} is a single number; arrays need an axis of samples.")
            sizes[_name(path)] = int(leaf.shape[0])
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{name} has {rows}" for name, rows in sizes.items())
        raise ValueError(f"All arrays need the same number of rows; {listed}.")
    return next(iter(sizes.values()), 0)


def _name(path: tuple[Any, ...]) -> str:
    names = ("x", "y", "sample_weight")
    return names[path[0]] + "".join(f"[{key!r}]" for key in path[1:])


def split(
    data: tuple[Tree, Tree, Tree], fraction: float, strings: bool = False
) -> tuple[tuple[Tree, Tree, Tree], tuple[Tree, Tree, Tree]]:
    """The arrays in two parts; the second has the last `fraction` of the rows. `strings`: `x` may hold some.

    Raises:
        ValueError: the fraction is not between 0 and 1, or a part would be empty.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"validation_split must be a fraction between 0 and 1; got {fraction!r}.")
    converted = _converted(data, strings)
    rows = _common_rows(converted)
    cut = math.floor(rows * (1 - fraction))
    if cut in (0, rows):
        raise ValueError(f"validation_split={fraction} of {rows} rows leaves nothing to train on, or to validate on.")

    def part(chosen: slice) -> Any:
        return tuple(tree.map(lambda x: x if x is None else x[chosen], one) for one in converted)

    return part(slice(None, cut)), part(slice(cut, None))


def take_rows(data: Tree, rows: Array) -> Tree:
    """These rows of each array, gathered on the device; the row numbers are right, so nothing checks them."""
    return tree.map(lambda x: x if x is None else engine.xp.take(x, rows, axis=0, mode="clip"), data)
