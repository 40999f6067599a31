"""Bounding boxes: their formats, and what becomes of them when an image is cut, padded or turned.

Boxes are an array `(..., 4)`, or a dict with such an array under `"boxes"`, whose other entries stay as they are.
A dict that was given is never changed. (Keras 3.15.1 writes into it.)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.core.dtypes import canonical
from kerasish.ops.promotion import as_dtype, as_float, tensor

Boxes = Any
Quad = tuple[Array, Array, Array, Array]

_TO_CORNERS: dict[str, Callable[..., tuple[Any, Any, Any, Any]]] = {
    "xyxy": lambda left, top, right, bottom: (left, top, right, bottom),
    "yxyx": lambda top, left, bottom, right: (left, top, right, bottom),
    "xywh": lambda left, top, width, height: (left, top, left + width, top + height),
    "center_xywh": lambda x, y, width, height: (x - width / 2, y - height / 2, x + width / 2, y + height / 2),
    "center_yxhw": lambda y, x, height, width: (x - width / 2, y - height / 2, x + width / 2, y + height / 2),
}
_FROM_CORNERS: dict[str, Callable[..., tuple[Any, Any, Any, Any]]] = {
    "xyxy": lambda left, top, right, bottom: (left, top, right, bottom),
    "yxyx": lambda left, top, right, bottom: (top, left, bottom, right),
    "xywh": lambda left, top, right, bottom: (left, top, right - left, bottom - top),
    "center_xywh": lambda l, t, r, b: ((l + r) / 2, (t + b) / 2, r - l, b - t),  # noqa: E741
    "center_yxhw": lambda l, t, r, b: ((t + b) / 2, (l + r) / 2, b - t, r - l),  # noqa: E741
}
RELATIVE = {"rel_xyxy": "xyxy", "rel_yxyx": "yxyx", "rel_xywh": "xywh", "rel_center_xywh": "center_xywh"}
"""The formats in fractions of the image's width and height, and those in pixels that they are otherwise like."""
FORMATS = (*_TO_CORNERS, *RELATIVE)


def checked_format(name: str, argument: str) -> str:
    """The format, in small letters.

    Raises:
        ValueError: there is none of this name.
    """
    found = name.lower() if isinstance(name, str) else name
    if found not in FORMATS:
        raise ValueError(f"{argument} must be a format of boxes: {', '.join(FORMATS)}; got {name!r}.")
    return found


def on_boxes(fn: Callable[[Any], Array], boxes: Boxes) -> Boxes:
    """`fn` of the array of boxes; of a dict, a copy with it in its place.

    Raises:
        ValueError: the dict has no boxes.
    """
    if not isinstance(boxes, dict):
        return fn(boxes)
    if "boxes" not in boxes:
        raise ValueError(f"A dict of bounding boxes needs the entry 'boxes'; got {', '.join(map(repr, boxes))}.")
    return {**boxes, "boxes": fn(boxes["boxes"])}


def coordinates(boxes: Any, dtype: Any = None) -> Quad:
    """The four numbers of each box, in a floating dtype."""
    x = as_float(boxes) if dtype is None else as_dtype(tensor(boxes), dtype)
    if x.ndim < 1 or x.shape[-1] != 4:
        raise ValueError(f"Bounding boxes need a last axis of 4; got the shape {tuple(x.shape)}.")
    return x[..., 0], x[..., 1], x[..., 2], x[..., 3]


def _beside(size: Any, like: Array) -> Any:
    """A height or width, one for all images or for each, such that it broadcasts against a number of each box."""
    if isinstance(size, int | float):
        return size
    found = as_dtype(tensor(size), like.dtype)
    if 0 < found.ndim < like.ndim:
        return xp.reshape(found, (*found.shape, *(1,) * (like.ndim - found.ndim)))
    return found


def to_corners(boxes: Any, source: str, height: Any = None, width: Any = None, dtype: Any = None) -> Quad:
    """`(left, top, right, bottom)` in pixels."""
    corners = _TO_CORNERS[RELATIVE.get(source, source)](*coordinates(boxes, dtype))
    if source not in RELATIVE:
        return corners
    w, h = _beside(width, corners[0]), _beside(height, corners[0])
    return corners[0] * w, corners[1] * h, corners[2] * w, corners[3] * h


def from_corners(corners: Quad, target: str, height: Any = None, width: Any = None) -> Array:
    """Boxes in the format `target`, of `(left, top, right, bottom)` in pixels."""
    if target in RELATIVE:
        w, h = _beside(width, corners[0]), _beside(height, corners[0])
        corners = (corners[0] / w, corners[1] / h, corners[2] / w, corners[3] / h)
    return xp.stack(_FROM_CORNERS[RELATIVE.get(target, target)](*corners), axis=-1)


