"""`CompiledMethod`: a method of a model as an XLA program; values of variables go in, new ones come back."""

from __future__ import annotations

import collections
import itertools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array, Tree
from kerasish.core import tree
from kerasish.core.variable import Overlay, Variable, refuse_strays, traced
from kerasish.data.arrays import take_rows
from kerasish.data.batches import Batch
from kerasish.models.padding import only_rows

NewValues = dict[int, Array]
"""By the number of the variable, for those that were assigned."""


_VALUE = operator.attrgetter("_value")


class CompiledMethod:
    """A method of a model, compiled: at each call the variables' values go in, and the new ones come back.

    The variables change only when a call has been completed, all at once.

    Args:
        method: `method(data) -> output`, which reads and assigns variables.
        variables: Every variable that it may assign.
        donate: Whether the old values of assigned variables give up their memory.
        output: Called without arguments after the last of several steps, for the output; None: the last step's own.
    """

    def __init__(
        self,
        method: Callable[[Any], Tree],
        variables: Sequence[Variable],
        *,
        donate: bool,
        output: Callable[[], Tree] | None = None,
    ) -> None:
        self.variables = list(variables)
        self.method = method
        self.output = output
        self.step = engine.jit(_functional(method, self.variables))
        self.changing: list[int] | None = None
        self.is_per_sample: bool | None = None
        """Whether its batches may be padded; None: not known yet."""
        self.loops = False
        donated = (0,) if donate else ()
        self._on_batch = engine.jit(self._run_batch, donated)
        self._on_rows: dict[tuple[int, bool], Callable[..., Any]] = {}
        self._donated = donated

    def begin(self, epoch: int | None = None, batch: int | None = None) -> None:
        """Steps will follow: of this epoch, from this batch on, if they are numbered."""

    def prepare(self, data: Tree, rows: Any = None) -> None:
        """Find out, without computing, which variables change, and whether steps may run in a loop."""
        if self.changing is not None:
            return
        values = self._values(range(len(self.variables)))
        example = tree.map(lambda x: x if x is None else engine.asarray(x), data)
        _, new = engine.shapes_of(self.step, values, example, rows)
        self.changing = sorted(new)
        self.loops = not engine.uses_convolution(self.step, values, example, rows)

    def run(self, batch: Batch, rows: Any = None) -> Tree:
        """One step on a batch; `rows` counts the real ones if some are padding."""
        self.prepare(batch.data, rows)
        return self._commit(self._on_batch, batch.data, rows)

    def run_rows(
        self, data: Tree, order: Array, size: int, first: int, count: int, *, total: int | None = None
    ) -> Tree:
        """Several steps on batches gathered from arrays on the device.

        Args:
            data: The arrays.
            order: Their rows, in order; its length is a multiple of `size`.
            size: Rows of a batch.
            first: The number of the first batch.
            count: How many batches.
            total: How many rows of `order` are real, if not all.
        """
        return self._commit(self._rows(size, total), data, order, *map(_int32, (first, count)), _int32(total))

    def _rows(self, size: int, total: int | None) -> Callable[..., Any]:
        key = (size, total is not None)
        if key not in self._on_rows:
            self._on_rows[key] = engine.jit(self._rows_program(size), self._donated)
        return self._on_rows[key]

    def compile_rows_ahead(self, data: Tree, order: Array, size: int) -> Callable[[], None]:
        """Begin to compile, on a thread, what `run_rows` runs for one batch of this size.

        Returns:
            A function that waits for it.
        """
        if (size, False) in self._on_rows or type(self).run_rows is not CompiledMethod.run_rows:
            return _nothing
        first, count = map(_int32, (0, 1))
        return engine.compile_ahead(self._rows(size, None), *self._inputs(), data, order, first, count, None)

    def compile_ahead(self, data: Tree) -> Callable[[], None]:
        """Begin to compile, on a thread, what `run` runs for batches of these shapes; returns what waits for it."""
        if type(self).run is not CompiledMethod.run:
            return _nothing
        return engine.compile_ahead(self._on_batch, *self._inputs(), data, None)

    def run_eagerly(self, data: Tree, rows: Any = None) -> Tree:
        """One step without a program: Python code sees real values, prints and stops in a debugger."""
        data = tree.map(lambda x: x if x is None else engine.asarray(x), data)
        with engine.eager(), Overlay() as overlay, only_rows(rows):
            output = self.method(data)
            output = _read(output if self.output is None else self.output())
        for variable, value in overlay.assigned_besides(()):
            variable.assign(value)
        return output

    def _values(self, numbers: Any) -> list[Array]:
        return [self.variables[number]._value for number in numbers]

    def _commit(self, program: Callable[..., Any], *args: Any) -> Tree:
        assert self.changing is not None
        if not self.changing:
            return self._reading(program, *args)
        results: list[tuple[Tree, NewValues]] = []
        inputs = zip(*([x] for x in (*self._inputs(), *args)), strict=True)
        try:
            # Both lines run in C without a look at signals in between: an interrupt that comes while the program runs
            # is raised after its results are kept, and all variables change or none.
            results.extend(itertools.starmap(program, inputs))
        finally:
            for _, new in results:
                changed = map(self.variables.__getitem__, new)
                collections.deque(map(setattr, changed, itertools.repeat("_value"), new.values()), maxlen=0)
        return results[0][0]

    def _reading(self, program: Callable[..., Any], *args: Any) -> Tree:
        values = list(map(_VALUE, self.variables))  # in C: no other thread runs in between, so all are of one step
        try:
            return program([], values, *args)[0]
        except (ValueError, RuntimeError) as error:
            if "deleted" not in str(error):
                raise
            raise RuntimeError(
                "The model is being trained by another thread, whose step has taken the weights that were to be used. "
                "Call `predict` and `evaluate` in a callback or when `fit` has returned; or use a copy by clone_model."
            ) from error

    def _inputs(self) -> tuple[list[Array], list[Array]]:
        """The values of the variables that change, and of the others."""
        assert self.changing is not None
        chosen = set(self.changing)
        fixed = [number for number in range(len(self.variables)) if number not in chosen]
        return self._values(self.changing), self._values(fixed)

    def _all_values(self, changing: list[Array], fixed: list[Array]) -> list[Array]:
        assert self.changing is not None
        chosen, rest = iter(changing), iter(fixed)
        known = set(self.changing)
        return [next(chosen) if number in known else next(rest) for number in range(len(self.variables))]

    def _run_batch(self, changing: list[Array], fixed: list[Array], data: Tree, rows: Any) -> tuple[Tree, NewValues]:
        values = self._all_values(changing, fixed)
        output, new = self.step(values, data, rows)
        return self._output(output, values, new), self._complete(new, changing)

    def _complete(self, new: NewValues, changing: list[Array]) -> NewValues:
        assert self.changing is not None
        return {**dict(zip(self.changing, changing, strict=True)), **new}

    def _output(self, output: Tree, values: list[Array], new: NewValues) -> Tree:
        if self.output is None:
            return output
        now = [new.get(number, value) for number, value in enumerate(values)]
        with Overlay(self.variables, now):
            return _read(traced(self.output))

    def _rows_program(self, size: int) -> Callable[..., Any]:
        def run(
            changing: list[Array], fixed: list[Array], data: Tree, order: Array, first: Any, count: Any, total: Any
        ) -> tuple[Tree, NewValues]:
            values = self._all_values(changing, fixed)

            def step(index: Any, new: NewValues) -> tuple[Tree, NewValues]:
                now = [new.get(number, value) for number, value in enumerate(values)]
                rows = xp.take(order.reshape((-1, size)), index, axis=0, mode="clip")
                real = None if total is None else xp.minimum(total - index * size, _int32(size))
                output, newer = self.step(now, take_rows(data, rows), real)
                return output, {**new, **newer}

            start = self._complete({}, changing)
            if not self.loops:
                output, new = step(first, start)
                return self._output(output, values, new), new
            if self.output is not None:
                new = engine.fori_loop(first, first + count, lambda index, new: step(index, new)[1], start)
                return self._output(None, values, new), new
            shapes, _ = engine.shapes_of(step, first, start)
            blank = tree.map(lambda x: xp.zeros(x.shape, x.dtype), shapes)
            return engine.fori_loop(first, first + count, lambda index, carry: step(index, carry[1]), (blank, start))

        return run


def _functional(method: Callable[[Any], Tree], variables: list[Variable]) -> Callable[..., tuple[Tree, NewValues]]:
    """`step(values, data, rows) -> (output, new values)`, without side effects."""

    def step(values: list[Array], data: Tree, rows: Any) -> tuple[Tree, NewValues]:
        with Overlay(variables, values) as overlay, only_rows(rows):
            output = _read(traced(method, data))
        refuse_strays(method, overlay.assigned_besides(variables))
        return output, {n: overlay.read(v) for n, v in enumerate(variables) if id(v) in overlay.assigned}

    return step


def _read(output: Tree) -> Tree:
    """`output`, with the values of the variables in it, such as a metric's `result` may be."""
    return tree.map(lambda x: x.value if isinstance(x, Variable) else x, output)


def _nothing() -> None:
    """Nothing is being compiled."""


def _int32(x: int | None) -> Any:
    # NumPy's scalar, not Python's: the dtype is strong, so a different number doesn't mean another program.
    return None if x is None else np.int32(x)
