"""`Embedding`: a vector for each number."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from kerasish import constraints, initializers, ops, regularizers
from kerasish.backend.interface import Array
from kerasish.layers.arguments import refuse_adapters, whole
from kerasish.layers.layer import Layer

GREATEST = 2**31 - 1


class Embedding(Layer):
    """`embeddings[ids]`: the row of a table that each id numbers.

    An id outside the table, a negative one too, gives a row of NaN, in a compiled program as well, where nothing can
    be raised (Keras lets -1 mean the last row). Ids in NumPy arrays are checked: unlike Keras, which rounds and wraps
    them, this layer refuses fractions and numbers that do not fit 32 bits.

    Args:
        input_dim: How many rows the table has: the greatest id and 1.
        output_dim: Size of a row.
        embeddings_initializer: First value of the table.
        embeddings_regularizer: A penalty on the table, added to the loss.
        embeddings_constraint: Applied to the table after each step of the optimizer.
        mask_zero: Whether id 0 stands for no word at all: it is masked for the layers that follow.
        weights: The first value itself: an array `(input_dim, output_dim)`, or a list of that one array.
        lora_rank: Not supported: must be None.
        lora_alpha: Not supported: must be None.
        quantization_config: Not supported: must be None.

    Shapes:
        ids: any, such as `(batch, time)`.
        returns: `(*ids, output_dim)`.

    Raises:
        ValueError: an id is a fraction, or does not fit 32 bits.

    Example:
        >>> Embedding(10, 4)(np.array([[1, 2, 0]])).shape
        (1, 3, 4)
    """

    supports_masking = True

    unwritten = {"weights": ..., "lora_rank": ..., "lora_alpha": ..., "autocast": ...}
    also_written = {"activity_regularizer": None}

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        if kwargs.pop("input_length", None) is not None:
            warnings.warn("Embedding no longer needs `input_length`: leave it out.", stacklevel=2)
        super().__init__(**kwargs)
        refuse_adapters(
            "Embedding", lora_rank=lora_rank, lora_alpha=lora_alpha, quantization_config=quantization_config
        )
        self.input_dim = whole(input_dim, "input_dim", "Embedding")
        self.output_dim = whole(output_dim, "output_dim", "Embedding")
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        self.first_table = None if weights is None else self._table(weights)
        self.quantization_config = quantization_config
        self.autocast = False  # ids given as floats must not lose digits in 16 bits

    def _table(self, weights: Any) -> np.ndarray:
        table = np.asarray(weights[0] if isinstance(weights, list | tuple) and len(weights) == 1 else weights)
        if table.shape != (self.input_dim, self.output_dim):
            raise ValueError(
                f"Embedding's weights must be one array of shape {(self.input_dim, self.output_dim)}; got the shape "
                f"{table.shape}."
            )
        return table

    def build(self, input_shape: Any = None) -> None:
        table = self.first_table
        self.embeddings = self.add_weight(
            (self.input_dim, self.output_dim),
            self.embeddings_initializer if table is None else lambda shape, dtype: table.astype(dtype),
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
            name="embeddings",
        )
        self.first_table = None

    def call(self, inputs: Array) -> Array:
        ids = ops.cast(inputs, "int32")
        ids = ops.where(ids < 0, self.input_dim, ids)  # outside: it must not count from the end
        rows = ops.take(self.embeddings, ids, axis=0)
        return ops.cast(rows, self.compute_dtype)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def _prepare(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        for ids in (*args[:1], kwargs.get("inputs")):
            if isinstance(ids, np.ndarray) and ids.size:
                self._check(ids)
        return super()._prepare(args, kwargs)

    def _check(self, ids: np.ndarray) -> None:
        """Raise for what `cast` would change without a word. Values on a device are not looked at."""
        if ids.dtype.kind == "f" and not (ids == np.floor(ids)).all():
            raise ValueError(
                f"Embedding {self.name!r} takes whole numbers as ids; got {float(ids[ids != np.floor(ids)][0])}."
            )
        if ids.dtype.kind in "fiu" and ids.dtype.itemsize >= 4 and not -GREATEST <= ids.min() <= ids.max() <= GREATEST:
            raise ValueError(
                f"Embedding {self.name!r} takes ids below {self.input_dim}; got ids from {ids.min()} to {ids.max()}, "
                "which do not fit 32 bits."
            )

    def _argument(self, name: str) -> Any:
        return None if name in ("weights", "lora_rank", "lora_alpha") else super()._argument(name)
