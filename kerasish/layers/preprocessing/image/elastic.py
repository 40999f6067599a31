"""`RandomElasticTransform`: images bent by a smooth random field."""

from __future__ import annotations

import math
from typing import Any

from kerasish import random
from kerasish.backend import engine, xp
from kerasish.backend.interface import Array, Tree
from kerasish.layers.arguments import one_of
from kerasish.layers.preprocessing.image.augmentation import Drawn, per_image
from kerasish.layers.preprocessing.image.boxes import moved
from kerasish.layers.preprocessing.image.ranges import FILL_MODES, chosen, drawn_from, span, value_span
from kerasish.layers.preprocessing.image.warp import Warp
from kerasish.ops.image.transforms import pixels, sampled


class RandomElasticTransform(Warp):
    """Bends some of the images: each pixel comes from a place moved by `alpha * sigma` times blurred normal numbers.

    For a strength `s` that is drawn for each image, `alpha` is `s / 10` of the longer side, and `sigma`, the standard
    deviation of the blur, is `s / 20` of the shorter one: so a pixel moves by `0.28 alpha`, typically. Masks are bent
    with their image, and boxes become the boxes around their bent insides. (Keras 3.15.1 moves a pixel as far down as
    to the right, bends masks otherwise than images, refuses boxes, and draws one strength for a batch.)

    Args:
        factor: The probability; a range: it is drawn from it, for each image. A number `f` means `(0, f)`.
        scale: The range of the strength, within 0 and 1; a number `f` means `(0, f)`.
        interpolation: `"bilinear"` or `"nearest"`. Masks are always bent with the nearest pixels.
        fill_mode: What comes in from outside: `"reflect"`, `"wrap"`, `"constant"`, `"nearest"` or `"mirror"`.
        fill_value: What comes in, if the mode is constant.
        value_range: The least and the greatest value of a pixel.
        seed: Makes the random numbers repeatable.
        data_format: Where the channels are.

    Source: Simard et al., 2003, https://doi.org/10.1109/ICDAR.2003.1227801
    """

    factor_bounds = (0.0, 1.0)

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = 1.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        value_range: Any = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(factor=factor, data_format=data_format, **kwargs)
        self.scale = span(scale, "scale", "RandomElasticTransform", 0.0)
        self.value_range = value_span(value_range, "RandomElasticTransform")
        mode = one_of(fill_mode, (*FILL_MODES, "mirror"), "fill_mode", "RandomElasticTransform")
        self.keep_filling("reflect", interpolation, fill_value, seed)
        self.fill_mode = mode

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        applied = chosen(self.factor or (0, 0), shape[0], seed)
        strength = drawn_from(self.scale, shape[0], seed)
        noise = random.normal((shape[0], 2, *shape[1:3]), dtype="float32", seed=seed)
        moves = self._moves(noise, xp.where(applied, strength, 0))
        return {
            "apply_transform": applied,
            "distortion_factor": strength,
            "moves": xp.where(xp.reshape(applied, (-1, 1, 1, 1)), moves, 0),
            "input_shape": tuple(shape),
        }

    def _moves(self, noise: Array, strength: Array) -> Array:
        """How far each pixel moves, down and to the right: `(batch, 2, height, width)`."""
        height, width = noise.shape[2:]
        sigma = strength * (0.05 * min(height, width))
        radius = math.floor(3 * 0.05 * min(height, width) * self.scale[1] + 1e-4)
        down, along = (blurring(length, sigma, radius) for length in (height, width))
        size = xp.reshape(strength * (0.1 * max(height, width)) * sigma, (-1, 1, 1, 1))
        return size * xp.einsum("bij,bcjk,blk->bcil", down, noise, along)

    def places(self, x: Array, drawn: Drawn) -> tuple[Array, Array]:
        """The row and the column that each pixel comes from."""
        rows, columns = pixels(x, "float32")
        return rows + drawn["moves"][:, 0], columns + drawn["moves"][:, 1]

    def augment(self, images: Array, drawn: Drawn) -> Array:
        return xp.clip(super().augment(images, drawn), *self.value_range)

    def warped(self, x: Array, drawn: Drawn, interpolation: str, fill_value: float) -> Array:
        bent = sampled(x, *self.places(x, drawn), interpolation, self.fill_mode, fill_value)
        return xp.where(per_image(drawn["apply_transform"], x), bent, x)

    def transform_bounding_boxes(self, bounding_boxes: Tree, transformation: Any, training: bool = True) -> Tree:
        if self.rests(transformation, training):
            return bounding_boxes
        size = transformation["input_shape"][1:3]
        rows, columns = self.places(xp.zeros((1, *size, 1)), transformation)
        applied = xp.reshape(engine.asarray(transformation["apply_transform"]), (-1, 1, 1))

        def bent(corners: Array) -> Array:
            return xp.where(applied, around(corners, rows, columns), corners)

        return moved(bounding_boxes, bent, self.bounding_box_format or "", size, size)


def blurring(length: int, sigma: Array, radius: int) -> Array:
    """The matrices that blur along an axis of this length: `(batch, length, length)`. Zeros lie outside.

    Neighbours count up to the whole part of three times `sigma`, and at most `radius`.
    """
    reach, rate = xp.floor(3 * sigma), 0.5 / xp.maximum(sigma, 1e-6) ** 2

    def weights(distance: Array, axes: tuple[int, ...]) -> Array:
        far, fast = (xp.reshape(x, (-1, *axes)) for x in (reach, rate))
        return xp.where(xp.abs(distance) <= far, xp.exp(-fast * distance**2), 0)

    total = xp.sum(weights(xp.arange(-radius, radius + 1, dtype="float32"), (1,)), axis=1)
    place = xp.arange(length, dtype="float32")
    return weights(place[:, None] - place, (1, 1)) / xp.reshape(total, (-1, 1, 1))


def around(corners: Array, rows: Array, columns: Array) -> Array:
    """The boxes around the pixels that come from inside of the given boxes."""
    left, top, right, bottom = (corners[..., i, None, None] for i in range(4))
    x, y = columns[:, None] + 0.5, rows[:, None] + 0.5
    inside = (x >= left) & (x < right) & (y >= top) & (y < bottom)
    ends = []
    for axis in (2, 3):  # which columns, then which rows, have a pixel inside
        found = xp.any(inside, axis=axis)
        first = xp.argmax(found, axis=-1)
        last = found.shape[-1] - xp.argmax(xp.flip(found, axis=-1), axis=-1)
        some = xp.any(found, axis=-1)
        ends.append((xp.where(some, first, 0), xp.where(some, last, 0)))
    (x0, x1), (y0, y1) = ends
    return xp.stack([x0, y0, x1, y1], axis=-1).astype(corners.dtype)


__all__ = ["RandomElasticTransform"]
