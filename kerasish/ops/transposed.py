"""Transposed convolution: the way back from what a convolution gives to the size of what it takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Array, Pairs
from kerasish.core.op import op
from kerasish.ops.convolution import Sizes, channels_back, channels_last, sizes_of
from kerasish.ops.promotion import promoted


@op
def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: Sizes = 1,
    padding: str = "valid",
    output_padding: Sizes | None = None,
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Array:
    """`y[i * stride + j * dilation - before] += kernel[j] @ x[i]`: each input laid out as a kernel, and all summed.

    With `reach = (size - 1) * dilation + 1` for a kernel of that size, `n` inputs along an axis give
    `(n - 1) * stride + reach + output_padding` outputs for `"valid"`, where `before` is 0; and for `"same"`
    `2 * (reach // 2)` fewer, where `before` is `reach // 2 - ceil(output_padding / 2)`, but not below 0.

    Args:
        strides: How far apart the kernels are laid.
        padding: `"valid"`: all outputs; `"same"`: those in the middle.
        output_padding: How many outputs more. By default so many that there are `n * stride`, or for `"valid"` all
            that the kernels reach, if these are more.
        dilation_rate: How far apart the kernel's elements are.

    Shapes:
        inputs: `(batch, *spatial, channels)`; with `data_format="channels_first"`, `(batch, channels, *spatial)`.
        kernel: `(*size, filters, channels)`.
        returns: `(batch, *new spatial, filters)`, or with the filters first.

    Raises:
        ValueError: the shapes don't fit, or the padding has no such name.

    Example:
        >>> import numpy as np
        >>> x, kernel = np.array([1.0, 10.0], "float32"), np.array([1.0, 2.0, 3.0], "float32")
        >>> np.asarray(conv_transpose(x[None, :, None], kernel[:, None, None], strides=2)).ravel().tolist()
        [1.0, 2.0, 13.0, 20.0, 30.0]

    Source: Dumoulin and Visin, 2016, chapter 4, https://arxiv.org/abs/1603.07285
    """
    x, kernel = promoted(inputs, kernel, floating=True)
    if x.ndim < 3 or kernel.ndim != x.ndim:
        raise ValueError(
            "conv_transpose takes inputs `(batch, *spatial, channels)` and a kernel with as many axes; got the shapes "
            f"{tuple(x.shape)} and {tuple(kernel.shape)}."
        )
    x, rank = channels_last(x, data_format), x.ndim - 2
    if x.shape[-1] != kernel.shape[-1]:
        raise ValueError(
            f"conv_transpose: the kernel of shape {tuple(kernel.shape)}, `(*size, filters, channels)`, is for "
            f"{kernel.shape[-1]} channels; the inputs of shape {tuple(inputs.shape)} have {x.shape[-1]}."
        )
    steps, dilation = sizes_of(strides, rank, "strides"), sizes_of(dilation_rate, rank, "dilation_rate")
    pads = _cut(kernel.shape[:rank], steps, dilation, padding, output_padding)
    return channels_back(engine.conv_transpose(x, kernel, steps, pads, dilation), data_format)


def _cut(
    size: Sequence[int], strides: Sequence[int], dilation: Sequence[int], padding: str, output_padding: Sizes | None
) -> Pairs:
    """How many outputs to leave away at both ends of each axis; less than none: to add zeros."""
    name, rank = padding.lower(), len(size)
    if name not in ("valid", "same"):
        raise ValueError(f"conv_transpose's padding must be 'valid' or 'same'; got {padding!r}.")
    more = _more(output_padding, rank)
    pairs = []
    for k, s, d, extra in zip(size, strides, dilation, more, strict=True):
        reach = (k - 1) * d + 1
        half = reach // 2 if name == "same" else 0
        if extra is None:
            extra = s - reach + 2 * half if name == "same" else max(s - reach, 0)
        before = max(half - (extra + 1) // 2, 0)
        pairs.append((before, 2 * half - extra - before))
    return pairs


def _more(output_padding: Sizes | None, rank: int) -> Sequence[int | None]:
    if output_padding is None or isinstance(output_padding, int | np.integer):
        more: Sequence[int | None] = (output_padding,) * rank
    else:
        more = tuple(output_padding)
    if len(more) != rank or any(one is not None and one < 0 for one in more):
        raise ValueError(f"output_padding must be None or at least 0, or {rank} of these; got {output_padding!r}.")
    return more


__all__ = ["conv_transpose"]
