"""`ContrastLimitedAdaptiveHistogramEqualization`: equalization in tiles, with a limit."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.layers.arguments import sizes
from kerasish.layers.preprocessing.image.augmentation import Drawn, ImageAugmentation
from kerasish.layers.preprocessing.image.equalization import histograms
from kerasish.layers.preprocessing.image.ranges import is_number, value_span
from kerasish.layers.preprocessing.image.tones import from_bytes, to_bytes

LEVELS = 256


class ContrastLimitedAdaptiveHistogramEqualization(ImageAugmentation):
    """Equalizes each channel in tiles, `255 (c(x) - c(0)) / (n - c(0))`, and goes smoothly from tile to tile.

    `c(x)` counts the `n` pixels of the tile that are at most `x`. No value counts more than `clip_limit` times the
    average; what is cut off counts for all 256 values alike. So even areas don't become noise. What a pixel becomes is
    interpolated between the four tiles around it. The layer works while predicting too.

    Args:
        value_range: The least and the greatest value of a pixel.
        clip_limit: How often a value may be, in averages; 0: no limit.
        tile_grid_size: How many tiles there are along the height and the width.
        data_format: Where the channels are.

    Shapes: the output's is the input's.

    Source: Zuiderveld, 1994, in Graphics Gems IV, https://doi.org/10.1016/B978-0-12-336156-1.50061-6
    """

    keeps_integers = True
    while_predicting = True

    def __init__(
        self,
        value_range: Any = (0, 255),
        clip_limit: float = 4.0,
        tile_grid_size: Any = (8, 8),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        owner = "ContrastLimitedAdaptiveHistogramEqualization"
        self.value_range = value_span(value_range, owner)
        if not is_number(clip_limit) or clip_limit < 0:
            raise ValueError(f"{owner}'s clip_limit must be a number of at least 0; got {clip_limit!r}.")
        self.clip_limit = clip_limit
        self.tile_grid_size = sizes(tile_grid_size, 2, "tile_grid_size", owner)

    def augment(self, images: Array, drawn: Drawn) -> Array:
        batch, height, width, channels = images.shape
        rows, columns = self.tile_grid_size
        tall, wide = -(-height // rows), -(-width // columns)
        values = xp.moveaxis(to_bytes(images, self.value_range), 3, 1)
        levels = xp.clip(xp.floor(values), 0, LEVELS - 1).astype("int32")
        levels = xp.reshape(levels, (batch * channels, height, width))
        margins = ((0, 0), (0, tall * rows - height), (0, wide * columns - width))
        tiles = xp.pad(levels, margins, mode="symmetric")
        tiles = xp.reshape(tiles, (batch * channels, rows, tall, columns, wide))
        tiles = xp.reshape(xp.swapaxes(tiles, 2, 3), (batch * channels * rows * columns, tall * wide))
        curves = self._curves(tiles, images.dtype)
        curves = xp.reshape(curves, (batch * channels, rows * columns, LEVELS))
        found = _interpolated(curves, levels, (rows, columns), (tall, wide))
        found = xp.moveaxis(xp.reshape(found, (batch, channels, height, width)), 1, 3)
        return from_bytes(found, self.value_range)

    def _curves(self, tiles: Array, dtype: Any) -> Array:
        """What each value becomes, in each tile: `(tiles, 256)`."""
        size = tiles.shape[1]
        counts = histograms(tiles, LEVELS).astype(dtype)
        if self.clip_limit > 0:
            kept = xp.minimum(counts, self.clip_limit * size / LEVELS)
            counts = kept + xp.sum(counts - kept, axis=1, keepdims=True) / LEVELS
        below = xp.cumsum(counts, axis=1)
        spread = below[:, -1:] - below[:, :1]
        return (below - below[:, :1]) * 255 / xp.where(spread > 0, spread, 1)


def _interpolated(curves: Array, levels: Array, grid: tuple[int, int], size: tuple[int, int]) -> Array:
    """The curves of the four tiles around each pixel at its level, weighted by how near they are."""
    images, height, width = levels.shape
    parts = [_neighbours(length, tile, count) for length, tile, count in zip((height, width), size, grid, strict=True)]
    (top, bottom, down), (left, right, along) = parts
    flat = xp.reshape(curves, (images, grid[0] * grid[1] * LEVELS))

    def at(row: np.ndarray, column: np.ndarray) -> Array:
        places = (row[:, None] * grid[1] + column[None, :]) * LEVELS + levels
        found = xp.take_along_axis(flat, xp.reshape(places, (images, height * width)), axis=1)
        return xp.reshape(found, levels.shape)

    down, along = down[:, None].astype(curves.dtype), along[None, :].astype(curves.dtype)
    above = at(top, left) * (1 - along) + at(top, right) * along
    below = at(bottom, left) * (1 - along) + at(bottom, right) * along
    return above * (1 - down) + below * down


def _neighbours(length: int, tile: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each place along an axis: the tile before, the tile after, and how far it is from the one to the other."""
    place = np.arange(length) / tile - 0.5
    before = np.floor(place)
    first, second = (np.clip(before + step, 0, count - 1).astype("int32") for step in (0, 1))
    return first, second, place - before


__all__ = ["ContrastLimitedAdaptiveHistogramEqualization"]
