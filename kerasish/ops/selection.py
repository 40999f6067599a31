"""Elements by their indices, and indices of elements: taking, sorting, counting, scattering."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array, Shape
from kerasish.core.op import op
from kerasish.ops.promotion import as_dtype, as_float, promoted, tensor


def indices_of(x: Any) -> Array:
    x = tensor(x)
    return x if x.dtype.kind in "iu" else as_dtype(x, "int32")


@op
def get_item(x: Any, key: Any) -> Array:
    """`x[key]`, for a key of numbers, slices, arrays, None and `...`, as in NumPy."""
    if isinstance(key, tuple):
        return tensor(x)[tuple(np.asarray(k) if isinstance(k, list) else k for k in key)]
    return tensor(x)[np.asarray(key) if isinstance(key, list) else key]


@op
def take(x: Any, indices: Any, axis: int | None = None) -> Array:
    """The elements of `x` at `indices` along `axis`; None: of the flat array.

    A negative index counts from the end; one outside gives NaN.
    """
    x, indices = tensor(x), indices_of(indices)
    if axis is None:
        x, axis = xp.ravel(x), 0
    place = axis % x.ndim
    if indices.dtype.kind == "i":
        indices = indices if indices.dtype.itemsize >= 4 else as_dtype(indices, "int32")
        indices = xp.where(indices < 0, indices + as_dtype(x.shape[place], indices.dtype), indices)
    if place == 0:
        return engine.take_rows(x, indices)
    rows = engine.take_rows(xp.moveaxis(x, place, 0), indices)
    added = tuple(range(indices.ndim))
    return xp.moveaxis(rows, added, tuple(place + i for i in added))


@op
def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Array:
    """For each place of `indices`, the element of `x` that it numbers along `axis`; None: of the flat array."""
    return xp.take_along_axis(tensor(x), indices_of(indices), axis=axis)


@op
def sort(x: Any, axis: int | None = -1) -> Array:
    """The elements along `axis` in rising order; None: of the flat array."""
    return xp.sort(tensor(x), axis=axis)


@op
def argsort(x: Any, axis: int | None = -1) -> Array:
    """The indices that sort `x` along `axis`; equal elements keep their order."""
    return as_dtype(xp.argsort(tensor(x), axis=axis, stable=True), "int32")


@op
def top_k(x: Any, k: int, sorted: bool = True) -> tuple[Array, Array]:
    """The `k` greatest elements along the last axis, in falling order, and their indices."""
    del sorted
    values, indices = engine.top_k(tensor(x), k)
    return values, as_dtype(indices, "int32")


@op
def in_top_k(targets: Any, predictions: Any, k: int) -> Array:
    """Whether the score of the target class is among the `k` greatest.

    A tie counts in the target's favour; a score that is not finite, and a class that does not exist, never count.

    Shapes:
        targets: `(batch,)`, integers.
        predictions: `(batch, classes)`.
        returns: `(batch,)`, boolean.
    """
    targets, predictions = indices_of(targets), as_float(predictions)
    classes = xp.arange(predictions.shape[-1], dtype=targets.dtype)
    known = xp.any(targets[..., None] == classes, axis=-1)
    score = xp.take_along_axis(predictions, xp.where(known, targets, xp.zeros_like(targets))[..., None], axis=-1)
    better = xp.sum(predictions > score, axis=-1, dtype="int32")
    finite = xp.all(xp.isfinite(score), axis=-1)
    return known & finite & (better < as_dtype(k, "int32"))


@op
def digitize(x: Any, bins: Any) -> Array:
    """For each element, how many of the rising `bins` are not above it."""
    x, bins = promoted(x, bins)
    return as_dtype(xp.searchsorted(bins, x, side="right"), "int32")


@op
def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Array:
    """How often each of the numbers 0, 1, 2 … is in `x`, along its last axis.

    While a function is being compiled the greatest number is unknown: then the result has the length `minlength`,
    and greater numbers are not counted.

    Args:
        weights: What each element counts; None: 1.
        minlength: The least length of the result.
    """
    if sparse:
        raise ValueError("bincount(sparse=True) is not supported: arrays here are dense.")
    x = indices_of(x)
    length = minlength
    if not engine.is_traced(x):
        length = max(minlength, int(engine.to_numpy(x).max(initial=-1)) + 1)
    elif not minlength:
        raise ValueError("bincount in a compiled function needs `minlength`: the length of the result.")
    weights = xp.ones(x.shape, "int32") if weights is None else tensor(weights)
    numbers = xp.arange(length, dtype=x.dtype)
    hits = x[..., None] == numbers
    return xp.sum(xp.where(hits, weights[..., None], as_dtype(0, weights.dtype)), axis=-2, dtype=weights.dtype)


def _coordinates(indices: Any) -> tuple[Array, ...]:
    indices = indices_of(indices)
    return tuple(indices[..., axis] for axis in range(indices.shape[-1]))


def _scattered(indices: Any, values: Array, shape: Sequence[int], reduction: str = "add") -> Array:
    """Zeros, to which the values are added at their indices; or ones, which are multiplied by them (`"mul"`)."""
    depth = indices_of(indices).shape[-1]
    rows = int(np.prod(shape[:depth]))
    flat = sum(
        (c * int(np.prod(shape[axis + 1 : depth])) for axis, c in enumerate(_coordinates(indices))),
        start=as_dtype(0, "int32"),
    )
    inner = tuple(shape[depth:])
    values, flat = xp.reshape(values, (-1, *inner)), xp.reshape(flat, (-1,))
    if reduction == "mul":
        return xp.reshape(engine.segment_reduce(values, flat, rows, "mul"), tuple(shape))
    return xp.reshape(engine.segment_sum(values, flat, rows), tuple(shape))


@op
def scatter(indices: Any, values: Any, shape: Shape) -> Array:
    """Zeros of this shape, to which each value is added at its index.

    Shapes:
        indices: `(..., depth)`: the first `depth` coordinates.
        values: `(..., *shape[depth:])`.
        returns: `shape`.
    """
    return _scattered(indices, tensor(values), tuple(int(size) for size in shape))  # pyright: ignore[reportArgumentType]


@op
def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Array:
    """`inputs`, in which the elements at `indices` are `updates`.

    Args:
        reduction: None: replace; `"add"`, `"mul"`, `"max"`, `"min"`: what is there and the update together, and an
            index that comes twice counts twice.

    Shapes:
        indices: `(..., depth)`: the first `depth` coordinates.
        updates: `(..., *inputs.shape[depth:])`.
    """
    inputs = tensor(inputs)
    updates = as_dtype(updates, inputs.dtype)
    if reduction == "add":
        return inputs + _scattered(indices, updates, inputs.shape)
    if reduction == "mul":
        return inputs * _scattered(indices, updates, inputs.shape, "mul")
    if reduction in ("max", "min"):
        return engine.scatter_reduce(inputs, _coordinates(indices), updates, reduction)
    if reduction is not None:
        raise ValueError(f"scatter_update's reduction must be None or 'add', 'mul', 'max', 'min'; got {reduction!r}.")
    return engine.scatter_update(inputs, _coordinates(indices), updates)


def _window(x: Array, start_indices: Any, shape: Sequence[int]) -> list[Array]:
    """The coordinates of a window along each axis; one that would stick out is moved inside."""
    starts = indices_of(start_indices)
    windows = []
    for axis, size in enumerate(shape):
        start = xp.clip(starts[axis], as_dtype(0, starts.dtype), as_dtype(x.shape[axis] - size, starts.dtype))
        line = start + xp.arange(size, dtype=starts.dtype)
        windows.append(xp.reshape(line, [-1 if i == axis else 1 for i in range(len(shape))]))
    return windows


@op
def slice(inputs: Any, start_indices: Any, shape: Shape) -> Array:
    """The window of this shape that starts at `start_indices`; one that would stick out is moved inside."""
    inputs = tensor(inputs)
    sizes = [inputs.shape[axis] if size in (None, -1) else int(size) for axis, size in enumerate(shape)]  # pyright: ignore
    return inputs[tuple(_window(inputs, start_indices, sizes))]


@op
def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Array:
    """`inputs`, in which the window that starts at `start_indices` is `updates`."""
    inputs = tensor(inputs)
    updates = as_dtype(updates, inputs.dtype)
    return engine.scatter_update(inputs, tuple(_window(inputs, start_indices, updates.shape)), updates)


__all__ = [
    "argsort",
    "bincount",
    "digitize",
    "get_item",
    "in_top_k",
    "scatter",
    "scatter_update",
    "slice",
    "slice_update",
    "sort",
    "take",
    "take_along_axis",
    "top_k",
]
