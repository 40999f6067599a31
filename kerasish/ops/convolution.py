"""Convolution and pooling over any number of spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasish.backend import engine, standardize_data_format, xp
from kerasish.backend.interface import Array, Pairs
from kerasish.core.op import op
from kerasish.ops.promotion import as_dtype, as_float, promoted, tensor

Sizes = int | Sequence[int]


def sizes_of(value: Sizes | None, rank: int, what: str) -> tuple[int, ...]:
    """`value` as one positive integer for each spatial axis.

    Raises:
        ValueError: it is not that.
    """
    sizes = (value,) * rank if isinstance(value, int | np.integer) else tuple(value or ())
    if len(sizes) == 1:
        sizes = sizes * rank
    if len(sizes) != rank or any(int(size) != size or size < 1 for size in sizes):
        raise ValueError(f"{what} must be a positive integer, or {rank} of them; got {value!r}.")
    return tuple(int(size) for size in sizes)


def pairs_of(
    padding: str, spatial: Sequence[int], size: Sequence[int], strides: Sequence[int], dilation: Sequence[int]
) -> Pairs:
    """The `(before, after)` that a name of padding means: `"valid"`, `"same"` or `"causal"`."""
    name = padding.lower()
    if name == "valid":
        return [(0, 0)] * len(spatial)
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilation, strict=True)]
    if name == "causal" and len(spatial) == 1:
        return [(reach[0] - 1, 0)]
    if name != "same":
        raise ValueError(
            f"padding must be 'valid' or 'same', or 'causal' over one spatial axis; got {padding!r} over "
            f"{len(spatial)}."
        )
    steps = [-(-n // s) for n, s in zip(spatial, strides, strict=True)]
    totals = [max((count - 1) * s + r - n, 0) for count, s, r, n in zip(steps, strides, reach, spatial, strict=True)]
    return [(total // 2, total - total // 2) for total in totals]


def channels_last(x: Array, data_format: str | None) -> Array:
    """`x` with its channels on the last axis."""
    return x if standardize_data_format(data_format) == "channels_last" else xp.moveaxis(x, 1, -1)


def channels_back(x: Array, data_format: str | None) -> Array:
    """The opposite of `channels_last`."""
    return x if standardize_data_format(data_format) == "channels_last" else xp.moveaxis(x, -1, 1)


def _correlate(
    x: Array, kernel: Array, strides: Sizes, padding: str, dilation_rate: Sizes, groups: int, what: str
) -> Array:
    rank = x.ndim - 2
    steps, dilation = (sizes_of(strides, rank, "strides"), sizes_of(dilation_rate, rank, "dilation_rate"))
    if max(steps) > 1 and max(dilation) > 1:
        raise ValueError(
            f"{what} takes strides or a dilation rate above 1, not both; got {strides!r} and {dilation_rate!r}."
        )
    pads = pairs_of(padding, x.shape[1:-1], kernel.shape[:-2], steps, dilation)
    return engine.conv(x, kernel, steps, pads, dilation, groups)


def _checked(inputs: Any, kernel: Any, what: str) -> list[Array]:
    x, kernel = promoted(inputs, kernel, floating=True)
    if x.ndim < 3 or kernel.ndim != x.ndim:
        raise ValueError(
            f"{what} takes inputs `(batch, *spatial, channels)` and a kernel with as many axes; got the shapes "
            f"{tuple(x.shape)} and {tuple(kernel.shape)}."
        )
    return [x, kernel]


@op
def conv(
    inputs: Any,
    kernel: Any,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Array:
    """The kernel, moved over the inputs: at each place, the sum of the products.

    Args:
        strides: How far it moves at each step.
        padding: `"valid"`: none; `"same"`: as many outputs as inputs, at stride 1; `"causal"`: all of it before.
        dilation_rate: How far apart its elements are.

    Shapes:
        inputs: `(batch, *spatial, channels)`; with `data_format="channels_first"`, `(batch, channels, *spatial)`.
        kernel: `(*size, channels / groups, filters)`; so the kernel's shape says how many groups there are.
        returns: `(batch, *spatial, filters)`, or with the filters first.
    """
    x, kernel = _checked(inputs, kernel, "conv")
    x = channels_last(x, data_format)
    if x.shape[-1] % kernel.shape[-2] or kernel.shape[-1] % (x.shape[-1] // kernel.shape[-2] or 1):
        raise ValueError(
            f"conv: the kernel of shape {tuple(kernel.shape)} takes {kernel.shape[-2]} channels a group, which must "
            f"divide the {x.shape[-1]} channels of the inputs of shape {tuple(inputs.shape)}, and the groups its "
            f"{kernel.shape[-1]} filters."
        )
    groups = x.shape[-1] // kernel.shape[-2]
    return channels_back(_correlate(x, kernel, strides, padding, dilation_rate, groups, "conv"), data_format)


@op
def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Array:
    """Each channel convolved with kernels of its own.

    Shapes:
        inputs: `(batch, *spatial, channels)`, or with the channels first.
        kernel: `(*size, channels, multiplier)`.
        returns: `(batch, *spatial, channels * multiplier)`, or with the channels first.
    """
    x, kernel = _checked(inputs, kernel, "depthwise_conv")
    x = channels_last(x, data_format)
    channels = kernel.shape[-2]
    if x.shape[-1] != channels:
        raise ValueError(
            f"depthwise_conv: the kernel of shape {tuple(kernel.shape)} is for {channels} channels; the inputs have "
            f"{x.shape[-1]}."
        )
    flat = xp.reshape(kernel, (*kernel.shape[:-2], 1, -1))
    y = _correlate(x, flat, strides, padding, dilation_rate, channels, "depthwise_conv")
    return channels_back(y, data_format)


@op
def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Array:
    """`depthwise_conv`, and then a convolution of size 1 that mixes the channels."""
    y = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(y, pointwise_kernel, 1, "valid", data_format)


def _windows(x: Array, pool_size: Sizes, strides: Sizes | None, padding: str) -> tuple[Any, Any, Pairs]:
    rank = x.ndim - 2
    size = sizes_of(pool_size, rank, "pool_size")
    steps = size if strides is None else sizes_of(strides, rank, "strides")
    return size, steps, pairs_of(padding, x.shape[1:-1], size, steps, (1,) * rank)


@op
def max_pool(
    inputs: Any, pool_size: Sizes, strides: Sizes | None = None, padding: str = "valid", data_format: str | None = None
) -> Array:
    """The greatest value in each window. Padding never wins.

    Args:
        strides: How far apart the windows are; by default they touch.
        padding: `"valid"`: only whole windows; `"same"`: windows reach over the edge.
    """
    x = channels_last(tensor(inputs), data_format)
    return channels_back(engine.max_pool(x, *_windows(x, pool_size, strides, padding)), data_format)


@op
def average_pool(
    inputs: Any, pool_size: Sizes, strides: Sizes | None = None, padding: str = "valid", data_format: str | None = None
) -> Array:
    """The mean of each window. Padding does not count.

    Args:
        strides: How far apart the windows are; by default they touch.
        padding: `"valid"`: only whole windows; `"same"`: windows reach over the edge.
    """
    x = channels_last(as_float(inputs), data_format)
    size, steps, pads = _windows(x, pool_size, strides, padding)
    sums = engine.sum_pool(x, size, steps, pads)
    counts = _counts(x.shape[1:-1], size, steps, pads)
    return channels_back(sums / as_dtype(counts, x.dtype), data_format)


def _counts(spatial: Sequence[int], size: Sequence[int], steps: Sequence[int], pads: Pairs) -> np.ndarray:
    """How many real elements each window holds: `(1, *windows, 1)`."""
    total = np.ones((1,) * (len(spatial) + 2), "float32")
    for axis, (n, k, s, (before, after)) in enumerate(zip(spatial, size, steps, pads, strict=True)):
        starts = np.arange(0, n + before + after - k + 1, s) - before
        inside = np.minimum(starts + k, n) - np.maximum(starts, 0)
        total = total * inside.reshape([-1 if i == axis + 1 else 1 for i in range(len(spatial) + 2)])
    return total


__all__ = ["average_pool", "conv", "depthwise_conv", "max_pool", "separable_conv"]
