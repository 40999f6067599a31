"""`Softmax`: scores to probabilities."""

from __future__ import annotations

from typing import Any

from kerasish import activations, ops
from kerasish.backend.interface import Array, Shape
from kerasish.layers.arguments import axes_of
from kerasish.layers.layer import Layer


class Softmax(Layer):
    """`exp(x) / sum(exp(x))` along an axis, over what the mask lets through; 0 elsewhere.

    Args:
        axis: One axis, or several, over which the probabilities sum to 1.

    Shapes:
        x: any.
        mask: that of `x`, or of its first axes. Where nothing is let through, all is 0.
        returns: that of `x`.

    Example:
        >>> import numpy as np
        >>> x, mask = np.zeros((1, 3), "float32"), np.array([[True, True, False]])
        >>> np.asarray(Softmax()(x, mask=mask))
        array([[0.5, 0.5, 0. ]], dtype=float32)
    """

    supports_masking = True

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis if isinstance(axis, int) else list(axis)

    def build(self, input_shape: Shape) -> None:
        self.mixes_samples = 0 in axes_of(self.axis, len(input_shape), "Softmax")

    def call(self, inputs: Array, mask: Array | None = None) -> Array:
        axis = self.axis if isinstance(self.axis, int) else tuple(self.axis)
        if mask is None:
            return activations.softmax(inputs, axis=axis)
        counts: Array = ops.cast(mask, "bool")
        counts = ops.reshape(counts, (*counts.shape, *(1,) * (inputs.ndim - counts.ndim)))
        # A finite number: a row without any True would be NaN, and so would its gradient.
        least = ops.full_like(inputs, -3e4 if str(inputs.dtype) == "float16" else -1e30)
        chosen = activations.softmax(ops.where(counts, inputs, least), axis=axis)
        return ops.where(counts, chosen, ops.zeros_like(chosen))
