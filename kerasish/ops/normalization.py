"""Bringing values to a common scale. Statistics of 16-bit inputs are taken in 32 bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasish.backend import epsilon as default_epsilon, xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.ops.promotion import as_dtype, as_float, common_dtype
from kerasish.ops.reductions import HALF, axes_of


def _wide(x: Array) -> Array:
    return x.astype("float32") if str(x.dtype) in HALF else x


def _along(stat: Array, axis: Any, rank: int, shape: Sequence[int]) -> Array:
    """`stat`, whose axes are `axis` of an array of this rank, ready to broadcast against it."""
    if stat.ndim in (0, rank):
        return stat
    axes = {a % rank for a in ((axis,) if isinstance(axis, int) else axis)}
    return xp.reshape(stat, [shape[a] if a in axes else 1 for a in range(rank)])


@op
def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> tuple[Array, Array]:
    """The mean and the variance over `axes`.

    Args:
        synchronized: Accepted for Keras's sake: an array on several devices always counts as one.
    """
    del synchronized
    x = as_float(x)
    wide = _wide(x)
    mean = xp.mean(wide, axis=axes_of(axes), keepdims=True)
    centered = wide - mean
    variance = xp.mean(centered * centered, axis=axes_of(axes), keepdims=keepdims)
    mean = mean if keepdims else xp.squeeze(mean, axis=axes_of(axes))
    return as_dtype(mean, x.dtype), as_dtype(variance, x.dtype)


@op
def batch_normalization(
    x: Any, mean: Any, variance: Any, axis: int, offset: Any = None, scale: Any = None, epsilon: float = 1e-3
) -> Array:
    """`(x - mean) / sqrt(variance + epsilon) * scale + offset`, where those are vectors along `axis`.

    Source: Ioffe and Szegedy, 2015, https://arxiv.org/abs/1502.03167
    """
    stats = [s for s in (mean, variance, offset, scale) if s is not None]
    kind = common_dtype(x, *stats, floating=True)
    x = as_dtype(x, kind)

    def along(stat: Any) -> Array:
        return _along(as_dtype(stat, kind), axis, x.ndim, x.shape)

    factor = as_dtype(1, kind) / xp.sqrt(along(variance) + as_dtype(epsilon, kind))
    factor = factor if scale is None else factor * along(scale)
    shift = -along(mean) * factor
    shift = shift if offset is None else shift + along(offset)
    return x * factor + shift


@op
def layer_normalization(
    x: Any, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: float | None = None, **kwargs: Any
) -> Array:
    """`(x - mean) / sqrt(variance + epsilon) * gamma + beta`, with the statistics of each sample over `axis`.

    Args:
        axis: One axis, or several.
        epsilon: By default `kerasish.config.epsilon()`.

    Source: Ba et al., 2016, https://arxiv.org/abs/1607.06450
    """
    if kwargs.pop("rms_scaling", False):
        return rms_normalization(x, gamma, axis, epsilon)
    if kwargs:
        raise TypeError(f"layer_normalization got an argument it does not know: {', '.join(kwargs)}.")
    x = as_float(x)
    wide = _wide(x)
    mean = xp.mean(wide, axis=axes_of(axis), keepdims=True)
    centered = wide - mean
    variance = xp.mean(centered * centered, axis=axes_of(axis), keepdims=True)
    return as_dtype(_scaled(centered, variance, gamma, beta, axis, epsilon), x.dtype)


@op
def rms_normalization(x: Any, scale: Any = None, axis: Any = -1, epsilon: float | None = None) -> Array:
    """`x / sqrt(mean(x ** 2) + epsilon) * scale`, over `axis`.

    Source: Zhang and Sennrich, 2019, https://arxiv.org/abs/1910.07467
    """
    x = as_float(x)
    wide = _wide(x)
    square = xp.mean(wide * wide, axis=axes_of(axis), keepdims=True)
    return as_dtype(_scaled(wide, square, scale, None, axis, epsilon), x.dtype)


def _scaled(x: Array, square: Array, gamma: Any, beta: Any, axis: Any, epsilon: float | None) -> Array:
    margin = as_dtype(default_epsilon() if epsilon is None else epsilon, x.dtype)
    factor = as_dtype(1, x.dtype) / xp.sqrt(square + margin)
    if gamma is not None:
        factor = factor * _along(as_dtype(gamma, x.dtype), axis, x.ndim, x.shape)
    y = x * factor
    return y if beta is None else y + _along(as_dtype(beta, x.dtype), axis, x.ndim, x.shape)


@op
def normalize(x: Any, axis: Any = -1, order: int | float = 2, epsilon: float | None = None) -> Array:
    """`x / norm(x)` along `axis`; zeros stay zeros.

    Args:
        order: Which norm: 1, 2, another number of at least 1, or infinity.
        epsilon: The norm counts as this at least: `kerasish.config.epsilon()` by default.
    """
    if not isinstance(order, int | float) or order < 1:
        raise ValueError(f"normalize's order must be a number of at least 1; got {order!r}.")
    x = as_float(x)
    margin = as_dtype(default_epsilon() if epsilon is None else epsilon, x.dtype)
    if order == 2:  # the root of the clipped sum: its gradient at 0 is 0, not NaN
        square = xp.sum(x * x, axis=axes_of(axis), keepdims=True)
        return x / xp.sqrt(xp.maximum(square, margin * margin))
    if order == float("inf"):
        size = xp.max(xp.abs(x), axis=axes_of(axis), keepdims=True)
    elif order == 1:
        size = xp.sum(xp.abs(x), axis=axes_of(axis), keepdims=True)
    else:
        power = as_dtype(order, x.dtype)
        size = xp.sum(xp.power(xp.abs(x), power), axis=axes_of(axis), keepdims=True)
        size = xp.power(size, as_dtype(1 / order, x.dtype))
    return x / xp.maximum(size, margin)


__all__ = ["batch_normalization", "layer_normalization", "moments", "normalize", "rms_normalization"]
