"""`RandAugment`: a few random transformations, one after the other."""

from __future__ import annotations

from typing import Any

from kerasish import ops, random
from kerasish.backend import engine
from kerasish.backend.interface import Array, Tree
from kerasish.layers.arguments import one_of, whole
from kerasish.layers.preprocessing.image.augmentation import Drawn, ImageAugmentation
from kerasish.layers.preprocessing.image.policies import choices, each
from kerasish.layers.preprocessing.image.ranges import INTERPOLATIONS, value_span
from kerasish.ops.image.layout import as_batch


class RandAugment(ImageAugmentation):
    """`num_ops` transformations of eleven, drawn for the batch; how strong each is, is drawn for each image.

    They are: shear, translation, rotation, solarization, posterization, auto-contrast, equalization, brightness, colour
    degeneration, contrast and sharpness. Boxes and masks follow. (In Keras 3.15.1 the seed does not reach them all.)

    Args:
        value_range: The least and the greatest value of a pixel.
        num_ops: How many.
        factor: The range of their strength, within 0 and 1; a number `f` means `(0, f)`.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: Makes the random numbers repeatable.
        data_format: Where the channels are; there must be 3, or 1.

    Source: Cubuk et al., 2020, https://arxiv.org/abs/1909.13719
    """

    factor_bounds = (0.0, 1.0)

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_ops: int = 2,
        factor: Any = 0.5,
        interpolation: str = "bilinear",
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(factor=factor, data_format=data_format, **kwargs)
        self.value_range = value_span(value_range, "RandAugment")
        self.num_ops = whole(num_ops, "num_ops", "RandAugment")
        self.interpolation = one_of(interpolation, INTERPOLATIONS, "interpolation", "RandAugment")
        self.keep_seed(seed)
        boxes = {"bounding_box_format": self.bounding_box_format}
        self.choices = choices(self.factor or (0, 0), self.value_range, self.interpolation, **boxes)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        return {
            "layer_idxes": random.randint((self.num_ops,), 0, len(self.choices), seed=seed),
            "transforms": [choice.draw(shape, seed) for choice in self.choices],
        }

    def augment(self, images: Array, drawn: Drawn) -> Array:
        pairs = zip(self.choices, drawn["transforms"], strict=True)
        changes = [lambda x, choice=choice, one=one: choice.augment(x, one) for choice, one in pairs]
        return self._in_turn(changes, images, drawn)

    def transform_bounding_boxes(self, bounding_boxes: Tree, transformation: Any, training: bool = True) -> Tree:
        if self.rests(transformation, training):
            return bounding_boxes
        boxes = bounding_boxes | {"boxes": engine.asarray(bounding_boxes["boxes"], "float32")}
        pairs = zip(self.choices, transformation["transforms"], strict=True)
        changes = [lambda x, choice=choice, one=one: choice.transform_bounding_boxes(x, one) for choice, one in pairs]
        return self._in_turn(changes, boxes, transformation)

    def transform_segmentation_masks(
        self, segmentation_masks: Array, transformation: Any, training: bool = True
    ) -> Array:
        if self.rests(transformation, training):
            return segmentation_masks
        x, undo = as_batch(segmentation_masks, self.data_format, self.name)
        pairs = zip(self.choices, transformation["transforms"], strict=True)
        changes = [
            lambda x, choice=choice, one=one: choice.transform_segmentation_masks(x, one) for choice, one in pairs
        ]
        return undo(self._in_turn(changes, x, transformation))

    def _in_turn(self, changes: list[Any], x: Tree, drawn: Drawn) -> Tree:
        return each(lambda state, index: ops.switch(index, changes, state), x, drawn["layer_idxes"])


__all__ = ["RandAugment"]
