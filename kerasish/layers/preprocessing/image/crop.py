"""`CenterCrop` and `RandomCrop`: a part of each image, of a given size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasish import random
from kerasish.backend import engine, xp
from kerasish.backend.interface import Array, Tree
from kerasish.layers.arguments import whole
from kerasish.layers.preprocessing.image.augmentation import Drawn, ImageAugmentation
from kerasish.layers.preprocessing.image.boxes import moved
from kerasish.layers.preprocessing.image.resizing import boxes_resized
from kerasish.ops import image
from kerasish.ops.image.layout import as_batch


class _Crop(ImageAugmentation):
    """What is drawn: `"top"` and `"left"`, one for each image; None where the images are resized."""

    while_predicting = True
    height: int
    width: int

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether images of this shape can be cut."""
        return shape[1] >= self.height and shape[2] >= self.width

    def augment(self, images: Array, drawn: Drawn) -> Array:
        return self._cropped(images, drawn, "bilinear")

    def _cropped(self, x: Array, drawn: Drawn, interpolation: str) -> Array:
        if drawn["top"] is None:
            size = (self.height, self.width)
            return image.resize(x, size, interpolation, crop_to_aspect_ratio=True, data_format="channels_last")
        rows, columns = (
            xp.reshape(engine.asarray(drawn[name], "int32"), (-1, 1)) + xp.arange(length, dtype="int32")
            for name, length in (("top", self.height), ("left", self.width))
        )
        batch = xp.arange(x.shape[0], dtype="int32")
        return x[batch[:, None, None], rows[:, :, None], columns[:, None, :]]

    def transform_bounding_boxes(self, bounding_boxes: Tree, transformation: Any, training: bool = True) -> Tree:
        size, target = transformation["input_shape"][1:3], (self.height, self.width)
        name = self.bounding_box_format or ""
        if transformation["top"] is None:
            return boxes_resized(bounding_boxes, name, size, target, crop=True)
        top, left = (
            xp.reshape(engine.asarray(transformation[side]), (-1, 1)).astype("float32") for side in ("top", "left")
        )
        start = xp.stack([left, top, left, top], axis=-1)
        return moved(bounding_boxes, lambda corners: corners - start, name, size, target)

    def transform_segmentation_masks(
        self, segmentation_masks: Array, transformation: Any, training: bool = True
    ) -> Array:
        x, undo = as_batch(segmentation_masks, self.data_format, self.name)
        return undo(self._cropped(x, transformation, "nearest"))


class CenterCrop(_Crop):
    """The middle of each image. Smaller images are resized, and then what exceeds the proportion is cut off.

    Args:
        height: The new height, in pixels.
        width: The new width.
        data_format: Where the channels are.

    Shapes:
        images: `(..., old height, old width, channels)`.
        returns: `(..., height, width, channels)`.

    Example:
        >>> import numpy as np
        >>> np.asarray(CenterCrop(1, 2)(np.arange(4.0).reshape(1, 4, 1))).ravel()
        array([1., 2.], dtype=float32)
    """

    def __init__(self, height: int, width: int, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.height = whole(height, "height", "CenterCrop")
        self.width = whole(width, "width", "CenterCrop")

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        place = None, None
        if self.fits(shape):
            place = (shape[1] - self.height) // 2, (shape[2] - self.width) // 2
        return {"top": place[0], "left": place[1], "input_shape": tuple(shape)}

    def _cropped(self, x: Array, drawn: Drawn, interpolation: str) -> Array:
        top, left = drawn["top"], drawn["left"]
        if top is None:
            return super()._cropped(x, drawn, interpolation)
        return x[:, top : top + self.height, left : left + self.width]


class RandomCrop(_Crop):
    """A random part of each image. While predicting, and for smaller images: resized, and the middle taken.

    Each image is cut at its own place. (Keras 3.15.1 cuts all of a batch at the same place, and leaves images as they
    are while predicting, so that they have another size than while training.)

    Args:
        height: The new height, in pixels.
        width: The new width.
        seed: Makes the random numbers repeatable.
        data_format: Where the channels are.

    Shapes:
        images: `(..., old height, old width, channels)`.
        returns: `(..., height, width, channels)`.
    """

    def __init__(
        self,
        height: int,
        width: int,
        seed: Any = None,
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, name=name, **kwargs)
        self.height = whole(height, "height", "RandomCrop")
        self.width = whole(width, "width", "RandomCrop")
        self.keep_seed(seed)

    def get_random_transformation(self, data: Tree, training: bool = True, seed: Any = None) -> Any:
        if training:
            return super().get_random_transformation(data, training, seed)
        images, _ = as_batch(data["images"] if isinstance(data, Mapping) else data, self.data_format, self.name)
        return {"top": None, "left": None, "input_shape": tuple(images.shape)}

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        top = left = None
        if self.fits(shape):
            top = random.randint((shape[0],), 0, shape[1] - self.height + 1, seed=seed)
            left = random.randint((shape[0],), 0, shape[2] - self.width + 1, seed=seed)
        return {"top": top, "left": left, "input_shape": tuple(shape)}


__all__ = ["CenterCrop", "RandomCrop"]
