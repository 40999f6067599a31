"""`ImageAugmentation`: the base of the library's image layers, which draw and then compute in 32 bits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array, Tree
from kerasish.core.random import SeedGenerator
from kerasish.layers.preprocessing.image.base import BaseImagePreprocessingLayer
from kerasish.ops.image.layout import as_batch, computed, rounded

Drawn = dict[str, Any]


class ImageAugmentation(BaseImagePreprocessingLayer):
    """Subclasses write `draw`, if anything is random, and `augment`.

    Both see a batch with the channels last, in at least 32 bits; the result is rounded once, to the dtype of the
    images. Nothing changes while predicting, and by default labels, boxes and masks never do.
    """

    while_predicting = False
    """Whether the images change while predicting too."""
    seed_generator: SeedGenerator | None = None

    def keep_seed(self, seed: Any) -> None:
        """Keep the argument `seed`, and make the stream that is drawn from."""
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        """What is random, by name, for images `(batch, height, width, channels)`: one for each image.

        Args:
            shape: The shape of the images.
            seed: Where to draw from.
        """
        return {}

    def augment(self, images: Array, drawn: Drawn) -> Array:
        """The images, changed as what was drawn says."""
        raise NotImplementedError

    def rests(self, transformation: Any, training: bool) -> bool:
        """Whether nothing changes."""
        return transformation is None or not (training or self.while_predicting)

    def get_random_transformation(self, data: Tree, training: bool = True, seed: Any = None) -> Any:
        if not training and not self.while_predicting:
            return None
        images, _ = as_batch(data["images"] if isinstance(data, Mapping) else data, self.data_format, self.name)
        return self.draw(images.shape, self.seed_generator if seed is None else seed)

    def transform_images(self, images: Array, transformation: Any = None, training: bool = True) -> Array:
        nothing_to_draw = type(self).draw is ImageAugmentation.draw
        drawn: Any = {} if transformation is None and nothing_to_draw else transformation
        pixels = self.as_pixels(images)
        if self.rests(drawn, training):
            return pixels
        x, undo = as_batch(pixels, self.data_format, self.name)
        return undo(rounded(self.augment(computed(x), drawn), pixels.dtype))

    def transform_bounding_boxes(self, bounding_boxes: Tree, transformation: Any, training: bool = True) -> Tree:
        return bounding_boxes

    def transform_segmentation_masks(
        self, segmentation_masks: Array, transformation: Any, training: bool = True
    ) -> Array:
        return segmentation_masks


def per_image(x: Array, images: Array) -> Array:
    """`x`, one number or one for each image, so that it broadcasts with the images; in their dtype, or boolean."""
    flat = xp.reshape(engine.asarray(x), (-1, 1, 1, 1))
    return flat if flat.dtype == bool else flat.astype(images.dtype)
