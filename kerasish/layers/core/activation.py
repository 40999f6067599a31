"""`Activation`: a function of each element as a layer."""

from __future__ import annotations

from typing import Any

from kerasish import activations
from kerasish.backend.interface import Array
from kerasish.layers.layer import Layer


class Activation(Layer):
    """`activation(x)`.

    Args:
        activation: A function, or its name.

    Shapes: the output's is the input's.

    Example:
        >>> import numpy as np
        >>> np.asarray(Activation("relu")(np.array([-1.0, 2.0], "float32")))
        array([0., 2.], dtype=float32)
    """

    supports_masking = True

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs: Array) -> Array:
        return self.activation(inputs)
