"""Functions made of functions, as plain loops; what needs gradients is refused."""

import contextlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import optree

from kerasish.backend.interface import Array, Tree
from kerasish.backend.numpy.arrays import asarray
from kerasish.backend.numpy.computation import least
from kerasish.backend.numpy.programs import shapes_of, shapes_only


def vmap(fn: Callable[..., Tree]) -> Callable[..., Tree]:
    def call(*args: Tree) -> Tree:
        size = len(optree.tree_leaves(args)[0])  # pyright: ignore[reportArgumentType]
        if not size or shapes_only.get():
            spec = shapes_of(fn, *optree.tree_map(lambda x: np.zeros(x.shape[1:], x.dtype), args))  # pyright: ignore
            return optree.tree_map(lambda x: np.zeros((size, *x.shape), x.dtype), spec)
        found = [fn(*optree.tree_map(lambda x, i=i: x[i], args)) for i in range(size)]  # pyright: ignore
        return optree.tree_map(lambda *xs: np.stack([asarray(x) for x in xs]), *found)

    return call


def checkpoint(fn: Callable[..., Any]) -> Callable[..., Any]:
    return fn


def custom_gradient(fn: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: fn(*args)[0]


def jvp(fn: Callable[..., Any], primals: Sequence[Tree], tangents: Sequence[Tree], has_aux: bool = False) -> Any:
    del fn, primals, tangents, has_aux
    raise NotImplementedError(
        "The NumPy backend computes no derivatives. Set the environment variable KERASISH_BACKEND=jax before the first "
        "import."
    )


def associative_scan(fn: Callable[[Tree, Tree], Tree], xs: Tree, reverse: bool, axis: int) -> Tree:
    def along(x: Array, i: Any) -> Array:
        return np.take(x, i, axis)

    size = optree.tree_leaves(xs)[0].shape[axis]  # pyright: ignore[reportArgumentType]
    order = range(size)[::-1] if reverse else range(size)
    found: list[Tree] = []
    for i in order:
        item = optree.tree_map(lambda x, i=i: along(x, [i]), xs)
        found.append(fn(found[-1], item) if found else item)
        if shapes_only.get():
            return xs
    if not found:
        return xs
    return optree.tree_map(lambda *parts: np.concatenate(parts, axis), *(found[::-1] if reverse else found))


def device(name: str) -> AbstractContextManager[Any]:
    del name
    return contextlib.nullcontext()


def segment_reduce(x: Array, segment_ids: Array, num_segments: int, reduction: str) -> Array:
    known = (segment_ids >= 0) & (segment_ids < num_segments)
    start = np.full((num_segments, *x.shape[1:]), _start(x.dtype, reduction), x.dtype)
    return scatter_reduce(start, np.asarray(segment_ids)[known], x[known], reduction)


def _start(dtype: Any, reduction: str) -> Any:
    if reduction == "mul":
        return 1
    if reduction == "max":
        return least(dtype)
    if dtype == np.bool_:
        return True
    return np.iinfo(dtype).max if np.dtype(dtype).kind in "iu" else np.inf


def scatter_reduce(x: Array, index: Any, values: Array, reduction: str) -> Array:
    result = np.array(x)
    fn = {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}[reduction]
    fn.at(result, index, values)
    return result
