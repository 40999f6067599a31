"""`Attention` and `AdditiveAttention`: values, averaged with weights that say how well keys answer a query."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish import ops, random
from kerasish.backend.interface import Array
from kerasish.core.random import SeedGenerator
from kerasish.layers.arguments import fraction, one_of
from kerasish.layers.attention.masks import both, causal
from kerasish.layers.layer import Layer


class Attention(Layer):
    """`softmax(scores) @ value`, where the scores are `scale * query @ key.T`.

    With `score_mode="concat"` they are `concat_score_weight * sum(tanh(scale * (query + key)))`.

    Args:
        use_scale: Whether the scores are multiplied by `scale`, a number that is learned.
        score_mode: `"dot"` or `"concat"`.
        dropout: The fraction of the attention weights that is dropped while training.
        seed: Makes the dropout repeatable.

    Shapes:
        inputs: `[query, value]` or `[query, value, key]`: `(batch, queries, size)`, `(batch, keys, size)` twice.
        mask: `[query_mask, value_mask]`: `(batch, queries)` and `(batch, keys)`, or None for either. Where the query's
            is False the output is zero; where the value's is False nothing is looked at.
        returns: `(batch, queries, size)`; with `return_attention_scores` the weights too, `(batch, queries, keys)`.

    Raises:
        ValueError: the inputs, or the masks, aren't a list of two or three.

    Example:
        >>> import numpy as np
        >>> query, value = np.ones((2, 3, 4), "float32"), np.ones((2, 5, 4), "float32")
        >>> Attention()([query, value], use_causal_mask=True).shape
        (2, 3, 4)

    Source: Luong et al., 2015, https://arxiv.org/abs/1508.04025
    """

    supports_masking = True

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.use_scale = use_scale
        self.score_mode = one_of(score_mode, ("dot", "concat"), "score_mode", kind)
        self.dropout = fraction(dropout, "dropout", kind)
        self.seed = seed
        if self.dropout > 0:
            self.seed_generator = SeedGenerator(seed)

    def build(self, input_shape: Any) -> None:
        self._check_inputs(input_shape)
        self.scale = self.concat_score_weight = None
        if self.use_scale:
            self.scale = self.add_weight((), "ones", name="scale")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight((), "ones", name="concat_score_weight")

    def scores(self, query: Array, key: Array) -> Array:
        """How well each key answers each query: `(batch, queries, keys)`."""
        if self.score_mode == "dot":
            scores = ops.matmul(query, ops.swapaxes(key, 1, 2))
            return scores if self.scale is None else scores * self.scale
        sums = query[:, :, None, :] + key[:, None, :, :]
        sums = sums if self.scale is None else sums * self.scale
        return self.concat_score_weight * ops.sum(ops.tanh(sums), axis=-1)

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: bool | None = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        self._check_inputs(inputs)
        query, value = inputs[:2]
        key = inputs[2] if len(inputs) == 3 else value
        of_queries, of_values = self._masks(mask)
        scores = self.scores(query, key)
        seen = both(
            None if of_values is None else of_values[:, None, :],
            causal(*scores.shape[1:])[None] if use_causal_mask else None,
        )
        weights = ops.softmax(_masked(scores, seen))
        if training and self.dropout > 0:
            weights = random.dropout(weights, self.dropout, seed=self.seed_generator)
        weights = ops.cast(weights, self.compute_dtype)
        result = ops.matmul(weights, value)
        if of_queries is not None:
            result = result * ops.cast(of_queries, result.dtype)[:, :, None]
        return (result, weights) if return_attention_scores else result

    def _check_inputs(self, inputs: Any) -> None:
        if not isinstance(inputs, list | tuple) or len(inputs) not in (2, 3):
            raise ValueError(f"{self.name!r} must be called on a list: [query, value] or [query, value, key].")

    def _masks(self, mask: Any) -> tuple[Any, Any]:
        if mask is None:
            return None, None
        if not isinstance(mask, list | tuple) or len(mask) not in (2, 3):
            raise ValueError(
                f"The mask of {self.name!r} must be a list: [query_mask, value_mask], with None for a missing one."
            )
        return tuple(None if m is None else ops.cast(m, "bool") for m in mask[:2])  # pyright: ignore[reportReturnType]

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The query's mask."""
        return None if previous_mask is None else self._masks(previous_mask)[0]


def _masked(scores: Array, seen: Array | None) -> Array:
    """Scores in 32 bits at least, very low where nothing may be seen: finite, so that an empty row is no NaN."""
    if str(scores.dtype) in ("float16", "bfloat16"):
        scores = ops.cast(scores, "float32")
    return scores if seen is None else ops.where(seen, scores, ops.cast(np.float32(-1e30), scores.dtype))


class AdditiveAttention(Attention):
    """`softmax(sum(scale * tanh(query + key))) @ value`.

    Args:
        use_scale: Whether `scale`, a vector that is learned, multiplies the features.
        dropout: The fraction of the attention weights that is dropped while training.
        seed: Makes the dropout repeatable.

    Shapes: as `Attention`.

    Example:
        >>> import numpy as np
        >>> query, value = np.ones((2, 3, 4), "float32"), np.ones((2, 5, 4), "float32")
        >>> AdditiveAttention()([query, value]).shape
        (2, 3, 4)

    Source: Bahdanau, Cho and Bengio, 2015, https://arxiv.org/abs/1409.0473
    """

    unwritten = {"score_mode": ...}

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(use_scale=use_scale, dropout=dropout, **kwargs)

    def build(self, input_shape: Any) -> None:
        self._check_inputs(input_shape)
        self.scale = self.add_weight((input_shape[0][-1],), "glorot_uniform", name="scale") if self.use_scale else None

    def scores(self, query: Array, key: Array) -> Array:
        sums = ops.tanh(query[:, :, None, :] + key[:, None, :, :])
        return ops.sum(sums if self.scale is None else sums * self.scale, axis=-1)
