"""`DepthwiseConv1D`, `DepthwiseConv2D`: each channel convolved alone."""

from __future__ import annotations

from typing import Any

from kerasish import constraints, initializers, ops, regularizers
from kerasish.backend.interface import Array, Shape
from kerasish.layers.arguments import whole
from kerasish.layers.convolution.base import SlidingKernel


class DepthwiseConvolution(SlidingKernel):
    """Each channel convolved with kernels of its own: `activation(kernel * x + bias)`.

    Args:
        depth_multiplier: How many kernels, and so output channels, each channel has.
        depthwise_initializer: First value of `kernel`: `(*kernel_size, channels, depth_multiplier)`.
        depthwise_regularizer: A penalty on `kernel`, added to the loss.
        depthwise_constraint: Applied to `kernel` after each step of the optimizer.
        kernel_size, strides, padding, data_format, dilation_rate, and the others: as for `Conv2D`.

    Shapes:
        x: `(batch, *spatial, channels)`.
        returns: `(batch, *new spatial, channels * depth_multiplier)`.
    """

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
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
        self.depth_multiplier = whole(depth_multiplier, "depth_multiplier", type(self).__name__)
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)

    def build(self, input_shape: Shape) -> None:
        channels = self._demand_channels(input_shape)
        self._check_room(input_shape)
        self.kernel = self.add_weight(
            (*self.kernel_size, channels, self.depth_multiplier),
            self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
            name="kernel",
        )
        self._make_bias(channels * self.depth_multiplier)

    def call(self, inputs: Array) -> Array:
        self._check_room(inputs.shape)
        x = ops.depthwise_conv(inputs, self.kernel, self.strides, self.padding, self.data_format, self.dilation_rate)
        return self._finished(x)


class DepthwiseConv1D(DepthwiseConvolution):
    """`DepthwiseConvolution` along the time."""


class DepthwiseConv2D(DepthwiseConvolution):
    """`DepthwiseConvolution` of images.

    Example:
        >>> import numpy as np
        >>> DepthwiseConv2D(3, depth_multiplier=2)(np.zeros((2, 7, 9, 3), "float32")).shape
        (2, 5, 7, 6)
    """

    rank = 2
