"""`RandomColorJitter`: brightness, contrast, saturation and hue, one after the other."""

from __future__ import annotations

from typing import Any

from kerasish.backend.interface import Array
from kerasish.layers.preprocessing.image.augmentation import Drawn, ImageAugmentation
from kerasish.layers.preprocessing.image.colors import RandomHue, RandomSaturation
from kerasish.layers.preprocessing.image.ranges import value_span
from kerasish.layers.preprocessing.image.tones import RandomBrightness, RandomContrast


class RandomColorJitter(ImageAugmentation):
    """`RandomBrightness`, `RandomContrast`, `RandomSaturation` and `RandomHue`, in this order.

    Args:
        value_range: The least and the greatest value of a pixel.
        brightness_factor, contrast_factor, saturation_factor, hue_factor: The `factor` of each; None: it is left out.
        seed: Makes the random numbers repeatable.
        data_format: Where the channels are.
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        brightness_factor: Any = None,
        contrast_factor: Any = None,
        saturation_factor: Any = None,
        hue_factor: Any = None,
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.value_range = value_span(value_range, "RandomColorJitter")
        self.brightness_factor = brightness_factor
        self.contrast_factor = contrast_factor
        self.saturation_factor = saturation_factor
        self.hue_factor = hue_factor
        self.keep_seed(seed)
        kinds = {
            RandomBrightness: brightness_factor,
            RandomContrast: contrast_factor,
            RandomSaturation: saturation_factor,
            RandomHue: hue_factor,
        }
        self.steps = [
            kind(factor, value_range=self.value_range, seed=seed)
            for kind, factor in kinds.items()
            if factor is not None
        ]

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        return {step.name: step.draw(shape, seed) for step in self.steps}

    def augment(self, images: Array, drawn: Drawn) -> Array:
        for step in self.steps:
            images = step.augment(images, drawn[step.name])
        return images


__all__ = ["RandomColorJitter"]
