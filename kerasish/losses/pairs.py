"""Targets and predictions as arrays of one floating dtype; what the loss functions begin with."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from kerasish import ops
from kerasish.core.dtypes import is_float_dtype, standardize_dtype
from kerasish.losses.shapes import squeeze_to_pair


def pair(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Both as arrays of the predictions' dtype (floats), of one rank where they differ by a last axis of size 1."""
    y_pred = floating(y_pred)
    return squeeze_to_pair(ops.cast(y_true, standardize_dtype(y_pred.dtype)), y_pred)


def floating(x: Any) -> Any:
    """`x` as an array of floats."""
    x = ops.convert_to_tensor(x)
    return x if is_float_dtype(x.dtype) else ops.cast(x, standardize_dtype(None))


def in_float32(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Compute predictions of 16 bits in 32: in `float16`, 1 - 1e-7 is 1, and the logarithm of 0 is infinite."""

    @functools.wraps(fn)
    def wide(y_true: Any, y_pred: Any, *args: Any, **kwargs: Any) -> Any:
        y_pred = floating(y_pred)
        given = standardize_dtype(y_pred.dtype)
        if given in ("float16", "bfloat16"):
            return ops.cast(fn(y_true, ops.cast(y_pred, "float32"), *args, **kwargs), given)
        return fn(y_true, y_pred, *args, **kwargs)

    return wide
