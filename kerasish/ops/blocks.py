"""Blocks of images as columns or channels, and back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from kerasish.backend import standardize_data_format, xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.ops.convolution import Sizes, sizes_of
from kerasish.ops.promotion import tensor


@op
def unfold(x: Any, kernel_size: Sizes, dilation: Sizes = 1, padding: Any = 0, stride: Sizes = 1) -> Array:
    """Each block of an image as a column.

    Args:
        kernel_size: Height and width of a block.
        dilation: How far apart a block's elements are.
        padding: How many zeros stand around the image, on each side.
        stride: How far apart the blocks are.

    Shapes:
        x: `(batch, channels, height, width)`.
        returns: `(batch, channels * elements of a block, blocks)`.

    Example:
        >>> import numpy as np
        >>> np.asarray(unfold(np.arange(6.0).reshape(1, 1, 2, 3), 2)).tolist()
        [[[0.0, 1.0], [1.0, 2.0], [3.0, 4.0], [4.0, 5.0]]]
    """
    x = tensor(x)
    if x.ndim != 4:
        raise ValueError(f"unfold takes images `(batch, channels, height, width)`; got the shape {tuple(x.shape)}.")
    pads = _margins(padding)
    x = xp.pad(x, ((0, 0), (0, 0), *((n, n) for n in pads)))
    size, steps, apart = _three(kernel_size, stride, dilation)
    counts = _counts(x.shape[2:], size, steps, apart)
    columns = [x[:, :, *slices] for slices in _slices(size, steps, apart, counts)]
    return xp.reshape(xp.stack(columns, axis=2), (x.shape[0], x.shape[1] * len(columns), counts[0] * counts[1]))


@op
def fold(
    x: Any, output_size: Sizes, kernel_size: Sizes, dilation: Sizes = 1, padding: Any = 0, stride: Sizes = 1
) -> Array:
    """The image whose blocks are the columns of `x`; where blocks lie over each other, their sum.

    Args:
        output_size: Height and width of the image. The others: as for `unfold`.

    Shapes:
        x: `(batch, channels * elements of a block, blocks)`.
        returns: `(batch, channels, height, width)`.

    Example:
        >>> import numpy as np
        >>> np.asarray(fold(np.ones((1, 4, 2)), (2, 3), 2)).tolist()
        [[[[1.0, 2.0, 1.0], [1.0, 2.0, 1.0]]]]
    """
    x = tensor(x)
    size, steps, apart = _three(kernel_size, stride, dilation)
    pads = _margins(padding)
    whole = tuple(n + 2 * pad for n, pad in zip(sizes_of(output_size, 2, "output_size"), pads, strict=True))
    counts, elements = _counts(whole, size, steps, apart), size[0] * size[1]
    if x.ndim != 3 or x.shape[1] % elements or x.shape[2] != counts[0] * counts[1]:
        raise ValueError(
            f"fold takes columns `(batch, channels * {elements}, {counts[0] * counts[1]})` for an image of the size "
            f"{output_size!r} and blocks of the size {kernel_size!r}; got the shape {tuple(x.shape)}."
        )
    columns = xp.reshape(x, (x.shape[0], x.shape[1] // elements, elements, *counts))
    image = xp.zeros((*columns.shape[:2], *whole), x.dtype)
    for number, slices in enumerate(_slices(size, steps, apart, counts)):
        image = image + _placed(columns[:, :, number], slices, whole)
    return image[:, :, *(slice(pad, n - pad) for n, pad in zip(whole, pads, strict=True))]


def _three(kernel_size: Sizes, stride: Sizes, dilation: Sizes) -> tuple[Any, Any, Any]:
    return sizes_of(kernel_size, 2, "kernel_size"), sizes_of(stride, 2, "stride"), sizes_of(dilation, 2, "dilation")


def _margins(padding: Any) -> tuple[int, int]:
    pads = (padding, padding) if isinstance(padding, int) else tuple(padding)
    if len(pads) != 2 or any(int(n) != n or n < 0 for n in pads):
        raise ValueError(f"padding must be an integer of at least 0, or two of them; got {padding!r}.")
    return int(pads[0]), int(pads[1])


def _counts(whole: Any, size: Any, steps: Any, apart: Any) -> tuple[int, int]:
    """How many blocks there are below each other, and beside each other."""
    found = [max((n - (k - 1) * d - 1) // s + 1, 0) for n, k, s, d in zip(whole, size, steps, apart, strict=True)]
    return found[0], found[1]


def _slices(size: Any, steps: Any, apart: Any, counts: Any) -> Iterator[tuple[slice, ...]]:
    """For each element of a block: where it stands in the image, in all blocks."""
    for position in itertools.product(*map(range, size)):
        starts = [i * d for i, d in zip(position, apart, strict=True)]
        yield tuple(
            slice(start, start + max((count - 1) * step + 1, 0), step)
            for start, step, count in zip(starts, steps, counts, strict=True)
        )


def _placed(x: Array, slices: tuple[slice, ...], whole: tuple[int, ...]) -> Array:
    """`x` at these places of an image of zeros."""
    for axis, (place, size) in enumerate(zip(slices, whole, strict=True), 2):
        step, length = place.step, place.stop - place.start
        apart = xp.pad(xp.expand_dims(x, axis + 1), [(0, step - 1 if i == axis + 1 else 0) for i in range(x.ndim + 1)])
        x = xp.reshape(apart, (*x.shape[:axis], x.shape[axis] * step, *x.shape[axis + 1 :]))
        x = x[(slice(None),) * axis + (slice(length),)]
        x = xp.pad(x, [(place.start, size - place.stop) if i == axis else (0, 0) for i in range(x.ndim)])
    return x


@op
def space_to_depth(x: Any, block_size: int, data_format: str | None = "channels_last") -> Array:
    """Each block of an image as one pixel, with the block's pixels as channels.

    Shapes:
        x: `(batch, height, width, channels)`, or with the channels first.
        returns: `(batch, height / block_size, width / block_size, channels * block_size ** 2)`: channels of one pixel
            after the other; with the channels first, pixels of one channel after the other.

    Example:
        >>> import numpy as np
        >>> np.asarray(space_to_depth(np.arange(4.0).reshape(1, 2, 2, 1), 2)).tolist()
        [[[[0.0, 1.0, 2.0, 3.0]]]]
    """
    x, last = _checked(x, block_size, data_format, "space_to_depth")
    height, width = x.shape[1:3] if last else x.shape[2:]
    if height % block_size or width % block_size:
        raise ValueError(
            f"space_to_depth: block_size must divide height and width; got {block_size} and the shape {tuple(x.shape)}."
        )
    batch, channels, high, wide = x.shape[0], x.shape[-1 if last else 1], height // block_size, width // block_size
    if last:
        x = xp.reshape(x, (batch, high, block_size, wide, block_size, channels))
        return xp.reshape(xp.transpose(x, (0, 1, 3, 2, 4, 5)), (batch, high, wide, channels * block_size**2))
    x = xp.reshape(x, (batch, channels, high, block_size, wide, block_size))
    return xp.reshape(xp.transpose(x, (0, 1, 3, 5, 2, 4)), (batch, channels * block_size**2, high, wide))


@op
def depth_to_space(x: Any, block_size: int, data_format: str | None = "channels_last") -> Array:
    """Each pixel of an image as a block of pixels, made of its channels: the opposite of `space_to_depth`.

    Shapes:
        x: `(batch, height, width, channels)`, or with the channels first.
        returns: `(batch, height * block_size, width * block_size, channels / block_size ** 2)`.

    Example:
        >>> import numpy as np
        >>> np.asarray(depth_to_space(np.arange(4.0).reshape(1, 1, 1, 4), 2))[0, :, :, 0].tolist()
        [[0.0, 1.0], [2.0, 3.0]]

    Source: Shi et al., 2016, equation 4, https://arxiv.org/abs/1609.05158
    """
    x, last = _checked(x, block_size, data_format, "depth_to_space")
    batch, depth = x.shape[0], x.shape[-1 if last else 1]
    if depth % block_size**2:
        raise ValueError(
            f"depth_to_space: the square of block_size must divide the channels; got {block_size} and the shape "
            f"{tuple(x.shape)}."
        )
    channels, (height, width) = depth // block_size**2, x.shape[1:3] if last else x.shape[2:]
    if last:
        x = xp.reshape(x, (batch, height, width, block_size, block_size, channels))
        return xp.reshape(
            xp.transpose(x, (0, 1, 3, 2, 4, 5)), (batch, height * block_size, width * block_size, channels)
        )
    x = xp.reshape(x, (batch, channels, block_size, block_size, height, width))
    return xp.reshape(xp.transpose(x, (0, 1, 4, 2, 5, 3)), (batch, channels, height * block_size, width * block_size))


def _checked(x: Any, block_size: int, data_format: str | None, owner: str) -> tuple[Array, bool]:
    """`x`, and whether its channels are last."""
    x = tensor(x)
    if x.ndim != 4:
        raise ValueError(f"{owner} takes images `(batch, height, width, channels)`; got the shape {tuple(x.shape)}.")
    if block_size < 2 or int(block_size) != block_size:
        raise ValueError(f"{owner}'s block_size must be an integer of at least 2; got {block_size!r}.")
    return x, standardize_data_format(data_format) == "channels_last"


__all__ = ["depth_to_space", "fold", "space_to_depth", "unfold"]
