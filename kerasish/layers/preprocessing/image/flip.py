"""`RandomFlip`: some images mirrored."""

from __future__ import annotations

from typing import Any

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array, Tree
from kerasish.layers.arguments import one_of
from kerasish.layers.preprocessing.image.augmentation import Drawn, ImageAugmentation, per_image
from kerasish.layers.preprocessing.image.boxes import moved
from kerasish.layers.preprocessing.image.ranges import drawn_from
from kerasish.ops.image.layout import as_batch

MODES = {"horizontal": (2,), "vertical": (1,), "horizontal_and_vertical": (1, 2)}
"""The axes along which the pixels change places."""


class RandomFlip(ImageAugmentation):
    """Mirrors half of the images; boxes and masks with them.

    Args:
        mode: `"horizontal"`: left and right change places; `"vertical"`: top and bottom;
            `"horizontal_and_vertical"`: both, in the same images, which so are turned by 180°.
        seed: Makes the random numbers repeatable.
        data_format: Where the channels are.

    Example:
        >>> import numpy as np
        >>> layer = RandomFlip("horizontal", seed=1)
        >>> sorted({tuple(np.asarray(layer(np.array([[[1.0], [2.0]]]))).ravel().tolist()) for _ in range(20)})
        [(1.0, 2.0), (2.0, 1.0)]
    """

    def __init__(
        self, mode: str = "horizontal_and_vertical", seed: Any = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.mode = one_of(mode, tuple(MODES), "mode", "RandomFlip")
        self.keep_seed(seed)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        flips = drawn_from((0.0, 1.0), shape[0], seed) < 0.5
        return {"flips": xp.reshape(flips, (-1, 1, 1, 1)), "input_shape": tuple(shape)}

    def augment(self, images: Array, drawn: Drawn) -> Array:
        return xp.where(per_image(drawn["flips"], images), xp.flip(images, MODES[self.mode]), images)

    def transform_bounding_boxes(self, bounding_boxes: Tree, transformation: Any, training: bool = True) -> Tree:
        if self.rests(transformation, training):
            return bounding_boxes
        height, width = transformation["input_shape"][1:3]
        flips = xp.reshape(engine.asarray(transformation["flips"]), (-1, 1, 1))

        def flipped(corners: Array) -> Array:
            left, top, right, bottom = (corners[..., i] for i in range(4))
            if 2 in MODES[self.mode]:
                left, right = width - right, width - left
            if 1 in MODES[self.mode]:
                top, bottom = height - bottom, height - top
            return xp.where(flips, xp.stack([left, top, right, bottom], axis=-1), corners)

        return moved(bounding_boxes, flipped, self.bounding_box_format or "", (height, width), (height, width))

    def transform_segmentation_masks(
        self, segmentation_masks: Array, transformation: Any, training: bool = True
    ) -> Array:
        if self.rests(transformation, training):
            return segmentation_masks
        x, undo = as_batch(segmentation_masks, self.data_format, self.name)
        return undo(self.augment(x, transformation))


__all__ = ["RandomFlip"]
