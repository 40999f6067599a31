"""The sweep of a learning-rate range test: training steps that are taken, looked at and forgotten."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import itertools
from collections.abc import Callable, Generator, Iterator
from typing import Any, NamedTuple

import numpy as np

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array, Tree
from kerasish.callbacks.rate_test import RateTest
from kerasish.core.variable import Overlay, Variable
from kerasish.data import ArrayBatches, Batch, Batches
from kerasish.data.arrays import take_rows
from kerasish.models.step import CompiledMethod, NewValues
from kerasish.optimizers import LossScaleOptimizer

_POLLED = 4
"""After so many steps on streamed data, a flag is read that says whether the loss has run away."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """What to sweep.

    Raises:
        ValueError: a number is not what it may be.
    """

    min_rate: float
    max_rate: float
    steps: int
    smoothing: float
    divergence: float

    def __post_init__(self) -> None:
        if not 0 < self.min_rate < self.max_rate < float("inf"):
            raise ValueError(
                f"lr_find needs 0 < min_rate < max_rate; got min_rate={self.min_rate!r}, max_rate={self.max_rate!r}."
            )
        if isinstance(self.steps, bool) or not isinstance(self.steps, int | np.integer) or self.steps < 2:
            raise ValueError(f"lr_find's steps must be a whole number of at least 2; got {self.steps!r}.")
        if not 0 <= self.smoothing < 1:
            raise ValueError(f"lr_find's smoothing must be at least 0 and less than 1; got {self.smoothing!r}.")
        if not self.divergence > 1:
            raise ValueError(f"lr_find's divergence must be more than 1; got {self.divergence!r}.")

    @property
    def rates(self) -> np.ndarray:
        """The rate of each step, `float32`."""
        return np.geomspace(self.min_rate, self.max_rate, int(self.steps)).astype("float32")


class State(NamedTuple):
    """What goes from step to step."""

    done: Array
    """How many steps there have been."""
    average: Array
    """Of the losses, with a bias to 0."""
    first: Array
    """The first loss."""
    best: Array
    """The least smoothed loss."""
    stopped: Array
    """Whether the loss has run away."""
    losses: Array
    smoothed: Array


def sweep(model: Any, program: CompiledMethod, method: Callable[[Any], Any], batches: Batches, plan: Plan) -> RateTest:
    """Take the steps, and forget them: no variable is ever assigned.

    Args:
        model: Its optimizer gets the rates.
        program: The compiled training step: it knows all variables.
        method: The training step; returns logs.
        batches: Taken again from the start where they are less than the steps.
        plan: What to sweep.
    """
    step = _loss_at(model, method)
    if model.run_eagerly:
        return _eagerly(step, batches, plan)
    own = CompiledMethod(step, program.variables, donate=False)
    own.prepare((batches.example().data, np.float32(0)))
    runner = _Runner(own, plan)
    gathered = isinstance(batches, ArrayBatches) and batches.is_small and own.loops
    state = runner.at_once(batches) if gathered else runner.one_by_one(batches)  # pyright: ignore[reportArgumentType]
    return _result(state, plan)


def _loss_at(model: Any, method: Callable[[Any], Any]) -> Callable[[Any], Array]:
    """`(data, rate) -> loss`: one training step at that rate; the loss is that of this batch alone."""

    def step(given: Any) -> Array:
        data, rate = given
        with _learning_rate(model.optimizer, rate):
            model.reset_metrics()
            logs = method(data)
        if not isinstance(logs, dict) or "loss" not in logs:
            found = ", ".join(map(repr, logs)) if isinstance(logs, dict) else f"a {type(logs).__name__}"
            raise ValueError(f"lr_find watches the log 'loss' of train_step, which returned {found:.300}.")
        loss = logs["loss"]
        return xp.asarray(loss.value if isinstance(loss, Variable) else loss, dtype="float32")

    return step


@contextlib.contextmanager
def _learning_rate(optimizer: Any, rate: Array) -> Iterator[None]:
    """Inside it, the optimizer goes at this rate, whatever it is told otherwise."""
    while isinstance(optimizer, LossScaleOptimizer):
        optimizer = optimizer.inner_optimizer
    now = optimizer.learning_rate  # of several optimizers in one, an error says that there is no rate
    if isinstance(now, Variable):
        now.assign(rate.astype(now.dtype))
        yield
        return
    schedule = optimizer._learning_rate
    optimizer._learning_rate = lambda: rate
    try:
        yield
    finally:
        optimizer._learning_rate = schedule


class _Runner:
    """The steps as programs: all in one, or one for each batch."""

    def __init__(self, program: CompiledMethod, plan: Plan) -> None:
        assert program.changing is not None
        self._step = program.step
        self._plan = plan
        values = [variable._value for variable in program.variables]
        self._values = values
        self._changing = {number: values[number] for number in program.changing}

    def _advance(self, values: list[Array], new: NewValues, state: State, data: Tree) -> tuple[NewValues, State]:
        now = [new.get(number, value) for number, value in enumerate(values)]
        rate = xp.take(xp.asarray(self._plan.rates), state.done)
        loss, newer = self._step(now, (data, rate), None)
        return {**new, **newer}, after(state, loss, self._plan)

    def at_once(self, batches: ArrayBatches) -> State:
        """All steps in one call, on batches that are gathered on the device."""
        size = min(batches.batch_size, batches.rows)
        order = engine.asarray(_order(batches, size, int(self._plan.steps)))

        def run(values: list[Array], changing: NewValues, data: Tree, order: Array) -> State:
            def body(carry: tuple[NewValues, State]) -> tuple[NewValues, State]:
                rows = xp.take(order, carry[1].done, axis=0)
                return self._advance(values, *carry, take_rows(data, rows))

            def goes_on(carry: tuple[NewValues, State]) -> Array:
                return (carry[1].done < self._plan.steps) & ~carry[1].stopped

            return engine.while_loop(goes_on, body, (changing, start(self._plan)))[1]

        return engine.jit(run)(self._values, self._changing, batches.resident(), order)

    def one_by_one(self, batches: Batches) -> State:
        """A call for each batch; the device is some steps ahead of the look at what comes out."""

        def run(carry: tuple[NewValues, State], values: list[Array], data: Tree) -> tuple[Any, Array]:
            new, state = self._advance(values, *carry, data)
            return (new, state), state.stopped

        program = engine.jit(run, 0)
        copies = {number: engine.own(value) for number, value in self._changing.items()}  # they are donated
        carry: Any = (copies, start(self._plan))
        flags: collections.deque[Array] = collections.deque()
        with contextlib.closing(_whole(batches, int(self._plan.steps))) as data:
            for batch in data:
                carry, stopped = program(carry, self._values, batch.data)
                flags.append(stopped)
                if len(flags) > _POLLED and bool(flags.popleft()):
                    break
        return carry[1]


def _eagerly(step: Callable[[Any], Array], batches: Batches, plan: Plan) -> RateTest:
    """Step by step, as Python code; what is assigned goes no further than the overlay."""
    state, own = start(plan), CompiledMethod(step, [], donate=False)
    with Overlay(), contextlib.closing(_whole(batches, int(plan.steps))) as data:
        for batch, rate in zip(data, plan.rates, strict=False):
            loss = own.run_eagerly((batch.data, rate))
            state = after(state, loss, plan)
            if bool(state.stopped):
                break
    return _result(state, plan)


# The losses ----------------------------------------------------------------------------------------------------------
def start(plan: Plan) -> State:
    """Before the first step."""
    zero, blank = engine.asarray(np.float32(0)), np.full(int(plan.steps), np.nan, "float32")
    return State(
        done=engine.asarray(np.int32(0)),
        average=zero,
        first=engine.asarray(np.float32(0)),
        best=engine.asarray(np.float32(np.inf)),
        stopped=engine.asarray(np.bool_(False)),
        losses=engine.asarray(blank),
        smoothed=engine.asarray(blank.copy()),
    )


def after(state: State, loss: Array, plan: Plan) -> State:
    """The state after a step whose batch had this loss; once the loss has run away, nothing is counted any more."""
    beta = np.float32(plan.smoothing)
    average = beta * state.average + (1 - beta) * loss
    count = (state.done + 1).astype("float32")
    smoothed = average / (1 - beta**count) if plan.smoothing else average
    first = xp.where(state.done == 0, loss, state.first)
    best = xp.minimum(state.best, xp.where(xp.isfinite(smoothed), smoothed, np.float32(np.inf)))
    # A loss may be negative, or come close to 0: then a tenth of the first one is the measure.
    room = np.float32(plan.divergence - 1) * xp.maximum(xp.abs(best), xp.abs(first) / 10)
    runs_away = ~xp.isfinite(loss) | (smoothed > best + room)
    index = xp.minimum(state.done, int(plan.steps) - 1)
    counted = ~state.stopped
    here = (xp.arange(int(plan.steps), dtype="int32") == index) & counted
    return State(
        done=state.done + counted.astype("int32"),
        average=average,
        first=first,
        best=best,
        stopped=state.stopped | runs_away,
        losses=xp.where(here, loss, state.losses),
        smoothed=xp.where(here, smoothed, state.smoothed),
    )


def _result(state: State, plan: Plan) -> RateTest:
    done = int(state.done)
    losses, smoothed = engine.to_numpy(state.losses)[:done], engine.to_numpy(state.smoothed)[:done]
    return RateTest(plan.rates[:done], losses.copy(), smoothed.copy(), bool(state.stopped))


# The batches ---------------------------------------------------------------------------------------------------------
def _order(batches: ArrayBatches, size: int, steps: int) -> np.ndarray:
    """The rows of each step: full batches only, epoch after epoch."""
    whole = batches.rows // size
    epochs = -(-steps // whole)
    rows = [batches.order(epoch)[: whole * size].reshape(whole, size) for epoch in range(epochs)]
    return np.concatenate(rows)[:steps]


def _whole(batches: Batches, steps: int) -> Generator[Batch, None, None]:
    """So many batches, epoch after epoch, without those that have less rows than one before; fewer if they run out."""
    most = done = 0
    for epoch in itertools.count():
        before = done
        with contextlib.closing(_generated(batches.epoch(epoch))) as found:
            for batch in found:
                if batch.rows >= most:
                    most, done = batch.rows, done + 1
                    yield batch
                if done == steps:
                    return
        if done == before:
            return


def _generated(found: Iterator[Batch]) -> Generator[Batch, None, None]:
    yield from found
