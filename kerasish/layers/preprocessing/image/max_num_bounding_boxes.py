"""`MaxNumBoundingBoxes`: the same number of boxes for each image."""

from __future__ import annotations

from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array, Tree
from kerasish.layers.arguments import whole
from kerasish.layers.preprocessing.image.base import BaseImagePreprocessingLayer


class MaxNumBoundingBoxes(BaseImagePreprocessingLayer):
    """The first `max_number` boxes of each image; where there are fewer, rows of `fill_value` follow.

    Args:
        max_number: How many rows there are.
        fill_value: What boxes and labels that are none are filled with. (Keras 3.15.1 leaves it out of the config.)

    Shapes:
        boxes: `(batch, boxes, 4)`, and labels `(batch, boxes)`.
        returns: `(batch, max_number, 4)` and `(batch, max_number)`.
    """

    unwritten = {"fill_value": -1}

    def __init__(self, max_number: int, fill_value: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_number = whole(max_number, "max_number", "MaxNumBoundingBoxes")
        self.fill_value = fill_value

    def transform_images(self, images: Array, transformation: Any = None, training: bool = True) -> Array:
        return images

    def transform_bounding_boxes(self, bounding_boxes: Tree, transformation: Any = None, training: bool = True) -> Tree:
        return {key: self._rows(x) for key, x in bounding_boxes.items()}

    def transform_segmentation_masks(
        self, segmentation_masks: Array, transformation: Any = None, training: bool = True
    ) -> Array:
        return segmentation_masks

    def _rows(self, x: Array) -> Array:
        kept = x[:, : self.max_number]
        missing = self.max_number - kept.shape[1]
        margins = [(0, missing) if axis == 1 else (0, 0) for axis in range(x.ndim)]
        return xp.pad(kept, margins, constant_values=self.fill_value)


__all__ = ["MaxNumBoundingBoxes"]
