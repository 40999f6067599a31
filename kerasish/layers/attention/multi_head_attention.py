"""`MultiHeadAttention`: several attentions beside each other, each on projections of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array, Shape
from kerasish.core.context import masks
from kerasish.layers.arguments import axes_of, sizes, whole
from kerasish.layers.attention.common import LETTERS, ProjectedAttention
from kerasish.layers.attention.masks import as_mask, both, by_place


class MultiHeadAttention(ProjectedAttention):
    """`output(softmax(query(x) @ key(y).T / sqrt(key_dim)) @ value(y))`, for each head.

    Args:
        num_heads: How many heads.
        key_dim: The size of a head's queries and keys.
        value_dim: The size of a head's values; by default `key_dim`.
        dropout: The fraction of the attention weights that is dropped while training.
        use_bias: Whether the projections have a bias.
        output_shape: The sizes of the output's last axes; by default as the query's.
        attention_axes: The axes over which attention looks; by default all but the batch and the last.
        sliding_window: A query sees only keys less than so many places away; None: all.
        flash_attention: Accepted for Keras's sake; the compiler chooses the kernel. True needs `dropout=0`.
        kernel_initializer: First value of the kernels.
        bias_initializer: First value of the biases.
        kernel_regularizer: A penalty on the kernels, added to the loss.
        bias_regularizer: A penalty on the biases.
        activity_regularizer: A penalty on the output, and on each projection.
        kernel_constraint: Applied to the kernels after each step of the optimizer.
        bias_constraint: Applied to the biases likewise.
        use_gate: Whether the result is multiplied by the sigmoid of one more projection of the query.
        seed: Makes the dropout repeatable.

    Shapes:
        query: `(batch, queries, features)`; with more axes, `(batch, ..., features)`.
        value: `(batch, keys, features)`.
        key: as `value`; by default `value`.
        query_mask, value_mask, key_mask: `(batch, queries)` and `(batch, keys)`. That of the query is the output's;
            with one that the query brought along, a masked query sees nothing.
        attention_mask: `(batch, queries, keys)`: whether the query may see the key. A query that may see none gets
            zeros as weights, with and without dropout. (Keras gives such a query the mean of all values if
            `dropout=0`, and zeros otherwise.)
        returns: `(batch, queries, features)`; with `return_attention_scores` the weights too,
            `(batch, heads, queries, keys)`.

    Raises:
        ValueError: shapes don't fit.

    Example:
        >>> import numpy as np
        >>> x = np.ones((2, 7, 16), "float32")
        >>> MultiHeadAttention(num_heads=4, key_dim=8)(x, x, use_causal_mask=True).shape
        (2, 7, 16)

    Source: Vaswani et al., 2017, section 3.2.2, https://arxiv.org/abs/1706.03762; the gate: Qiu et al., 2025,
        https://arxiv.org/abs/2505.06708
    """

    supports_masking = True

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | Sequence[int] | None = None,
        attention_axes: int | Sequence[int] | None = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            dropout=dropout,
            use_bias=use_bias,
            sliding_window=sliding_window,
            flash_attention=flash_attention,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            use_gate=use_gate,
            seed=seed,
            **kwargs,
        )
        self.num_heads = whole(num_heads, "num_heads", "MultiHeadAttention")
        self.key_dim = whole(key_dim, "key_dim", "MultiHeadAttention")
        self.value_dim = self.key_dim if value_dim is None else whole(value_dim, "value_dim", "MultiHeadAttention")
        self.output_shape = _row(output_shape)
        if self.output_shape is not None:
            self.output_shape = sizes(self.output_shape, len(self.output_shape), "output_shape", "MultiHeadAttention")
        self.attention_axes = _row(attention_axes)

    def build(self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        rank = len(query_shape)
        if tuple(key_shape[:-1]) != tuple(value_shape[:-1]) or len(value_shape) != rank or rank < 3:
            raise ValueError(
                f"{self.name!r} takes query, value and key of as many axes, three at least; value and key must agree "
                f"in all but the last. Got the shapes "
                f"{tuple(query_shape)}, {tuple(value_shape)} and {tuple(key_shape)}."
            )
        axes = tuple(range(1, rank - 1)) if self.attention_axes is None else self.attention_axes
        self.attention_axes = axes_of(axes, rank, "MultiHeadAttention")
        # In this order, and under these names, Keras's files have them.
        self.query_dense = self.to_heads("query", query_shape, self.num_heads, self.key_dim)
        self.key_dense = self.to_heads("key", key_shape, self.num_heads, self.key_dim)
        if self.use_gate:
            self._gate_dense = self.to_heads("gate", query_shape, self.num_heads, self.value_dim)
        self.value_dense = self.to_heads("value", value_shape, self.num_heads, self.value_dim)
        self.add_softmax(len(self.attention_axes))
        last = self.output_shape or (query_shape[-1],)
        self.output_dense = self.from_heads(query_shape, self.num_heads, self.value_dim, last)

    def call(
        self,
        query: Array,
        value: Array,
        key: Array | None = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        mask = both(
            self._of_pairs(attention_mask, query.ndim),
            self._of_queries(query),  # as in Keras, where the argument `query_mask` is only the output's mask
            self._of_keys(value_mask, "value_mask", value),
            self._of_keys(key_mask, "key_mask", value),
            self._by_place(query, value, use_causal_mask),
        )
        score, mix = _equations(query.ndim, self.attention_axes or ())
        queries = self.query_dense(query) * ops.cast(1 / math.sqrt(self.key_dim), self.compute_dtype)
        keys, values = self.key_dense(value if key is None else key), self.value_dense(value)
        weights = self.weights_of(ops.einsum(score, queries, keys), mask)
        result = ops.einsum(mix, self._dropout_layer(weights, training=training), values)
        if self.use_gate:
            result = result * ops.sigmoid(self._gate_dense(query))
        output = self.output_dense(result)
        return (output, weights) if return_attention_scores else output

    def _of_pairs(self, mask: Any, rank: int) -> Array | None:
        """`attention_mask` as `(batch, ..., heads, *queries, *keys)`, with ones for axes that it lacks."""
        looked = len(self.attention_axes or ())
        full = rank + looked
        mask = as_mask(mask, "attention_mask", full)
        if mask is None:
            return None
        split = max(mask.ndim - 2 * looked, 0)
        return ops.reshape(mask, (*mask.shape[:split], *(1,) * (full - mask.ndim), *mask.shape[split:]))

    def _of_queries(self, query: Array) -> Array | None:
        """The mask that the query came with, as `(batch, ..., 1, *queries, *1 for each key axis)`."""
        mask = self._of_keys(masks.get(query), "query_mask", query)
        looked = len(self.attention_axes or ())
        if mask is None:
            return None
        return ops.reshape(mask, (*mask.shape[: -2 * looked], *mask.shape[-looked:], *(1,) * looked))

    def _of_keys(self, mask: Any, name: str, value: Array) -> Array | None:
        """A mask of keys, of the axes of `value` but the last, as `(batch, ..., 1, *1 for each query axis, *keys)`."""
        axes = self.attention_axes or ()
        others = [axis for axis in range(1, value.ndim - 1) if axis not in axes]
        mask = as_mask(mask, name, value.ndim - 1)
        if mask is None:
            return None
        if mask.ndim == value.ndim - 1:
            mask = ops.transpose(mask, (0, *others, *axes))
        elif mask.ndim != 1 + len(axes):
            raise ValueError(
                f"The {name} of {self.name!r} must have the shape {tuple(value.shape[:-1])} of its value without the "
                f"features; got {tuple(mask.shape)}."
            )
        outer, keys = tuple(mask.shape[: mask.ndim - len(axes)]), tuple(mask.shape[mask.ndim - len(axes) :])
        outer += (1,) * (1 + len(others) - len(outer))
        return ops.reshape(mask, (*outer, 1, *(1,) * len(axes), *keys))

    def _by_place(self, query: Array, value: Array, use_causal_mask: bool) -> Array | None:
        axes = self.attention_axes or ()
        queries, keys = (tuple(x.shape[axis] for axis in axes) for x in (query, value))
        mask = by_place(math.prod(queries), math.prod(keys), use_causal_mask, self.sliding_window)
        return None if mask is None else ops.reshape(mask, (*queries, *keys))


def _row(value: int | Sequence[int] | None) -> tuple[int, ...] | None:
    return None if value is None else (value,) if isinstance(value, int) else tuple(value)


def _equations(rank: int, axes: Sequence[int]) -> tuple[str, str]:
    """The einsums from queries and keys to scores, and from weights and values to results.

    An axis that is looked over has a capital letter in the query, and a small one in key and value.
    """
    outer, (head, one) = LETTERS[: rank - 1], LETTERS[rank - 1 : rank + 1]
    query = "".join(letter.upper() if axis in axes else letter for axis, letter in enumerate(outer))
    keys = "".join(outer[axis] for axis in axes)
    batch = "".join(letter for axis, letter in enumerate(outer) if axis not in axes)
    scores = f"{batch}{head}{keys.upper()}{keys}"
    return f"{query}{head}{one},{outer}{head}{one}->{scores}", f"{scores},{outer}{head}{one}->{query}{head}{one}"
