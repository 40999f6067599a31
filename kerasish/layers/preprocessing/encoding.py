"""Category numbers as one-hot, multi-hot, counted or weighted rows: once for the host, once for the device."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish import ops
from kerasish.backend import xp
from kerasish.backend.interface import Array, Shape
from kerasish.core.dtypes import canonical

INT = "int"
COUNTED = ("multi_hot", "count", "tf_idf")


def encoded_shape(shape: Shape, mode: str, depth: int | None) -> Shape:
    """The shape of what `encode` makes of numbers of this shape; `depth` is None if it isn't known."""
    if mode == INT:
        return tuple(shape)
    if mode == "one_hot":
        return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), depth)
    return (*shape[:-1], depth)


def encode(ids: Array, mode: str, depth: int, dtype: str, weights: Any = None) -> Array:
    """Numbers from 0 to `depth - 1` in one of the output modes; others have no column. Compiles.

    Args:
        ids: Whole numbers `(..., n)`.
        mode: `"int"`: as they are. `"one_hot"`: `(..., n, depth)`, without `n` if it is 1. `"multi_hot"`, `"count"`,
            `"tf_idf"`: `(..., depth)`, whether, how often, or how often times `weights` each number is there.
        depth: How many numbers there are.
        dtype: Of the result, unless `mode` is `"int"`.
        weights: For `"tf_idf"`, `(depth,)`; for `"count"`, of each of `ids`.
    """
    if mode == INT:
        return ids
    if mode == "one_hot" and ids.ndim > 1 and ids.shape[-1] == 1:
        ids = ids[..., 0]
    rows = ops.one_hot(ids, depth, dtype=dtype)
    if mode == "one_hot":
        return rows
    if mode == "count" and weights is not None:
        rows = rows * ops.cast(weights, dtype)[..., None]
    if rows.ndim > 1:
        rows = ops.max(rows, axis=-2, initial=0) if mode == "multi_hot" else ops.sum(rows, axis=-2)
    return rows * xp.asarray(weights, dtype=dtype) if mode == "tf_idf" else rows


def encode_on_host(ids: np.ndarray, mode: str, depth: int, dtype: str, weights: Any = None) -> np.ndarray:
    """The same with NumPy."""
    if mode == INT:
        return ids.astype(canonical("int64"))
    if mode == "one_hot":
        ids = ids[..., 0] if ids.ndim > 1 and ids.shape[-1] == 1 else ids
        return encode_flat(ids.reshape(-1), np.arange(ids.size), ids.size, "multi_hot", depth, dtype).reshape(
            (*ids.shape, depth)
        )
    width = ids.shape[-1] if ids.ndim else 1
    lead = ids.shape[:-1]
    size = int(np.prod(lead, dtype=np.int64))
    rows = np.repeat(np.arange(size), width)
    return encode_flat(ids.reshape(-1), rows, size, mode, depth, dtype, weights).reshape((*lead, depth))


def encode_flat(
    ids: np.ndarray, rows: np.ndarray, size: int, mode: str, depth: int, dtype: str, weights: Any = None
) -> np.ndarray:
    """`(size, depth)`: what `ids` says of the row in `rows`, in a counting mode; numbers outside have no column."""
    inside = (ids >= 0) & (ids < depth)
    found = np.zeros(size * depth, "float32")
    places = rows[inside] * depth + ids[inside]
    if mode == "multi_hot":
        found[places] = 1
    else:
        np.add.at(found, places, 1)
    found = found.reshape(size, depth)
    if mode == "tf_idf":
        found = found * np.asarray(weights, "float32")
    return found.astype(dtype)
