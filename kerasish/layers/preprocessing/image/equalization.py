"""Layers that spread the values of an image over the whole range: `AutoContrast` and `Equalization`."""

from __future__ import annotations

from typing import Any

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.layers.arguments import whole
from kerasish.layers.preprocessing.image.augmentation import Drawn, ImageAugmentation
from kerasish.layers.preprocessing.image.ranges import value_span
from kerasish.layers.preprocessing.image.tones import from_bytes, to_bytes


class AutoContrast(ImageAugmentation):
    """Stretches each channel of each image over the range of values: `(x - min) / (max - min)`.

    A channel of one value stays as it is. The layer works while predicting too. (Keras 3.15.1 takes the wrong axes of
    images whose channels are first.)

    Args:
        value_range: The least and the greatest value of a pixel.

    Example:
        >>> import numpy as np
        >>> np.asarray(AutoContrast()(np.array([[[10.0], [20.0], [12.0]]], "float32"))).ravel()
        array([  0., 255.,  51.], dtype=float32)
    """

    while_predicting = True

    def __init__(self, value_range: Any = (0, 255), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.value_range = value_span(value_range, "AutoContrast")

    def augment(self, images: Array, drawn: Drawn) -> Array:
        low, high = self.value_range
        least = xp.min(images, axis=(1, 2), keepdims=True)
        spread = xp.max(images, axis=(1, 2), keepdims=True) - least
        stretched = (images - least) * ((high - low) / xp.where(spread > 0, spread, 1)) + low
        return xp.clip(xp.where(spread > 0, stretched, images), low, high)


class Equalization(ImageAugmentation):
    """Makes all values about equally frequent, in each channel of each image: `255 (c(x) - c_min) / (c_max - c_min)`.

    `c(x)` counts the pixels of the channel that are at most `x`. A channel of one value stays as it is. (Keras 3.15.1
    counts over the whole batch, so that an image changes with the images beside it.)

    Args:
        value_range: The least and the greatest value of a pixel.
        bins: In how many classes values are counted.
        data_format: Where the channels are.
    """

    def __init__(
        self, value_range: Any = (0, 255), bins: int = 256, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.value_range = value_span(value_range, "Equalization")
        self.bins = whole(bins, "bins", "Equalization")

    def augment(self, images: Array, drawn: Drawn) -> Array:
        batch, height, width, channels = images.shape
        values = xp.clip(to_bytes(images, self.value_range), 0, 255)
        flat = xp.reshape(xp.moveaxis(values, 3, 1), (batch * channels, height * width))
        places = xp.clip(xp.floor(flat / 255 * (self.bins - 1)), 0, self.bins - 1).astype("int32")
        counts = xp.cumsum(histograms(places, self.bins), axis=1).astype(images.dtype)
        least = xp.min(xp.where(counts > 0, counts, height * width), axis=1, keepdims=True)
        spread = counts[:, -1:] - least
        levels = xp.round((counts - least) * 255 / xp.where(spread > 0, spread, 1))
        equal = xp.where(spread > 0, xp.take_along_axis(levels, places, axis=1), flat)
        equal = xp.moveaxis(xp.reshape(equal, (batch, channels, height, width)), 1, 3)
        return from_bytes(equal, self.value_range)


def histograms(places: Array, bins: int) -> Array:
    """How often each of `bins` numbers is in each row of `places`: `(rows, bins)`."""
    rows = places.shape[0]
    ids = xp.arange(rows, dtype="int32")[:, None] * bins + places
    ones = xp.ones(ids.size, dtype="int32")
    return xp.reshape(engine.segment_sum(ones, xp.reshape(ids, (-1,)), rows * bins), (rows, bins))


__all__ = ["AutoContrast", "Equalization"]
