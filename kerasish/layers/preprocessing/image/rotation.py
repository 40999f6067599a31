"""`RandomRotation` and `RandomZoom`: images turned and zoomed around their middle."""

from __future__ import annotations

import math
from typing import Any

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.layers.preprocessing.image.augmentation import Drawn
from kerasish.layers.preprocessing.image.boxes import Size
from kerasish.layers.preprocessing.image.ranges import drawn_from, span
from kerasish.layers.preprocessing.image.warp import Warp, affine


class RandomRotation(Warp):
    """Turns each image around its middle, counterclockwise, by a random part of the full circle.

    Args:
        factor: The range of the part, within -1 and 1; a number `f` means `(-f, f)`.
        fill_mode: What comes in from outside: `"reflect"`, `"wrap"`, `"constant"` or `"nearest"`.
        interpolation: `"bilinear"` or `"nearest"`. Masks are always turned with the nearest pixels.
        seed: Makes the random numbers repeatable.
        fill_value: What comes in, if the mode is constant.
        data_format: Where the channels are.

    Example:
        >>> import numpy as np
        >>> quarter = RandomRotation((0.25, 0.25), interpolation="nearest")
        >>> np.asarray(quarter(np.arange(4.0).reshape(2, 2, 1)))[..., 0]
        array([[1., 3.],
               [0., 2.]], dtype=float32)
    """

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(factor=factor, data_format=data_format, **kwargs)
        self.keep_filling(fill_mode, interpolation, fill_value, seed)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        return {"angle": drawn_from(self.factor or (0, 0), shape[0], seed) * 360, "input_shape": tuple(shape)}

    def transform(self, drawn: Drawn, size: Size) -> Array:
        angle = engine.asarray(drawn["angle"]) * (math.pi / 180)
        sine, cosine = xp.sin(angle), xp.cos(angle)
        x, y = (size[1] - 1) / 2, (size[0] - 1) / 2
        return affine(cosine, -sine, x - x * cosine + y * sine, sine, cosine, y - x * sine - y * cosine)


class RandomZoom(Warp):
    """Zooms each image around its middle.

    Args:
        height_factor: The range of the change of what is seen: -0.2 shows 80 % of the height (zooms in), 0.2 shows
            120 %. Above -1 and at most 1; a number `f` means `(-f, f)`.
        width_factor: The same for the width; None: each image keeps its proportions.
        fill_mode: What comes in from outside: `"reflect"`, `"wrap"`, `"constant"` or `"nearest"`.
        interpolation: `"bilinear"` or `"nearest"`. Masks are always zoomed with the nearest pixels.
        seed: Makes the random numbers repeatable.
        fill_value: What comes in, if the mode is constant.
        data_format: Where the channels are.
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
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
        self._height_span = _zoom_span(height_factor, "height_factor")
        self._width_span = None if width_factor is None else _zoom_span(width_factor, "width_factor")
        self.keep_filling(fill_mode, interpolation, fill_value, seed)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        high = 1 + drawn_from(self._height_span, shape[0], seed)
        wide = high if self._width_span is None else 1 + drawn_from(self._width_span, shape[0], seed)
        return {"height_zoom": high[:, None], "width_zoom": wide[:, None], "input_shape": tuple(shape)}

    def transform(self, drawn: Drawn, size: Size) -> Array:
        high, wide = (xp.reshape(engine.asarray(drawn[name]), (-1,)) for name in ("height_zoom", "width_zoom"))
        return affine(wide, 0, (1 - wide) * ((size[1] - 1) / 2), 0, high, (1 - high) * ((size[0] - 1) / 2))


def _zoom_span(factor: Any, name: str) -> tuple[float, float]:
    found = span(factor, name, "RandomZoom")
    if found[0] <= -1:
        raise ValueError(f"RandomZoom's {name} must be above -1, which would show nothing; got {factor!r}.")
    return found


__all__ = ["RandomRotation", "RandomZoom"]
