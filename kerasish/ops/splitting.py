"""Parts of arrays, and arrays put together, along the axes that have names: rows, columns, depth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.ops.promotion import promoted, tensor
from kerasish.ops.shapes import split

Sections = int | Sequence[int]


def _with_axes(name: str, x: Any, ndim: int) -> Array:
    x = tensor(x)
    if x.ndim < ndim:
        raise ValueError(f"{name} takes an array of {ndim} axes or more; got the shape {tuple(x.shape)}.")
    return x


@op
def array_split(x: Any, indices_or_sections: Sections, axis: int = 0) -> list[Array]:
    """Parts of `x` along `axis`: so many, the first ones longer by one where it does not divide; or at the indices."""
    if not isinstance(indices_or_sections, int | np.integer):
        return split(x, indices_or_sections, axis)
    if indices_or_sections < 1:
        raise ValueError(f"array_split makes one part or more; got {indices_or_sections}.")
    return list(xp.array_split(tensor(x), int(indices_or_sections), axis=axis))


@op
def vsplit(x: Any, indices_or_sections: Sections) -> list[Array]:
    """Parts of `x` along its first axis: so many equal ones, or those between the indices."""
    return split(_with_axes("vsplit", x, 1), indices_or_sections, 0)


@op
def hsplit(x: Any, indices_or_sections: Sections) -> list[Array]:
    """Parts of `x` along its second axis, or the only one: so many equal ones, or those between the indices."""
    x = _with_axes("hsplit", x, 1)
    return split(x, indices_or_sections, min(1, x.ndim - 1))


@op
def dsplit(x: Any, indices_or_sections: Sections) -> list[Array]:
    """Parts of `x` along its third axis: so many equal ones, or those between the indices."""
    return split(_with_axes("dsplit", x, 3), indices_or_sections, 2)


@op
def vstack(xs: Sequence[Any]) -> Array:
    """The arrays one below the other: along the first axis; vectors are rows."""
    return xp.vstack(promoted(*xs))


@op
def hstack(xs: Sequence[Any]) -> Array:
    """The arrays beside each other: along the second axis, or the only one of vectors."""
    return xp.hstack(promoted(*xs))


@op
def dstack(xs: Sequence[Any]) -> Array:
    """The arrays one behind the other: along a third axis."""
    return xp.dstack(promoted(*xs))


@op
def append(x1: Any, x2: Any, axis: int | None = None) -> Array:
    """`x1`, and after it `x2`, along `axis`; None: the elements of both in one vector."""
    return xp.append(*promoted(x1, x2), axis=axis)


__all__ = ["append", "array_split", "dsplit", "dstack", "hsplit", "hstack", "vsplit", "vstack"]
