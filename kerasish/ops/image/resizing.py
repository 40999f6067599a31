"""Images of another size: each axis is multiplied by a matrix of how much of each old pixel a new one takes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.ops.core import saturate_cast
from kerasish.ops.image.layout import as_batch, computed, one_of, rounded
from kerasish.ops.promotion import as_dtype, as_float, tensor

Kernel = Callable[[Any, Any], Any]


def _triangle(t: Any, lib: Any) -> Any:
    return lib.maximum(1 - t, 0)


def _cubic(t: Any, lib: Any) -> Any:
    near = (1.5 * t - 2.5) * t * t + 1
    far = ((-0.5 * t + 2.5) * t - 4) * t + 2
    return lib.where(t < 1, near, lib.where(t < 2, far, 0))


def _lanczos(radius: int) -> Kernel:
    return lambda t, lib: lib.where(t < radius, lib.sinc(t) * lib.sinc(t / radius), 0)


KERNELS: dict[str, Kernel] = {
    "bilinear": _triangle,
    "bicubic": _cubic,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}
"""How much a pixel counts at a distance of `t` pixels. Source of the cubic: Keys, 1981, with a = -1/2."""


def weights_of(old: Any, new: Any, scale: Any, translation: Any, kernel: Kernel, antialias: bool, lib: Any) -> Any:
    """`(len(new), len(old))`: what each new pixel takes of each old one. Centres of pixels are at half numbers.

    The old pixel at `u` is at `scale * u + translation` among the new ones. A new pixel whose centre is outside of the
    old image is 0.

    Args:
        old: The numbers of the old pixels, from 0; and `new` those of the new ones.
        antialias: Whether the kernel grows with the distance of the new pixels, where they are further apart.
        lib: NumPy, or `xp` for arrays that may be traced.
    """
    centres = (new + 0.5 - translation) / scale - 0.5
    reach = lib.maximum(1 / scale, 1) if antialias else 1
    weights = kernel(lib.abs(centres[:, None] - old) / reach, lib)
    total = lib.sum(weights, axis=1, keepdims=True)
    shown = (lib.abs(total) > 1e-4) & ((centres >= -0.5) & (centres <= len(old) - 0.5))[:, None]
    return lib.where(shown, weights / lib.where(total == 0, 1, total), 0)


@functools.lru_cache(maxsize=32)
def resize_matrix(size: int, new: int, interpolation: str, antialias: bool) -> np.ndarray:
    """`(new, size)`: what each new pixel takes of each old one, in float32."""
    old_pixels, new_pixels = np.arange(float(size)), np.arange(float(new))
    matrix = weights_of(old_pixels, new_pixels, new / size, 0.0, KERNELS[interpolation], antialias, np)
    matrix = matrix.astype("float32")
    matrix.flags.writeable = False  # it is shared
    return matrix


def resize_axis(x: Array, axis: int, new: int, interpolation: str, antialias: bool = False) -> Array:
    """`x` with another size along one axis, in the float that it has."""
    size = x.shape[axis]
    if interpolation == "nearest":
        # In whole numbers: the old pixel in which the centre of the new one lies.
        return xp.take(x, np.asarray((2 * np.arange(new) + 1) * size // (2 * new), "int32"), axis=axis)
    if size == new:
        return x
    matrix = as_dtype(resize_matrix(size, new, interpolation, antialias), x.dtype)
    return xp.moveaxis(engine.tensordot(x, matrix, ((axis,), (1,))), -1, axis)


@op
def resize(
    images: Any,
    size: Sequence[int],
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Array:
    """Images of another size: `H @ image @ Wᵀ`, with constant matrices of weights.

    Integers are rounded and kept within their type. Half types are computed in float32.

    Args:
        size: `(height, width)` of the result.
        interpolation: `"nearest"`, `"bilinear"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`.
        antialias: Whether to average over all the pixels that a new one stands for, where the image shrinks.
        crop_to_aspect_ratio: Cut the middle out first, so that nothing is distorted.
        pad_to_aspect_ratio: Add a border first, so that nothing is distorted; both sides get as much.
        fill_mode: `"constant"`: how the border is filled.
        fill_value: With what.

    Shapes:
        images: `(batch, height, width, channels)`, or without the batch; or with the channels before the height.
        returns: The same, with the new height and width.

    Raises:
        ValueError: Both aspect ratio arguments are given; or a name or size that does not exist.

    Example:
        >>> resize([[[0.0], [4.0]]], (1, 4))[0, :, 0].tolist()
        [0.0, 1.0, 3.0, 4.0]
    """
    height, width = _checked_size(size)
    one_of(interpolation, ("nearest", *KERNELS), "interpolation", "resize")
    one_of(fill_mode, ("constant",), "fill_mode", "resize")
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError("resize: crop_to_aspect_ratio and pad_to_aspect_ratio exclude each other; got both.")
    x, undo = as_batch(images, data_format, "resize")
    dtype = x.dtype
    if crop_to_aspect_ratio:
        x = _cropped(x, height, width)
    if pad_to_aspect_ratio:
        x = _padded(x, height, width, fill_value)
    y = x if interpolation == "nearest" else computed(x)
    for axis, new in ((1, height), (2, width)):
        y = resize_axis(y, axis, new, interpolation, antialias)
    return undo(rounded(y, dtype))


def _checked_size(size: Sequence[int]) -> tuple[int, int]:
    sizes = tuple(size) if isinstance(size, Sequence | np.ndarray) else (size,)
    if len(sizes) != 2 or any(int(n) != n or n < 1 for n in sizes):
        raise ValueError(f"resize: `size` must be two positive integers, (height, width); got {size!r}.")
    return int(sizes[0]), int(sizes[1])


def _cropped(x: Array, height: int, width: int) -> Array:
    """The middle of the images, as large as it can be in the proportion of `height` to `width`."""
    old_height, old_width = x.shape[1:3]
    high = min(old_height, max(old_width * height // width, 1))
    wide = min(old_width, max(old_height * width // height, 1))
    top, left = (old_height - high) // 2, (old_width - wide) // 2
    return x[:, top : top + high, left : left + wide]


def _padded(x: Array, height: int, width: int, fill_value: float) -> Array:
    """The images with a border, in about the proportion of `height` to `width`."""
    old_height, old_width = x.shape[1:3]
    more_high = max(old_width * height // width - old_height, 0) // 2
    more_wide = max(old_height * width // height - old_width, 0) // 2
    pads = ((0, 0), (more_high, more_high), (more_wide, more_wide), (0, 0))
    return xp.pad(x, pads, constant_values=saturate_cast(tensor(fill_value), x.dtype))


METHODS = {
    **dict.fromkeys(("linear", "bilinear", "trilinear"), "bilinear"),
    **dict.fromkeys(("cubic", "bicubic", "tricubic"), "bicubic"),
    "lanczos3": "lanczos3",
    "lanczos5": "lanczos5",
}
"""The names that `scale_and_translate` knows, and what `resize` calls them."""


@op
def scale_and_translate(
    images: Any,
    output_shape: Sequence[int],
    scale: Any,
    translation: Any,
    spatial_dims: Sequence[int],
    method: str,
    antialias: bool = True,
) -> Array:
    """Images resampled at `(u - translation) / scale` along each axis; 0 where that is outside of the image.

    `scale` and `translation` may be arrays that a gradient is taken of.

    Args:
        output_shape: All sizes of the result; those of other axes stay as they are.
        scale: One number for each of `spatial_dims`: the size of a pixel in the result.
        translation: One for each: where the image's start comes to be in the result.
        spatial_dims: The axes that are resampled.
        method: `"linear"`, `"cubic"`, `"lanczos3"` or `"lanczos5"`; also by their names in 2 and 3 dimensions.
        antialias: Whether to average over all the pixels that a new one stands for, where the image shrinks.

    Raises:
        ValueError: The numbers of axes do not agree, or the result has another size along an axis that stays.
    """
    one_of(method, tuple(METHODS), "method", "scale_and_translate")
    x = computed(as_float(images))
    scale, translation = as_dtype(scale, x.dtype), as_dtype(translation, x.dtype)
    axes = _checked_axes(x.shape, output_shape, spatial_dims, (scale.shape, translation.shape))
    for i, axis in enumerate(axes):
        kernel = KERNELS[METHODS[method]]
        old, new = (xp.arange(n, dtype=x.dtype) for n in (x.shape[axis], int(output_shape[axis])))
        matrix = weights_of(old, new, scale[i], translation[i], kernel, antialias, xp)
        x = xp.moveaxis(engine.tensordot(x, matrix, ((axis,), (1,))), -1, axis)
    return as_dtype(x, as_float(images).dtype)


def _checked_axes(
    shape: Sequence[int], output_shape: Sequence[int], spatial_dims: Sequence[int], given: Sequence[Sequence[int]]
) -> list[int]:
    rank = len(shape)
    if len(output_shape) != rank or any(not -rank <= axis < rank for axis in spatial_dims):
        raise ValueError(
            f"scale_and_translate: `output_shape` needs {rank} sizes and `spatial_dims` axes below {rank}, for images "
            f"of shape {tuple(shape)}; got {tuple(output_shape)} and {tuple(spatial_dims)}."
        )
    axes = [axis % rank for axis in spatial_dims]
    if any(tuple(one) != (len(axes),) for one in given) or len(set(axes)) != len(axes):
        raise ValueError(
            f"scale_and_translate: `scale` and `translation` need one number for each of `spatial_dims`, which name an "
            f"axis once; got the shapes {', '.join(str(tuple(one)) for one in given)} for {tuple(spatial_dims)}."
        )
    fixed = [axis for axis in range(rank) if axis not in axes and output_shape[axis] != shape[axis]]
    if fixed:
        raise ValueError(
            f"scale_and_translate: the axes {fixed} are not among `spatial_dims` {tuple(spatial_dims)}, so they keep "
            f"the size they have in {tuple(shape)}; got `output_shape` {tuple(output_shape)}."
        )
    return axes


__all__ = ["resize", "scale_and_translate"]
