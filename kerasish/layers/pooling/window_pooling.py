"""`MaxPooling` and `AveragePooling`: one number for each window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kerasish import ops
from kerasish.backend import standardize_data_format
from kerasish.backend.interface import Array
from kerasish.layers.arguments import one_of, sizes
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.layer import Layer


class Pooling(Layer):
    """One number for each window and channel.

    Args:
        pool_size: Size of a window: a number, or one for each axis.
        strides: How far apart the windows are; by default they touch.
        padding: `"valid"`: only whole windows; `"same"`: windows reach over the edge, where nothing counts.
        data_format: Where the channels are.

    Shapes:
        x: `(batch, *spatial, channels)`.
        returns: `(batch, *windows, channels)`.
    """

    rank = 1
    pool: Callable[..., Array]

    def __init__(
        self,
        pool_size: Any,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        owner = type(self).__name__
        self.pool_size = sizes(pool_size, self.rank, "pool_size", owner)
        self.strides = self.pool_size if strides is None else sizes(strides, self.rank, "strides", owner)
        self.padding = one_of(padding, ("valid", "same"), "padding", owner)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Array) -> Array:
        return type(self).pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)


class MaxPooling(Pooling):
    """The greatest number in each window. Arguments as for `Pooling`."""

    pool = staticmethod(ops.max_pool)

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


class MaxPooling1D(MaxPooling):
    """`MaxPooling` along the time.

    Example:
        >>> import numpy as np
        >>> np.asarray(MaxPooling1D()(np.array([[[1.0], [3.0], [2.0], [0.0]]], "float32")))[0, :, 0]
        array([3., 2.], dtype=float32)
    """


class MaxPooling2D(MaxPooling):
    """`MaxPooling` of images.

    Example:
        >>> import numpy as np
        >>> MaxPooling2D(2, padding="same")(np.zeros((1, 5, 5, 3), "float32")).shape
        (1, 3, 3, 3)
    """

    rank = 2


class MaxPooling3D(MaxPooling):
    """`MaxPooling` of volumes."""

    rank = 3


class AveragePooling(Pooling):
    """The mean of each window; beyond the edge nothing counts. Arguments as for `Pooling`."""

    pool = staticmethod(ops.average_pool)


class AveragePooling1D(AveragePooling):
    """`AveragePooling` along the time.

    Example:
        >>> import numpy as np
        >>> np.asarray(AveragePooling1D(2)(np.array([[[1.0], [3.0], [2.0], [0.0]]], "float32")))[0, :, 0]
        array([2., 1.], dtype=float32)
    """


class AveragePooling2D(AveragePooling):
    """`AveragePooling` of images."""

    rank = 2


class AveragePooling3D(AveragePooling):
    """`AveragePooling` of volumes."""

    rank = 3
