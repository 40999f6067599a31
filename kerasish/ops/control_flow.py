"""Branches and loops that depend on values: in a compiled function they become part of the program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array, Tree
from kerasish.core import tree
from kerasish.core.op import op
from kerasish.core.variable import Overlay
from kerasish.ops.comparison import as_bool
from kerasish.ops.promotion import as_dtype, tensor

Function = Callable[..., Any]


def guarded(fn: Function, where: str) -> Function:
    """`fn`, which may read variables but not assign them: what is assigned in a loop's body would be lost."""

    def call(*args: Any) -> Tree:
        with Overlay() as overlay:
            result = tree.map(_array_or_none, fn(*args))
        strays = overlay.assigned_besides(())
        if strays:
            raise RuntimeError(
                f"A function given to `{where}` assigned {', '.join(v.path for v, _ in strays)}. Inside a loop or a "
                "branch a variable can't be assigned: return the new value, and assign it after the loop."
            )
        return result

    return call


def _array_or_none(x: Any) -> Any:
    return None if x is None else tensor(x)


def arrays(x: Tree) -> Tree:
    """Numbers, lists of the tree and variables as arrays; None stays None."""
    return tree.map(_array_or_none, x)


@op
def cond(pred: Any, true_fn: Function, false_fn: Function) -> Tree:
    """`true_fn()` if `pred` holds, else `false_fn()`. Both return the same structure, shapes and dtypes.

    Raises:
        ValueError: `pred` is not a scalar.
    """
    pred = as_bool(pred)
    if pred.shape != ():
        raise ValueError(f"`cond` takes one condition: a scalar. Got an array of shape {tuple(pred.shape)}.")
    if not engine.is_traced(pred):
        return true_fn() if bool(pred) else false_fn()
    return engine.cond(pred, guarded(true_fn, "cond"), guarded(false_fn, "cond"))


@op
def switch(index: Any, branches: Sequence[Function], *operands: Any) -> Tree:
    """`branches[index](*operands)`; an index outside means the first, or the last, branch."""
    index = tensor(index)
    last = len(branches) - 1
    if not engine.is_traced(index):
        return branches[min(max(int(index), 0), last)](*operands)
    operands = arrays(operands)
    fns = [guarded(fn, "switch") for fn in branches]

    def choose(number: int, *xs: Any) -> Tree:
        if number == last:
            return fns[last](*xs)
        here = index <= as_dtype(number, index.dtype)
        return engine.cond(here, fns[number], lambda *ys: choose(number + 1, *ys), *xs)

    return choose(0, *operands)


@op
def while_loop(cond: Function, body: Function, loop_vars: Tree, maximum_iterations: int | None = None) -> Tree:
    """`loop_vars = body(*loop_vars)`, as long as `cond(*loop_vars)` holds.

    Args:
        loop_vars: A tuple or list of arrays and nests of them; or one array, which `cond` and `body` take alone.
        maximum_iterations: How often at most.

    Example:
        >>> int(while_loop(lambda i: i < 10, lambda i: i * 2, 3))
        12
    """
    several = isinstance(loop_vars, list | tuple)
    test, step = guarded(cond, "while_loop"), guarded(body, "while_loop")

    def more(state: Any) -> Array:
        count, values = state
        going = as_bool(test(*values))
        return going if maximum_iterations is None else going & (count < as_dtype(maximum_iterations, "int32"))

    def advance(state: Any) -> Any:
        count, values = state
        result = step(*values)
        values = tuple(result) if several and isinstance(result, list | tuple) else (result,)
        return count + as_dtype(1, "int32"), values

    first = tuple(arrays(v) for v in (loop_vars if several else (loop_vars,)))
    _, values = engine.while_loop(more, advance, (as_dtype(0, "int32"), first))
    return values if several else values[0]


@op
def fori_loop(lower: Any, upper: Any, body_fun: Function, init_val: Tree) -> Tree:
    """`value = body_fun(i, value)` for `i` from `lower` up to, without, `upper`."""
    return engine.fori_loop(lower, upper, guarded(body_fun, "fori_loop"), arrays(init_val))


@op
def scan(
    f: Function, init: Tree, xs: Tree = None, length: int | None = None, reverse: bool = False, unroll: int | bool = 1
) -> tuple[Tree, Tree]:
    """`carry, y = f(carry, x)` for each `x` along the first axis of `xs`; the last carry, and the ys stacked.

    Args:
        f: A function `(carry, x) -> (carry, y)`.
        init: The first carry.
        xs: Arrays whose first axis is gone along; None: `length` steps without input.
        reverse: Whether to go from the last to the first.
        unroll: How many steps the compiled loop makes at once.
    """
    return engine.scan(guarded(f, "scan"), arrays(init), None if xs is None else arrays(xs), length, reverse, unroll)


@op
def map(f: Function, xs: Tree) -> Tree:
    """`f(x)` for each `x` along the first axis of `xs`, one after the other; the results stacked."""
    step = guarded(f, "map")
    return engine.scan(lambda carry, x: (carry, step(x)), xp.zeros((), "int32"), arrays(xs))[1]


__all__ = ["cond", "fori_loop", "map", "scan", "switch", "while_loop"]
