"""`CategoryEncoding`: category numbers as one-hot, multi-hot or counted rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish import ops
from kerasish.backend.interface import Array
from kerasish.layers.preprocessing.base import PreprocessingLayer, one_of, refuse_sparse
from kerasish.layers.preprocessing.encoding import encode

MODES = ("multi_hot", "one_hot", "count")


class CategoryEncoding(PreprocessingLayer):
    """`[i = x]` for `i` below `num_tokens`; joined over the last axis by `max` or by a sum.

    Numbers outside the range have no column, as in Keras: a compiled program can't raise an error.

    Args:
        num_tokens: How many categories there are.
        output_mode: `"one_hot"`: each number a row; `"multi_hot"`: whether it is among those of the last axis;
            `"count"`: how often.
        sparse: Must be False.

    Shapes:
        x: `(..., n)`, whole numbers.
        returns: `(..., num_tokens)`; `(..., n, num_tokens)` with `"one_hot"`, without `n` if it is 1.

    Example:
        >>> np.asarray(CategoryEncoding(4, output_mode="count")([[0, 1, 1]]))
        array([[1., 2., 0., 0.]], dtype=float32)
    """

    takes_strings = False

    unwritten = {"sparse": ...}

    def __init__(
        self, num_tokens: int | None = None, output_mode: str = "multi_hot", sparse: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        refuse_sparse("CategoryEncoding", sparse=sparse)
        if num_tokens is None or isinstance(num_tokens, bool) or num_tokens < 1:
            raise ValueError(
                f"CategoryEncoding's num_tokens must be a whole number of at least 1; got {num_tokens!r}. If it isn't "
                "known, use IntegerLookup, which finds the categories."
            )
        self.num_tokens = num_tokens
        self.output_mode = one_of("CategoryEncoding", "output_mode", output_mode, MODES)
        self.sparse = False

    def call(self, inputs: Array, count_weights: Array | None = None) -> Array:
        if count_weights is not None and self.output_mode != "count":
            raise ValueError(
                f"count_weights are for output_mode='count'; layer {self.name!r} has {self.output_mode!r}."
            )
        if count_weights is not None and np.shape(count_weights) != np.shape(inputs):
            raise ValueError(
                f"count_weights must have the shape of the input, {np.shape(inputs)}; got {np.shape(count_weights)}."
            )
        ids = ops.cast(inputs, "int32")
        return encode(ids, self.output_mode, self.num_tokens, self.compute_dtype, count_weights)
