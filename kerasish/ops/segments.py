"""Reductions of the rows of each segment: rows that have the same number are one segment."""

from __future__ import annotations

from typing import Any

from kerasish.backend import engine
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.ops.promotion import tensor
from kerasish.ops.selection import indices_of


def _prepared(data: Any, segment_ids: Any, num_segments: int | None) -> tuple[Array, Array, int]:
    data, segment_ids = tensor(data), indices_of(segment_ids)
    if segment_ids.ndim != 1 or data.shape[:1] != segment_ids.shape:
        raise ValueError(
            f"A segment operation takes one segment number for each row: for data of shape {tuple(data.shape)} a "
            f"vector of that many; got segment_ids of shape {tuple(segment_ids.shape)}."
        )
    if num_segments is None:
        if engine.is_traced(segment_ids):
            raise ValueError(
                "A segment operation in a compiled function needs `num_segments`: the length of the result."
            )
        num_segments = int(engine.to_numpy(segment_ids).max(initial=-1)) + 1
    return data, segment_ids, num_segments


@op
def segment_sum(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Array:
    """The sum of the rows of each segment; 0 for a segment without rows.

    Args:
        segment_ids: For each row, the number of its segment; rows with other numbers are dropped.
        num_segments: How many segments there are; by default one more than the greatest number, if it is known.

    Example:
        >>> segment_sum([[1, 2], [3, 4], [5, 6]], [0, 2, 0]).tolist()
        [[6, 8], [0, 0], [3, 4]]
    """
    del sorted
    return engine.segment_sum(*_prepared(data, segment_ids, num_segments))


@op
def segment_max(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Array:
    """The greatest elements over the rows of each segment; the dtype's least number for a segment without rows.

    Args: those of `segment_sum`.
    """
    del sorted
    return engine.segment_reduce(*_prepared(data, segment_ids, num_segments), "max")


@op
def segment_min(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Array:
    """The least elements over the rows of each segment; the dtype's greatest number for a segment without rows.

    Args: those of `segment_sum`.
    """
    del sorted
    return engine.segment_reduce(*_prepared(data, segment_ids, num_segments), "min")


@op
def segment_prod(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Array:
    """The product of the rows of each segment; 1 for a segment without rows.

    Args: those of `segment_sum`.
    """
    del sorted
    return engine.segment_reduce(*_prepared(data, segment_ids, num_segments), "mul")


__all__ = ["segment_max", "segment_min", "segment_prod", "segment_sum"]
