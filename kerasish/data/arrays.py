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
from kerasish.core.random import host_generator, next_seed
from kerasish.data.batches import Batch
from kerasish.data.conversion import convert_tree, narrow

RESIDENT_BYTES = 2**30
"""Up to this size, a set of arrays is put on the device once, and its batches are gathered inside the step."""


class ArrayBatches:
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
        self.data = (convert_tree(x, "x", strings), convert_tree(y, "y"), convert_tree(sample_weight, "sample_weight"))
        self.rows = _common_rows(self.data)
        self.batch_size = batch_size
        self.steps = math.ceil(self.rows / batch_size)
        self.shuffle = shuffle
        self.seed = next_seed() if seed is None and shuffle else seed
        self._resident: Tree = None

    @property
    def is_partial(self) -> bool:
        """Whether the last batch is smaller than the others."""
        return self.rows % self.batch_size != 0

    @property
    def is_small(self) -> bool:
        """Whether the arrays may be kept on the device."""
        return sum(x.nbytes for x in tree.leaves(self.data) if x is not None) <= RESIDENT_BYTES

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

    def order(self, epoch: int) -> np.ndarray:
        """The rows in the order of this epoch, `int32`: a pure function of the seed and the epoch."""
        rows = np.arange(self.rows, dtype=np.int32)
        if not self.shuffle:
            return rows
        generator = host_generator(
            np.random.SeedSequence([int(self.seed or 0), epoch]).generate_state(1, "uint64")[0] >> 1
        )
        if self.shuffle == "batch":
            whole = self.rows // self.batch_size
            starts = generator.permutation(whole).astype(np.int32) * self.batch_size
            shuffled = (starts[:, None] + np.arange(self.batch_size, dtype=np.int32)).reshape(-1)
            return np.concatenate([shuffled, rows[whole * self.batch_size :]])
        return generator.permutation(rows)

    def epoch(self, number: int, skip: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, without the first `skip`."""
        order = self.order(number)
        for start in range(skip * self.batch_size, self.rows, self.batch_size):
            yield self._take(order[start : start + self.batch_size])

    def get_state(self) -> dict[str, Any]:
        """What the orders follow from."""
        return {"seed": self.seed}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up what `get_state` returned."""
        self.seed = state["seed"]

    def example(self) -> Batch:
        """The first batch."""
        return self._take(np.arange(min(self.rows, self.batch_size)))

    def _take(self, rows: np.ndarray) -> Batch:
        return Batch(tree.map(lambda x: x if x is None else narrow(x[rows]), self.data), len(rows))


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
    names = ("x", "y", "sample_weight")
    converted = tuple(convert_tree(part, n, strings and n == "x") for part, n in zip(data, names, strict=True))
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
