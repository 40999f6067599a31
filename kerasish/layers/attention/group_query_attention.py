"""`GroupQueryAttention`: several heads of queries for each head of keys and values."""

from __future__ import annotations

import math
from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array, Shape
from kerasish.layers.arguments import whole
from kerasish.layers.attention.common import ProjectedAttention
from kerasish.layers.attention.masks import as_mask, both, by_place


class GroupedQueryAttention(ProjectedAttention):
    """As `MultiHeadAttention`, but each head of keys and values serves several heads of queries.

    Keys and values of fewer heads take less memory while text is generated. One head of them is multi-query attention.

    Args:
        head_dim: The size of each head.
        num_query_heads: How many heads of queries.
        num_key_value_heads: How many heads of keys and values; it divides `num_query_heads`.
        dropout: The fraction of the attention weights that is dropped while training.
        use_bias: Whether the projections have a bias.
        sliding_window: A query sees only keys less than so many places away; None: all.
        flash_attention: Accepted for Keras's sake; the compiler chooses the kernel. True needs `dropout=0`.
        kernel_initializer: First value of the kernels.
        bias_initializer: First value of the biases.
        kernel_regularizer: A penalty on the kernels, added to the loss.
        bias_regularizer: A penalty on the biases.
        activity_regularizer: A penalty on the output, and on each projection. (Keras counts the output twice.)
        kernel_constraint: Applied to the kernels after each step of the optimizer.
        bias_constraint: Applied to the biases likewise.
        use_gate: Whether the result is multiplied by the sigmoid of one more projection of the query.
        seed: Makes the dropout repeatable.

    Shapes:
        query: `(batch, queries, features)`.
        value: `(batch, keys, features)`.
        key: as `value`; by default `value`.
        query_mask: `(batch, queries)`; a masked query gets zeros as weights.
        value_mask, key_mask: `(batch, keys)`.
        attention_mask: `(batch, queries, keys)`: whether the query may see the key.
        returns: `(batch, queries, features)`; with `return_attention_scores` the weights too,
            `(batch, query heads, queries, keys)`.

    Raises:
        ValueError: shapes or numbers of heads don't fit.

    Example:
        >>> import numpy as np
        >>> x = np.ones((2, 7, 16), "float32")
        >>> GroupQueryAttention(head_dim=8, num_query_heads=4, num_key_value_heads=2)(x, x).shape
        (2, 7, 16)

    Source: Ainslie et al., 2023, https://arxiv.org/abs/2305.13245
    """

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
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
        self.head_dim = whole(head_dim, "head_dim", "GroupedQueryAttention")
        self.num_query_heads = whole(num_query_heads, "num_query_heads", "GroupedQueryAttention")
        self.num_key_value_heads = whole(num_key_value_heads, "num_key_value_heads", "GroupedQueryAttention")
        if num_query_heads % num_key_value_heads:
            raise ValueError(
                f"GroupQueryAttention's num_key_value_heads must divide num_query_heads={num_query_heads}; "
                f"got {num_key_value_heads}."
            )

    def build(self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        if tuple(key_shape[:-1]) != tuple(value_shape[:-1]) or len(value_shape) != 3 or len(query_shape) != 3:
            raise ValueError(
                f"{self.name!r} takes (batch, length, features) as query, value and key; value and key must agree in "
                f"all but the last. Got the shapes {tuple(query_shape)}, {tuple(value_shape)} and {tuple(key_shape)}."
            )
        # In this order, and under these names, Keras's files have them.
        self._query_dense = self.to_heads("query", query_shape, self.num_query_heads, self.head_dim)
        self._key_dense = self.to_heads("key", key_shape, self.num_key_value_heads, self.head_dim)
        if self.use_gate:
            self._gate_dense = self.to_heads("gate", query_shape, self.num_query_heads, self.head_dim)
        self._value_dense = self.to_heads("value", value_shape, self.num_key_value_heads, self.head_dim)
        self.add_softmax()
        self._output_dense = self.from_heads(query_shape, self.num_query_heads, self.head_dim, query_shape[-1:])

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
        batch, length, _ = query.shape
        mask = self._mask(query, value, query_mask, value_mask, key_mask, attention_mask, use_causal_mask)
        queries = self._query_dense(query) * ops.cast(1 / math.sqrt(self.head_dim), self.compute_dtype)
        # (batch, length, key heads, queries of each, size): no head of keys or values is copied.
        groups = (self.num_key_value_heads, self.num_query_heads // self.num_key_value_heads, self.head_dim)
        queries = ops.reshape(queries, (batch, length, *groups))
        keys, values = self._key_dense(value if key is None else key), self._value_dense(value)
        scores = ops.einsum("btghd,bsgd->bghts", queries, keys)
        weights = self.weights_of(ops.reshape(scores, (batch, self.num_query_heads, *scores.shape[3:])), mask)
        kept = ops.reshape(self._dropout_layer(weights, training=training), scores.shape)
        result = ops.einsum("bghts,bsgd->btghd", kept, values)
        result = ops.reshape(result, (batch, length, self.num_query_heads, self.head_dim))
        if self.use_gate:
            result = result * ops.sigmoid(self._gate_dense(query))
        output = self._output_dense(result)
        return (output, weights) if return_attention_scores else output

    def _mask(
        self,
        query: Array,
        value: Array,
        query_mask: Any,
        value_mask: Any,
        key_mask: Any,
        attention_mask: Any,
        use_causal_mask: bool,
    ) -> Array | None:
        """All masks as one, which broadcasts to `(batch, heads, queries, keys)`."""
        pairs = as_mask(attention_mask, "attention_mask", 4)
        if pairs is not None and pairs.ndim == 3:
            pairs = pairs[:, None]
        of_queries = as_mask(query_mask, "query_mask", 2)
        of_keys = both(as_mask(value_mask, "value_mask", 2), as_mask(key_mask, "key_mask", 2))
        return both(
            pairs,
            None if of_queries is None else of_queries[:, None, :, None],
            None if of_keys is None else of_keys[:, None, None, :],
            by_place(query.shape[1], value.shape[1], use_causal_mask, self.sliding_window),
        )


GroupQueryAttention = GroupedQueryAttention
"""The public name; the class's own, of which the names of layers are made, is Keras's too."""
