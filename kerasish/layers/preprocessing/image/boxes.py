"""What becomes of bounding boxes when an image is moved, and which of them are cut off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.ops.boxes import from_corners, to_corners

Size = tuple[int, int]


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
    corners = how(xp.stack(to_corners(boxes, name, *size, dtype="float32"), axis=-1))
    height, width = new_size
    corners = xp.clip(corners, 0, xp.asarray([width, height, width, height], dtype=corners.dtype))
    corners = xp.where(xp.isnan(corners), 0, corners)
    empty = (corners[..., 2] <= corners[..., 0]) | (corners[..., 3] <= corners[..., 1])
    is_box = labels >= 0
    new = from_corners((corners[..., 0], corners[..., 1], corners[..., 2], corners[..., 3]), name, *new_size)
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
