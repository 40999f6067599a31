"""What becomes of bounding boxes when an image is moved: formats, corners, and what is cut off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array

FORMATS = (
    *("xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw"),
    *("rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh"),
)
Size = tuple[int, int]


def checked_format(name: Any, owner: str) -> str | None:
    """`name`, if it is a format of boxes, or None."""
    if name is not None and name not in FORMATS:
        raise ValueError(f"{owner}'s bounding_box_format must be one of {', '.join(map(repr, FORMATS))}; got {name!r}.")
    return name


def to_corners(boxes: Array, source: str, size: Size) -> Array:
    """Boxes of any format as `(left, top, right, bottom)` in pixels, for images of `(height, width)`."""
    a, b, c, d = (boxes[..., i] for i in range(4))
    if "y" in source and source.index("y") < source.index("x"):
        a, b, c, d = b, a, d, c
    if "center" in source:
        a, b, c, d = a - c / 2, b - d / 2, a + c / 2, b + d / 2
    elif "w" in source:
        c, d = a + c, b + d
    tall, wide = size if source.startswith("rel_") else (1, 1)
    return xp.stack([a * wide, b * tall, c * wide, d * tall], axis=-1)


def from_corners(boxes: Array, target: str, size: Size) -> Array:
    """The opposite of `to_corners`."""
    tall, wide = size if target.startswith("rel_") else (1, 1)
    a, b, c, d = (boxes[..., i] / by for i, by in enumerate((wide, tall, wide, tall)))
    if "center" in target:
        a, b, c, d = (a + c) / 2, (b + d) / 2, c - a, d - b
    elif "w" in target:
        c, d = c - a, d - b
    if "y" in target and target.index("y") < target.index("x"):
        a, b, c, d = b, a, d, c
    return xp.stack([a, b, c, d], axis=-1)


def moved(
    given: dict[str, Any], how: Callable[[Array], Array], name: str, size: Size, new_size: Size
) -> dict[str, Any]:
    """The boxes after `how`, a function of their corners, cut at the edges of the image.

    What has no area left gets the label -1. Rows whose label is negative are no boxes, and stay as they are.

    Args:
        given: `"boxes"` and `"labels"`; other entries are passed on.
        how: From `(left, top, right, bottom)` to the same, `(batch, boxes, 4)`.
        name: The format of the boxes.
        size: Height and width of the image.
        new_size: Those of the new image.
    """
    boxes, labels = given["boxes"], given["labels"]
    corners = how(to_corners(boxes.astype("float32"), name, size))
    height, width = new_size
    corners = xp.clip(corners, 0, xp.asarray([width, height, width, height], dtype=corners.dtype))
    corners = xp.where(xp.isnan(corners), 0, corners)
    empty = (corners[..., 2] <= corners[..., 0]) | (corners[..., 3] <= corners[..., 1])
    is_box = labels >= 0
    new = from_corners(corners, name, new_size)
    new = new.astype(boxes.dtype) if boxes.dtype.kind == "f" else new
    kept = boxes.astype(new.dtype)
    return given | {
        "boxes": xp.where(is_box[..., None], new, kept),
        "labels": xp.where(is_box & empty, xp.full_like(labels, -1), labels),
    }


def through(corners: Array, forward: Array) -> Array:
    """The boxes around the corners' images under 3 x 3 matrices, which map middles of pixels to middles of pixels.

    Shapes:
        corners: `(batch, boxes, 4)`.
        forward: `(batch, 3, 3)`, or one for all.
    """
    x = xp.stack([corners[..., i] for i in (0, 2, 0, 2)], axis=-1) - 0.5
    y = xp.stack([corners[..., i] for i in (1, 1, 3, 3)], axis=-1) - 0.5
    rows = [[forward[:, i, j, None, None] for j in range(3)] for i in range(3)]
    u, v, w = (a * x + b * y + c for a, b, c in rows)
    w = xp.maximum(w, 1e-6)  # what is behind the eye lies far outside
    u, v = u / w + 0.5, v / w + 0.5
    return xp.stack([xp.min(u, axis=-1), xp.min(v, axis=-1), xp.max(u, axis=-1), xp.max(v, axis=-1)], axis=-1)


def forward_of(transform: Array) -> Array:
    """The 3 x 3 matrices that lead from the image to the result, of `affine_transform`'s, which lead back.

    Shapes:
        transform: `(batch, 8)`.
        returns: `(batch, 3, 3)`.
    """
    a, b, c, d, e, f = (transform[:, i] for i in range(6))
    determinant = a * e - b * d
    zero, one = xp.zeros_like(a), xp.ones_like(a)
    rows = [
        [e / determinant, -b / determinant, (b * f - c * e) / determinant],
        [-d / determinant, a / determinant, (c * d - a * f) / determinant],
        [zero, zero, one],
    ]
    return xp.stack([xp.stack(row, axis=-1) for row in rows], axis=-2)
