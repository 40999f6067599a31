"""Arrays looked up at places between their elements."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.ops.core import saturate_cast
from kerasish.ops.image.layout import computed, nearest_whole, one_of, rounded
from kerasish.ops.promotion import as_dtype, tensor


def _reflected(i: Array, n: int) -> Array:
    """`d c b a | a b c d | d c b a`."""
    folded = xp.mod(i, 2 * n)
    return xp.minimum(folded, 2 * n - 1 - folded)


def _mirrored(i: Array, n: int) -> Array:
    """`d c b | a b c d | c b a`."""
    period = max(2 * n - 2, 1)
    folded = xp.mod(i, period)
    return xp.minimum(folded, period - folded) if n > 1 else folded


INSIDE: dict[str, Callable[[Array, int], Array]] = {
    "constant": lambda i, n: xp.clip(i, 0, n - 1),
    "nearest": lambda i, n: xp.clip(i, 0, n - 1),
    "wrap": lambda i, n: xp.mod(i, n),
    "mirror": _mirrored,
    "reflect": _reflected,
}
"""For each fill mode: the index in `range(n)` that an index (a whole floating number) stands for."""


def look_up(
    x: Array, places: Sequence[Array], order: int, fill_mode: str, fill_value: Any, leading: tuple[Array, ...] = ()
) -> Array:
    """`x[*leading, *places]`, in the dtype of `x`, where `places` are not whole numbers.

    Order 0 takes the nearest element. Order 1 is `Σ w x` over the corners of the cell, `w` being the product over the
    axes of the nearness to the corner. Integers are rounded, halves away from zero.

    Args:
        x: `(*leading axes, *axes looked up, *rest)`.
        places: Floating numbers, one array for each axis.
        leading: Indices for the axes before; they broadcast against `places`.
    """
    fill = saturate_cast(tensor(fill_value), x.dtype)
    if order == 0:
        return _corner(x, [nearest_whole(place) for place in places], fill_mode, fill, leading)
    lows = [xp.floor(place) for place in places]
    sides = [((low, 1 - (place - low)), (low + 1, place - low)) for place, low in zip(places, lows, strict=True)]
    wide, total = computed(x), None
    for choice in itertools.product(*sides):
        found = _corner(wide, [i for i, _ in choice], fill_mode, computed(fill), leading)
        term = _beside(_product([as_dtype(w, wide.dtype) for _, w in choice]), found) * found
        total = term if total is None else total + term
    return rounded(total, x.dtype, half_away=True)


def _corner(x: Array, indices: Sequence[Array], fill_mode: str, fill: Array, leading: tuple[Array, ...]) -> Array:
    """`x[*leading, *indices]`, the indices being whole floating numbers, inside of the axes or not."""
    pairs = list(zip(indices, x.shape[len(leading) :], strict=False))
    found = x[(*leading, *(INSIDE[fill_mode](i, n).astype("int32") for i, n in pairs))]
    if fill_mode != "constant":
        return found
    known = _product([(i >= 0) & (i <= n - 1) for i, n in pairs])
    return xp.where(_beside(known, found), found, fill)


def _beside(a: Array, found: Array) -> Array:
    """`a`, with axes for the rest of what was found."""
    return xp.reshape(a, (*a.shape, *(1,) * (found.ndim - a.ndim)))


def _product(factors: Sequence[Array]) -> Array:
    total = factors[0]
    for factor in factors[1:]:
        total = total * factor
    return total


@op
def map_coordinates(
    inputs: Any, coordinates: Any, order: int, fill_mode: str = "constant", fill_value: float = 0
) -> Array:
    """`inputs[coordinates]`, where the coordinates are not whole numbers.

    Integers are rounded, halves away from zero.

    Args:
        order: 0: the nearest element; 1: linear between elements.
        fill_mode: What is outside of `a b c d`: `"constant"`: the `fill_value`; `"nearest"`: `a a | a b c d | d d`;
            `"wrap"`: `c d | a b c d | a b`; `"mirror"`: `c b | a b c d | c b`; `"reflect"`: `b a | a b c d | d c`.
        fill_value: What counts as the elements outside, if the mode is constant.

    Shapes:
        inputs: Any, with `n` axes.
        coordinates: `(n, *shape)`: a coordinate along each axis.
        returns: `shape`.

    Raises:
        ValueError: An order or a mode that does not exist, or coordinates for another number of axes.

    Example:
        >>> map_coordinates([0.0, 10.0], [[0.0, 0.5, 2.0]], 1, "nearest").tolist()
        [0.0, 5.0, 10.0]
    """
    one_of(fill_mode, tuple(INSIDE), "fill_mode", "map_coordinates")
    if order not in (0, 1):
        raise ValueError(f"map_coordinates: `order` must be 0 or 1; got {order!r}.")
    x, places = tensor(inputs), computed(tensor(coordinates))
    if places.ndim < 2 or places.shape[0] != x.ndim:
        raise ValueError(
            f"map_coordinates: the coordinates need the shape ({x.ndim}, ...), one along each axis of inputs of shape "
            f"{tuple(x.shape)}; got {tuple(places.shape)}."
        )
    return look_up(x, [places[axis] for axis in range(x.ndim)], order, fill_mode, fill_value)


__all__ = ["map_coordinates"]
