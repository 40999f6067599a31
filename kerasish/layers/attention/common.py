"""What layers of attention with projections have in common: their arguments, their dense layers, their softmax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasish import constraints, initializers, ops, regularizers
from kerasish.backend.interface import Array, Shape
from kerasish.layers.activation.softmax import Softmax
from kerasish.layers.arguments import fraction, whole
from kerasish.layers.core.einsum_dense import EinsumDense
from kerasish.layers.layer import Layer
from kerasish.layers.regularization.dropout import Dropout

LETTERS = "abcdefghijklmnopqrstuvwxyz"


class ProjectedAttention(Layer):
    """Attention on projections. Subclasses write `build` and `call`.

    Args: those that `MultiHeadAttention` and `GroupQueryAttention` share.
    """

    supports_masking = True

    unwritten = {"flash_attention": ...}

    def __init__(
        self,
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
        super().__init__(**kwargs)
        # Of the projections, the last of which makes the output: so the output is counted once, and scores never.
        self.projection_regularizer = regularizers.get(activity_regularizer)
        kind = type(self).__name__
        self.dropout = fraction(dropout, "dropout", kind)
        self.use_bias = use_bias
        self.sliding_window = None if sliding_window is None else whole(sliding_window, "sliding_window", kind)
        if flash_attention and self.dropout:
            raise ValueError(f"{kind} can't drop weights with flash_attention=True: set dropout=0, or leave it out.")
        self.flash_attention = flash_attention
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.use_gate = use_gate
        self.seed = seed

    def _argument(self, name: str) -> Any:
        return self.projection_regularizer if name == "activity_regularizer" else super()._argument(name)

    def dense(self, equation: str, output_shape: Shape, bias_axes: str, name: str, shape: Shape) -> EinsumDense:
        """A projection, built for an input of this shape."""
        layer = EinsumDense(
            equation,
            output_shape,
            bias_axes=bias_axes if self.use_bias else None,
            kernel_initializer=self.kernel_initializer,
            bias_initializer=self.bias_initializer,
            kernel_regularizer=self.kernel_regularizer,
            bias_regularizer=self.bias_regularizer,
            activity_regularizer=self.projection_regularizer,
            kernel_constraint=self.kernel_constraint,
            bias_constraint=self.bias_constraint,
            name=name,
            dtype=self.dtype_policy,
            trainable=self.trainable,
        )
        layer.supports_masking = True  # the mask is used here; the projections only let it pass, without a warning
        layer.build(shape)
        return layer

    def to_heads(self, name: str, shape: Shape, heads: int, size: int) -> EinsumDense:
        """`(batch, ..., features)` to `(batch, ..., heads, size)`."""
        rank = len(shape)
        outer, (feature, head, one) = LETTERS[: rank - 1], LETTERS[rank - 1 : rank + 2]
        equation = f"{outer}{feature},{feature}{head}{one}->{outer}{head}{one}"
        return self.dense(equation, (*(None,) * (rank - 2), heads, size), head + one, name, shape)

    def from_heads(self, shape: Shape, heads: int, size: int, sizes: Sequence[int | None]) -> EinsumDense:
        """`(batch, ..., heads, size)` to `(batch, ..., *sizes)`; `shape` is the query's."""
        rank = len(shape)
        outer, (head, one) = LETTERS[: rank - 1], LETTERS[rank - 1 : rank + 1]
        last = LETTERS[rank + 1 : rank + 1 + len(sizes)]
        equation = f"{outer}{head}{one},{head}{one}{last}->{outer}{last}"
        inner = (*shape[:-1], heads, size)
        return self.dense(equation, (*(None,) * (rank - 2), *sizes), last, "attention_output", inner)

    def add_softmax(self, axes: int = 1) -> None:
        """The layers between scores and weights. The softmax is computed in 32 bits at least."""
        wide = "float32" if self.compute_dtype in ("float16", "bfloat16") else self.dtype_policy
        self._softmax = Softmax(axis=-1 if axes == 1 else tuple(range(-axes, 0)), dtype=wide)
        self._dropout_layer = Dropout(self.dropout, seed=self.seed, dtype=self.dtype_policy)

    def weights_of(self, scores: Array, mask: Array | None) -> Array:
        """Scores to weights, which add up to 1; a query that may see nothing has zeros."""
        if mask is not None:
            mask = ops.broadcast_to(mask, tuple(scores.shape))
        return ops.cast(self._softmax(scores, mask=mask), self.compute_dtype)
