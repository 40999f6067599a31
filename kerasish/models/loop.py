"""One pass over the data: batches into compiled steps, many at a time where nobody looks at each."""

from __future__ import annotations

import collections
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Array, Tree
from kerasish.callbacks import CallbackList
from kerasish.callbacks.logs import LazyLogs
from kerasish.callbacks.progbar_logger import ProgbarLogger
from kerasish.core import tree
from kerasish.data import ArrayBatches, Batch, Batches
from kerasish.data.batches import padded
from kerasish.models.step import CompiledMethod

TARGET_SECONDS = 0.1
"""How long one call of a program should take: Python's part in it, some 0.3 ms, is then small, and progress is shown
ten times a second."""

LEAST_LOST = 0.1
"""Seconds an epoch that the device must have waited for data before the progress says so."""


class Pace:
    """How many steps go into one call: as measured, so that Python costs little, unless a number is given.

    Args:
        fixed: The number, if it is given.
    """

    def __init__(self, fixed: int | None) -> None:
        self.fixed = fixed
        self.steps = fixed or 1
        self._in_flight: collections.deque[tuple[int, Tree]] = collections.deque()
        self._since: float | None = None

    def launched(self, steps: int, output: Tree) -> None:
        """A call of so many steps was started. Waits for the one before it, so that at most two are under way."""
        self._in_flight.append((steps, output))
        if len(self._in_flight) < 2:
            return
        done, before = self._in_flight.popleft()
        engine.wait(before)
        now = time.perf_counter()
        if self._since is not None and self.fixed is None:
            wanted = TARGET_SECONDS * done / max(now - self._since, 1e-6)
            self.steps = int(min(max(wanted, 1), 8 * self.steps))
        self._since = now

    def restart(self) -> None:
        """Forget the clock: what happened since the last call says nothing of a step's time."""
        self._since = None


class InputWait:
    """How much of an epoch's time the device has nothing to do, because the next batch is not there.

    To wait for a batch while the device still computes costs nothing. How long it computes after a step was started is
    measured where `measure` says so, by waiting for it.

    Args:
        batches: The data. Their `waited` grows.
    """

    def __init__(self, batches: Batches) -> None:
        self._batches = batches
        self._waited = 0.0
        self._busy: float | None = None
        self._remaining = 0.0
        self._begin = 0.0
        self.lost = 0.0

    def launched(self, output: Tree, measure: bool) -> None:
        """A step was started."""
        waited = self._batches.waited - self._waited
        self._waited = self._batches.waited
        if self._busy is not None:
            self.lost += max(waited - self._remaining, 0.0)
        if self._busy is None or measure:
            launched = time.perf_counter()
            engine.wait(output)
            now = time.perf_counter()
            self._begin = self._begin or now  # the first step may be all compilation
            self._busy, self._remaining = now - launched, 0.0
        else:
            self._remaining = self._busy

    @property
    def share(self) -> float:
        """The fraction of the time since the first step; 0 as long as it is nothing to speak of."""
        return self.lost / (time.perf_counter() - self._begin) if self.lost >= LEAST_LOST else 0.0


def report(bar: ProgbarLogger, wait: InputWait | None, done: int, output: Tree, logs: Tree) -> None:
    """Show that `done` steps are done, if it is time to, and how much of the time the device waited for data.

    Args:
        bar: Where to.
        wait: How long it waited; None: the data are all there.
        done: How many steps; nothing is shown before the first.
        output: Of the step that was started last.
        logs: What to show with it, by name.
    """
    wanted = done > 0 and bar.wants_report()
    if wait is not None:
        wait.launched(output, measure=wanted)
        bar.note_input_share(wait.share)
    if wanted:
        bar.report(done, LazyLogs(logs))


