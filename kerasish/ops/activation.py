"""Activation functions, on arrays of any shape. Constants are in the dtype of the input: 16 bits stay 16 bits."""

from __future__ import annotations

import math
from typing import Any

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.ops.promotion import as_dtype, as_float, floating, integral, tensor, unary
from kerasish.ops.reductions import axes_of

SELU_ALPHA = 1.6732632423543772  # Klambauer et al., 2017, equation 14
SELU_SCALE = 1.0507009873554805


def _sigmoid(x: Array) -> Array:
    return engine.sigmoid(x)


def _softplus(x: Array) -> Array:
    return as_dtype(xp.logaddexp(x, xp.zeros_like(x)), x.dtype)


def _clipped(x: Array, low: float, high: float) -> Array:
    # where, not minimum and maximum: their gradient at a tie is ½ in JAX.
    low, high = as_dtype(low, x.dtype), as_dtype(high, x.dtype)
    return xp.where(x <= low, low, xp.where(x >= high, high, x))  # NaN stays NaN


def _hard_sigmoid(x: Array) -> Array:
    return _clipped(x / as_dtype(6, x.dtype) + as_dtype(0.5, x.dtype), 0, 1)


sigmoid = floating("sigmoid", _sigmoid, "`1 / (1 + exp(-x))`, element by element, without overflow.")
silu = floating("silu", lambda x: x * _sigmoid(x), "`x * sigmoid(x)`, element by element.")
swish = silu
softplus = floating("softplus", _softplus, "`log(1 + exp(x))`, element by element, without overflow.")
log_sigmoid = floating("log_sigmoid", lambda x: -_softplus(-x), "`log(sigmoid(x))`, element by element.")
relu6 = floating("relu6", lambda x: _clipped(x, 0, 6), "`min(max(x, 0), 6)`, element by element.")
hard_tanh = unary("hard_tanh", lambda x: _clipped(integral(x), -1, 1), "Each element, but not below -1 nor above 1.")
hard_sigmoid = floating("hard_sigmoid", _hard_sigmoid, "`x / 6 + 1/2`, but not below 0 nor above 1.")
hard_silu = floating("hard_silu", lambda x: x * _hard_sigmoid(x), "`x * hard_sigmoid(x)`, element by element.")
hard_swish = hard_silu
softsign = floating("softsign", lambda x: x / (as_dtype(1, x.dtype) + xp.abs(x)), "`x / (1 + |x|)`.")
tanh_shrink = floating("tanh_shrink", lambda x: x - xp.tanh(x), "`x - tanh(x)`, element by element.")


@op
def relu(x: Any) -> Array:
    """`max(x, 0)`, element by element. Its gradient at 0 is 0.

    Example:
        >>> [float(y) for y in relu([-1.0, 2.0])]
        [0.0, 2.0]
    """
    x = integral(tensor(x))
    zero = as_dtype(0, x.dtype)
    return xp.where(x <= zero, zero, x)  # where, not maximum: its gradient at a tie is ½ in JAX; and NaN stays NaN


@op
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Array:
    """`x` above 0, else `negative_slope * x`."""
    x = as_float(x)
    return xp.where(x > as_dtype(0, x.dtype), x, as_dtype(negative_slope, x.dtype) * x)


def _below_zero(x: Array) -> Array:
    """The elements below 0, and 0 for the others: what `exp` may be given, whose gradient would overflow."""
    zero = as_dtype(0, x.dtype)
    return xp.where(x > zero, zero, x)


@op
def elu(x: Any, alpha: float = 1.0) -> Array:
    """`x` above 0, else `alpha * (exp(x) - 1)`."""
    x = as_float(x)
    return xp.where(x > as_dtype(0, x.dtype), x, as_dtype(alpha, x.dtype) * xp.expm1(_below_zero(x)))


@op
def selu(x: Any) -> Array:
    """`1.0507 * elu(x, 1.6733)`: keeps mean 0 and variance 1 through many layers.

    Source: Klambauer et al., 2017, https://arxiv.org/abs/1706.02515
    """
    x = as_float(x)
    return as_dtype(SELU_SCALE, x.dtype) * elu(x, SELU_ALPHA)


@op
def celu(x: Any, alpha: float = 1.0) -> Array:
    """`max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0)`.

    Source: Barron, 2017, https://arxiv.org/abs/1704.07483
    """
    x = as_float(x)
    alpha = as_dtype(alpha, x.dtype)
    return xp.where(x > as_dtype(0, x.dtype), x, alpha * xp.expm1(_below_zero(x) / alpha))


@op
def gelu(x: Any, approximate: bool = True) -> Array:
    """`x * P(a normal number is below x)`.

    Args:
        approximate: Whether to take the formula with tanh instead of the error function: faster, off by 1e-3 at most.

    Source: Hendrycks and Gimpel, 2016, https://arxiv.org/abs/1606.08415
    """
    x = as_float(x)
    half, one = as_dtype(0.5, x.dtype), as_dtype(1, x.dtype)
    if not approximate:
        return half * x * (one + engine.erf(x * as_dtype(math.sqrt(0.5), x.dtype)))
    inner = as_dtype(math.sqrt(2 / math.pi), x.dtype) * (x + as_dtype(0.044715, x.dtype) * x * x * x)
    return half * x * (one + xp.tanh(inner))


