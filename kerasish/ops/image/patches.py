"""Parts of images: patches side by side, and images with their borders cut off or added to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.ops.convolution import Sizes, pairs_of, sizes_of
from kerasish.ops.image.layout import as_batch


def _windows(x: Array, axis: int, size: int, step: int, gap: int) -> Array:
    """`x` with the axis made two: `(count, size)`, the windows and what is in each."""
    reach = (size - 1) * gap + 1
    if x.shape[axis] < reach:
        raise ValueError(
            f"extract_patches: windows that reach over {reach} pixels do not fit into an axis of {x.shape[axis]}. "
            "Give a smaller `size`, or padding='same'."
        )
    count = (x.shape[axis] - reach) // step + 1
    if step == size and gap == 1:  # they touch: nothing is looked up
        whole = x[(slice(None),) * axis + (slice(0, count * size),)]
        return xp.reshape(whole, (*x.shape[:axis], count, size, *x.shape[axis + 1 :]))
    places = np.arange(count)[:, None] * step + np.arange(size) * gap
    return xp.take(x, places.astype("int32"), axis=axis)


@op
def extract_patches(
    images: Any,
    size: Sizes,
    strides: Sizes | None = None,
    dilation_rate: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Array:
    """The windows of images, each laid out along the channels: row by row, the channels of a pixel together.

    Args:
        size: `(height, width)` of a window, or one number for both. Three numbers are those of `extract_patches_3d`.
        strides: How far apart the windows are; by default they touch.
        dilation_rate: How far apart the pixels of a window are.
        padding: `"valid"`: only whole windows; `"same"`: zeros around, so that each stride has a window.

    Shapes:
        images: `(batch, height, width, channels)`, or without the batch; or with the channels before the height.
        returns: `(batch, rows, columns, height * width * channels)`, laid out as `images`.

    Raises:
        ValueError: A window is larger than the image.

    Example:
        >>> extract_patches([[[1], [2], [3], [4]]], (1, 2)).tolist()
        [[[1, 2], [3, 4]]]
    """
    rank = 3 if isinstance(size, Sequence) and len(size) == 3 else 2
    x, undo = as_batch(images, data_format, "extract_patches", rank)
    window = sizes_of(size, rank, "extract_patches: size")
    steps = window if strides is None else sizes_of(strides, rank, "extract_patches: strides")
    gaps = sizes_of(dilation_rate, rank, "extract_patches: dilation_rate")
    pads = pairs_of(padding, x.shape[1:-1], window, steps, gaps)
    x = xp.pad(x, ((0, 0), *pads, (0, 0)))
    for axis, (k, step, gap) in enumerate(zip(window, steps, gaps, strict=True)):
        x = _windows(x, 1 + 2 * axis, k, step, gap)  # the axes before have become two each
    x = xp.transpose(x, (0, *range(1, 2 * rank, 2), *range(2, 2 * rank + 1, 2), 2 * rank + 1))
    return undo(xp.reshape(x, (*x.shape[: rank + 1], math.prod(window) * x.shape[-1])))


def extract_patches_3d(
    volumes: Any,
    size: Sizes,
    strides: Sizes | None = None,
    dilation_rate: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Array:
    """The windows of volumes, each laid out along the channels: `extract_patches` over depth, height and width.

    Shapes:
        volumes: `(batch, depth, height, width, channels)`, or without the batch; or with the channels before the depth.
        returns: `(batch, layers, rows, columns, depth * height * width * channels)`, laid out as `volumes`.
    """
    sizes = sizes_of(size, 3, "extract_patches_3d: size")  # three numbers: the op tells volumes from images by them
    return extract_patches(volumes, sizes, strides, dilation_rate, padding, data_format)


def _spans(
    size: int, before: int | None, after: int | None, target: int | None, sign: int, names: Sequence[str], what: str
) -> tuple[int, int]:
    """`(before, after)`: how much is cut off (`sign` -1) or added (1), from two of three numbers.

    Raises:
        ValueError: Not two are given; or one of the numbers is negative, or more than there is.
    """
    if (before, after, target).count(None) != 1:
        raise ValueError(f"{what} takes exactly two of {', '.join(names)}; got {before}, {after} and {target}.")
    if before is None:
        before = sign * (target - size) - after  # pyright: ignore
    elif after is None:
        after = sign * (target - size) - before  # pyright: ignore
    new = size + sign * (before + after)  # pyright: ignore
    if min(before, after, new) < 0 or (target is not None and target < 0):  # pyright: ignore
        raise ValueError(
            f"{what}: from a size of {size}, {names[0]}={before} and {names[1]}={after} lead to {new}; none "
            "of them may be negative."
        )
    return before, after  # pyright: ignore


@op
def crop_images(
    images: Any,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Array:
    """The images without so many rows and columns at their borders.

    Args:
        top_cropping: Rows to cut off; and so `left_cropping`, `bottom_cropping` and `right_cropping`.
        target_height: Height of the result. Of it, the top and the bottom, exactly two are given.
        target_width: Width of the result. Of it, the left and the right, exactly two are given.

    Shapes:
        images: `(batch, height, width, channels)`, or without the batch; or with the channels before the height.
        returns: The same, smaller.

    Example:
        >>> crop_images([[[1], [2], [3]]], 0, 1, 0, 0)[0, :, 0].tolist()
        [2, 3]
    """
    x, undo = as_batch(images, data_format, "crop_images")
    height, width = x.shape[1:3]
    names = [("top_cropping", "bottom_cropping", "target_height"), ("left_cropping", "right_cropping", "target_width")]
    top, bottom = _spans(height, top_cropping, bottom_cropping, target_height, -1, names[0], "crop_images")
    left, right = _spans(width, left_cropping, right_cropping, target_width, -1, names[1], "crop_images")
    return undo(x[:, top : height - bottom, left : width - right])


@op
def pad_images(
    images: Any,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Array:
    """The images with so many rows and columns of zeros at their borders.

    Args:
        top_padding: Rows to add; and so `left_padding`, `bottom_padding` and `right_padding`.
        target_height: Height of the result. Of it, the top and the bottom, exactly two are given.
        target_width: Width of the result. Of it, the left and the right, exactly two are given.

    Shapes:
        images: `(batch, height, width, channels)`, or without the batch; or with the channels before the height.
        returns: The same, larger.
    """
    x, undo = as_batch(images, data_format, "pad_images")
    height, width = x.shape[1:3]
    names = [("top_padding", "bottom_padding", "target_height"), ("left_padding", "right_padding", "target_width")]
    rows = _spans(height, top_padding, bottom_padding, target_height, 1, names[0], "pad_images")
    columns = _spans(width, left_padding, right_padding, target_width, 1, names[1], "pad_images")
    return undo(xp.pad(x, ((0, 0), rows, columns, (0, 0))))


__all__ = ["crop_images", "extract_patches", "extract_patches_3d", "pad_images"]
