"""Comparisons and logic: what they return is boolean; and choice by a condition."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.ops.promotion import Binary, as_dtype, binary, floating, named, promoted, tensor


def as_bool(x: Any) -> Array:
    """`x` as booleans: whether each element differs from 0."""
    x = tensor(x)
    return x if x.dtype == bool else x != as_dtype(0, x.dtype)


def _logical(name: str, fn: Callable[..., Any], doc: str) -> Binary:
    def call(x1: Any, x2: Any) -> Any:
        return fn(as_bool(x1), as_bool(x2))

    return named(call, name, doc)


equal = binary("equal", xp.equal, "`x1 == x2`, element by element.")
not_equal = binary("not_equal", xp.not_equal, "`x1 != x2`, element by element.")
less = binary("less", xp.less, "`x1 < x2`, element by element.")
less_equal = binary("less_equal", xp.less_equal, "`x1 <= x2`, element by element.")
greater = binary("greater", xp.greater, "`x1 > x2`, element by element.")
greater_equal = binary("greater_equal", xp.greater_equal, "`x1 >= x2`, element by element.")
logical_and = _logical("logical_and", xp.logical_and, "Whether both elements are true; a number is, unless it is 0.")
logical_or = _logical("logical_or", xp.logical_or, "Whether one of two elements, or both, is true.")
logical_xor = _logical("logical_xor", xp.logical_xor, "Whether exactly one of two elements is true.")
isnan = floating("isnan", xp.isnan, "Whether each element is NaN.")
isinf = floating("isinf", xp.isinf, "Whether each element is an infinity.")
isfinite = floating("isfinite", xp.isfinite, "Whether each element is neither NaN nor an infinity.")

isposinf = floating("isposinf", lambda x: x == as_dtype(float("inf"), x.dtype), "Whether each element is +infinity.")
isneginf = floating("isneginf", lambda x: x == as_dtype(-float("inf"), x.dtype), "Whether each element is -infinity.")


@op
def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Array:
    """Whether each element of `x1` is one of the elements of `x2`.

    Args:
        assume_unique: Changes nothing: a promise that no element comes twice.
        invert: Whether to say the opposite.
    """
    x1, x2 = promoted(x1, x2)
    return xp.isin(x1, x2, assume_unique=assume_unique, invert=invert)


@op
def logical_not(x: Any) -> Array:
    """Whether each element is false; a number is, if it is 0."""
    return xp.logical_not(as_bool(x))


@op
def isclose(x1: Any, x2: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Array:
    """`|x1 - x2| <= atol + rtol * |x2|`, element by element.

    Args:
        rtol: The difference allowed, as a fraction of `x2`.
        atol: The difference allowed besides.
        equal_nan: Whether NaN is close to NaN.
    """
    x1, x2 = promoted(x1, x2, floating=True)
    allowed = as_dtype(atol, x1.dtype) + as_dtype(rtol, x1.dtype) * xp.abs(x2)
    finite = xp.isfinite(x2)
    gap = xp.abs(x1 - xp.where(finite, x2, xp.zeros_like(x2)))
    close = xp.where(finite, gap <= allowed, x1 == x2)
    return xp.logical_or(close, xp.isnan(x1) & xp.isnan(x2)) if equal_nan else close


@op
def allclose(x1: Any, x2: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Array:
    """Whether all elements are close; see `isclose`."""
    return xp.all(isclose(x1, x2, rtol, atol, equal_nan))


@op
def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """`x1` where `condition` holds, else `x2`; without those two, the indices at which it holds.

    Raises:
        ValueError: one of `x1` and `x2` is given without the other.
    """
    if x1 is None and x2 is None:
        return tuple(as_dtype(i, "int32") for i in xp.where(as_bool(condition)))
    if x1 is None or x2 is None:
        raise ValueError("`where` takes both x1 and x2, or neither; got one of them.")
    return xp.where(as_bool(condition), *promoted(x1, x2))


@op
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Array:
    """Of the elements of `choicelist`, that of the first condition that holds; where none does, `default`.

    Args:
        condlist: Boolean arrays.
        choicelist: As many arrays.
        default: An array, or a number.
    """
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ValueError(
            f"`select` takes one choice for each condition, and at least one; got {len(condlist)} conditions and "
            f"{len(choicelist)} choices."
        )
    *choices, rest = promoted(*choicelist, default)
    pairs = zip(reversed([as_bool(c) for c in condlist]), reversed(choices), strict=True)
    return functools.reduce(lambda result, pair: xp.where(pair[0], pair[1], result), pairs, rest)


__all__ = [
    "allclose",
    "equal",
    "greater",
    "greater_equal",
    "isclose",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "not_equal",
    "select",
    "where",
]
