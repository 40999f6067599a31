"""What the training loop takes: batches, each a tree of arrays with a number of real rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np

from kerasish.backend.interface import Array, Tree
from kerasish.core import tree


class Batch(NamedTuple):
    """`data` is `(x, y, sample_weight)`, where y and sample_weight may be None; the first `rows` rows are real."""

    data: tuple[Tree, Tree, Tree]
    rows: int


class Batches(Protocol):
    """A source of batches."""

    @property
    def batch_size(self) -> int | None:
        """How many rows a full batch has; None: not known before `example`."""
        ...

    @property
    def steps(self) -> int | None:
        """How many batches an epoch has; None: not known."""
        ...

    def epoch(self, number: int, skip: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, without the first `skip`."""
        ...

    @property
    def rows(self) -> int | None:
        """How many rows there are in all; None: not known."""
        ...

    @property
    def waited(self) -> float:
        """Seconds for which the batches of this epoch have been waited for, if they are made on the way."""
        ...

    def get_state(self) -> dict[str, Any] | None:
        """What the order of the batches follows from, as JSON; None: an epoch can't be taken up in its middle."""
        ...

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up what `get_state` returned."""
        ...

    def example(self) -> Batch:
        """A batch to build the model with; it is not lost for training."""
        ...


class Source:
    """A source of batches, with what a source has unless it says otherwise."""

    batch_size: int | None = None
    steps: int | None = None
    rows: int | None = None
    waited: float = 0.0

    def epoch(self, number: int, skip: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, without the first `skip`."""
        raise NotImplementedError(f"{type(self).__name__} must write `epoch`.")

    def example(self) -> Batch:
        """A batch to build the model with; it is not lost for training."""
        raise NotImplementedError(f"{type(self).__name__} must write `example`.")

    def begin_epoch(self) -> None:
        """Called on the thread that trains, before the first batch of an epoch is made."""

    def end_epoch(self) -> None:
        """Called on the thread that trains, after the last batch of an epoch was used."""

    def get_state(self) -> dict[str, Any] | None:
        """What the order of the batches follows from, as JSON; None: an epoch can't be taken up in its middle."""
        return {}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up what `get_state` returned."""


def rows_of(data: Tree) -> int:
    """How many rows the arrays of `data` have."""
    for leaf in tree.leaves(data):
        if leaf is not None:
            return int(np.shape(leaf)[0]) if np.ndim(leaf) else 0
    return 0


def padded(data: Tree, size: int) -> Tree:
    """`data`, with its last row repeated until there are `size` rows."""
    return tree.map(lambda x: x if x is None else _padded(x, size), data)


def _padded(x: Array, size: int) -> Array:
    missing = size - np.shape(x)[0]
    if missing <= 0:
        return x
    host = np.asarray(x)
    return np.concatenate([host, np.repeat(host[-1:], missing, axis=0)])
