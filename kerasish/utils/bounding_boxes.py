"""Bounding boxes: formats, overlaps, and what becomes of them when an image changes."""

from kerasish.ops.box_pairs import compute_ciou, compute_iou, decode_deltas_to_boxes, encode_box_to_deltas
from kerasish.ops.boxes import affine_transform, clip_to_image_size, convert_format, crop, pad

__all__ = [
    "affine_transform",
    "clip_to_image_size",
    "compute_ciou",
    "compute_iou",
    "convert_format",
    "crop",
    "decode_deltas_to_boxes",
    "encode_box_to_deltas",
    "pad",
]
