"""One pass over the data: batches into compiled steps, many at a time where nobody looks at each."""

from __future__ import annotations

import collections
import time
from collections.abc import Callable, Iterator

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Tree
from kerasish.callbacks import CallbackList
from kerasish.callbacks.logs import LazyLogs
from kerasish.data import ArrayBatches, Batch, Batches
from kerasish.data.batches import padded
from kerasish.models.step import CompiledMethod

TARGET_SECONDS = 0.1
"""How long one call of a program should take: Python's part in it, some 0.3 ms, is then small, and progress is shown
ten times a second."""


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
        self.stop: Callable[[], bool] = lambda: False

    def run(self, epoch: int = 0, skip: int = 0) -> LazyLogs:
        """One epoch, without its first `skip` batches; returns the logs of its last step."""
        self.pace.restart()
        output: Tree = None
        done = 0
        for first, count, result in self._calls(epoch, skip):
            output, done = result, first + count
            self.pace.launched(count, output)
            bar = self.callbacks.progbar
            if bar is not None and first and bar.wants_report():
                bar.report(first, LazyLogs(output))  # the calls before this one have been completed
            if self.skips_hooks:
                self.callbacks.trained_batches += count - self.ends
            if self.ends:
                getattr(self.callbacks, self.end_hook)(done - 1, LazyLogs(output))
            if self.stop():
                break
        engine.wait(output)  # once an epoch, so that the time shown is that of the steps
        if self.batches.steps is None and self.callbacks.progbar is not None:
            self.callbacks.progbar.report(done, LazyLogs(output))
        return LazyLogs(output)

    def _calls(self, epoch: int, skip: int) -> Iterator[tuple[int, int, Tree]]:
        """`(number of the first step, how many, output)` for each call of the program."""
        if isinstance(self.batches, ArrayBatches) and self.batches.is_small and not self.eagerly:
            yield from self._gathered(self.batches, epoch, skip)
            return
        for index, batch in enumerate(self.batches.epoch(epoch, skip), skip):
            self._begin(index)
            yield index, 1, self._one(batch)

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
        order = batches.order(epoch)
        data = batches.resident()
        pads = bool(left) and self.pad and whole > 0
        if pads:
            order = np.concatenate([order, np.repeat(order[-1:], size - left)])
        main = engine.asarray(order[: (whole + pads) * size])
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
            yield index, count, result
            index += count
        if left and not pads and skip <= whole:
            self._begin(index)
            rest = engine.asarray(order[whole * size :])
            yield index, 1, self.program.run_rows(data, rest, left, 0, 1)

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
