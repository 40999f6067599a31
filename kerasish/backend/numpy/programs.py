"""Functions and control flow as plain Python: nothing is compiled, nothing is differentiated."""

import contextlib
import contextvars
import dataclasses
import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import optree

from kerasish.backend.interface import Array, Shape, Tree
from kerasish.backend.numpy.arrays import asarray

tracer_errors: tuple[type[Exception], ...] = ()
escape_errors: tuple[type[Exception], ...] = ()
shapes_only: contextvars.ContextVar[bool] = contextvars.ContextVar("shapes_only", default=False)
"""Inside `eval_shape` the values mean nothing, so that loops and convolutions need not compute them."""


@dataclasses.dataclass(frozen=True)
class Spec:
    """The shape and dtype of an array. No tuple: it must be a leaf of trees."""

    shape: tuple[int, ...]
    dtype: np.dtype


_MOST_NUMBERS = 2**28


def jit(fn: Callable[..., Any], donate: int | Sequence[int] = ()) -> Callable[..., Any]:
    del donate
    return fn


def compile_ahead(fn: Callable[..., Any], *args: Tree) -> Callable[[], None]:
    return lambda: None


def value_and_grad(fn: Callable[..., Any]) -> Callable[..., Any]:
    del fn
    raise NotImplementedError(
        "The NumPy backend computes no gradients, so it can't train; it can build models, predict and evaluate. "
        "Set the environment variable KERASISH_BACKEND=jax before the first import."
    )


def eval_shape(fn: Callable[..., Any], *specs: tuple[Shape, str]) -> Tree:
    # A shape with None is an error here, as it is in JAX.
    largest = max((math.prod(d or 0 for d in shape) for shape, _ in specs), default=0)
    if largest > _MOST_NUMBERS:
        raise ValueError(
            f"The NumPy backend finds shapes by computing values; an input of {largest} numbers is too large for that. "
            "Set the environment variable KERASISH_BACKEND=jax before the first import."
        )
    return shapes_of(fn, *(np.zeros(shape, dtype) for shape, dtype in specs))  # pyright: ignore


def shapes_of(fn: Callable[..., Any], *args: Tree) -> Tree:
    token = shapes_only.set(True)
    try:
        with np.errstate(all="ignore"):
            found = fn(*optree.tree_map(_stand_in, args))  # pyright: ignore[reportArgumentType]
    finally:
        shapes_only.reset(token)
    return optree.tree_map(_spec, found)


def flatten(x: Tree) -> tuple[list[tuple[str, Any]], Callable[[Sequence[Any]], Tree]]:
    paths, leaves, structure = optree.tree_flatten_with_path(x)  # pyright: ignore[reportArgumentType]
    pairs = [("/".join(map(str, path)), leaf) for path, leaf in zip(paths, leaves, strict=True)]
    return pairs, lambda new: optree.tree_unflatten(structure, new)


def _stand_in(x: Any) -> Any:
    return np.zeros(x.shape, x.dtype) if isinstance(x, Spec) else x


def _spec(x: Any) -> Spec:
    array = asarray(x)
    return Spec(array.shape, array.dtype)


def outside_trace() -> AbstractContextManager[Any]:
    return contextlib.nullcontext()


def eager() -> AbstractContextManager[Any]:
    return contextlib.nullcontext()


def keeping_memory() -> AbstractContextManager[Any]:
    return contextlib.nullcontext()


def start_profile(folder: str) -> None:
    raise NotImplementedError("The NumPy backend has no profiler; cProfile sees all that it does.")


def stop_profile() -> None:
    pass


def uses_convolution(fn: Callable[..., Any], *args: Tree) -> bool:
    del fn, args
    return False


def count_flops(fn: Callable[..., Any], *args: Tree) -> int:
    raise NotImplementedError("The numpy backend makes no programs, so it can't count their operations: use jax.")


def stop_gradient(x: Array) -> Array:
    return x


def scan(
    fn: Callable[[Tree, Tree], tuple[Tree, Tree]],
    init: Tree,
    xs: Tree = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Tree, Tree]:
    del unroll
    steps = _steps(xs, length)
    carry = optree.tree_map(asarray, init)
    if steps == 0 or shapes_only.get():
        return carry, _one_step_for_all(fn, carry, xs, steps)
    found: list[Tree] = [None] * steps
    for step in reversed(range(steps)) if reverse else range(steps):
        carry, found[step] = fn(carry, optree.tree_map(lambda leaf, step=step: leaf[step], xs))
        carry = optree.tree_map(asarray, carry)
    return carry, optree.tree_map(lambda *leaves: np.stack([asarray(leaf) for leaf in leaves]), *found)


def _steps(xs: Tree, length: int | None) -> int:
    lengths = {len(leaf) for leaf in optree.tree_leaves(xs)} | ({length} if length is not None else set())
    if len(lengths) != 1:
        raise ValueError(
            f"scan needs one number of steps, from `length` and the first axes of `xs`; got {sorted(lengths)}."
        )
    return lengths.pop()


def _one_step_for_all(fn: Callable[[Tree, Tree], tuple[Tree, Tree]], carry: Tree, xs: Tree, steps: int) -> Tree:
    """The stacked ys, of which only shapes and types are right."""
    x = optree.tree_map(lambda leaf: Spec(leaf.shape[1:], leaf.dtype), xs)
    _, y = shapes_of(fn, carry, x)
    return optree.tree_map(lambda leaf: np.zeros((steps, *leaf.shape), leaf.dtype), y)


def cond(pred: Array, true_fn: Callable[..., Tree], false_fn: Callable[..., Tree], *operands: Tree) -> Tree:
    return optree.tree_map(asarray, (true_fn if pred else false_fn)(*operands))


def while_loop(cond: Callable[[Tree], Array], body: Callable[[Tree], Tree], init: Tree) -> Tree:
    state = optree.tree_map(asarray, init)
    if shapes_only.get():
        return state  # On zeros the loop might never end; and it keeps the shapes.
    while cond(state):
        state = optree.tree_map(asarray, body(state))
    return state


def fori_loop(lower: Any, upper: Any, body: Callable[[Array, Tree], Tree], init: Tree) -> Tree:
    state = optree.tree_map(asarray, init)
    if shapes_only.get():
        return state
    for i in range(int(lower), int(upper)):
        state = optree.tree_map(asarray, body(np.asarray(i, "int32"), state))
    return state
