"""`Flatten`: everything but the batch on one axis."""

from __future__ import annotations

import math
from typing import Any

from kerasish import ops
from kerasish.backend import standardize_data_format
from kerasish.backend.interface import Array
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.layer import Layer


class Flatten(Layer):
    """All axes but the first as one.

    Args:
        data_format: `"channels_first"`: axis 1 is moved to the end before, so that the order is that of channels last.

    Shapes:
        x: `(batch, ...)`.
        returns: `(batch, product of the others)`.

    Example:
        >>> import numpy as np
        >>> Flatten()(np.zeros((2, 3, 4), "float32")).shape
        (2, 12)
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Array) -> Array:
        if self.data_format == "channels_first" and inputs.ndim > 1:
            inputs = ops.moveaxis(inputs, 1, -1)
        return ops.reshape(inputs, (inputs.shape[0], math.prod(inputs.shape[1:])))
