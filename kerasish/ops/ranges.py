"""Numbers at equal ratios, and powers of numbers."""

from __future__ import annotations

from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.core.dtypes import canonical, is_float_dtype
from kerasish.core.op import op
from kerasish.ops.promotion import as_dtype, integral, promoted, tensor


def _spaced(start: Array, stop: Array, num: int, endpoint: bool, axis: int) -> Array:
    if num < 0:
        raise ValueError(f"The number of samples can't be negative; got {num}.")
    return xp.linspace(start, stop, num, endpoint=endpoint, axis=axis)


def _as_asked(x: Array, dtype: Any, otherwise: Any) -> Array:
    return as_dtype(x, otherwise if dtype is None else canonical(dtype))


@op
def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10, dtype: Any = None, axis: int = 0
) -> Array:
    """`base ** linspace(start, stop, num)`: `num` numbers at equal ratios.

    Args:
        endpoint: Whether `base ** stop` is the last of them.
        dtype: By default a float type.
        axis: Where they are, if `start` and `stop` are arrays.
    """
    start, stop = promoted(start, stop, floating=True)
    kind = start.dtype
    if not is_float_dtype(kind) or str(kind) in ("float16", "bfloat16"):
        start, stop = start.astype("float32"), stop.astype("float32")
    numbers = xp.power(as_dtype(base, start.dtype), _spaced(start, stop, num, endpoint, axis))
    return _as_asked(numbers, dtype, kind)


@op
def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Array:
    """`num` numbers at equal ratios from `start` to `stop`; NaN where one of them is 0, or their signs differ.

    Args:
        endpoint: Whether `stop` is the last of them.
        dtype: By default a float type.
        axis: Where they are, if `start` and `stop` are arrays.
    """
    start, stop = promoted(start, stop, floating=True)
    kind = start.dtype
    if str(kind) in ("float16", "bfloat16"):
        start, stop = start.astype("float32"), stop.astype("float32")
    start, stop = xp.broadcast_arrays(start, stop)
    zero, one = as_dtype(0, start.dtype), as_dtype(1, start.dtype)
    real = xp.sign(start) * xp.sign(stop) > zero
    safe_start, safe_stop = xp.where(real, start, one), xp.where(real, stop, one)
    steps = _spaced(xp.zeros_like(start), xp.log(safe_stop / safe_start), num, endpoint, axis)
    place = axis % (start.ndim + 1)
    along = xp.expand_dims(xp.where(real, start, as_dtype(float("nan"), start.dtype)), place)
    numbers = along * xp.exp(steps)
    if endpoint and num > 1:  # exactly `stop`, which exp(log(...)) is not
        last = xp.reshape(xp.arange(num) == num - 1, [num if i == place else 1 for i in range(numbers.ndim)])
        numbers = xp.where(last & xp.expand_dims(real, place), xp.expand_dims(stop, place), numbers)
    return _as_asked(numbers, dtype, kind)


@op
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Array:  # noqa: N803  Keras's name
    """Vandermonde's matrix: each row holds the powers `x ** (N - 1), …, x, 1` of one element.

    Args:
        N: How many powers; by default as many as elements.
        increasing: Whether they stand in rising order.
    """
    x = integral(tensor(x))
    if x.ndim != 1:
        raise ValueError(f"vander takes a vector; got the shape {tuple(x.shape)}.")
    count = x.shape[0] if N is None else N
    factors = xp.concatenate(
        [xp.ones_like(x)[:, None], xp.broadcast_to(x[:, None], (x.shape[0], max(count - 1, 0)))], 1
    )
    powers = xp.cumprod(factors, axis=1, dtype=x.dtype)[:, :count]
    return powers if increasing else xp.flip(powers, axis=1)


__all__ = ["geomspace", "logspace", "vander"]
