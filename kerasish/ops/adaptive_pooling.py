"""Pooling to a size: as many windows as wanted, whatever the size of the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.ops.convolution import channels_back, channels_last
from kerasish.ops.promotion import as_dtype, as_float, tensor
from kerasish.ops.reductions import HALF

Targets = int | Sequence[int | None] | None


@op
def adaptive_average_pool(inputs: Any, output_size: Targets, data_format: str | None = None) -> Array:
    """The mean of each of `output_size` windows: window `i` of `n` elements is `floor(i * n / size)` up to, without,
    `ceil((i + 1) * n / size)`.

    Args:
        output_size: How many windows along each axis; None keeps an axis.

    Shapes:
        inputs: `(batch, *spatial, channels)`; with `data_format="channels_first"`, `(batch, channels, *spatial)`.
        returns: `(batch, *output_size, channels)`, or with the channels first.

    Example:
        >>> import numpy as np
        >>> np.asarray(adaptive_average_pool(np.arange(7.0)[None, :, None], 3)).ravel().tolist()
        [1.0, 3.0, 5.0]
    """
    x = channels_last(as_float(inputs), data_format)
    kind = "float32" if str(x.dtype) in HALF else x.dtype
    wide = as_dtype(x, kind)
    for axis, size in enumerate(_targets(output_size, wide), 1):
        if wide.shape[axis] % size == 0:
            wide = xp.mean(_blocks(wide, axis, size), axis=axis + 1)
        else:
            means = engine.asarray(_means(wide.shape[axis], size).astype(wide.dtype))
            wide = xp.moveaxis(xp.moveaxis(wide, axis, -1) @ means, -1, axis)
    return channels_back(as_dtype(wide, x.dtype), data_format)


@op
def adaptive_max_pool(inputs: Any, output_size: Targets, data_format: str | None = None) -> Array:
    """The greatest value in each of `output_size` windows, which are those of `adaptive_average_pool`.

    Args:
        output_size: How many windows along each axis; None keeps an axis.

    Shapes:
        inputs: `(batch, *spatial, channels)`; with `data_format="channels_first"`, `(batch, channels, *spatial)`.
        returns: `(batch, *output_size, channels)`, or with the channels first.

    Example:
        >>> import numpy as np
        >>> np.asarray(adaptive_max_pool(np.arange(7.0)[None, :, None], 3)).ravel().tolist()
        [2.0, 4.0, 6.0]
    """
    x = channels_last(tensor(inputs), data_format)
    for axis, size in enumerate(_targets(output_size, x), 1):
        if x.shape[axis] % size == 0:
            x = xp.max(_blocks(x, axis, size), axis=axis + 1)
        else:
            starts, ends = _windows(x.shape[axis], size)
            width = int((ends - starts).max())
            places = np.minimum(starts[:, None] + np.arange(width), ends[:, None] - 1)  # the last one, again
            windows = xp.take(x, engine.asarray(places.astype("int32")), axis=axis)
            x = xp.max(windows, axis=axis + 1)
    return channels_back(x, data_format)


def _targets(output_size: Targets, x: Array) -> tuple[int, ...]:
    """How many windows along each spatial axis of `x`, whose channels are last."""
    rank = x.ndim - 2
    wanted = output_size if isinstance(output_size, Sequence) else (output_size,) * rank
    if rank < 1 or len(wanted) != rank or any(n is not None and (int(n) != n or n < 1) for n in wanted):
        raise ValueError(
            f"output_size must be a positive integer or None, or {rank} of these; got {output_size!r} for an input of "
            f"shape {tuple(x.shape)}."
        )
    if 0 in x.shape[1:-1]:
        raise ValueError(f"There is nothing to pool in an input of shape {tuple(x.shape)}.")
    return tuple(have if n is None else int(n) for n, have in zip(wanted, x.shape[1:-1], strict=True))


def _blocks(x: Array, axis: int, size: int) -> Array:
    """`x` with this axis split into `size` blocks of the same length."""
    return xp.reshape(x, (*x.shape[:axis], size, x.shape[axis] // size, *x.shape[axis + 1 :]))


def _windows(count: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each window starts, and where it ends."""
    numbers = np.arange(size)
    return numbers * count // size, -(-(numbers + 1) * count // size)


def _means(count: int, size: int) -> np.ndarray:
    """`(count, size)`: the share of each element in the mean of each window."""
    starts, ends = _windows(count, size)
    places = np.arange(count)[:, None]
    return ((places >= starts) & (places < ends)) / (ends - starts)


__all__ = ["adaptive_average_pool", "adaptive_max_pool"]
