"""Layers that change colours: hue, saturation, and less colour or none."""

from __future__ import annotations

from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.layers.arguments import fraction
from kerasish.layers.preprocessing.image.augmentation import Drawn, ImageAugmentation, per_image
from kerasish.layers.preprocessing.image.ranges import drawn_from, value_span
from kerasish.ops import image

LARGEST = 1e7
"""What the saturation is multiplied by where the formula has no finite value."""


class _Colors(ImageAugmentation):
    def __init__(
        self, factor: Any, value_range: Any = (0, 255), data_format: str | None = None, seed: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(factor=factor, data_format=data_format, **kwargs)
        self.value_range = value_span(value_range, type(self).__name__)
        self.keep_seed(seed)

    def in_hsv(self, images: Array) -> tuple[Array, Array, Array]:
        """Hue, saturation and value, from 0 to 1."""
        low, high = self.value_range
        hsv = image.rgb_to_hsv((images - low) / (high - low), data_format="channels_last")
        return hsv[..., 0:1], hsv[..., 1:2], hsv[..., 2:3]

    def in_rgb(self, hue: Array, saturation: Array, value: Array) -> Array:
        """The opposite of `in_hsv`."""
        low, high = self.value_range
        rgb = image.hsv_to_rgb(xp.concatenate([hue, saturation, value], axis=-1), data_format="channels_last")
        return xp.clip(rgb * (high - low) + low, low, high)


class RandomHue(_Colors):
    """Turns the circle of colours, by the same random part of it for each pixel of an image.

    Args:
        factor: `(low, high)`, within 0 and 1: the colours turn by half of a number that is uniform over the range, one
            way or the other. A number `f` means `(0, f)`.
        value_range: The least and the greatest value of a pixel.
        data_format: Where the channels are; there must be 3.
        seed: Makes the random numbers repeatable.
    """

    factor_bounds = (0.0, 1.0)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        sizes = drawn_from(self.factor or (0, 0), shape[0], seed)
        back = drawn_from((0.0, 1.0), shape[0], seed) < 0.5
        return {"factor": xp.where(back, -sizes, sizes) / 2}

    def augment(self, images: Array, drawn: Drawn) -> Array:
        hue, saturation, value = self.in_hsv(images)
        return self.in_rgb(xp.mod(hue + per_image(drawn["factor"], images), 1), saturation, value)


class RandomSaturation(_Colors):
    """`saturation * f / (1 - f)`, between 0 and 1, with `f` uniform over `factor`.

    So `f = 0.5` changes nothing, 0 (or less) gives grey, and 1 the purest colours. (In Keras 3.15.1 the saturation may
    exceed 1, which gives values outside of the range.)

    Args:
        factor: The range, within -1 and 1; a number `f` means `(-f, f)`.
        value_range: The least and the greatest value of a pixel.
        data_format: Where the channels are; there must be 3.
        seed: Makes the random numbers repeatable.
    """

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        factor = drawn_from(self.factor or (0, 0), shape[0], seed)
        return {"factor": factor / xp.maximum(1 - factor, 1 / LARGEST)}

    def augment(self, images: Array, drawn: Drawn) -> Array:
        hue, saturation, value = self.in_hsv(images)
        return self.in_rgb(hue, xp.clip(saturation * per_image(drawn["factor"], images), 0, 1), value)


class RandomColorDegeneration(_Colors):
    """`(1 - f) * images + f * grey`, with `f` uniform over `factor`.

    Args:
        factor: The range, within -1 and 1: 0 changes nothing, 1 takes all colour away. A number `f` means `(-f, f)`.
        value_range: The least and the greatest value of a pixel.
        data_format: Where the channels are; there must be 3, or 1.
        seed: Makes the random numbers repeatable.
    """

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        return {"factor": xp.reshape(drawn_from(self.factor or (0, 0), shape[0], seed), (-1, 1, 1, 1))}

    def augment(self, images: Array, drawn: Drawn) -> Array:
        factor = per_image(drawn["factor"], images)
        grey = image.rgb_to_grayscale(images, data_format="channels_last")
        return xp.clip(images * (1 - factor) + grey * factor, *self.value_range)


class RandomGrayscale(ImageAugmentation):
    """`0.2989 red + 0.587 green + 0.114 blue` in all three channels, of some of the images.

    Integer images stay integers, and are rounded. (Keras 3.15.1 loses the seed in the config, refuses dicts, and
    computes with rounded weights on integers.)

    Args:
        factor: The probability.
        data_format: Where the channels are; there must be 3, or 1.
        seed: Makes the random numbers repeatable.
    """

    keeps_integers = True

    unwritten = {"seed": None}

    def __init__(self, factor: float = 0.5, data_format: str | None = None, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.factor = fraction(factor, "factor", "RandomGrayscale")
        self.keep_seed(seed)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Any:
        return xp.reshape(drawn_from((0.0, 1.0), shape[0], seed) < self.factor, (-1, 1, 1, 1))

    def augment(self, images: Array, drawn: Any) -> Array:
        grey = image.rgb_to_grayscale(images, data_format="channels_last")
        return xp.where(per_image(drawn, images), grey, images)


__all__ = ["RandomColorDegeneration", "RandomGrayscale", "RandomHue", "RandomSaturation"]
