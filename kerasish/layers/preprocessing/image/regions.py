"""Random rectangles in images, for `RandomErasing` and `CutMix`."""

from __future__ import annotations

from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.layers.preprocessing.image.ranges import drawn_from


def inside(length: int, part: Array, seed: Any) -> Array:
    """Which pixels along an axis are in an interval of `part * length` that lies anywhere: `(batch, length)`.

    A pixel is in it if its middle is. (Keras 3.15.1 takes its edge, and so never the first pixel.)
    """
    start = drawn_from((0.0, 1.0), part.shape[0], seed) * (1 - part) * length
    middle = xp.arange(length, dtype="float32") + 0.5
    return (middle >= start[:, None]) & (middle < (start + part * length)[:, None])


def rectangles(shape: tuple[int, ...], tall: Array, wide: Array, seed: Any) -> Array:
    """Which pixels are in a rectangle: `(batch, height, width, 1)`.

    Args:
        shape: The shape of the images: `(batch, height, width, channels)`.
        tall, wide: How much of the height and of the width it takes, for each image, from 0 to 1.
        seed: Where to draw the places from.
    """
    rows, columns = inside(shape[1], tall, seed), inside(shape[2], wide, seed)
    return (rows[:, :, None] & columns[:, None, :])[..., None]
