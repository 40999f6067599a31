"""Batches whose inputs the host prepares first: on a thread of their own, or all at once where that is the same."""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

import numpy as np

from kerasish.backend.interface import Tree
from kerasish.core import tree
from kerasish.data.arrays import RESIDENT_BYTES, ArrayBatches
from kerasish.data.batches import Batch, Batches

T = TypeVar("T")
AHEAD = 2
"""How many batches are prepared while the device works on one."""
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


class PreparedBatches:
    """`batches`, each with its inputs prepared on a background thread, a few ahead of the device."""

    def __init__(self, batches: Batches, prepare: Prepare) -> None:
        self._batches = batches
        self._prepare = prepare

    @property
    def batch_size(self) -> int | None:
        """How many rows a full batch has."""
        return self._batches.batch_size

    @property
    def steps(self) -> int | None:
        """How many batches an epoch has."""
        return self._batches.steps

    @property
    def rows(self) -> int | None:
        """How many rows there are in all."""
        return self._batches.rows

    def get_state(self) -> dict[str, Any] | None:
        """What the order of the batches follows from."""
        return self._batches.get_state()

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up what `get_state` returned."""
        self._batches.set_state(state)

    def epoch(self, number: int, skip: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, without the first `skip`."""
        return ahead(self._prepared, self._batches.epoch(number, skip))

    def example(self) -> Batch:
        """The first batch, which is not lost for training."""
        return self._prepared(self._batches.example())

    def _prepared(self, batch: Batch) -> Batch:
        x, *rest = batch.data
        return Batch((self._prepare(x), *rest), batch.rows)


def prepared_rows(batches: ArrayBatches, prepare: Prepare) -> Batches:
    """`batches` with prepared inputs: made once, if rows are independent and fit into memory; else batch by batch."""
    first = prepare(batches.example().data[0])
    if not prepare.is_needed():
        return batches
    if not prepare.by_row() or not batches.rows:
        return PreparedBatches(batches, prepare)
    rows = min(batches.rows, batches.batch_size)
    size = sum(np.asarray(leaf).nbytes for leaf in tree.leaves(first)) * (batches.rows / rows)
    if size > RESIDENT_BYTES:
        return PreparedBatches(batches, prepare)
    parts = [
        prepare(tree.map(lambda leaf, start=start: leaf[start : start + _ROWS], batches.data[0]))
        for start in range(0, batches.rows, _ROWS)
    ]
    return batches.with_x(parts[0] if len(parts) == 1 else tree.map(lambda *leaves: np.concatenate(leaves), *parts))


def ahead(fn: Callable[[Any], T], items: Iterator[Any]) -> Iterator[T]:
    """`fn` of each of `items`, computed on a thread, at most `AHEAD` of them before they are asked for.

    An error there is raised here, at its place in the order. The thread ends with the iterator.
    """
    ready: queue.Queue[tuple[Any, BaseException | None, bool]] = queue.Queue(AHEAD)
    stopped = threading.Event()

    def put(found: tuple[Any, BaseException | None, bool]) -> bool:
        while not stopped.is_set():
            try:
                ready.put(found, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        try:
            for item in items:
                if not put((fn(item), None, False)):
                    return
            put((None, None, True))
        except BaseException as error:  # noqa: BLE001 carried to the other thread, where it is raised
            put((None, error, True))

    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,), name="kerasish-prepare", daemon=True)
    thread.start()
    try:
        while True:
            value, error, last = ready.get()
            if error is not None:
                raise error
            if last:
                return
            yield value
    finally:
        stopped.set()
        thread.join()
