"""What all convolutions have in common: arguments, their checks, the bias."""

from __future__ import annotations

from typing import Any

from kerasish import activations, constraints, initializers, ops, regularizers
from kerasish.backend import standardize_data_format
from kerasish.backend.interface import Array, Shape
from kerasish.core.variable import Variable
from kerasish.layers.arguments import one_of, sizes
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.layer import Layer


class SlidingKernel(Layer):
    """A kernel that slides over `rank` spatial axes. Subclasses make the kernel and slide it."""

    rank = 1
    paddings: tuple[str, ...] = ("valid", "same")

    def __init__(
        self,
        kernel_size: Any,
        strides: Any,
        padding: str,
        data_format: str | None,
        dilation_rate: Any,
        activation: Any,
        use_bias: bool,
        bias_initializer: Any,
        bias_regularizer: Any,
        activity_regularizer: Any,
        bias_constraint: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        owner = type(self).__name__
        self.kernel_size = sizes(kernel_size, self.rank, "kernel_size", owner)
        self.strides = sizes(strides, self.rank, "strides", owner)
        self.padding = one_of(padding, self.paddings, "padding", owner)
        self.data_format = standardize_data_format(data_format)
        self.dilation_rate = sizes(dilation_rate, self.rank, "dilation_rate", owner)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"{owner} takes strides or dilation_rate above 1, not both; got {strides!r}, {dilation_rate!r}."
            )
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.bias_initializer = initializers.get(bias_initializer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.bias_constraint = constraints.get(bias_constraint)
        self.bias: Variable | None = None
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def channel_axis(self) -> int:
        """Where the channels of the input are."""
        return 1 if self.data_format == "channels_first" else -1

    def _demand_channels(self, input_shape: Shape) -> int:
        """The number of channels, which the inputs must have from now on."""
        if len(input_shape) != self.rank + 2:
            raise ValueError(
                f"The input of layer {self.name!r} must have {self.rank + 2} axes, got {len(input_shape)}: it is "
                f"{tuple(input_shape)}."
            )
        channels = input_shape[self.channel_axis]
        if channels is None:
            raise ValueError(f"Layer {self.name!r} needs to know the number of channels; its input is {input_shape}.")
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self.channel_axis: channels})
        return channels

    def _make_bias(self, size: int) -> None:
        if self.use_bias:
            self.bias = self.add_weight(
                (size,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )

    def _finished(self, x: Array) -> Array:
        """`activation(x + bias)`."""
        if self.bias is not None:
            last = self.data_format == "channels_last"
            x = ops.add(x, self.bias if last else ops.reshape(self.bias, (1, -1, *(1,) * self.rank)))
        return self.activation(x)

    def _check_room(self, shape: Shape) -> None:
        """Raise if the kernel is greater than the input."""
        if self.padding != "valid":
            return
        spatial = shape[2:] if self.data_format == "channels_first" else shape[1:-1]
        reach = [(k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation_rate, strict=True)]
        if any(n is not None and n < r for n, r in zip(spatial, reach, strict=True)):
            raise ValueError(
                f"Layer {self.name!r} has a kernel that covers {tuple(reach)}, more than its input of shape "
                f"{tuple(shape)} has: use a smaller kernel, or padding='same'."
            )
