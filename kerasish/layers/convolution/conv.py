"""`Conv1D`, `Conv2D`, `Conv3D`: one convolution over any number of axes."""

from __future__ import annotations

from typing import Any

from kerasish import constraints, initializers, ops, regularizers
from kerasish.backend.interface import Array, Shape
from kerasish.layers.arguments import whole
from kerasish.layers.convolution.base import SlidingKernel


class Convolution(SlidingKernel):
    """`activation(kernel * x + bias)`: at each place, the products of the kernel with what lies under it, summed.

    Args:
        filters: Number of the output's channels.
        kernel_size: How far the kernel reaches: a number, or one for each axis.
        strides: How far it moves at each step.
        padding: `"valid"`: only whole places; `"same"`: zeros around, so that at stride 1 the size is kept; in one
            dimension `"causal"`: zeros in front only, so that no output sees what comes later.
        data_format: `"channels_last"` for `(batch, *spatial, channels)`; or `"channels_first"`.
        dilation_rate: How far apart the kernel's elements are.
        groups: Into how many groups, each convolved alone, the channels are divided.
        activation: A function, or its name; by default none.
        use_bias: Whether to add `bias`, a number for each filter.
        kernel_initializer: First value of `kernel`: `(*kernel_size, channels / groups, filters)`.
        bias_initializer: First value of `bias`.
        kernel_regularizer: A penalty on `kernel`, added to the loss.
        bias_regularizer: A penalty on `bias`.
        activity_regularizer: A penalty on the output.
        kernel_constraint: Applied to `kernel` after each step of the optimizer.
        bias_constraint: Applied to `bias` likewise.

    Shapes:
        x: `(batch, *spatial, channels)`.
        returns: `(batch, *new spatial, filters)`.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            bias_initializer,
            bias_regularizer,
            activity_regularizer,
            bias_constraint,
            **kwargs,
        )
        owner = type(self).__name__
        self.filters = whole(filters, "filters", owner)
        self.groups = whole(groups, "groups", owner)
        if self.filters % self.groups:
            raise ValueError(f"{owner}'s groups must divide its filters; got groups={groups}, filters={filters}.")
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)

    def build(self, input_shape: Shape) -> None:
        channels = self._demand_channels(input_shape)
        self._check_room(input_shape)
        if channels % self.groups:
            raise ValueError(
                f"Layer {self.name!r} divides channels into {self.groups} groups; its input has {channels} channels."
            )
        self.kernel = self.add_weight(
            (*self.kernel_size, channels // self.groups, self.filters),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self._make_bias(self.filters)

    def call(self, inputs: Array) -> Array:
        self._check_room(inputs.shape)
        x = ops.conv(inputs, self.kernel, self.strides, self.padding, self.data_format, self.dilation_rate)
        return self._finished(x)


class Conv1D(Convolution):
    """`Convolution` along the time.

    Example:
        >>> import numpy as np
        >>> Conv1D(4, 3, padding="causal")(np.zeros((2, 7, 5), "float32")).shape
        (2, 7, 4)
    """

    paddings = ("valid", "same", "causal")


class Conv2D(Convolution):
    """`Convolution` of images.

    Example:
        >>> import numpy as np
        >>> Conv2D(4, 3, strides=2)(np.zeros((2, 7, 9, 3), "float32")).shape
        (2, 3, 4, 4)
    """

    rank = 2


class Conv3D(Convolution):
    """`Convolution` of volumes.

    Example:
        >>> import numpy as np
        >>> Conv3D(4, 2)(np.zeros((1, 3, 3, 3, 1), "float32")).shape
        (1, 2, 2, 2, 4)
    """

    rank = 3
