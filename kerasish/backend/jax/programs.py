"""Functions that become XLA programs, and control flow inside them."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import jax
import jax.extend
import numpy as np

from kerasish.backend.interface import Array, Shape, Tree
from kerasish.backend.jax.compilation_cache import use_compilation_cache

stop_gradient = jax.lax.stop_gradient
outside_trace = jax.ensure_compile_time_eval
tracer_errors = (
    jax.errors.ConcretizationTypeError,
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerBoolConversionError,
    jax.errors.TracerIntegerConversionError,
)
escape_errors = (jax.errors.UnexpectedTracerError,)


def jit(fn: Callable[..., Any], donate: int | Sequence[int] = ()) -> Callable[..., Any]:
    use_compilation_cache()
    return jax.jit(fn, donate_argnums=donate)


def compile_ahead(fn: Any, *args: Tree) -> Callable[[], None]:
    lowered = fn.lower(*args)  # here: its code needs the context of this thread, and the interpreter's lock

    def work() -> None:
        with contextlib.suppress(
            RuntimeError, ValueError, TypeError
        ):  # the call compiles again, and raises what there is to raise
            lowered.compile()

    thread = threading.Thread(target=work, name="kerasish-compile")  # no daemon: XLA must not be cut short
    thread.start()
    return thread.join


def value_and_grad(fn: Callable[..., Any]) -> Callable[..., Any]:
    return jax.value_and_grad(fn, has_aux=True)


def eval_shape(fn: Callable[..., Any], *specs: tuple[Shape, str]) -> Tree:
    return jax.eval_shape(fn, *(jax.ShapeDtypeStruct(shape, np.dtype(dtype)) for shape, dtype in specs))


def shapes_of(fn: Callable[..., Any], *args: Tree) -> Tree:
    return jax.eval_shape(fn, *args)


def flatten(x: Tree) -> tuple[list[tuple[str, Any]], Callable[[Sequence[Any]], Tree]]:
    found, structure = jax.tree_util.tree_flatten_with_path(x)
    pairs = [(jax.tree_util.keystr(path, simple=True, separator="/"), leaf) for path, leaf in found]
    return pairs, lambda leaves: jax.tree_util.tree_unflatten(structure, leaves)


def eager() -> AbstractContextManager[Any]:
    return jax.disable_jit()


def scan(
    fn: Callable[[Tree, Tree], tuple[Tree, Tree]],
    init: Tree,
    xs: Tree = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Tree, Tree]:
    return jax.lax.scan(fn, init, xs, length, reverse, unroll)


def while_loop(cond: Callable[[Tree], Array], body: Callable[[Tree], Tree], init: Tree) -> Tree:
    return jax.lax.while_loop(cond, body, init)


def fori_loop(lower: Any, upper: Any, body: Callable[[Array, Tree], Tree], init: Tree) -> Tree:
    return jax.lax.fori_loop(lower, upper, body, init)


def cond(pred: Array, true_fn: Callable[..., Tree], false_fn: Callable[..., Tree], *operands: Tree) -> Tree:
    return jax.lax.cond(pred, true_fn, false_fn, *operands)


def uses_convolution(fn: Callable[..., Any], *args: Tree) -> bool:
    # `conv` and its gradients are fast in loops; gradients of gradients, and convolutions of other makers, may not be.
    if jax.default_backend() != "cpu":
        return False
    return any(_is_slow_in_loops(equation) for equation in _equations(jax.make_jaxpr(fn)(*args).jaxpr))


def _is_slow_in_loops(equation: Any) -> bool:
    """Whether XLA on CPU has no fast path for it: 10 to 60 times slower inside `scan` and `while`."""
    if equation.primitive.name != "conv_general_dilated":
        return False
    x = equation.invars[0].aval
    spatial = tuple(range(1, x.ndim - 1))
    last = x.ndim - 1
    layouts = ((0, last, *spatial), (last, last - 1, *(axis - 1 for axis in spatial)), (0, last, *spatial))
    found = tuple(map(tuple, equation.params["dimension_numbers"]))
    return found != layouts or equation.params["batch_group_count"] != 1


def _equations(jaxpr: Any) -> Iterator[Any]:
    """The equations of a program, and those of the programs inside it: branches, bodies of loops, calls."""
    for equation in jaxpr.eqns:
        yield equation
        for x in jax.tree.leaves(list(equation.params.values()), is_leaf=_is_jaxpr):
            if _is_jaxpr(x):
                yield from _equations(x.jaxpr if isinstance(x, jax.extend.core.ClosedJaxpr) else x)


def _is_jaxpr(x: Any) -> bool:
    return isinstance(x, jax.extend.core.ClosedJaxpr | jax.extend.core.Jaxpr)