@op
def glu(x: Any, axis: int = -1) -> Array:
    """The first half of `x` along `axis`, times the sigmoid of the second half.

    Source: Dauphin et al., 2016, https://arxiv.org/abs/1612.08083
    """
    x = as_float(x)
    if x.shape[axis] % 2:
        raise ValueError(f"`glu` halves the axis {axis}, which must be of even size; got the shape {tuple(x.shape)}.")
    value, gate = xp.split(x, 2, axis=axis)
    return value * _sigmoid(gate)


@op
def squareplus(x: Any, b: float = 4) -> Array:
    """`(x + sqrt(x ** 2 + b)) / 2`: like softplus, without exp.

    Source: Barron, 2021, https://arxiv.org/abs/2112.11687
    """
    x = as_float(x)
    return (x + xp.sqrt(x * x + as_dtype(b, x.dtype))) * as_dtype(0.5, x.dtype)


@op
def soft_shrink(x: Any, threshold: float = 0.5) -> Array:
    """`x`, moved towards 0 by `threshold`; 0 where it is nearer than that."""
    x = as_float(x)
    edge, zero = as_dtype(threshold, x.dtype), as_dtype(0, x.dtype)
    return xp.where(x > edge, x - edge, xp.where(x < -edge, x + edge, zero))


@op
def hard_shrink(x: Any, threshold: float = 0.5) -> Array:
    """`x`, but 0 where `|x|` is not above `threshold`."""
    x = as_float(x)
    return xp.where(xp.abs(x) > as_dtype(threshold, x.dtype), x, as_dtype(0, x.dtype))


@op
def threshold(x: Any, threshold: float, default_value: float) -> Array:
    """`x` where it is above `threshold`, else `default_value`."""
    x = as_float(x) if isinstance(default_value, float) or isinstance(threshold, float) else integral(tensor(x))
    return xp.where(x > as_dtype(threshold, x.dtype), x, as_dtype(default_value, x.dtype))


@op
def sparse_plus(x: Any) -> Array:
    """0 up to -1, `x` from 1 on, and `(x + 1) ** 2 / 4` between.

    Source: Xu et al., 2019
    """
    x = as_float(x)
    one, zero = as_dtype(1, x.dtype), as_dtype(0, x.dtype)
    between = as_dtype(0.25, x.dtype) * (x + one) * (x + one)
    return xp.where(x <= -one, zero, xp.where(x < one, between, x))


@op
def sparse_sigmoid(x: Any) -> Array:
    """`(x + 1) / 2`, but not below 0 nor above 1."""
    x = as_float(x)
    half = as_dtype(0.5, x.dtype)
    return _clipped(half * x + half, 0, 1)


@op
def softmax(x: Any, axis: Any = -1) -> Array:
    """`exp(x) / sum(exp(x))` along `axis`, or over several axes; None: over all."""
    x = as_float(x)
    axis = axes_of(axis)
    if not x.size:
        return x
    # The shift cancels out, so no gradient needs to flow through it.
    powers = xp.exp(x - engine.stop_gradient(xp.max(x, axis=axis, keepdims=True)))
    return powers / xp.sum(powers, axis=axis, keepdims=True)


@op
def log_softmax(x: Any, axis: Any = -1) -> Array:
    """`log(softmax(x))` along `axis`, without overflow."""
    x = as_float(x)
    axis = axes_of(axis)
    if not x.size:
        return x
    shifted = x - engine.stop_gradient(xp.max(x, axis=axis, keepdims=True))
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))


@op
def sparsemax(x: Any, axis: int = -1) -> Array:
    """The probabilities nearest to `x`: like softmax, with exact zeros. They add up to 1.

    Keras 3.15.1 returns other numbers, which do not add up to 1.

    Source: Martins and Astudillo, 2016, algorithm 1, https://arxiv.org/abs/1602.02068
    """
    x = xp.moveaxis(as_float(x), axis, -1)
    x = x - engine.stop_gradient(xp.max(x, axis=-1, keepdims=True))
    falling = xp.flip(xp.sort(x, axis=-1), axis=-1)
    one = as_dtype(1, x.dtype)
    counts = xp.arange(1, x.shape[-1] + 1).astype(x.dtype)
    sums = xp.cumsum(falling, axis=-1)
    support = one + counts * falling > sums
    size = xp.sum(support, axis=-1, keepdims=True, dtype="int32")
    total = xp.take_along_axis(sums, size - as_dtype(1, "int32"), axis=-1)
    shift = (total - one) / size.astype(x.dtype)
    return xp.moveaxis(relu(x - shift), -1, axis)


__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh_shrink",
    "threshold",
]
