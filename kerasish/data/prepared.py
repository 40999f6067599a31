"""Batches whose inputs the host prepares first: batch by batch on a thread, or all at once where that is the same."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from kerasish.backend.interface import Tree
from kerasish.core import tree
from kerasish.data.arrays import RESIDENT_BYTES, ArrayBatches
from kerasish.data.streaming import StreamedBatches, ahead as ahead

_ROWS = 4096


class Prepare(Protocol):
    """What a model does to a batch of its inputs on the host."""

    def __call__(self, x: Tree) -> Tree:
        """The inputs that the compiled step takes."""
        ...

    def is_needed(self) -> bool:
        """Whether it does anything: known after the first batch, which may build the model."""
        ...

    def by_row(self) -> bool:
        """Whether a row gives the same whatever rows are beside it: text of any length doesn't, since it is padded."""
        ...


def prepared_rows(batches: ArrayBatches, prepare: Prepare) -> ArrayBatches | StreamedBatches:
    """`batches` with prepared inputs: made once, if rows are independent and fit into memory; else on a thread."""
    first = prepare(batches.example().data[0])
    if not prepare.is_needed():
        return batches if batches.is_small else StreamedBatches(batches)
    if not prepare.by_row() or not batches.rows or not batches.is_in_memory:
        return StreamedBatches(batches, prepare)
    rows = min(batches.rows, batches.batch_size)
    size = sum(np.asarray(leaf).nbytes for leaf in tree.leaves(first)) * (batches.rows / rows)
    if size > RESIDENT_BYTES:
        return StreamedBatches(batches, prepare)
    parts = [
        prepare(tree.map(lambda leaf, start=start: leaf[start : start + _ROWS], batches.data[0]))
        for start in range(0, batches.rows, _ROWS)
    ]
    return batches.with_x(parts[0] if len(parts) == 1 else tree.map(lambda *leaves: np.concatenate(leaves), *parts))
