"""Filters: what each pixel's neighbourhood says. Blur, edges, and how alike two images are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.ops.convolution import sizes_of
from kerasish.ops.image.layout import as_batch, computed, rounded
from kerasish.ops.promotion import as_dtype, common_dtype, integral, tensor


def gaussian(size: int, sigma: Any, dtype: Any) -> Array:
    """`exp(-u² / 2 sigma²)` at `size` places around the middle, with the sum 1. For a `sigma` of 0: the middle only."""
    squares = (np.arange(size) - (size - 1) / 2) ** 2
    sigma = as_dtype(sigma, dtype)
    sharp = sigma == 0
    # Relative to the places nearest to the middle, so that a small sigma leaves something to divide by.
    exponent = as_dtype(squares - squares.min(), dtype) / (2 * xp.where(sharp, 1, sigma) ** 2)
    weights = xp.where(sharp, as_dtype(squares == squares.min(), dtype), xp.exp(-exponent))
    return weights / xp.sum(weights)


def filtered(x: Array, weights: Sequence[Any], axis: int, padding: str = "same") -> Array:
    """`x` correlated with `weights` along one axis; `"same"` adds zeros, `"valid"` gives less.

    A sum of shifted copies: XLA makes one loop of them, with no rounding of factors on any device.
    """
    size = len(weights)
    if padding == "same":
        pads = [(0, 0)] * x.ndim
        pads[axis] = ((size - 1) // 2, size // 2)
        x = xp.pad(x, pads)
    count = x.shape[axis] - size + 1
    before = (slice(None),) * axis
    total = x[(*before, slice(0, count))] * weights[0]
    for k in range(1, size):
        total = total + x[(*before, slice(k, k + count))] * weights[k]
    return total


@op
def gaussian_blur(
    images: Any, kernel_size: Sequence[int] = (3, 3), sigma: Any = (1.0, 1.0), data_format: str | None = None
) -> Array:
    """Each pixel replaced by the mean of its neighbourhood, weighted by `exp(-(u² / 2 sigma₀² + v² / 2 sigma₁²))`.

    Beyond the border are zeros. (Keras 3.15.1 takes the channels for an axis of space where `data_format` is None.)

    Args:
        kernel_size: How many pixels it reaches over, as `(width, height)`.
        sigma: The standard deviations, in pixels, as `(width, height)`; 0 leaves the axis as it is. May be an array.

    Shapes:
        images: `(batch, height, width, channels)`, or without the batch; or with the channels before the height.
        returns: The same.

    Example:
        >>> gaussian_blur([[[0.0], [1.0], [0.0]]], (3, 1)).round(3)[0, :, 0].tolist()
        [0.27..., 0.45..., 0.27...]
    """
    x, undo = as_batch(images, data_format, "gaussian_blur")
    width, height = sizes_of(kernel_size, 2, "gaussian_blur: kernel_size")
    y = computed(x)
    sigmas = as_dtype(tensor(sigma), y.dtype)
    if sigmas.shape not in ((), (1,), (2,)):
        raise ValueError(f"gaussian_blur: `sigma` must be a number or two; got the shape {tuple(sigmas.shape)}.")
    sigmas = xp.broadcast_to(sigmas, (2,))
    y = filtered(y, gaussian(width, sigmas[0], y.dtype), 2)
    y = filtered(y, gaussian(height, sigmas[1], y.dtype), 1)
    return undo(rounded(y, x.dtype))


@op
def sobel_edges(images: Any, data_format: str | None = None) -> Array:
    """How much the images change downwards and to the right: smoothed by `[1, 2, 1]` across, differences along.

    Beyond the border are zeros. Unsigned integers become `int32`, since differences have a sign.

    Shapes:
        images: `(batch, height, width, channels)`, or without the batch; or with the channels before the height.
        returns: The same, with a last axis of 2: down, right.

    Source: Sobel and Feldman, 1968.
    """
    x, undo = as_batch(images, data_format, "sobel_edges")
    if x.dtype.kind == "u":
        x = x.astype("int32")
    x = integral(x)
    smooth, change = (1, 2, 1), (-1, 0, 1)
    down = filtered(filtered(x, smooth, 2), change, 1)
    right = filtered(filtered(x, smooth, 1), change, 2)
    return xp.stack([undo(down), undo(right)], axis=-1)


@op
def ssim(
    image1: Any,
    image2: Any,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Array:
    """The structural similarity of images: 1 for the same image.

    The mean over all windows of `(2 μx μy + c1)(2 σxy + c2) / ((μx² + μy² + c1)(σx² + σy² + c2))`, with
    `c = (k max_val)²` and moments weighted by a Gaussian. Integers are computed with as floats.

    Args:
        max_val: The greatest value that a pixel can have.
        filter_size: How many pixels wide and high a window is.
        filter_sigma: The standard deviation of the Gaussian, in pixels.
        k1: Keeps the fraction of means apart from 0 / 0; `k2` that of variances.

    Shapes:
        image1, image2: `(batch, height, width, channels)`, or without the batch; or with the channels first.
        returns: `(batch,)`, or `()`.

    Raises:
        ValueError: The shapes differ, or the images are smaller than a window.

    Source: Wang et al., 2004, https://doi.org/10.1109/TIP.2003.819861
    """
    x, _ = as_batch(image1, data_format, "ssim")
    y, _ = as_batch(image2, data_format, "ssim")
    single = tensor(image1).ndim == 3
    if x.shape != y.shape or single != (tensor(image2).ndim == 3):
        raise ValueError(
            f"ssim compares images of one shape; got {tuple(tensor(image1).shape)} and {tuple(tensor(image2).shape)}."
        )
    if min(x.shape[1:3]) < filter_size:
        raise ValueError(
            f"ssim: images of {x.shape[1]} by {x.shape[2]} pixels are smaller than the window of filter_size="
            f"{filter_size}; give a smaller one."
        )
    result_dtype = common_dtype(x, y, floating=True)
    x, y = computed(x), computed(y)
    weights = gaussian(filter_size, filter_sigma, x.dtype)

    def mean(z: Array) -> Array:
        return filtered(filtered(z, weights, 1, "valid"), weights, 2, "valid")

    mean_x, mean_y = mean(x), mean(y)
    variances = mean(x * x + y * y) - mean_x * mean_x - mean_y * mean_y
    covariance = mean(x * y) - mean_x * mean_y
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    luminance = (2 * mean_x * mean_y + c1) / (mean_x * mean_x + mean_y * mean_y + c1)
    structure = (2 * covariance + c2) / (variances + c2)
    found = as_dtype(xp.mean(luminance * structure, axis=(1, 2, 3)), result_dtype)
    return found[0] if single else found


__all__ = ["gaussian_blur", "sobel_edges", "ssim"]
