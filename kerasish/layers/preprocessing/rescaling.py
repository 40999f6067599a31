"""`Rescaling`: another scale and origin."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array
from kerasish.layers.layer import Layer


class Rescaling(Layer):
    """`x * scale + offset`, in floats.

    Args:
        scale: A number, or an array that broadcasts against `x`.
        offset: Likewise.

    Example:
        >>> import numpy as np
        >>> np.asarray(Rescaling(1 / 127.5, offset=-1)(np.array([0, 255], "uint8")))
        array([-1.,  1.], dtype=float32)
    """

    supports_masking = True

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale
        self.offset = offset

    def call(self, inputs: Array) -> Array:
        dtype = self.compute_dtype
        x, scale, offset = (ops.cast(ops.convert_to_tensor(one), dtype) for one in (inputs, self.scale, self.offset))
        return ops.add(ops.multiply(x, scale), offset)
