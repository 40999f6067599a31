"""`Resizing`: images of one size, whatever size they had."""

from __future__ import annotations

from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array, Tree
from kerasish.layers.arguments import one_of, whole
from kerasish.layers.preprocessing.image.augmentation import Drawn, ImageAugmentation
from kerasish.layers.preprocessing.image.boxes import Size, moved
from kerasish.ops import image

KERNELS = "nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"


def window(size: Size, target: Size, crop: bool, pad: bool) -> tuple[int, int, int, int]:
    """What `ops.resize` makes the whole of the result: `(left, top, width, height)` in the image, or around it."""
    height, width = size
    tall, wide = target
    if crop:
        high = min(height, max(width * tall // wide, 1))
        broad = min(width, max(height * wide // tall, 1))
        return (width - broad) // 2, (height - high) // 2, broad, high
    if pad:
        above = max(width * tall // wide - height, 0) // 2
        beside = max(height * wide // tall - width, 0) // 2
        return -beside, -above, width + 2 * beside, height + 2 * above
    return 0, 0, width, height


def boxes_resized(given: Tree, name: str, size: Size, target: Size, crop: bool = False, pad: bool = False) -> Tree:
    """The boxes of an image that `ops.resize` resized."""
    left, top, width, height = window(size, target, crop, pad)
    scale = (target[1] / width, target[0] / height)

    def resized(corners: Array) -> Array:
        start = xp.asarray([left, top, left, top], dtype=corners.dtype)
        return (corners - start) * xp.asarray(scale * 2, dtype=corners.dtype)

    return moved(given, resized, name, size, target)


class Resizing(ImageAugmentation):
    """`ops.image.resize` of images; masks by their nearest pixels; boxes with them. While predicting too.

    Boxes follow the pixels exactly where the image is cut or bordered. (Keras 3.15.1 is off by some pixels where it
    makes a border.)

    Args:
        height: The new height, in pixels.
        width: The new width.
        interpolation: `"nearest"`, `"bilinear"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`.
        crop_to_aspect_ratio: Cut the middle out first, so that nothing is distorted.
        pad_to_aspect_ratio: Add a border first, so that nothing is distorted.
        fill_mode: `"constant"`: how the border is filled.
        fill_value: With what.
        antialias: Whether to average over all the pixels that a new one stands for.
        data_format: Where the channels are.

    Shapes:
        images: `(..., old height, old width, channels)`.
        returns: `(..., height, width, channels)`; integers stay integers.

    Example:
        >>> import numpy as np
        >>> Resizing(4, 5)(np.zeros((2, 8, 9, 3), "uint8")).shape
        (2, 4, 5, 3)
    """

    keeps_integers = True
    while_predicting = True

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.height = whole(height, "height", "Resizing")
        self.width = whole(width, "width", "Resizing")
        self.interpolation = one_of(interpolation, KERNELS, "interpolation", "Resizing")
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ValueError("Resizing can either crop_to_aspect_ratio or pad_to_aspect_ratio; got both.")
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode = one_of(fill_mode, ("constant",), "fill_mode", "Resizing")
        self.fill_value = fill_value
        self.antialias = antialias

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        return {"input_shape": tuple(shape)}

    def transform_images(self, images: Array, transformation: Any = None, training: bool = True) -> Array:
        pixels = self.as_pixels(images)
        resized = self._resized(pixels, self.interpolation, self.antialias, self.fill_value)
        return resized.astype(pixels.dtype) if resized.dtype != pixels.dtype else resized

    def _resized(self, images: Array, interpolation: str, antialias: bool, fill_value: float) -> Array:
        return image.resize(
            images,
            (self.height, self.width),
            interpolation=interpolation,
            antialias=antialias,
            crop_to_aspect_ratio=self.crop_to_aspect_ratio,
            pad_to_aspect_ratio=self.pad_to_aspect_ratio,
            fill_mode=self.fill_mode,
            fill_value=fill_value,
            data_format=self.data_format,
        )

    def transform_bounding_boxes(self, bounding_boxes: Tree, transformation: Any, training: bool = True) -> Tree:
        size, target = transformation["input_shape"][1:3], (self.height, self.width)
        name = self.bounding_box_format or ""
        return boxes_resized(bounding_boxes, name, size, target, self.crop_to_aspect_ratio, self.pad_to_aspect_ratio)

    def transform_segmentation_masks(
        self, segmentation_masks: Array, transformation: Any = None, training: bool = True
    ) -> Array:
        return self._resized(segmentation_masks, "nearest", False, self.fill_value)


__all__ = ["Resizing"]
