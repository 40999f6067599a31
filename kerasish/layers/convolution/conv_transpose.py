"""`Conv1DTranspose`, `Conv2DTranspose`, `Conv3DTranspose`: the way back from what a convolution gives."""

from __future__ import annotations

from typing import Any

from kerasish import constraints, initializers, ops, regularizers
from kerasish.backend.interface import Array, Shape
from kerasish.layers.arguments import sizes, whole
from kerasish.layers.convolution.base import SlidingKernel


class ConvolutionTranspose(SlidingKernel):
    """Each input laid out as a kernel, `strides` apart, and all summed: `activation(sum + bias)`.

    Args:
        filters: Number of the output's channels.
        kernel_size: How far the kernel reaches: a number, or one for each axis.
        strides: How far apart the kernels are laid: how many times larger the output is.
        padding: `"valid"`: all that the kernels reach; `"same"`: the middle, `strides` times as large as the input.
        output_padding: How many outputs more than the least, on one side of each axis; less than `strides`. By default
            so many that the output is `strides` times as large (`ops.conv_transpose` has the formula).
        data_format: `"channels_last"` for `(batch, *spatial, channels)`; or `"channels_first"`.
        dilation_rate: How far apart the kernel's elements are.
        activation: A function, or its name; by default none.
        use_bias: Whether to add `bias`, a number for each filter.
        kernel_initializer: First value of `kernel`: `(*kernel_size, filters, channels)`.
        bias_initializer: First value of `bias`.
        kernel_regularizer: A penalty on `kernel`, added to the loss.
        bias_regularizer: A penalty on `bias`.
        activity_regularizer: A penalty on the output.
        kernel_constraint: Applied to `kernel` after each step of the optimizer.
        bias_constraint: Applied to `bias` likewise.

    Shapes:
        x: `(batch, *spatial, channels)`.
        returns: `(batch, *new spatial, filters)`.

    Source: Dumoulin and Visin, 2016, chapter 4, https://arxiv.org/abs/1603.07285
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Any = 1,
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
        self.output_padding = (
            None if output_padding is None else sizes(output_padding, self.rank, "output_padding", owner, least=0)
        )
        if any(more >= stride for more, stride in zip(self.output_padding or (), self.strides, strict=False)):
            raise ValueError(
                f"{owner}'s output_padding must be less than its strides; got {output_padding!r} and {strides!r}."
            )
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)

    def build(self, input_shape: Shape) -> None:
        channels = self._demand_channels(input_shape)
        self.kernel = self.add_weight(
            (*self.kernel_size, self.filters, channels),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self._make_bias(self.filters)

    def call(self, inputs: Array) -> Array:
        x = ops.conv_transpose(
            inputs,
            self.kernel,
            self.strides,
            self.padding,
            self.output_padding,
            self.data_format,
            self.dilation_rate,
        )
        return self._finished(x)


class Conv1DTranspose(ConvolutionTranspose):
    """`ConvolutionTranspose` along the time.

    Example:
        >>> import numpy as np
        >>> Conv1DTranspose(4, 3, strides=2)(np.zeros((2, 7, 5), "float32")).shape
        (2, 15, 4)
    """


class Conv2DTranspose(ConvolutionTranspose):
    """`ConvolutionTranspose` of images.

    Example:
        >>> import numpy as np
        >>> Conv2DTranspose(4, 3, strides=2, padding="same")(np.zeros((2, 7, 9, 3), "float32")).shape
        (2, 14, 18, 4)
    """

    rank = 2


class Conv3DTranspose(ConvolutionTranspose):
    """`ConvolutionTranspose` of volumes; Keras has its `data_format` before its `output_padding`.

    Example:
        >>> import numpy as np
        >>> Conv3DTranspose(4, 2, strides=2)(np.zeros((1, 3, 3, 3, 1), "float32")).shape
        (1, 6, 6, 6, 4)
    """

    rank = 3

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        output_padding: Any = None,
        dilation_rate: Any = 1,
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
            filters,
            kernel_size,
            strides,
            padding,
            output_padding,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            bias_constraint,
            **kwargs,
        )
