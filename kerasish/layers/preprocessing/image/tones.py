"""Layers that change each pixel by itself: brightness, contrast, inversion, fewer levels, solarization."""

from __future__ import annotations

from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.layers.preprocessing.image.augmentation import Drawn, ImageAugmentation, per_image
from kerasish.layers.preprocessing.image.ranges import chosen, drawn_from, span, value_span


class RandomBrightness(ImageAugmentation):
    """`clip(images + delta)`, with `delta` a random fraction of the range of values.

    Integer images stay integers, and are rounded. (Keras 3.15.1 adds a `delta` that was cast to their type, and so
    does nothing, or wraps around, on `uint8`.)

    Args:
        factor: The range of the fraction, within -1 and 1; a number `f` means from `-f` to `f`.
        value_range: The least and the greatest value of a pixel.
        seed: Makes the random numbers repeatable.

    Example:
        >>> import numpy as np
        >>> np.asarray(RandomBrightness((0.2, 0.2), value_range=(0, 1))(np.full((1, 1, 1), 0.5, "float32"))).item()
        0.699999988079071
    """

    keeps_integers = True

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: Any = None, **kwargs: Any) -> None:
        super().__init__(factor=factor, **kwargs)
        self.value_range = value_span(value_range, "RandomBrightness")
        self.keep_seed(seed)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        low, high = self.value_range
        fractions = drawn_from(self.factor or (0, 0), shape[0], seed)
        return {"rgb_delta": xp.reshape(fractions * (high - low), (-1, 1, 1, 1))}

    def augment(self, images: Array, drawn: Drawn) -> Array:
        return xp.clip(images + per_image(drawn["rgb_delta"], images), *self.value_range)


class RandomContrast(ImageAugmentation):
    """`clip((images - mean) * factor + mean)`, with the mean of each channel of each image.

    Args:
        factor: `(low, high)`, within 0 and 1: what is drawn is uniform over `[1 - low, 1 + high)`. A number `f` means
            `(0, f)`.
        value_range: The least and the greatest value of a pixel.
        seed: Makes the random numbers repeatable.
    """

    factor_bounds = (0.0, 1.0)

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: Any = None, **kwargs: Any) -> None:
        super().__init__(factor=factor, **kwargs)
        self.value_range = value_span(value_range, "RandomContrast")
        self.keep_seed(seed)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        low, high = self.factor or (0, 0)
        return {"contrast_factor": xp.reshape(drawn_from((1 - low, 1 + high), shape[0], seed), (-1, 1, 1, 1))}

    def augment(self, images: Array, drawn: Drawn) -> Array:
        mean = xp.mean(images, axis=(1, 2), keepdims=True)
        return xp.clip((images - mean) * per_image(drawn["contrast_factor"], images) + mean, *self.value_range)


class RandomInvert(ImageAugmentation):
    """`greatest + least - images`, of some of the images.

    Args:
        factor: The probability; a range: it is drawn from it, for each image. A number `f` means `(0, f)`.
        value_range: The least and the greatest value of a pixel. (Keras 3.15.1 takes the least as 0.)
        seed: Makes the random numbers repeatable.
        data_format: Where the channels are.
    """

    factor_bounds = (0.0, 1.0)

    def __init__(
        self,
        factor: Any = 1.0,
        value_range: Any = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(factor=factor, data_format=data_format, **kwargs)
        self.value_range = value_span(value_range, "RandomInvert")
        self.keep_seed(seed)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        return {"apply_inversion": chosen(self.factor or (0, 0), shape[0], seed)}

    def augment(self, images: Array, drawn: Drawn) -> Array:
        low, high = self.value_range
        return xp.where(per_image(drawn["apply_inversion"], images), low + high - images, images)


def to_bytes(images: Array, value_range: tuple[float, float]) -> Array:
    """Values of the range `value_range` as numbers from 0 to 255."""
    low, high = value_range
    return (images - low) * (255 / (high - low))


def from_bytes(images: Array, value_range: tuple[float, float]) -> Array:
    """The opposite of `to_bytes`."""
    low, high = value_range
    return images * ((high - low) / 255) + low


class RandomPosterization(ImageAugmentation):
    """Keeps only the first `bits` of the 8 bits of each value: `floor(value / 2^(8 - bits)) * 2^(8 - bits)`.

    Args:
        factor: The range of `bits`, within 1 and 8; a number `f` means `(1, f)`. What is drawn is uniform over the
            range, and then loses its fraction; so the upper end is rare, if it is not the lower one too.
        value_range: The least and the greatest value of a pixel.
        seed: Makes the random numbers repeatable.
    """

    factor_bounds = (1.0, 8.0)

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), data_format: str | None = None, seed: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(factor=factor, data_format=data_format, **kwargs)
        self.value_range = value_span(value_range, "RandomPosterization")
        self.keep_seed(seed)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        bits = xp.floor(drawn_from(self.factor or (8, 8), shape[0], seed))
        return {"shift_factor": (8 - bits).astype("uint8")}

    def augment(self, images: Array, drawn: Drawn) -> Array:
        step = 2 ** per_image(drawn["shift_factor"], images)
        levels = xp.clip(xp.floor(to_bytes(images, self.value_range)), 0, 255)
        return from_bytes(xp.floor(levels / step) * step, self.value_range)


class Solarization(ImageAugmentation):
    """`v` where `v = clip(images + addition)` is at most the threshold, and above it the inverse, `255 - v`.

    Args:
        addition_factor: The range of the addition, as a fraction of the range of values, within 0 and 1; a number `f`
            means `(0, f)`. (Keras 3.15.1 scales the upper end of the range only.)
        threshold_factor: The range of the threshold, likewise.
        value_range: The least and the greatest value of a pixel.
        seed: Makes the random numbers repeatable.

    Example:
        >>> import numpy as np
        >>> layer = Solarization(threshold_factor=(0.5, 0.5))
        >>> np.asarray(layer(np.array([[[10.0], [200.0]]], "float32"))).ravel()
        array([10., 55.], dtype=float32)
    """

    def __init__(
        self,
        addition_factor: Any = 0.0,
        threshold_factor: Any = 0.0,
        value_range: Any = (0, 255),
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.addition_factor = span(addition_factor, "addition_factor", "Solarization", 0.0)
        self.threshold_factor = span(threshold_factor, "threshold_factor", "Solarization", 0.0)
        self.value_range = value_span(value_range, "Solarization")
        self.keep_seed(seed)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        names = {"additions": self.addition_factor, "thresholds": self.threshold_factor}
        drawn = {name: drawn_from(factor, shape[0], seed) * 255 for name, factor in names.items()}
        return {name: xp.reshape(values, (-1, 1, 1, 1)) for name, values in drawn.items()}

    def augment(self, images: Array, drawn: Drawn) -> Array:
        addition, threshold = per_image(drawn["additions"], images), per_image(drawn["thresholds"], images)
        values = xp.clip(to_bytes(images, self.value_range) + addition, 0, 255)
        return from_bytes(xp.where(values <= threshold, values, 255 - values), self.value_range)


__all__ = ["RandomBrightness", "RandomContrast", "RandomInvert", "RandomPosterization", "Solarization"]
