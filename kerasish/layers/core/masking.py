"""`Masking`: marks the steps that do not count."""

from __future__ import annotations

import math
from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array
from kerasish.layers.layer import Layer


class Masking(Layer):
    """Mask the steps whose features all equal `mask_value`, and set them to 0.

    Args:
        mask_value: The number that fills steps which are not there. NaN masks steps of NaN (in Keras, none).

    Shapes:
        x: `(batch, time, features)`.
        returns: the same; its mask is `(batch, time)`.

    Example:
        >>> import numpy as np
        >>> np.asarray(Masking(9.0)(np.array([[[1.0, 9.0], [9.0, 9.0]]], "float32")))
        array([[[1., 9.],
                [0., 0.]]], dtype=float32)
    """

    supports_masking = True

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value

    def _counts(self, x: Array) -> Array:
        missing = ops.isnan(x) if math.isnan(self.mask_value) else ops.equal(x, self.mask_value)
        return ops.logical_not(ops.all(missing, axis=-1))

    def call(self, inputs: Array) -> Array:
        return ops.where(ops.expand_dims(self._counts(inputs), -1), inputs, ops.zeros_like(inputs))

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return self._counts(inputs)
