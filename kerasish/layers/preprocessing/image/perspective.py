"""`RandomPerspective`: images seen from the side."""

from __future__ import annotations

from typing import Any

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.layers.arguments import fraction
from kerasish.layers.preprocessing.image.augmentation import Drawn, per_image
from kerasish.layers.preprocessing.image.boxes import Size
from kerasish.layers.preprocessing.image.ranges import chosen, drawn_from
from kerasish.layers.preprocessing.image.warp import Warp
from kerasish.ops import image
from kerasish.ops.image.transforms import homography


class RandomPerspective(Warp):
    """Moves the corners of some of the images; what is between follows in perspective. Boxes and masks follow too.

    Each coordinate of a corner is multiplied by a number that is uniform over `[1 - scale / 2, 1 + scale / 2)`; so the
    upper left corner, which is at 0, stays.

    Args:
        factor: The probability; a range: it is drawn from it, for each image. A number `f` means `(0, f)`.
        scale: How far the corners move, within 0 and 1.
        interpolation: `"bilinear"` or `"nearest"`. Masks are always moved with the nearest pixels.
        fill_value: What comes in from outside.
        seed: Makes the random numbers repeatable.
        data_format: Where the channels are.
    """

    factor_bounds = (0.0, 1.0)

    def __init__(
        self,
        factor: Any = 1.0,
        scale: float = 1.0,
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(factor=factor, data_format=data_format, **kwargs)
        self.scale = fraction(scale, "scale", "RandomPerspective")
        self.keep_filling("constant", interpolation, fill_value, seed)

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        count, right, bottom = shape[0], shape[2] - 1.0, shape[1] - 1.0
        corners = xp.asarray([[0.0, 0.0], [right, 0.0], [0.0, bottom], [right, bottom]], dtype="float32")
        moves = drawn_from((1 - self.scale / 2, 1 + self.scale / 2), 8 * count, seed)
        return {
            "apply_perspective": chosen(self.factor or (0, 0), count, seed),
            "start_points": xp.broadcast_to(corners, (count, 4, 2)),
            "end_points": corners * xp.reshape(moves, (count, 4, 2)),
            "input_shape": tuple(shape),
        }

    def forward(self, drawn: Drawn, size: Size) -> Array:
        starts, ends = (engine.asarray(drawn[name]) for name in ("start_points", "end_points"))
        matrix = homography(starts, ends)
        applied = xp.reshape(engine.asarray(drawn["apply_perspective"]), (-1, 1, 1))
        return xp.where(applied, matrix, xp.eye(3, dtype=matrix.dtype))

    def warped(self, x: Array, drawn: Drawn, interpolation: str, fill_value: float) -> Array:
        starts, ends = drawn["start_points"], drawn["end_points"]
        seen = image.perspective_transform(x, starts, ends, interpolation, fill_value, "channels_last")
        return xp.where(per_image(drawn["apply_perspective"], x), seen, x)


__all__ = ["RandomPerspective"]
