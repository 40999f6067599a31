"""`AdaptivePooling`: as many windows as wanted, whatever the size of the input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kerasish import ops
from kerasish.backend import standardize_data_format
from kerasish.backend.interface import Array
from kerasish.layers.arguments import sizes
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.layer import Layer


class AdaptivePooling(Layer):
    """One number for each of `output_size` windows, which are as large as the input demands, and may overlap.

    Window `i` of an axis of `n` elements is `floor(i * n / size)` up to, without, `ceil((i + 1) * n / size)`.

    Args:
        output_size: How many windows: a number, or one for each axis.
        data_format: Where the channels are.

    Shapes:
        x: `(batch, *spatial, channels)`.
        returns: `(batch, *output_size, channels)`.
    """

    rank = 1
    pool: Callable[..., Array]

    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.output_size = sizes(output_size, self.rank, "output_size", type(self).__name__)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Array) -> Array:
        return type(self).pool(inputs, self.output_size, self.data_format)


class AdaptiveAveragePooling1D(AdaptivePooling):
    """The mean of each window of time. Arguments as for `AdaptivePooling`.

    Example:
        >>> import numpy as np
        >>> AdaptiveAveragePooling1D(3)(np.zeros((2, 7, 5), "float32")).shape
        (2, 3, 5)
    """

    pool = staticmethod(ops.adaptive_average_pool)


class AdaptiveAveragePooling2D(AdaptiveAveragePooling1D):
    """The mean of each window of an image. Arguments as for `AdaptivePooling`."""

    rank = 2


class AdaptiveAveragePooling3D(AdaptiveAveragePooling1D):
    """The mean of each window of a volume. Arguments as for `AdaptivePooling`."""

    rank = 3


class AdaptiveMaxPooling1D(AdaptivePooling):
    """The greatest number in each window of time. Arguments as for `AdaptivePooling`.

    Example:
        >>> import numpy as np
        >>> np.asarray(AdaptiveMaxPooling1D(2)(np.array([[[1.0], [3.0], [2.0]]], "float32")))[0, :, 0]
        array([3., 3.], dtype=float32)
    """

    pool = staticmethod(ops.adaptive_max_pool)


class AdaptiveMaxPooling2D(AdaptiveMaxPooling1D):
    """The greatest number in each window of an image. Arguments as for `AdaptivePooling`."""

    rank = 2


class AdaptiveMaxPooling3D(AdaptiveMaxPooling1D):
    """The greatest number in each window of a volume. Arguments as for `AdaptivePooling`."""

    rank = 3
