"""Which keys a query may see: masks of causality, of a sliding window and of padding, as one."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish import ops
from kerasish.backend.interface import Array


def places(size: int) -> Array:
    """`0, 1, ..., size - 1`, by counting: a graph of another format can hold it for a size that it doesn't know."""
    return ops.cumsum(ops.ones((size,), "int32"), axis=0) - np.int32(1)


def causal(queries: int, keys: int) -> Array:
    """`(queries, keys)`: whether the key is not after the query."""
    return places(queries)[:, None] >= places(keys)[None, :]


def near(queries: int, keys: int, window: int) -> Array:
    """`(queries, keys)`: whether the key is less than `window` places away from the query, before or after it."""
    distance = places(queries)[:, None] - places(keys)[None, :]
    return ops.abs(distance) < np.int32(window)


def both(*masks: Any) -> Array | None:
    """The mask that lets through what all of them let through; None lets everything through."""
    found = None
    for mask in masks:
        if mask is not None:
            mask = ops.cast(mask, "bool")
            found = mask if found is None else ops.logical_and(found, mask)
    return found


def by_place(queries: int, keys: int, use_causal_mask: bool, window: int | None) -> Array | None:
    """`(queries, keys)`: what causality and a window let through; None if neither is asked for."""
    return both(
        causal(queries, keys) if use_causal_mask else None, None if window is None else near(queries, keys, window)
    )


def as_mask(mask: Any, name: str, rank: int) -> Array | None:
    """`mask` as an array, of at most `rank` axes."""
    if mask is None:
        return None
    mask = ops.convert_to_tensor(mask)
    if mask.ndim > rank:
        raise ValueError(f"The {name} may have {rank} axes at most; got the shape {tuple(mask.shape)}.")
    return mask
