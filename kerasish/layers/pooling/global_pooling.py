"""Global pooling: one number for each channel."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend import standardize_data_format
from kerasish.backend.interface import Array
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.layer import Layer


class GlobalPooling(Layer):
    """One number for each channel, over all of space or time.

    Args:
        data_format: Where the channels are.
        keepdims: Whether the spatial axes stay, with size 1.

    Shapes:
        x: `(batch, *spatial, channels)`.
        returns: `(batch, channels)`.
    """

    rank = 1

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def axes(self) -> tuple[int, ...]:
        """The spatial axes."""
        first = 2 if self.data_format == "channels_first" else 1
        return tuple(range(first, first + self.rank))


class GlobalMaxPooling1D(GlobalPooling):
    """The greatest number of each channel over time. Arguments as for `GlobalPooling`."""

    def call(self, inputs: Array) -> Array:
        return ops.max(inputs, axis=self.axes, keepdims=self.keepdims)


class GlobalMaxPooling2D(GlobalMaxPooling1D):
    """The greatest number of each channel of an image. Arguments as for `GlobalPooling`.

    Example:
        >>> import numpy as np
        >>> GlobalMaxPooling2D()(np.zeros((2, 5, 5, 3), "float32")).shape
        (2, 3)
    """

    rank = 2


class GlobalMaxPooling3D(GlobalMaxPooling1D):
    """The greatest number of each channel of a volume. Arguments as for `GlobalPooling`."""

    rank = 3


class GlobalAveragePooling2D(GlobalPooling):
    """The mean of each channel of an image. Arguments as for `GlobalPooling`.

    Example:
        >>> import numpy as np
        >>> GlobalAveragePooling2D(keepdims=True)(np.zeros((2, 5, 5, 3), "float32")).shape
        (2, 1, 1, 3)
    """

    rank = 2

    def call(self, inputs: Array) -> Array:
        return ops.mean(inputs, axis=self.axes, keepdims=self.keepdims)


class GlobalAveragePooling3D(GlobalAveragePooling2D):
    """The mean of each channel of a volume. Arguments as for `GlobalPooling`."""

    rank = 3


class GlobalAveragePooling1D(GlobalPooling):
    """The mean of each channel over the steps that are not masked. Arguments as for `GlobalPooling`.

    Where all steps of a sample are masked, the mean is 0 (in Keras, NaN).
    """

    supports_masking = True

    def call(self, inputs: Array, mask: Array | None = None) -> Array:
        if mask is None:
            return ops.mean(inputs, axis=self.axes, keepdims=self.keepdims)
        counts = ops.expand_dims(ops.cast(mask, "bool"), 1 if self.data_format == "channels_first" else 2)
        total = ops.sum(ops.where(counts, inputs, ops.zeros_like(inputs)), axis=self.axes, keepdims=self.keepdims)
        number = ops.sum(ops.cast(counts, "float32"), axis=self.axes, keepdims=self.keepdims)
        return total / ops.cast(ops.maximum(number, 1.0), total.dtype)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
        return None
