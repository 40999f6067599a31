"""Running a cell along time: one loop for all cells, in which only what depends on the last step is computed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from kerasish import ops
from kerasish.backend import engine
from kerasish.backend.interface import Array
from kerasish.core import tree
from kerasish.core.context import scope
from kerasish.core.dtypes import standardize_dtype
from kerasish.core.variable import Overlay
from kerasish.layers.recurrent.cell import RecurrentCell
from kerasish.layers.recurrent.stacked_cells import StackedRNNCells


@dataclasses.dataclass(frozen=True)
class Plan:
    """How to run: what `RNN` was told."""

    mask: Array | None = None
    """`(time, batch)`: where it is False the states stay as they are, and the output is repeated."""
    training: bool | None = False
    every_step: bool = True
    """Whether the outputs of all steps are wanted, or the last one only."""
    zero_output_for_mask: bool = False
    unroll: bool = False


def run(cell: Any, xs: Array, states: list[Any], plan: Plan) -> tuple[Array, list[Any]]:
    """Run `cell` along the first axis of `xs`.

    Stacked cells are run one after the other, each along the whole sequence, so that the projection of its input is
    one matrix product for each of them.

    Shapes:
        xs: `(time, batch, ...)`.
        returns: outputs `(time, batch, ...)`, or the last one; and the last states.
    """
    if isinstance(cell, StackedRNNCells):
        new_states = []
        for number, (one, own) in enumerate(zip(cell.cells, states, strict=True), 1):
            below = number < len(cell.cells)
            part = dataclasses.replace(plan, every_step=True, zero_output_for_mask=False) if below else plan
            xs, new = run(one, xs, own, part)
            new_states.append(new)
        return xs, new_states
    if isinstance(cell, RecurrentCell):
        with scope(dtype=cell.compute_dtype if cell.autocast else None):
            xs = cell.thinned(xs, plan.training)
            found = cell.in_one_call(xs, states, plan.training, plain=plan.mask is None and not plan.unroll)
            if found is not None:
                return found[0] if plan.every_step else found[1][0], found[1]
            xs, kept = cell.projected(xs, plan.training)
            return _loop(lambda x, old: cell.step(x, old, kept), xs, states, plan)
    return _run_any(cell, xs, states, plan)


def _run_any(cell: Any, xs: Array, states: list[Any], plan: Plan) -> tuple[Array, list[Any]]:
    """Run a cell that only has Keras's protocol: its output, which may be no state, is carried beside them."""

    def step(x: Array, old: list[Array]) -> list[Array]:
        output, new = cell(x, tree.rebuild(states, old[1:]), training=plan.training)
        return [output, *tree.leaves(new)]

    first = [ops.cast(state, cell.compute_dtype) for state in tree.leaves(states)]
    output, new = _loop(step, xs, [_nothing(step, xs, first), *first], plan)
    return output, tree.rebuild(states, new[1:])


def _nothing(step: Callable[..., list[Array]], xs: Array, states: list[Array]) -> Array:
    """Zeros like the output of `step`, which is not computed."""

    def output(x: Array, *leaves: Array) -> Array:
        with Overlay():
            return step(x, [None, *leaves])[0]

    specs = [((*xs.shape[1:],), standardize_dtype(xs.dtype))]
    specs += [(tuple(state.shape), standardize_dtype(state.dtype)) for state in states]
    found = engine.eval_shape(output, *specs)
    return ops.zeros(found.shape, standardize_dtype(found.dtype))


def _loop(
    step: Callable[[Array, list[Array]], list[Array]], xs: Array, states: list[Array], plan: Plan
) -> tuple[Array, list[Array]]:
    """Run `step(x, states) -> states`, whose first state is the output."""

    def advance(old: list[Array], inputs: tuple[Array, Array | None]) -> tuple[list[Array], Array | None]:
        x, keep = inputs
        new = step(x, old)
        if keep is not None:
            new = [_where(keep, after, before) for after, before in zip(new, old, strict=True)]
        return new, new[0] if plan.every_step else None

    unroll = True if plan.unroll and xs.shape[0] else 1
    states, outputs = ops.scan(advance, states, (xs, plan.mask), unroll=unroll)
    outputs = outputs if plan.every_step else states[0]
    if plan.zero_output_for_mask and plan.mask is not None and xs.shape[0]:
        counts = plan.mask if plan.every_step else plan.mask[-1]
        outputs = _where(counts, outputs, ops.zeros_like(outputs))
    return outputs, states


def _where(keep: Array, x: Array, y: Array) -> Array:
    return ops.where(ops.reshape(keep, (*keep.shape, *(1,) * (x.ndim - keep.ndim))), x, y)
