"""`RandomTranslation` and `RandomShear`: images moved and sheared."""

from __future__ import annotations

from typing import Any

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.layers.preprocessing.image.augmentation import Drawn
from kerasish.layers.preprocessing.image.boxes import Size
from kerasish.layers.preprocessing.image.ranges import drawn_from, is_pair, span
from kerasish.layers.preprocessing.image.warp import Warp, affine


class RandomTranslation(Warp):
    """Moves each image by a random part of its height and width.

    Args:
        height_factor: The range of the part, within -1 and 1, downwards; a number `f` means `(-f, f)`.
        width_factor: The same, to the right.
        fill_mode: What comes in from outside: `"reflect"`, `"wrap"`, `"constant"` or `"nearest"`.
        interpolation: `"bilinear"` or `"nearest"`. Masks are always moved with the nearest pixels.
        seed: Makes the random numbers repeatable.
        fill_value: What comes in, if the mode is constant.
        data_format: Where the channels are.
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.height_factor = height_factor
        self.width_factor = width_factor
        self._height_span = span(height_factor, "height_factor", "RandomTranslation")
        self._width_span = span(width_factor, "width_factor", "RandomTranslation")
        self.keep_filling(fill_mode, interpolation, fill_value, seed)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        down = drawn_from(self._height_span, shape[0], seed) * shape[1]
        right = drawn_from(self._width_span, shape[0], seed) * shape[2]
        return {"translations": xp.stack([right, down], axis=-1), "input_shape": tuple(shape)}

    def transform(self, drawn: Drawn, size: Size) -> Array:
        moves = engine.asarray(drawn["translations"])
        return affine(1, 0, -moves[:, 0], 0, 1, -moves[:, 1])


class RandomShear(Warp):
    """Shears each image: what lies at `(x, y)` comes from `(x + a y, y + b x)`, with `(0, 0)` in the upper left pixel.

    Args:
        x_factor: The range of the size of `a`, within 0 and 1; its sign is random. A number `f` means that `a` is
            uniform over `(-f, f)`.
        y_factor: The same for `b`.
        interpolation: `"bilinear"` or `"nearest"`. Masks are always sheared with the nearest pixels.
        fill_mode: What comes in from outside: `"reflect"`, `"wrap"`, `"constant"` or `"nearest"`.
        fill_value: What comes in, if the mode is constant.
        data_format: Where the channels are.
        seed: Makes the random numbers repeatable.
    """

    def __init__(
        self,
        x_factor: Any = 0.0,
        y_factor: Any = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        data_format: str | None = None,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.x_factor = _sizes(x_factor, "x_factor")
        self.y_factor = _sizes(y_factor, "y_factor")
        self.keep_filling(fill_mode, interpolation, fill_value, seed)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        sizes = [drawn_from(factor, shape[0], seed) for factor in (self.x_factor, self.y_factor)]
        signs = [drawn_from((-1.0, 1.0), shape[0], seed) for _ in range(2)]
        shears = [xp.where(sign < 0, -size, size) for size, sign in zip(sizes, signs, strict=True)]
        return {"shear_factor": xp.stack(shears, axis=-1), "input_shape": tuple(shape)}

    def transform(self, drawn: Drawn, size: Size) -> Array:
        shears = engine.asarray(drawn["shear_factor"])
        return affine(1, shears[:, 0], 0, shears[:, 1], 1, 0)


def _sizes(factor: Any, name: str) -> tuple[float, float]:
    """The range of the sizes. Keras writes `f` as `(-f, f)`, which its own constructor then refuses."""
    if is_pair(factor) and factor[0] == -factor[1]:
        factor = abs(factor[1])
    return span(factor, name, "RandomShear", 0.0)


__all__ = ["RandomShear", "RandomTranslation"]
