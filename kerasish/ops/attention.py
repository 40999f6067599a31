"""Attention: values, averaged with weights that say how well keys answer a query."""

from __future__ import annotations

import math
from typing import Any

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.backend.settings import settings
from kerasish.core.op import op
from kerasish.ops.activation import softmax
from kerasish.ops.comparison import as_bool
from kerasish.ops.promotion import as_dtype, promoted
from kerasish.ops.reductions import HALF


@op
def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Array:
    """`softmax(query @ key.T * scale + bias) @ value`, for each head.

    Args:
        bias: Added to the logits; broadcasts to `(batch, heads, queries, keys)`.
        mask: Boolean, of that shape too: False where a key must not be seen. A query that sees none sees all alike.
        scale: By default `1 / sqrt(size)`.
        is_causal: Whether a query sees only the keys up to its own place.
        flash_attention: Whether a kernel that never holds all weights must be used (cuDNN's, for 16-bit inputs whose
            size is a multiple of 8, up to 128), or must not; None: where the device has it, unless
            `config.disable_flash_attention()` was called.
        attn_logits_soft_cap: `c` in `c * tanh(logits / c)`, which bounds the logits.

    Shapes:
        query: `(batch, queries, heads, size)`.
        key: `(batch, keys, key heads, size)`; the key heads divide the heads, and each serves several.
        value: as `key`.
        returns: as `query`.

    Raises:
        RuntimeError: `flash_attention=True`, and the device, or the call, can't.

    Source: Vaswani et al., 2017, section 3.2.1, https://arxiv.org/abs/1706.03762
    """
    query, key, value = promoted(query, key, value, floating=True)
    _check(query, key, value)
    batch, queries, heads, size = query.shape
    scale = 1 / math.sqrt(size) if scale is None else scale
    found = _by_kernel(query, key, value, bias, mask, scale, is_causal, flash_attention, attn_logits_soft_cap)
    if found is not None:
        return found
    groups = key.shape[2]
    kind = "float32" if str(query.dtype) in HALF else query.dtype
    folded = xp.reshape(query, (batch, queries, groups, heads // groups, size))
    logits = xp.einsum("btghd,bsgd->bghts", folded.astype(kind), key.astype(kind))
    logits = xp.reshape(logits, (batch, heads, queries, key.shape[1]))
    logits = logits * as_dtype(scale, kind)
    if attn_logits_soft_cap is not None:
        cap = as_dtype(attn_logits_soft_cap, kind)
        logits = cap * xp.tanh(logits / cap)
    logits = logits if bias is None else logits + as_dtype(bias, kind)
    weights = softmax(_masked(logits, mask, is_causal)).astype(query.dtype)
    weights = xp.reshape(weights, (batch, groups, heads // groups, queries, key.shape[1]))
    return xp.reshape(xp.einsum("bghts,bsgd->btghd", weights, value), query.shape)


def _by_kernel(
    query: Array,
    key: Array,
    value: Array,
    bias: Any,
    mask: Any,
    scale: float,
    is_causal: bool,
    flash_attention: bool | None,
    cap: float | None,
) -> Array | None:
    """The result, if the device has a kernel for it and nobody objects."""
    wanted = settings.flash_attention if flash_attention is None else flash_attention
    if wanted is False:
        return None
    given = None if bias is None else as_dtype(bias, query.dtype)
    seen = None if mask is None else as_bool(mask)
    found = None if cap is not None else engine.flash_attention(query, key, value, given, seen, scale, is_causal)
    if found is None and flash_attention:
        raise RuntimeError(
            f"flash_attention=True can't be met for a query of shape {tuple(query.shape)} and dtype {query.dtype}: it "
            "needs an NVIDIA GPU (Ampere or later) with cuDNN, 16-bit inputs, a size that is a multiple of 8 and at "
            "most 128, and no attn_logits_soft_cap. Leave it at None to use it where it can be."
        )
    return found


def _check(query: Array, key: Array, value: Array) -> None:
    shapes = tuple(tuple(x.shape) for x in (query, key, value))
    if any(len(shape) != 4 for shape in shapes):
        raise ValueError(f"Attention takes `(batch, length, heads, size)` three times; got the shapes {shapes}.")
    if key.shape != value.shape or query.shape[0] != key.shape[0] or query.shape[-1] != key.shape[-1]:
        raise ValueError(f"Query, key and value must agree in batch and size, key and value in all; got {shapes}.")
    if query.shape[2] % key.shape[2]:
        raise ValueError(f"The {key.shape[2]} key heads must divide the {query.shape[2]} query heads; got {shapes}.")


def _masked(logits: Array, mask: Any, is_causal: bool) -> Array:
    least = as_dtype(-0.7 * float(xp.finfo(logits.dtype).max), logits.dtype)  # finite: a row of it is no NaN
    if mask is not None:
        logits = xp.where(as_bool(mask), logits, least)
    if is_causal:
        seen = xp.tril(xp.ones(logits.shape[-2:], bool))
        logits = xp.where(seen, logits, least)
    return logits


__all__ = ["dot_product_attention"]
