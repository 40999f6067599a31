"""Where elements are, and which there are: partial sorting, different elements, places in a sorted vector."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.core.symbolic import any_symbolic
from kerasish.ops.comparison import as_bool
from kerasish.ops.promotion import as_dtype, named, promoted, tensor


def _check_values(name: str, remedy: str, x: Any) -> None:
    if any_symbolic(x) or engine.is_traced(x):
        raise ValueError(
            f"The shape of {name}'s result depends on the values of x, which are not known in a functional model nor "
            f"while a function is being compiled. {remedy}"
        )


@op
def argpartition(x: Any, kth: int, axis: int | None = -1) -> Array:
    """The indices that bring the `kth` least element along `axis` to its place, with none greater before it.

    Those up to it are in the order of their values, those after it in that of their places.

    Args:
        axis: None: of the flat array.
    """
    x = tensor(x)
    x, axis = (xp.ravel(x), 0) if axis is None else (x, axis)
    size = x.shape[axis]
    if not -size <= kth < size:
        raise ValueError(f"kth must number one of the {size} elements along the axis; got {kth}.")
    order = xp.moveaxis(as_dtype(xp.argsort(x, axis=axis, stable=True), "int32"), axis, -1)
    cut = kth % size + 1
    return xp.moveaxis(xp.concatenate([order[..., :cut], xp.sort(order[..., cut:], axis=-1)], axis=-1), -1, axis)


@op
def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Array:
    """For each value, where in the rising vector it would stand.

    Args:
        side: Before the elements equal to it (`"left"`), or after them (`"right"`).
    """
    if side not in ("left", "right"):
        raise ValueError(f"The side of searchsorted must be 'left' or 'right'; got {side!r}.")
    line, values = promoted(sorted_sequence, values)
    if line.ndim != 1:
        raise ValueError(f"searchsorted takes one sorted vector; got the shape {tuple(line.shape)}.")
    return as_dtype(xp.searchsorted(line, values, side=side), "int32")


@op
def unravel_index(indices: Any, shape: Sequence[int]) -> tuple[Array, ...]:
    """The coordinates, one array for each axis, of elements of the flat array.

    Negative indices count from the end; those outside are moved to the nearest element.
    """
    indices = tensor(indices)
    size = math.prod(shape)
    flat = as_dtype(indices, "int64" if engine.wide_types() else "int32")
    flat = xp.where(flat < 0, flat + as_dtype(size, flat.dtype), flat)
    flat = xp.clip(flat, as_dtype(0, flat.dtype), as_dtype(size - 1, flat.dtype))
    found = []
    for axis, length in enumerate(shape):
        step = as_dtype(math.prod(shape[axis + 1 :]), flat.dtype)
        found.append(as_dtype(flat // step % as_dtype(length, flat.dtype), indices.dtype))
    return tuple(found)


def nonzero(x: Any) -> tuple[Array, ...]:
    """The indices of the elements that are not 0: for each axis, an array.

    Raises:
        ValueError: the values are not known, as in a functional model or a compiled function.

    Example:
        >>> [int(i) for i in nonzero([0, 5, 0, 7])[0]]
        [1, 3]
    """
    _check_values("nonzero", "Use ops.where(condition, x1, x2), or a mask, instead.", x)
    return tuple(as_dtype(place, "int32") for place in xp.nonzero(as_bool(x)))


def _unique(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    del sorted
    found = engine.unique(tensor(x), axis, size, fill_value)
    wanted = (True, return_index, return_inverse, return_counts)
    kept = [part for part, asked in zip(found, wanted, strict=True) if asked]
    return tuple(kept) if len(kept) > 1 else kept[0]


_recorded = named(_unique, "unique", "`unique` with a known size.")


def unique(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """The different elements of `x`, in rising order; and, if asked for, where they are and how often.

    Args:
        sorted: Changes nothing: they are always sorted.
        return_index: Whether to return the index of the first copy of each.
        return_inverse: Whether to return, for each element of `x`, the place of its value.
        return_counts: Whether to return how often each comes.
        axis: The slices along this axis are compared; None: the elements.
        size: Exactly so many: the rest is cut off, or filled up. Functional models and compiled functions need it.
        fill_value: With what; by default with the first value.

    Raises:
        ValueError: the values are not known, and no size is given.

    Example:
        >>> values, counts = unique([3, 1, 3], return_counts=True)
        >>> [int(n) for n in values], [int(n) for n in counts]
        ([1, 3], [1, 2])
    """
    if size is None:
        _check_values("unique", "Give the `size`.", x)
    return _recorded(x, sorted, return_index, return_inverse, return_counts, axis, size, fill_value)


__all__ = ["argpartition", "nonzero", "searchsorted", "unique", "unravel_index"]
