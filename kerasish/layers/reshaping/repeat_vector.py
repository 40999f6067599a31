"""`RepeatVector`: the same vector at several steps."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array
from kerasish.layers.arguments import whole
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.layer import Layer


class RepeatVector(Layer):
    """Each sample `n` times, along a new axis.

    Args:
        n: How many times.

    Shapes:
        x: `(batch, features)`.
        returns: `(batch, n, features)`.

    Example:
        >>> import numpy as np
        >>> RepeatVector(3)(np.zeros((2, 5), "float32")).shape
        (2, 3, 5)
    """

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n = whole(n, "n", "RepeatVector")
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Array) -> Array:
        batch, features = inputs.shape
        return ops.broadcast_to(ops.expand_dims(inputs, 1), (batch, self.n, features))  # NumPy copies nothing
