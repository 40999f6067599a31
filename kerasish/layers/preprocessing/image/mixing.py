"""Layers that mix images with others of the batch, and their labels likewise: `MixUp` and `CutMix`."""

from __future__ import annotations

from typing import Any

from kerasish import random
from kerasish.backend import engine, xp
from kerasish.backend.interface import Array, Tree
from kerasish.core.dtypes import is_float_dtype, standardize_dtype
from kerasish.layers.preprocessing.image.augmentation import Drawn, ImageAugmentation, per_image
from kerasish.layers.preprocessing.image.ranges import betas, drawn_from, is_number
from kerasish.layers.preprocessing.image.regions import rectangles
from kerasish.ops.image.layout import as_batch, computed, rounded


class _Mixing(ImageAugmentation):
    mixes_samples = "training"

    def mixed_labels(self, labels: Array, drawn: Drawn) -> Array:
        """`weight * labels + (1 - weight) * others`, in floating numbers."""
        kind = standardize_dtype(labels.dtype)
        if not is_float_dtype(kind):
            if labels.ndim < 2:
                raise ValueError(
                    f"{type(self).__name__} mixes labels, and the mean of two class numbers means nothing; got labels "
                    f"of dtype {kind} and shape {tuple(labels.shape)}. Make them one-hot vectors: ops.one_hot."
                )
            labels = labels.astype(self.compute_dtype)
        weight = xp.reshape(engine.asarray(drawn["mix_weight"]), (-1,) + (1,) * (labels.ndim - 1)).astype(labels.dtype)
        return weight * labels + (1 - weight) * others(labels, drawn)

    def transform_labels(self, labels: Array, transformation: Any, training: bool = True) -> Array:
        return labels if self.rests(transformation, training) else self.mixed_labels(labels, transformation)


def others(x: Array, drawn: Drawn) -> Array:
    """The images, or what belongs to them, that each of the batch is mixed with."""
    return xp.take(x, engine.asarray(drawn["permutation_order"]), axis=0)


class MixUp(_Mixing):
    """`w * images + (1 - w) * others`, and the labels likewise, with `w` of Beta(alpha, alpha).

    `others` are the images of the batch in a random order. Labels must be one-hot, or numbers to predict. An image gets
    the boxes of both. Masks are mixed like images: so they must be one-hot too.

    Args:
        alpha: Above 0. The smaller it is, the more often one of the two images prevails.
        data_format: Where the channels are.
        seed: Makes the random numbers repeatable.

    Source: Zhang et al., 2018, https://arxiv.org/abs/1710.09412
    """

    def __init__(self, alpha: float = 0.2, data_format: str | None = None, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(data_format=data_format, **kwargs)
        if not is_number(alpha) or alpha <= 0:
            raise ValueError(f"MixUp's alpha must be a number above 0; got {alpha!r}.")
        self.alpha = alpha
        self.keep_seed(seed)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        order = random.shuffle(xp.arange(shape[0], dtype="int32"), seed=seed)
        return {"mix_weight": betas(self.alpha, shape[0], seed), "permutation_order": order}

    def augment(self, images: Array, drawn: Drawn) -> Array:
        weight = per_image(drawn["mix_weight"], images)
        return weight * images + (1 - weight) * others(images, drawn)

    def transform_bounding_boxes(self, bounding_boxes: Tree, transformation: Any, training: bool = True) -> Tree:
        if self.rests(transformation, training):
            return bounding_boxes
        both = {key: (x, others(x, transformation)) for key, x in bounding_boxes.items()}
        return {key: xp.concatenate(pair, axis=1) for key, pair in both.items()}

    def transform_segmentation_masks(
        self, segmentation_masks: Array, transformation: Any, training: bool = True
    ) -> Array:
        if self.rests(transformation, training):
            return segmentation_masks
        return self.augment(computed(segmentation_masks), transformation).astype(self.compute_dtype)


class CutMix(_Mixing):
    """Pastes a rectangle of another image of the batch into each image; labels are mixed by the areas.

    The area is `1 - w`, with `w` of Beta(a, a) and `a` uniform over `factor`; the rectangle has the shape of the image.
    `w` is then made exact: the part of the pixels that stay. (Keras 3.15.1 keeps what was drawn.) Boxes are refused.

    Args:
        factor: The range of `a`, within 0 and 1; a number `f` means `(0, f)`.
        seed: Makes the random numbers repeatable.
        data_format: Where the channels are.

    Source: Yun et al., 2019, https://arxiv.org/abs/1905.04899
    """

    factor_bounds = (0.0, 1.0)

    def __init__(self, factor: Any = 1.0, seed: Any = None, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(factor=factor, data_format=data_format, **kwargs)
        self.keep_seed(seed)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        order = random.shuffle(xp.arange(shape[0], dtype="int32"), seed=seed)
        alpha = xp.maximum(drawn_from(self.factor or (1, 1), shape[0], seed), 1e-3)
        side = xp.sqrt(1 - betas(alpha, shape[0], seed))
        masks = rectangles(shape, side, side, seed)
        kept = 1 - xp.mean(masks.astype("float32"), axis=(1, 2, 3), keepdims=True)
        return {"permutation_order": order, "batch_masks": masks, "mix_weight": kept}

    def augment(self, images: Array, drawn: Drawn) -> Array:
        pasted = engine.asarray(drawn["batch_masks"])[..., :1]
        return xp.where(pasted, others(images, drawn), images)

    def transform_bounding_boxes(self, bounding_boxes: Tree, transformation: Any, training: bool = True) -> Tree:
        if self.rests(transformation, training):
            return bounding_boxes
        raise NotImplementedError("CutMix does not support bounding boxes: a pasted rectangle cuts them to pieces.")

    def transform_segmentation_masks(
        self, segmentation_masks: Array, transformation: Any, training: bool = True
    ) -> Array:
        if self.rests(transformation, training):
            return segmentation_masks
        x, undo = as_batch(segmentation_masks, self.data_format, self.name)
        return undo(rounded(self.augment(x, transformation), segmentation_masks.dtype))


__all__ = ["CutMix", "MixUp"]