def convert_format(
    boxes: Boxes, source: str, target: str, height: Any = None, width: Any = None, dtype: Any = "float32"
) -> Boxes:
    """Boxes in another format.

    `x` goes to the right and `y` down. `xyxy` are the left, top, right and bottom edges; `w` and `h` the width and
    height; `center` the middle. Those that begin with `rel` are fractions of the image's size, the others pixels.

    Args:
        boxes: `(..., 4)`, or a dict with these under `"boxes"`.
        source: `"xyxy"`, `"yxyx"`, `"xywh"`, `"center_xywh"`, `"center_yxhw"`, `"rel_xyxy"`, `"rel_yxyx"`,
            `"rel_xywh"` or `"rel_center_xywh"`.
        target: The same choice.
        height: The image's height in pixels, where one format is relative; a number, or one for each image.
        width: Its width.
        dtype: The dtype of the result.

    Raises:
        ValueError: a format that does not exist, a size that is missing, or boxes without a last axis of 4.

    Example:
        >>> convert_format([[1.0, 2.0, 5.0, 8.0]], "xyxy", "center_xywh").tolist()
        [[3.0, 5.0, 4.0, 6.0]]
    """
    source, target = checked_format(source, "source"), checked_format(target, "target")
    mixed = (source in RELATIVE) != (target in RELATIVE)
    if mixed and (height is None or width is None):
        raise ValueError(
            f"Between {source!r} and {target!r}, of which one is relative, convert_format needs the image's "
            f"`height` and `width`; got {height!r} and {width!r}."
        )
    if not mixed:  # the same unit on both sides
        height = width = 1

    def convert(x: Any) -> Array:
        kind = canonical(dtype)
        wide = kind if kind in ("float32", "float64") else "float32"
        return as_dtype(from_corners(to_corners(x, source, height, width, wide), target, height, width), kind)

    return on_boxes(convert, boxes)


def _without_relative(name: str, what: str) -> str:
    found = checked_format(name, "bounding_box_format")
    if found in RELATIVE:
        raise ValueError(
            f"{what} changes the image's size, so it takes boxes in pixels; got bounding_box_format={name!r}. Use "
            "`convert_format` before and after, with the sizes that the image has then."
        )
    return found


def clip_to_image_size(
    bounding_boxes: Boxes, height: Any = None, width: Any = None, bounding_box_format: str = "xyxy"
) -> Boxes:
    """Boxes cut off at the edges of the image. Of a dict, the labels of boxes of which nothing is left become -1.

    Args:
        bounding_boxes: `(..., 4)`, or a dict with these under `"boxes"`, and perhaps `"labels"`.
        height: The image's height; not needed for relative formats.
        width: Its width.
        bounding_box_format: As in `convert_format`.
    """
    name = checked_format(bounding_box_format, "bounding_box_format")
    if name in RELATIVE:
        height = width = 1
    if height is None or width is None:
        raise ValueError(
            f"clip_to_image_size needs the image's `height` and `width` for boxes in pixels, as {name!r} are; got "
            f"{height!r} and {width!r}."
        )

    def clip(x: Any) -> Quad:
        left, top, right, bottom = to_corners(x, name, 1, 1)
        w, h = _beside(width, left), _beside(height, left)
        return xp.clip(left, 0, w), xp.clip(top, 0, h), xp.clip(right, 0, w), xp.clip(bottom, 0, h)

    clipped = on_boxes(lambda x: from_corners(clip(x), name, 1, 1), bounding_boxes)
    if not isinstance(clipped, dict) or "labels" not in clipped:
        return clipped
    left, top, right, bottom = clip(bounding_boxes["boxes"])
    labels = tensor(clipped["labels"])
    gone = (right - left) * (bottom - top) <= 0
    gone = xp.reshape(gone, (*gone.shape, *(1,) * (labels.ndim - gone.ndim)))
    return {**clipped, "labels": xp.where(gone, as_dtype(-1, labels.dtype), labels)}


def crop(boxes: Boxes, top: Any, left: Any, height: Any, width: Any, bounding_box_format: str = "xyxy") -> Boxes:
    """Boxes after the image was cut to `height` by `width` pixels, from `top` and `left` on.

    Args:
        boxes: `(..., 4)`, or a dict with these under `"boxes"`, in pixels.
        top: Where the part begins; and so `left`. A number, or one for each image.
        height: How high the part is; and `width` how wide.
        bounding_box_format: As in `convert_format`, but not relative.

    Example:
        >>> crop([[1.0, 2.0, 5.0, 8.0]], 2, 1, 5, 6).tolist()
        [[0.0, 0.0, 4.0, 5.0]]
    """
    name = _without_relative(bounding_box_format, "crop")

    def cut(x: Any) -> Array:
        x0, y0, x1, y1 = to_corners(x, name)
        dx, dy, w, h = (_beside(size, x0) for size in (left, top, width, height))
        edges = xp.clip(x0 - dx, 0, w), xp.clip(y0 - dy, 0, h), xp.clip(x1 - dx, 0, w), xp.clip(y1 - dy, 0, h)
        return from_corners(edges, name)

    return on_boxes(cut, boxes)


