"""`RandomErasing`: a rectangle of some images is painted over."""

from __future__ import annotations

from typing import Any

from kerasish import random
from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.layers.preprocessing.image.augmentation import Drawn, ImageAugmentation, per_image
from kerasish.layers.preprocessing.image.ranges import chosen, drawn_from, span, value_span
from kerasish.layers.preprocessing.image.regions import rectangles


class RandomErasing(ImageAugmentation):
    """Paints a random rectangle of some of the images over. Boxes and masks stay.

    Its height is `sqrt(a)` of the image's and its width `sqrt(b)`, with `a` and `b` uniform over `scale`; it lies
    anywhere in the image.

    Args:
        factor: The probability; a range: it is drawn from it, for each image. A number `f` means `(0, f)`.
        scale: The range of the erased part of the area, within 0 and 1.
        fill_value: The colour; None: normal noise around the least value, as much as the whole range of values, cut off
            at its ends.
        value_range: The least and the greatest value of a pixel.
        seed: Makes the random numbers repeatable.
        data_format: Where the channels are.

    Source: Zhong et al., 2020, https://arxiv.org/abs/1708.04896
    """

    factor_bounds = (0.0, 1.0)

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = (0.02, 0.33),
        fill_value: Any = None,
        value_range: Any = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(factor=factor, data_format=data_format, **kwargs)
        self.scale = span(scale, "scale", "RandomErasing", 0.0)
        self.fill_value = fill_value
        self.value_range = value_span(value_range, "RandomErasing")
        self.keep_seed(seed)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        erased = chosen(self.factor or (0, 0), shape[0], seed)
        tall, wide = (xp.sqrt(drawn_from(self.scale, shape[0], seed)) for _ in range(2))
        low, high = self.value_range
        if self.fill_value is None:
            noise = random.normal(shape, dtype="float32", seed=seed)
            fill = xp.clip(noise, 0, 1) * (high - low) + low
        else:
            fill = xp.broadcast_to(engine.asarray(self.fill_value, "float32"), shape)
        return {"apply_erasing": erased, "batch_masks": rectangles(shape, tall, wide, seed), "fill_value": fill}

    def augment(self, images: Array, drawn: Drawn) -> Array:
        erased = per_image(drawn["apply_erasing"], images) & engine.asarray(drawn["batch_masks"])
        fill = engine.asarray(drawn["fill_value"]).astype(images.dtype)
        return xp.where(erased, fill, images)


__all__ = ["RandomErasing"]
