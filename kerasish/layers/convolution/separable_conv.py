"""`SeparableConv1D`, `SeparableConv2D`: each channel alone, and then a mixture of the channels."""

from __future__ import annotations

from typing import Any

from kerasish import constraints, initializers, ops, regularizers
from kerasish.backend.interface import Array, Shape
from kerasish.layers.arguments import whole
from kerasish.layers.convolution.base import SlidingKernel


class SeparableConvolution(SlidingKernel):
    """`activation(pointwise_kernel * (depthwise_kernel * x) + bias)`: a convolution with far fewer weights.

    Args:
        filters: Number of the output's channels.
        depth_multiplier: How many channels the first step makes of each one.
        depthwise_initializer: First value of `depthwise_kernel`: `(*kernel_size, channels, depth_multiplier)`.
        pointwise_initializer: First value of `pointwise_kernel`: `(*ones, channels * depth_multiplier, filters)`.
        depthwise_regularizer: A penalty on `depthwise_kernel`, added to the loss.
        pointwise_regularizer: A penalty on `pointwise_kernel`.
        depthwise_constraint: Applied to `depthwise_kernel` after each step of the optimizer.
        pointwise_constraint: Applied to `pointwise_kernel` likewise.
        kernel_size, strides, padding, data_format, dilation_rate, and the others: as for `Conv2D`.

    Shapes:
        x: `(batch, *spatial, channels)`.
        returns: `(batch, *new spatial, filters)`.

    Source: Chollet, 2016, https://arxiv.org/abs/1610.02357
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
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
        self.filters = whole(filters, "filters", type(self).__name__)
        self.depth_multiplier = whole(depth_multiplier, "depth_multiplier", type(self).__name__)
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.pointwise_initializer = initializers.get(pointwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.pointwise_regularizer = regularizers.get(pointwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)
        self.pointwise_constraint = constraints.get(pointwise_constraint)

    def build(self, input_shape: Shape) -> None:
        channels = self._demand_channels(input_shape)
        self._check_room(input_shape)
        self.depthwise_kernel = self.add_weight(
            (*self.kernel_size, channels, self.depth_multiplier),
            self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
            name="depthwise_kernel",
        )
        self.pointwise_kernel = self.add_weight(
            (*(1,) * self.rank, channels * self.depth_multiplier, self.filters),
            self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
            name="pointwise_kernel",
        )
        self._make_bias(self.filters)

    def call(self, inputs: Array) -> Array:
        self._check_room(inputs.shape)
        x = ops.separable_conv(
            inputs,
            self.depthwise_kernel,
            self.pointwise_kernel,
            self.strides,
            self.padding,
            self.data_format,
            self.dilation_rate,
        )
        return self._finished(x)


class SeparableConv1D(SeparableConvolution):
    """`SeparableConvolution` along the time."""


class SeparableConv2D(SeparableConvolution):
    """`SeparableConvolution` of images.

    Example:
        >>> import numpy as np
        >>> SeparableConv2D(4, 3)(np.zeros((2, 7, 9, 3), "float32")).shape
        (2, 5, 7, 4)
    """

    rank = 2
