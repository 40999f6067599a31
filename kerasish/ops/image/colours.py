"""Colours: from red, green and blue to hue, saturation and value, and back; and to grey."""

from __future__ import annotations

from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.core.dtypes import is_float_dtype
from kerasish.core.op import op
from kerasish.ops.image.layout import Undo, as_batch, computed
from kerasish.ops.promotion import as_dtype


def _floating_colours(images: Any, data_format: str | None, what: str) -> tuple[Array, Undo]:
    x, undo = as_batch(images, data_format, what)
    if not is_float_dtype(x.dtype):
        raise ValueError(f"{what} takes images of floating numbers from 0 to 1; got {x.dtype}. Divide them by 255.")
    if x.shape[-1] != 3:
        raise ValueError(
            f"{what} takes images of 3 channels; got {x.shape[-1]}, in the shape {tuple(x.shape)} with the channels "
            "last. `data_format` says where the channels are."
        )
    return x, undo


@op
def rgb_to_hsv(images: Any, data_format: str | None = None) -> Array:
    """Hue, saturation and value of red, green and blue.

    The value is the greatest of the three; the saturation is `(greatest - least) / greatest`; the hue is the place on
    the circle red, green, blue, from 0 to 1. Grey has hue 0, and black saturation 0.

    Shapes:
        images: `(batch, height, width, 3)`, or without the batch; or with the channels first. Floating numbers, 0 to 1.
        returns: The same.

    Example:
        >>> rgb_to_hsv([[[0.5, 0.0, 0.0]]]).tolist()
        [[[0.0, 1.0, 0.5]]]
    """
    x, undo = _floating_colours(images, data_format, "rgb_to_hsv")
    wide = computed(x)
    red, green, blue = wide[..., 0], wide[..., 1], wide[..., 2]
    value = xp.max(wide, axis=-1)
    spread = value - xp.min(wide, axis=-1)
    some = spread > 0
    by = xp.where(some, spread, 1)
    sixths = xp.where(
        red == value,
        (green - blue) / by,
        xp.where(green == value, 2 + (blue - red) / by, 4 + (red - green) / by),
    )
    hue = xp.where(some, xp.mod(sixths / 6, 1), 0)
    bright = value > 0
    saturation = xp.where(bright, spread / xp.where(bright, value, 1), 0)
    return undo(as_dtype(xp.stack([hue, saturation, value], axis=-1), x.dtype))


@op
def hsv_to_rgb(images: Any, data_format: str | None = None) -> Array:
    """Red, green and blue of hue, saturation and value: the opposite of `rgb_to_hsv`.

    Each is `v - v s max(0, min(k, 4 - k, 1))`, with `k = (n + 6 hue) mod 6` and `n` 5, 3 and 1.

    Shapes:
        images: `(batch, height, width, 3)`, or without the batch; or with the channels first. Floating numbers, 0 to 1.
        returns: The same.
    """
    x, undo = _floating_colours(images, data_format, "hsv_to_rgb")
    wide = computed(x)
    hue, saturation, value = wide[..., 0], wide[..., 1], wide[..., 2]
    places = (xp.mod(n + 6 * hue, 6) for n in (5, 3, 1))
    colours = [value - value * saturation * xp.clip(xp.minimum(k, 4 - k), 0, 1) for k in places]
    return undo(as_dtype(xp.stack(colours, axis=-1), x.dtype))


@op
def rgb_to_grayscale(images: Any, data_format: str | None = None) -> Array:
    """`0.2989 red + 0.587 green + 0.114 blue`: how bright each pixel looks. Integers lose their fraction.

    Shapes:
        images: `(batch, height, width, 3)`, or without the batch; or with the channels first. One channel stays as it
            is.
        returns: The same, with one channel.
    """
    x, undo = as_batch(images, data_format, "rgb_to_grayscale")
    if x.shape[-1] not in (1, 3):
        raise ValueError(
            f"rgb_to_grayscale takes images of 3 channels, or 1; got {x.shape[-1]}, in the shape {tuple(x.shape)} with "
            "the channels last. `data_format` says where the channels are."
        )
    if x.shape[-1] == 1:
        return undo(x)
    wide = computed(x)
    grey = 0.2989 * wide[..., 0:1] + 0.587 * wide[..., 1:2] + 0.114 * wide[..., 2:3]
    return undo(as_dtype(grey, x.dtype))


__all__ = ["hsv_to_rgb", "rgb_to_grayscale", "rgb_to_hsv"]
