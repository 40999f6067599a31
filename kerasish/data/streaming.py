"""Batches made on a background thread, a few ahead, and put on the device before they are asked for."""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeVar

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Tree
from kerasish.core import tree
from kerasish.data.batches import Batch, Source

T = TypeVar("T")
AHEAD = 2
"""How many batches are ready while the device works on one."""
_PATIENCE = 5.0
"""Seconds to wait, when an epoch is cut short, for a thread that is in the middle of somebody's code."""


class StreamedBatches(Source):
    """`source`, read on a thread of its own, at most `AHEAD` batches before they are asked for.

    The state is always that of the batches that were taken: those that wait are made again after a resume. Where an
    epoch is cut short, what a generator has already given for it is lost.

    Args:
        source: Where the batches come from.
        prepare: What to do to their inputs on the host; None: nothing.
        on_thread: Whether there is a thread; without one, each batch is made when it is asked for.
    """

    def __init__(self, source: Source, prepare: Callable[[Tree], Tree] | None = None, on_thread: bool = True) -> None:
        self.source = source
        self._prepare = prepare
        self._on_thread = on_thread
        self._state: dict[str, Any] | None = None
        self._is_taken = False
        self.waited = 0.0
        """Seconds that the training of this epoch has waited for batches."""

    @property
    def batch_size(self) -> int | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """How many rows a full batch has."""
        return self.source.batch_size

    @property
    def steps(self) -> int | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """How many batches an epoch has."""
        return self.source.steps

    @property
    def rows(self) -> int | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """How many rows there are in all."""
        return self.source.rows

    def get_state(self) -> dict[str, Any] | None:
        """The source's state as it was just after the last batch that was taken."""
        return self._state if self._is_taken else self.source.get_state()

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up what `get_state` returned."""
        self._is_taken = False
        self.source.set_state(state)

    def epoch(self, number: int, skip: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, without the first `skip`."""
        self.source.begin_epoch()
        items = self.source.epoch(number, skip)
        made = ahead(self._made, items) if self._on_thread else map(self._made, items)
        self.waited, asked = 0.0, time.perf_counter()
        for batch, state in made:
            self.waited += time.perf_counter() - asked
            self._state, self._is_taken = state, True
            yield batch
            asked = time.perf_counter()
        self.source.end_epoch()
        self._state, self._is_taken = self.source.get_state(), True

    def example(self) -> Batch:
        """The first batch, which is not lost for training."""
        return self._prepared(self.source.example())

    def _made(self, batch: Batch) -> tuple[Batch, dict[str, Any] | None]:
        state = self.source.get_state()
        return on_device(self._prepared(batch), self.batch_size), state

    def _prepared(self, batch: Batch) -> Batch:
        if self._prepare is None:
            return batch
        x, *rest = batch.data
        return Batch((self._prepare(x), *rest), batch.rows)


def on_device(batch: Batch, size: int | None) -> Batch:
    """The batch, its numbers on the device; one of less than `size` rows stays on the host, where it may be padded.

    Everything is copied: who makes the next batch may write into the same arrays.
    """
    put = engine.own if size is None or batch.rows >= size else np.array
    return Batch(tree.map(lambda x: put(x) if _has_numbers(x) else x, batch.data), batch.rows)


def _has_numbers(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind in "biuf"


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
        finally:
            if isinstance(items, Generator):
                items.close()

    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,), name="kerasish-data", daemon=True)
    thread.start()
    try:
        while True:
            value, error, last = ready.get()
            if error is not None:
                raise _explained(error)
            if last:
                return
            yield value
    finally:
        stopped.set()
        thread.join(_PATIENCE)


def _explained(error: BaseException) -> BaseException:
    if isinstance(error, RuntimeError) and "deleted" in str(error):
        error.add_note(
            "Batches are made on a thread while the model trains, so they can't be made with the model's own weights. "
            "Use a PyDataset with workers=0: its batches are made on the thread that trains, each when it is needed."
        )
    return error
