"""`ReversibleEmbedding`: a vector for each number, and back to a score for each number."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array
from kerasish.core.dtypes import is_float_dtype, standardize_dtype
from kerasish.layers.core.embedding import Embedding
from kerasish.layers.layer import Layer


class ReversibleEmbedding(Embedding):
    """`embeddings[ids]`; and with `reverse=True` the scores `x @ embeddings.T` of all ids.

    Args:
        input_dim: How many rows the table has: the greatest id and 1.
        output_dim: Size of a row.
        tie_weights: Whether the way back uses the same table, or a matrix `reverse_embeddings` of its own.
        embeddings_initializer: First value of the table, and of that matrix.
        embeddings_regularizer: A penalty on the table, added to the loss.
        embeddings_constraint: Applied to the table after each step of the optimizer.
        mask_zero: Whether id 0 is masked for the layers that follow. Ids must be integers then; scores have no mask.
        reverse_dtype: In which dtype the scores are computed; by default in that of the layer.
        logit_soft_cap: `c` in `c * tanh(scores / c)`, which bounds the scores.

    Shapes:
        inputs: ids, such as `(batch, time)`; or vectors `(..., output_dim)` with `reverse=True`.
        returns: `(*ids, output_dim)`; or `(..., input_dim)`.

    Raises:
        ValueError: an id is a fraction, or does not fit 32 bits.

    Example:
        >>> import numpy as np
        >>> layer = ReversibleEmbedding(10, 4)
        >>> vectors = layer(np.array([[1, 2, 0]]))
        >>> layer(vectors, reverse=True).shape
        (1, 3, 10)

    Source: Press and Wolf, 2016, https://arxiv.org/abs/1608.05859
    """

    also_written = {"quantization_config": None}

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        reverse_dtype: Any = None,
        logit_soft_cap: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer,
            embeddings_regularizer,
            embeddings_constraint,
            mask_zero,
            **kwargs,
        )
        if logit_soft_cap is not None and logit_soft_cap <= 0:
            raise ValueError(f"ReversibleEmbedding's logit_soft_cap must be above 0, or None; got {logit_soft_cap!r}.")
        self.tie_weights = tie_weights
        self.reverse_dtype = None if reverse_dtype is None else standardize_dtype(reverse_dtype)
        self.logit_soft_cap = logit_soft_cap

    def build(self, inputs_shape: Any = None) -> None:
        super().build(inputs_shape)
        if not self.tie_weights:
            self.reverse_embeddings = self.add_weight(
                (self.output_dim, self.input_dim),
                self.embeddings_initializer,
                regularizer=self.embeddings_regularizer,
                constraint=self.embeddings_constraint,
                name="reverse_embeddings",
            )

    def call(self, inputs: Array, reverse: bool = False) -> Array:
        if not reverse:
            return super().call(inputs)
        dtype = self.reverse_dtype or self.compute_dtype
        kernel = ops.transpose(self.embeddings) if self.tie_weights else self.reverse_embeddings
        scores = ops.matmul(ops.cast(inputs, dtype), ops.cast(kernel, dtype))
        if self.logit_soft_cap is None:
            return scores
        return ops.tanh(scores / self.logit_soft_cap) * self.logit_soft_cap

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        # Vectors, on the way back, are no ids.
        return None if is_float_dtype(str(inputs.dtype)) else super().compute_mask(inputs, previous_mask)

    def _prepare(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        reverse = args[1] if len(args) > 1 else kwargs.get("reverse", False)
        return (Layer._prepare if reverse else Embedding._prepare)(self, args, kwargs)
