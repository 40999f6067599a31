"""Two sets of bounding boxes: how much they overlap, and the one told relative to the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from kerasish.backend import epsilon, xp
from kerasish.backend.interface import Array
from kerasish.ops.boxes import RELATIVE, Quad, checked_format, convert_format, from_corners, to_corners
from kerasish.ops.promotion import as_dtype, tensor


def _image_size(image_shape: Sequence[int] | None, *formats: str) -> tuple[Any, Any]:
    """The height and width of an `image_shape`, which relative formats need.

    Raises:
        ValueError: they don't have it.
    """
    if image_shape is not None:
        return image_shape[0], image_shape[1]
    relative = [name for name in formats if name in RELATIVE]
    if relative:
        raise ValueError(
            f"Boxes in the relative format {relative[0]!r} need `image_shape`, as (height, width, channels); got None."
        )
    return None, None


def _overlap(a: Quad, b: Quad) -> tuple[Array, Array]:
    """The areas of the intersections and of the unions."""
    width = xp.maximum(xp.minimum(a[2], b[2]) - xp.maximum(a[0], b[0]), 0)
    height = xp.maximum(xp.minimum(a[3], b[3]) - xp.maximum(a[1], b[1]), 0)
    area_a, area_b = ((right - left) * (bottom - top) for left, top, right, bottom in (a, b))
    return width * height, area_a + area_b - width * height


def _ratio(part: Array, whole: Array) -> Array:
    """`part / whole`, and 0 where `whole` is 0."""
    return xp.where(whole == 0, 0, part / xp.where(whole == 0, 1, whole))


def compute_iou(
    boxes1: Any,
    boxes2: Any,
    bounding_box_format: str,
    use_masking: bool = False,
    mask_val: float = -1,
    image_shape: Sequence[int] | None = None,
) -> Array:
    """The area of the intersection over that of the union, of each box of the first with each of the second set.

    Args:
        bounding_box_format: As in `convert_format`.
        use_masking: Whether pairs with a box that lies wholly left of and above the image, as padding does, get
            `mask_val`.
        mask_val: What they get.
        image_shape: `(height, width, channels)`, for relative formats.

    Shapes:
        boxes1: `(boxes, 4)`, or `(batch, boxes, 4)`.
        boxes2: `(others, 4)`, or `(batch, others, 4)`.
        returns: `(boxes, others)`, or `(batch, boxes, others)` if one of them has a batch.

    Raises:
        ValueError: another number of axes, or a format that does not exist.

    Example:
        >>> compute_iou([[0.0, 0.0, 2.0, 2.0]], [[1.0, 0.0, 2.0, 2.0], [4.0, 4.0, 5.0, 5.0]], "xyxy").tolist()
        [[0.5, 0.0]]
    """
    name = checked_format(bounding_box_format, "bounding_box_format")
    size = _image_size(image_shape, name)
    ranks = [tensor(boxes).ndim for boxes in (boxes1, boxes2)]
    if not set(ranks) <= {2, 3}:
        raise ValueError(f"compute_iou takes boxes of 2 axes, or of 3 with a batch; got {ranks[0]} and {ranks[1]}.")
    first, second = (to_corners(boxes, name, *size, "float32") for boxes in (boxes1, boxes2))
    first = tuple(x[..., :, None] for x in first)
    second = tuple(x[..., None, :] for x in second)
    found = _ratio(*_overlap(first, second))  # pyright: ignore[reportArgumentType]
    if not use_masking:
        return found
    outside_first, outside_second = ((x[0] < 0) & (x[1] < 0) & (x[2] < 0) & (x[3] < 0) for x in (first, second))
    return xp.where(outside_first | outside_second, as_dtype(mask_val, found.dtype), found)


def compute_ciou(boxes1: Any, boxes2: Any, bounding_box_format: str, image_shape: Sequence[int] | None = None) -> Array:
    """`IoU - d² / c² - α v`: the overlap of boxes, less what their distance and their proportions differ, pair by pair.

    `d` is the distance of the middles, `c` the diagonal around both, `v = 4 / π² (atan(w₁ / h₁) - atan(w₂ / h₂))²` and
    `α = v / (1 - IoU + v)`.

    Args:
        bounding_box_format: As in `convert_format`.
        image_shape: `(height, width, channels)`, for relative formats.

    Shapes:
        boxes1, boxes2: `(..., 4)`; they broadcast.
        returns: `(...)`.

    Source: Zheng et al., 2020, https://arxiv.org/abs/1911.08287
    """
    name = checked_format(bounding_box_format, "bounding_box_format")
    size = _image_size(image_shape, name)
    a, b = (to_corners(boxes, name, *size, "float32") for boxes in (boxes1, boxes2))
    tiny = epsilon()
    iou = _ratio(*_overlap(a, b))
    distance = (a[0] + a[2] - b[0] - b[2]) ** 2 / 4 + (a[1] + a[3] - b[1] - b[3]) ** 2 / 4
    across = xp.maximum(a[2], b[2]) - xp.minimum(a[0], b[0])
    down = xp.maximum(a[3], b[3]) - xp.minimum(a[1], b[1])
    angles = [xp.arctan((right - left) / (bottom - top + tiny)) for left, top, right, bottom in (a, b)]
    v = 4 / math.pi**2 * (angles[0] - angles[1]) ** 2
    return iou - distance / (across**2 + down**2 + tiny) - v * v / (1 - iou + v + tiny)


_ENCODINGS = ("center_xywh", "center_yxhw")


def _checked_encoding(name: str, argument: str) -> str:
    found = name.lower()
    if found not in _ENCODINGS:
        raise ValueError(f"{argument} must be 'center_xywh' or 'center_yxhw'; got {name!r}.")
    return found


def _checked_variance(variance: Any) -> Array | None:
    if variance is None:
        return None
    found = as_dtype(tensor(variance), "float32")
    if found.shape[-1:] != (4,):
        raise ValueError(f"`variance` must be four numbers, as the encoded boxes have; got the shape {found.shape}.")
    return found


def _centers(boxes: Any, name: str, size: tuple[Any, Any]) -> tuple[Array, Array]:
    """`(middles, sizes)` of boxes, each `(..., 2)` as x and y. Sizes are not 0."""
    found = from_corners(to_corners(boxes, name, *size, "float32"), "center_xywh")
    return found[..., :2], xp.maximum(found[..., 2:], epsilon())


def _swapped(deltas: Array) -> Array:
    """Between `(x, y, w, h)` and `(y, x, h, w)`."""
    return xp.stack([deltas[..., 1], deltas[..., 0], deltas[..., 3], deltas[..., 2]], axis=-1)


def encode_box_to_deltas(
    anchors: Any,
    boxes: Any,
    anchor_format: str,
    box_format: str,
    encoding_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: Sequence[int] | None = None,
) -> Array:
    """`((x - xₐ) / wₐ, (y - yₐ) / hₐ, log(w / wₐ), log(h / hₐ)) / variance`: boxes told relative to anchors.

    Args:
        anchor_format: As in `convert_format`; and so `box_format`.
        encoding_format: The order: `"center_xywh"`, or `"center_yxhw"`: y before x and h before w.
        variance: Four numbers to divide by, in that order.
        image_shape: `(height, width, channels)`, for relative formats.

    Shapes:
        anchors: `(anchors, 4)`.
        boxes: `(anchors, 4)`, or `(batch, anchors, 4)`.
        returns: As `boxes`.

    Source: Girshick et al., 2014, https://arxiv.org/abs/1311.2524
    """
    anchor_format, box_format = checked_format(anchor_format, "anchor_format"), checked_format(box_format, "box_format")
    encoding, scale = _checked_encoding(encoding_format, "encoding_format"), _checked_variance(variance)
    size = _image_size(image_shape, anchor_format, box_format)
    anchor_middles, anchor_sizes = _centers(anchors, anchor_format, size)
    middles, sizes = _centers(boxes, box_format, size)
    deltas = [(middles - anchor_middles) / anchor_sizes, xp.log(sizes / anchor_sizes)]
    found = xp.concatenate(xp.broadcast_arrays(*deltas), axis=-1)
    found = found if encoding == "center_xywh" else _swapped(found)
    return found if scale is None else found / scale


def decode_deltas_to_boxes(
    anchors: Any,
    boxes_delta: Any,
    anchor_format: str,
    box_format: str,
    encoded_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: Sequence[int] | None = None,
) -> Any:
    """The opposite of `encode_box_to_deltas`: boxes from what was told relative to anchors.

    Args:
        anchors: `(anchors, 4)`; or a dict of such, then `boxes_delta` is a dict with the same keys.
        boxes_delta: `(anchors, 4)`, or `(batch, anchors, 4)`.
        anchor_format: As in `convert_format`; and so `box_format`, that of the result.
        encoded_format: The order of `boxes_delta`.
        variance: Four numbers that it was divided by.
        image_shape: `(height, width, channels)`, for relative formats.
    """
    anchor_format, box_format = checked_format(anchor_format, "anchor_format"), checked_format(box_format, "box_format")
    encoding, scale = _checked_encoding(encoded_format, "encoded_format"), _checked_variance(variance)
    size = _image_size(image_shape, anchor_format, box_format)

    def decode(anchor: Any, delta: Any) -> Array:
        middles, sizes = _centers(anchor, anchor_format, size)
        delta = as_dtype(tensor(delta), "float32")
        delta = delta if scale is None else delta * scale
        delta = delta if encoding == "center_xywh" else _swapped(delta)
        parts = xp.broadcast_arrays(delta[..., :2] * sizes + middles, xp.exp(delta[..., 2:]) * sizes)
        return convert_format(xp.concatenate(parts, axis=-1), "center_xywh", box_format, *size)

    return _each(decode, anchors, boxes_delta)


def _each(fn: Callable[[Any, Any], Array], anchors: Any, deltas: Any) -> Any:
    if not isinstance(anchors, dict):
        return fn(anchors, deltas)
    if not isinstance(deltas, dict) or deltas.keys() != anchors.keys():
        raise ValueError(
            f"Anchors in a dict need boxes_delta in a dict with the same keys, {', '.join(map(str, anchors))}."
        )
    return {key: fn(anchor, deltas[key]) for key, anchor in anchors.items()}


__all__ = ["compute_ciou", "compute_iou", "decode_deltas_to_boxes", "encode_box_to_deltas"]