def pad(
    boxes: Boxes, top: Any, left: Any, height: Any = None, width: Any = None, bounding_box_format: str = "xyxy"
) -> Boxes:
    """Boxes after the image got `top` rows above and `left` columns before it.

    Args:
        boxes: `(..., 4)`, or a dict with these under `"boxes"`, in pixels.
        top: How many rows; and `left` how many columns. A number, or one for each image.
        height: Without influence, as in Keras; and so `width`.
        bounding_box_format: As in `convert_format`, but not relative.
    """
    del height, width
    name = _without_relative(bounding_box_format, "pad")

    def move(x: Any) -> Array:
        x0, y0, x1, y1 = to_corners(x, name)
        dx, dy = _beside(left, x0), _beside(top, x0)
        return from_corners((x0 + dx, y0 + dy, x1 + dx, y1 + dy), name)

    return on_boxes(move, boxes)


def affine_transform(
    boxes: Boxes,
    angle: Any,
    translate_x: Any,
    translate_y: Any,
    scale: Any,
    shear_x: Any,
    shear_y: Any,
    height: int,
    width: int,
    center_x: Any = None,
    center_y: Any = None,
    bounding_box_format: str = "xyxy",
) -> Boxes:
    """The boxes around the turned, sheared, scaled and moved boxes. They are not cut off at the edges.

    Of a corner's distance `(u, v)` from the center, first moved, is made
    `scale ((cos + p tan shear_x) u + (sin + q tan shear_x) v, -p u + q v)`, with the angle's `sin` and `cos`,
    `p = sin - cos tan shear_y` and `q = cos + sin tan shear_y`.

    Args:
        boxes: `(batch, boxes, 4)`, or without the batch; or a dict with these under `"boxes"`.
        angle: Counter-clockwise, in degrees. It and those below: one number, or one for each image.
        translate_x: How far to the right, in widths of the image.
        translate_y: How far down, in heights.
        scale: How much larger.
        shear_x: The angle by which upright lines lean, in degrees.
        shear_y: The angle by which level lines lean, in degrees.
        height: The image's, in pixels.
        width: The image's, in pixels.
        center_x: What stays in its place, as a fraction of the width; by default the middle.
        center_y: As a fraction of the height.
        bounding_box_format: As in `convert_format`.
    """
    name = checked_format(bounding_box_format, "bounding_box_format")

    def turn(x: Any) -> Array:
        edges = to_corners(x, name, height, width)
        number = lambda value: _beside(value if isinstance(value, int | float) else as_float(value), edges[0])  # noqa: E731
        middle_x = number(0.5 if center_x is None else center_x) * (width - 1)
        middle_y = number(0.5 if center_y is None else center_y) * (height - 1)
        right, down = number(translate_x) * (width - 1), number(translate_y) * (height - 1)
        left, top, far, low = edges
        u = xp.stack([left, far, far, left], axis=-1) + _last(right - middle_x)
        v = xp.stack([top, top, low, low], axis=-1) + _last(down - middle_y)
        xx, xy, yx, yy = (_last(m) for m in _matrix(number(angle), number(shear_x), number(shear_y), u.dtype))
        grow = _last(number(scale))
        across, along = grow * (xx * u + xy * v) + _last(middle_x), grow * (yx * u + yy * v) + _last(middle_y)
        corners = xp.min(across, axis=-1), xp.min(along, axis=-1), xp.max(across, axis=-1), xp.max(along, axis=-1)
        return from_corners(corners, name, height, width)

    return on_boxes(turn, boxes)


def _last(x: Any) -> Any:
    """A number of each box with an axis for its corners."""
    return x if isinstance(x, int | float) else x[..., None]


def _matrix(angle: Any, shear_x: Any, shear_y: Any, dtype: Any) -> tuple[Array, Array, Array, Array]:
    turn, lean_x, lean_y = (as_dtype(degrees, dtype) * (math.pi / 180) for degrees in (angle, shear_x, shear_y))
    sin, cos, tan_x, tan_y = xp.sin(turn), xp.cos(turn), xp.tan(lean_x), xp.tan(lean_y)
    p, q = sin - cos * tan_y, cos + sin * tan_y
    return cos + p * tan_x, sin + q * tan_x, -p, q


__all__ = ["affine_transform", "clip_to_image_size", "convert_format", "crop", "pad"]
