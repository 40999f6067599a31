"""`Warp`: the base of the layers that take each pixel from another place; boxes and masks follow."""

from __future__ import annotations

from typing import Any

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array, Tree
from kerasish.layers.arguments import one_of
from kerasish.layers.preprocessing.image.augmentation import Drawn, ImageAugmentation
from kerasish.layers.preprocessing.image.boxes import Size, forward_of, moved, through
from kerasish.layers.preprocessing.image.ranges import FILL_MODES, INTERPOLATIONS
from kerasish.ops import image
from kerasish.ops.image.layout import as_batch


class Warp(ImageAugmentation):
    """Subclasses write `transform`: where each pixel of the result comes from, as `ops.image.affine_transform` has it.

    Boxes become the boxes around their moved corners, and follow the pixels exactly. (Keras 3.15.1 turns and zooms
    them around a point that is half a pixel away from the middle, and shears images and boxes around different points.)
    """

    fill_mode = "constant"
    fill_value = 0.0
    interpolation = "bilinear"

    def keep_filling(self, fill_mode: str, interpolation: str, fill_value: float, seed: Any) -> None:
        """Keep the arguments that all these layers have."""
        kind = type(self).__name__
        self.fill_mode = one_of(fill_mode, FILL_MODES, "fill_mode", kind)
        self.interpolation = one_of(interpolation, INTERPOLATIONS, "interpolation", kind)
        self.fill_value = fill_value
        self.keep_seed(seed)

    def transform(self, drawn: Drawn, size: Size) -> Array:
        """`(batch, 8)`, for images of this height and width."""
        raise NotImplementedError

    def forward(self, drawn: Drawn, size: Size) -> Array:
        """The 3 x 3 matrices that lead from the middle of a pixel to where it goes."""
        return forward_of(self.transform(drawn, size))

    def augment(self, images: Array, drawn: Drawn) -> Array:
        return self.warped(images, drawn, self.interpolation, self.fill_value)

    def warped(self, x: Array, drawn: Drawn, interpolation: str, fill_value: float) -> Array:
        """The images, or masks, with the channels last, moved."""
        transform = self.transform(drawn, x.shape[1:3])
        return image.affine_transform(x, transform, interpolation, self.fill_mode, fill_value, "channels_last")

    def transform_bounding_boxes(self, bounding_boxes: Tree, transformation: Any, training: bool = True) -> Tree:
        if self.rests(transformation, training):
            return bounding_boxes
        size = transformation["input_shape"][1:3]
        forward = self.forward(transformation, size)
        name = self.bounding_box_format or ""
        return moved(bounding_boxes, lambda corners: through(corners, forward), name, size, size)

    def transform_segmentation_masks(
        self, segmentation_masks: Array, transformation: Any, training: bool = True
    ) -> Array:
        if self.rests(transformation, training):
            return segmentation_masks
        x, undo = as_batch(segmentation_masks, self.data_format, self.name)
        return undo(self.warped(x, transformation, "nearest", self.fill_value))


def affine(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any) -> Array:
    """`(batch, 8)`: the places `(a x + b y + c, d x + e y + f)`, for numbers or one for each image."""
    columns = [engine.asarray(x, "float32") for x in (a, b, c, d, e, f, 0, 0)]
    shape = (max(x.size for x in columns[:6]) if all(x.size for x in columns[:6]) else 0,)
    return xp.stack([xp.broadcast_to(xp.reshape(x, (-1,)), shape) for x in columns], axis=-1)
