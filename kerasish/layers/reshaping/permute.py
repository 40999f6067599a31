"""`Permute`: the axes in another order."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.layer import Layer


class Permute(Layer):
    """The axes of each sample in another order.

    Args:
        dims: The axes that the output's axes are, counted from 1: the batch stays where it is.

    Example:
        >>> import numpy as np
        >>> Permute((2, 1))(np.zeros((5, 2, 3), "float32")).shape
        (5, 3, 2)
    """

    def __init__(self, dims: tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                f"Permute's dims must be the numbers from 1 to {len(self.dims)} in some order; got {dims!r}."
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Array) -> Array:
        return ops.transpose(inputs, (0, *self.dims))
