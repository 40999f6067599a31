"""Layers that mix a pixel with its neighbours: `RandomSharpness` and `RandomGaussianBlur`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.layers.arguments import sizes
from kerasish.layers.preprocessing.image.augmentation import Drawn, ImageAugmentation, per_image
from kerasish.layers.preprocessing.image.ranges import chosen, drawn_from, is_number, span, value_span


def along(images: Array, weights: Sequence[Array], axis: int) -> Array:
    """The sum of neighbours along `axis`, each times its weight: a number, or one for each image. Zeros lie outside."""
    radius = len(weights) // 2
    size = images.shape[axis]
    margins = [(radius, radius) if i == axis else (0, 0) for i in range(images.ndim)]
    padded = xp.pad(images, margins)
    before = (slice(None),) * axis
    # A sum of shifted images: cheaper than a convolution whose kernel differs from image to image.
    terms = [padded[(*before, slice(i, i + size))] * weight for i, weight in enumerate(weights)]
    return sum(terms[1:], terms[0])


class RandomSharpness(ImageAugmentation):
    """`clip(smooth + 2 f (images - smooth))`, with `f` uniform over `factor`.

    `smooth` is the mean of a pixel, counted 5 times, and its 8 neighbours; zeros lie outside of the image. So `f = 0.5`
    changes nothing, less is less sharp, more is sharper.

    Args:
        factor: The range, within 0 and 1; a number `f` means `(0, f)`.
        value_range: The least and the greatest value of a pixel.
        data_format: Where the channels are.
        seed: Makes the random numbers repeatable.
    """

    factor_bounds = (0.0, 1.0)

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), data_format: str | None = None, seed: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(factor=factor, data_format=data_format, **kwargs)
        self.value_range = value_span(value_range, "RandomSharpness")
        self.keep_seed(seed)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        return {"factor": drawn_from(self.factor or (0, 0), shape[0], seed)}

    def augment(self, images: Array, drawn: Drawn) -> Array:
        smooth = (along(along(images, (1, 1, 1), 1), (1, 1, 1), 2) + 4 * images) / 13
        factor = per_image(drawn["factor"], images)
        return xp.clip(smooth + 2 * factor * (images - smooth), *self.value_range)


class RandomGaussianBlur(ImageAugmentation):
    """Blurs some of the images: each pixel becomes a mean of its neighbours, weighted by `exp(-d^2 / (2 sigma^2))`.

    Zeros lie outside of the image. The `sigma` of each image is drawn for itself, one along the width and one along the
    height. (Keras 3.15.1 draws two for the whole batch.)

    Args:
        factor: The probability; a range: it is drawn from it, for each image. A number `f` means `(0, f)`.
        kernel_size: How many pixels are mixed, along the width and the height: odd.
        sigma: The range of the standard deviations, in pixels; a number within 0 and 1 means from 0 to it.
        value_range: The least and the greatest value of a pixel.
        data_format: Where the channels are.
        seed: Makes the random numbers repeatable.
    """

    factor_bounds = (0.0, 1.0)

    def __init__(
        self,
        factor: Any = 1.0,
        kernel_size: Any = 3,
        sigma: Any = 1.0,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(factor=factor, data_format=data_format, **kwargs)
        self.kernel_size = sizes(kernel_size, 2, "kernel_size", "RandomGaussianBlur")
        if any(size % 2 == 0 for size in self.kernel_size):
            raise ValueError(f"RandomGaussianBlur's kernel_size must be odd; got {kernel_size!r}.")
        self.sigma = span(sigma, "sigma", "RandomGaussianBlur", 0.0, 1.0 if is_number(sigma) else float("inf"))
        self.value_range = value_span(value_range, "RandomGaussianBlur")
        self.keep_seed(seed)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        return {
            "should_apply_blur": chosen(self.factor or (0, 0), shape[0], seed),
            "blur_factor": xp.reshape(drawn_from(self.sigma, 2 * shape[0], seed), (-1, 2)),
        }

    def augment(self, images: Array, drawn: Drawn) -> Array:
        sigma = xp.reshape(engine.asarray(drawn["blur_factor"]), (-1, 2)).astype(images.dtype)
        blurred = images
        for size, axis, place in zip(self.kernel_size, (2, 1), (0, 1), strict=True):
            blurred = along(blurred, gaussian_weights(size, per_image(sigma[:, place], images)), axis)
        blurred = xp.clip(blurred, *self.value_range)
        return xp.where(per_image(drawn["should_apply_blur"], images), blurred, images)


def gaussian_weights(size: int, sigma: Array) -> list[Array]:
    """`exp(-d^2 / (2 sigma^2))` for `size` neighbours, over their sum; for `sigma` 0, all weight is in the middle."""
    radius = (size - 1) / 2
    rate = 0.5 / xp.maximum(sigma, 1e-6) ** 2
    weights = [xp.exp(-rate * float(np.square(i - radius))) for i in range(size)]
    total = sum(weights[1:], weights[0])
    return [weight / total for weight in weights]


__all__ = ["RandomGaussianBlur", "RandomSharpness"]
