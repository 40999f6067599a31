"""Other shapes of the same elements: reshaping, joining, splitting, repeating, padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasish.backend import xp
from kerasish.backend.interface import Array, Shape
from kerasish.core.op import op
from kerasish.ops.promotion import as_dtype, promoted, tensor, unary
from kerasish.ops.reductions import axes_of

ravel = unary("ravel", xp.ravel, "The elements of `x` along one axis, the last axis running fastest.")


@op
def reshape(x: Any, newshape: Any) -> Array:
    """`x` with another shape and the same elements in the same order.

    Args:
        newshape: Its sizes. One of them may be -1, or None as symbolic shapes have it: what the others leave.

    Example:
        >>> reshape([1, 2, 3, 4], (2, -1)).shape
        (2, 2)
    """
    given = (newshape,) if isinstance(newshape, int | np.integer) else newshape
    sizes = tuple(-1 if size is None else int(size) for size in given)
    if sizes.count(-1) > 1:
        raise ValueError(f"A new shape may leave one size open, by -1 or None; got {given}. Give all the others.")
    return xp.reshape(tensor(x), sizes)


@op
def transpose(x: Any, axes: Sequence[int] | None = None) -> Array:
    """`x` with its axes in this order; None: in reverse."""
    return xp.transpose(tensor(x), axes_of(axes))


@op
def swapaxes(x: Any, axis1: int, axis2: int) -> Array:
    """`x` with two axes in each other's place."""
    return xp.swapaxes(tensor(x), axis1, axis2)


@op
def moveaxis(x: Any, source: int | Sequence[int], destination: int | Sequence[int]) -> Array:
    """`x` with the axes `source` at the places `destination`, and the others in their order."""
    return xp.moveaxis(tensor(x), axes_of(source), axes_of(destination))


@op
def squeeze(x: Any, axis: int | Sequence[int] | None = None) -> Array:
    """`x` without axes of size 1: those named, or all."""
    return xp.squeeze(tensor(x), axis=axes_of(axis))


@op
def expand_dims(x: Any, axis: int | Sequence[int]) -> Array:
    """`x` with a new axis of size 1 at this place of the result, or with several."""
    return xp.expand_dims(tensor(x), axes_of(axis))


@op
def broadcast_to(x: Any, shape: Shape) -> Array:
    """`x`, repeated along axes of size 1, and new ones in front, up to this shape."""
    return xp.broadcast_to(tensor(x), tuple(shape))


@op
def concatenate(xs: Sequence[Any], axis: int = 0) -> Array:
    """The arrays one after the other along an axis that they have."""
    return xp.concatenate(promoted(*xs), axis=axis)


@op
def stack(x: Sequence[Any], axis: int = 0) -> Array:
    """The arrays side by side along a new axis."""
    return xp.stack(promoted(*x), axis=axis)


@op
def split(x: Any, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Array]:
    """Parts of `x` along `axis`: so many equal ones, or those between the indices.

    Raises:
        ValueError: the axis does not divide into equal parts.
    """
    x = tensor(x)
    if isinstance(indices_or_sections, int | np.integer):
        if x.shape[axis] % indices_or_sections:
            raise ValueError(
                f"An axis of size {x.shape[axis]} does not split into {indices_or_sections} equal parts; give the "
                "indices at which to split it."
            )
        return list(xp.split(x, int(indices_or_sections), axis=axis))
    return list(xp.split(x, [int(i) for i in indices_or_sections], axis=axis))


@op
def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Array]:
    """The slices of `x` along `axis`, without that axis: the opposite of `stack`.

    Args:
        num: How many they are; by default, what the shape says.
    """
    x = tensor(x)
    if num is not None and num != x.shape[axis]:
        raise ValueError(f"The axis {axis} of an array of shape {tuple(x.shape)} does not unstack into {num} slices.")
    x = xp.moveaxis(x, axis, 0)
    return [x[i] for i in range(x.shape[0])]


@op
def tile(x: Any, repeats: int | Sequence[int]) -> Array:
    """`x`, so many times side by side along each axis."""
    return xp.tile(tensor(x), repeats if isinstance(repeats, int) else tuple(int(r) for r in repeats))


@op
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Array:
    """Each element, so many times, along `axis`; None: of the flat array.

    Args:
        repeats: A number, or one for each element along the axis.
    """
    if isinstance(repeats, int | np.integer):
        return xp.repeat(tensor(x), int(repeats), axis=axis)
    return xp.repeat(tensor(x), np.asarray(repeats), axis=axis)


@op
def flip(x: Any, axis: int | Sequence[int] | None = None) -> Array:
    """`x` in reverse order along these axes; None: along all."""
    return xp.flip(tensor(x), axis=axes_of(axis))


@op
def roll(x: Any, shift: int | Sequence[int], axis: int | Sequence[int] | None = None) -> Array:
    """`x` moved by `shift` places along `axis`; what leaves at the end comes in at the start."""
    return xp.roll(tensor(x), axes_of(shift), axis=axes_of(axis))


@op
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Array:
    """`x` with elements added before and after it.

    Args:
        pad_width: `(before, after)` for each axis; one pair, or one number, for all.
        mode: What is added: `"constant"`, `"edge"`, `"reflect"`, `"symmetric"`, or another mode of NumPy's.
        constant_values: The number to add, if the mode is constant: 0 by default.
    """
    x = tensor(x)
    pairs = np.broadcast_to(np.asarray(pad_width, dtype=np.int64), (x.ndim, 2))
    widths = tuple((int(before), int(after)) for before, after in pairs)
    if mode != "constant":
        if constant_values is not None:
            raise ValueError(f"`constant_values` is for mode='constant'; got {constant_values!r} and mode={mode!r}.")
        return xp.pad(x, widths, mode=mode)
    return xp.pad(x, widths, mode=mode, constant_values=as_dtype(constant_values or 0, x.dtype))


@op
def meshgrid(*x: Any, indexing: str = "xy") -> list[Array]:
    """The coordinates of a grid, one array for each axis.

    Args:
        indexing: `"ij"`: the axes in the order of the arguments; `"xy"`: with the first two swapped.
    """
    return list(xp.meshgrid(*map(tensor, x), indexing=indexing))


@op
def diag(x: Any, k: int = 0) -> Array:
    """The `k`-th diagonal of a matrix; or, of a vector, a matrix with it there."""
    return xp.diag(tensor(x), k=k)


@op
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """The diagonals of the matrices in two axes, along a last axis."""
    return xp.diagonal(tensor(x), offset=offset, axis1=axis1, axis2=axis2)


@op
def tril(x: Any, k: int = 0) -> Array:
    """Matrices with 0 above the `k`-th diagonal."""
    return xp.tril(tensor(x), k=k)


@op
def triu(x: Any, k: int = 0) -> Array:
    """Matrices with 0 below the `k`-th diagonal."""
    return xp.triu(tensor(x), k=k)


__all__ = [
    "broadcast_to",
    "concatenate",
    "diag",
    "diagonal",
    "expand_dims",
    "flip",
    "meshgrid",
    "moveaxis",
    "pad",
    "ravel",
    "repeat",
    "reshape",
    "roll",
    "split",
    "squeeze",
    "stack",
    "swapaxes",
    "tile",
    "transpose",
    "tril",
    "triu",
    "unstack",
]
