"""`BaseImagePreprocessingLayer`: images with their labels, boxes and masks in; the same, transformed alike, out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasish.backend import engine, standardize_data_format, xp
from kerasish.backend.interface import Array, Tree
from kerasish.core import tree
from kerasish.core.dtypes import is_float_dtype, standardize_dtype
from kerasish.layers.layer import Layer
from kerasish.layers.preprocessing.image.ranges import span
from kerasish.ops.boxes import checked_format

PARTS = "images", "labels", "bounding_boxes", "segmentation_masks"
"""What a layer looks at in a dict; other entries are passed on as they are."""


class BaseImagePreprocessingLayer(Layer):
    """Subclasses write `get_random_transformation`, which draws, and `transform_…`, which do what was drawn.

    The input is an image, a batch of images, or a dict of them with `"labels"`, `"bounding_boxes"` (a dict of `"boxes"`
    and `"labels"`; a label of -1 marks a row that is no box) and `"segmentation_masks"`. The methods always see
    batches. Boxes are kept in 32 bits, whatever the layer computes in: 16 bits can't tell neighbouring pixels apart.

    Args:
        factor: How strong the transformation is: a range `(low, high)`, or a number, which means the range up to it.
        bounding_box_format: What the four numbers of a box are, such as `"xyxy"`; needed where the data have boxes.
        data_format: Where the channels are.

    Shapes:
        images: `(height, width, channels)` or `(batch, height, width, channels)`.
        labels: `(batch, ...)`.
        boxes: `(batch, boxes, 4)`, and their labels `(batch, boxes)`.
        masks: `(batch, height, width, 1)` or `(batch, height, width)`.
        returns: the same parts.

    Example:
        >>> import numpy as np
        >>> class Darker(BaseImagePreprocessingLayer):
        ...     def transform_images(self, images, transformation, training=True):
        ...         return images / 2
        >>> np.asarray(Darker()(np.full((1, 1, 1), 8.0))).item()
        4.0
    """

    unwritten = {"factor": None, "bounding_box_format": None, "autocast": ...}

    factor_bounds = (-1.0, 1.0)
    keeps_integers = False
    """Whether integer images stay integers; if not, they become numbers of the dtype that the layer computes in."""

    def __init__(
        self, factor: Any = None, bounding_box_format: str | None = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.factor = None if factor is None else span(factor, "factor", type(self).__name__, *self.factor_bounds)
        self.bounding_box_format = None
        if bounding_box_format is not None:
            self.bounding_box_format = checked_format(
                bounding_box_format, f"{type(self).__name__}'s bounding_box_format"
            )
        self.data_format = standardize_data_format(data_format)
        self.autocast = False  # `call` casts, and only the images

    # What subclasses write -----------------------------------------------------------------------------------------
    def get_random_transformation(self, data: Tree, training: bool = True, seed: Any = None) -> Any:
        """What is drawn for this batch, for the other methods; None for nothing."""
        return None

    def transform_images(self, images: Array, transformation: Any, training: bool = True) -> Array:
        """The images, changed as `transformation` says."""
        raise NotImplementedError(f"{type(self).__name__} has no `transform_images` method: write it.")

    def transform_labels(self, labels: Array, transformation: Any, training: bool = True) -> Array:
        """The labels; by default as they are."""
        return labels

    def transform_bounding_boxes(self, bounding_boxes: Tree, transformation: Any, training: bool = True) -> Tree:
        """The boxes and their labels, changed as `transformation` says."""
        raise NotImplementedError(f"{type(self).__name__} does not say what becomes of bounding boxes.")

    def transform_segmentation_masks(
        self, segmentation_masks: Array, transformation: Any, training: bool = True
    ) -> Array:
        """The masks, changed as `transformation` says."""
        raise NotImplementedError(f"{type(self).__name__} does not say what becomes of segmentation masks.")

    # Calls ---------------------------------------------------------------------------------------------------------
    def call(self, data: Tree, training: bool = True) -> Tree:
        is_dict = isinstance(data, Mapping)
        given = dict(data) if is_dict else {"images": data}
        self._check(given)
        single = given["images"].ndim == 3
        batch = {key: tree.map(lambda x: x[None], x) if single and key in PARTS else x for key, x in given.items()}
        batch["images"] = self.as_pixels(batch["images"])
        drawn = self.get_random_transformation(batch if is_dict else batch["images"], training=training)
        found = self._transformed(batch, drawn, training)
        found = {key: tree.map(lambda x: x[0], x) if single and key in PARTS else x for key, x in found.items()}
        return found if is_dict else found["images"]

    def _transformed(self, batch: dict[str, Any], drawn: Any, training: bool) -> dict[str, Any]:
        found = batch | {"images": self.transform_images(batch["images"], drawn, training=training)}
        if "labels" in batch:
            found["labels"] = self.transform_labels(batch["labels"], drawn, training=training)
        if "bounding_boxes" in batch:
            found["bounding_boxes"] = self.transform_bounding_boxes(batch["bounding_boxes"], drawn, training=training)
        if "segmentation_masks" in batch:
            masks, channel = batch["segmentation_masks"], 1 if self.data_format == "channels_first" else 3
            flat = masks.ndim == 3
            whole = xp.expand_dims(masks, channel) if flat else masks
            whole = self.transform_segmentation_masks(whole, drawn, training=training)
            found["segmentation_masks"] = xp.squeeze(whole, channel) if flat else whole
        return found

    def as_pixels(self, images: Array) -> Array:
        """The images in the dtype that the layer returns."""
        kind = standardize_dtype(images.dtype)
        if kind == self.compute_dtype or (self.keeps_integers and not is_float_dtype(kind)):
            return images
        return images.astype(self.compute_dtype)

    def _check(self, given: dict[str, Any]) -> None:
        kind = type(self).__name__
        if "images" not in given:
            raise ValueError(f"{kind} takes images, or a dict with the key 'images'; got the keys {sorted(given)}.")
        images = given["images"]
        if not engine.is_array(images) or images.ndim not in (3, 4):
            found = f"the shape {tuple(images.shape)}" if engine.is_array(images) else f"a {type(images).__name__}"
            raise ValueError(
                f"{kind} takes an array of one image, such as `(height, width, channels)`, or of a batch of them; "
                f"got {found}. Targets go into a dict beside them: {{'images': ..., 'labels': ...}}."
            )
        boxes = given.get("bounding_boxes")
        if boxes is None:
            return
        if not isinstance(boxes, Mapping) or not {"boxes", "labels"} <= set(boxes):
            found = f"the keys {sorted(boxes)}" if isinstance(boxes, Mapping) else f"a {type(boxes).__name__}"
            raise ValueError(f"{kind} takes bounding boxes as a dict of 'boxes' and 'labels'; got {found}.")
        if self.bounding_box_format is None:
            raise ValueError(
                f"{kind} got bounding boxes and does not know their format: give it, for example, "
                "bounding_box_format='xyxy'."
            )