class Pass:
    """One phase of the work: training, testing or predicting, epoch by epoch.

    Args:
        program: The compiled step.
        batches: The data.
        callbacks: Told of batches, if they want to know.
        phase: `"train"`, `"test"` or `"predict"`, as in the names of the hooks.
        steps_per_call: Steps in one call, if that is given.
        pad: Whether a partial batch may be padded.
        eagerly: Whether each step runs as Python code.
    """

    def __init__(
        self,
        program: CompiledMethod,
        batches: Batches,
        callbacks: CallbackList,
        phase: str,
        *,
        steps_per_call: int | None = None,
        pad: bool = False,
        eagerly: bool = False,
    ) -> None:
        self.program = program
        self.batches = batches
        self.callbacks = callbacks
        self.begin_hook = f"on_{phase}_batch_begin"
        self.end_hook = f"on_{phase}_batch_end"
        self.begins = callbacks.overrides(self.begin_hook)
        self.ends = callbacks.overrides(self.end_hook)
        self.skips_hooks = phase == "train"
        looks = self.begins or (self.ends and not self.skips_hooks)
        self.pace = Pace(steps_per_call or (1 if looks or eagerly else None))
        self.pad = pad
        self.eagerly = eagerly
        self.gathers = isinstance(batches, ArrayBatches) and batches.is_small and not eagerly
        self.stop: Callable[[], bool] = lambda: False
        self._compiling: tuple[int, Callable[[], None]] | None = None
        self._ahead: tuple[Any, tuple[Array, Array, bool]] | None = None

    def run(self, epoch: int = 0, skip: int = 0, more: bool = False) -> LazyLogs:
        """One epoch, without its first `skip` batches; returns the logs of its last step. `more`: another follows."""
        self.pace.restart()
        output: Tree = None
        done = 0
        bar = self.callbacks.progbar
        wait = None if self.gathers else InputWait(self.batches)
        for first, count, result in self._calls(epoch, skip):
            output, done = result, first + count
            self.pace.launched(count, output)
            if bar is not None:
                report(bar, wait, first, output, output)  # the calls before this one have been completed
            if self.skips_hooks:
                self.callbacks.trained_batches += count - self.ends
            if self.ends:
                getattr(self.callbacks, self.end_hook)(done - 1, LazyLogs(output))
            if self.stop():
                break
        if more and isinstance(self.batches, ArrayBatches) and self.gathers:
            self._order(self.batches, epoch + 1)  # while the device computes
        engine.wait(output)  # once an epoch, so that the time shown is that of the steps
        if self.batches.steps is None and bar is not None:
            bar.report(done, LazyLogs(output))
        return LazyLogs(output)

    def _calls(self, epoch: int, skip: int) -> Iterator[tuple[int, int, Tree]]:
        """`(number of the first step, how many, output)` for each call of the program."""
        if isinstance(self.batches, ArrayBatches) and self.gathers:
            yield from self._gathered(self.batches, epoch, skip)
            return
        for index, batch in enumerate(self.batches.epoch(epoch, skip), skip):
            self._begin(index)
            self._compiled(batch.rows)
            result = self._one(batch)
            if index == skip:
                self._compile_ahead(batch)
            yield index, 1, result

    def _compile_ahead(self, batch: Batch) -> None:
        """After the first batch of a stream: let a thread compile the program for the last, if that is smaller."""
        size, rows, steps = self.batches.batch_size, self.batches.rows, self.batches.steps
        if self.eagerly or self.pad or size is None or rows is None or batch.rows != size:
            return
        left = rows % size
        if left and steps == rows // size + 1:
            data = tree.map(lambda x: x if x is None else np.zeros((left, *x.shape[1:]), x.dtype), batch.data)
            self._compiling = left, self.program.compile_ahead(data)

    def _compiled(self, rows: int) -> None:
        """Wait until the program for a batch of so many rows is there, if a thread compiles it."""
        if self._compiling is not None and self._compiling[0] == rows:
            self._compiling[1]()
            self._compiling = None

    def _one(self, batch: Batch) -> Tree:
        if self.eagerly:
            return self.program.run_eagerly(batch.data)
        size = self.batches.batch_size
        if not self.pad or size is None or batch.rows > size or not _may_be_partial(self.batches):
            return self.program.run(batch)
        return self.program.run(Batch(padded(batch.data, size), size), np.int32(batch.rows))

    def _gathered(self, batches: ArrayBatches, epoch: int, skip: int) -> Iterator[tuple[int, int, Tree]]:
        size, rows = batches.batch_size, batches.rows
        whole, left = divmod(rows, size)
        data = batches.resident()
        main, rest, pads = self._order(batches, epoch)
        self.program.prepare(batches.example().data, np.int32(size) if pads else None)
        index, calls = skip, whole + pads
        while index < calls:
            count = self._count(index, calls)
            self._begin(index)
            if self.program.loops:
                result = self.program.run_rows(data, main, size, index, count, total=rows if pads else None)
            else:
                result: Tree = None
                for step in range(index, index + count):
                    result = self.program.run_rows(data, main, size, step, 1, total=rows if pads else None)
            if left and not pads and index == skip:  # while the device computes
                self._compiling = left, self.program.compile_rows_ahead(data, rest, left)
            yield index, count, result
            index += count
        if left and not pads and skip <= whole:
            self._begin(index)
            self._compiled(left)
            yield index, 1, self.program.run_rows(data, rest, left, 0, 1)

    def _order(self, batches: ArrayBatches, epoch: int) -> tuple[Array, Array, bool]:
        """The rows of the epoch on the device: of whole batches, and those left; and whether these are padded."""
        key = (epoch, batches.get_state())
        if self._ahead is not None and self._ahead[0] == key:
            return self._ahead[1]
        size = batches.batch_size
        whole, left = divmod(batches.rows, size)
        order = batches.order(epoch)
        pads = bool(left) and self.pad and whole > 0
        if pads:
            order = np.concatenate([order, np.repeat(order[-1:], size - left)])
        cut = (whole + pads) * size
        found = engine.asarray(order[:cut]), engine.asarray(order[cut:]), pads
        self._ahead = (key, found)
        return found

    def _count(self, index: int, calls: int) -> int:
        """How many steps the next call has: up to the next that a callback wants to see."""
        wanted = self.pace.steps if self.program.loops or self.pace.fixed else 1
        if self.ends and self.skips_hooks:
            wanted = min(wanted, self.callbacks.end_of_call(index, self.pace.fixed or 1) - index + 1)
        return min(wanted, calls - index)

    def _begin(self, index: int) -> None:
        if self.begins:
            getattr(self.callbacks, self.begin_hook)(index)


def _may_be_partial(batches: Batches) -> bool:
    return not isinstance(batches, ArrayBatches) or batches.is_partial
