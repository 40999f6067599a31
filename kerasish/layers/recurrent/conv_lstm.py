"""`ConvLSTM1D`, `ConvLSTM2D`, `ConvLSTM3D`: an LSTM of lines, images or volumes, which convolves."""

from __future__ import annotations

import math
from typing import Any

from kerasish import ops
from kerasish.backend import standardize_data_format
from kerasish.backend.interface import Array, Shape
from kerasish.layers.arguments import one_of, sizes
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.recurrent.cell import States, dropped
from kerasish.layers.recurrent.flat import FlatRNN, of_cell
from kerasish.layers.recurrent.lstm import LSTMCell


class ConvLSTMCell(LSTMCell):
    """One step of `ConvLSTM`, whose arguments it has; `rank` is the number of spatial axes.

    Shapes:
        inputs: `(batch, *spatial, channels)`.
        states: `[h, c]`, each as the output.
        returns: output `(batch, *new spatial, filters)`, new states.
    """

    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(filters, **kwargs)
        owner = f"ConvLSTM{rank}D"
        self.rank = rank
        self.filters = self.units
        self.kernel_size = sizes(kernel_size, rank, "kernel_size", owner)
        self.strides = sizes(strides, rank, "strides", owner)
        self.padding = one_of(padding, ("valid", "same"), "padding", owner)
        self.data_format = standardize_data_format(data_format)
        self.dilation_rate = sizes(dilation_rate, rank, "dilation_rate", owner)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"{owner} takes strides or dilation_rate above 1, not both; got {strides!r}, {dilation_rate!r}."
            )
        self.state_shape: tuple[int, ...] = ()

    @property
    def channel_axis(self) -> int:
        """Where the channels are."""
        return -1 if self.data_format == "channels_last" else -1 - self.rank

    def build(self, input_shape: Shape) -> None:
        *spatial, channels = input_shape[1:] if self.channel_axis == -1 else (*input_shape[2:], input_shape[1])
        if channels is None or None in spatial:
            raise ValueError(
                f"{self.name!r} keeps states of the size of its inputs, so it needs to know all sizes but time and "
                f"batch; a step of its input has the shape {tuple(input_shape)}."
            )
        inner = [self._steps(n, axis) for axis, n in enumerate(spatial)]  # pyright: ignore[reportArgumentType]
        if min(inner) < 1:
            raise ValueError(
                f"{self.name!r} has a kernel of size {self.kernel_size}, more than its input of shape "
                f"{tuple(input_shape)} has: use a smaller kernel, or padding='same'."
            )
        self.state_shape = (*inner, self.filters) if self.channel_axis == -1 else (self.filters, *inner)
        self.kernel = self.add_weight(
            (*self.kernel_size, channels, 4 * self.filters),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.recurrent_kernel = self.add_weight(
            (*self.kernel_size, self.filters, 4 * self.filters),
            self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
            name="recurrent_kernel",
        )
        self.bias = self._add_bias() if self.use_bias else None

    def _steps(self, size: int, axis: int) -> int:
        """How many outputs there are for `size` inputs along an axis."""
        reach = (self.kernel_size[axis] - 1) * self.dilation_rate[axis] + 1 if self.padding == "valid" else 1
        return (size - reach) // self.strides[axis] + 1

    def get_initial_state(self, batch_size: int | None = None) -> States:
        return [ops.zeros((batch_size, *self.state_shape), self.compute_dtype) for _ in range(2)]

    def thinned(self, inputs: Array, training: bool | None) -> Array:
        inputs = ops.cast(inputs, self.compute_dtype)
        if training and self.dropout:
            inputs = inputs * self._kept(tuple(inputs.shape[-2 - self.rank :]), self.dropout)
        return inputs

    def projected(self, inputs: Array, training: bool | None) -> tuple[Array, Array | None]:
        lead = tuple(inputs.shape[: -1 - self.rank])
        kept = None
        if training and self.recurrent_dropout:
            kept = self._kept((lead[-1], *self.state_shape), self.recurrent_dropout)
        flat = ops.reshape(inputs, (math.prod(lead), *inputs.shape[-1 - self.rank :]))
        x = ops.conv(flat, self.kernel, self.strides, self.padding, self.data_format, self.dilation_rate)
        if self.bias is not None:
            last = self.channel_axis == -1
            x = ops.add(x, self.bias if last else ops.reshape(self.bias, (-1, *(1,) * self.rank)))
        return ops.reshape(x, (*lead, *x.shape[1:])), kept

    def step(self, x: Array, states: States, kept: Array | None) -> States:
        h, c = states
        h = ops.conv(dropped(h, kept), self.recurrent_kernel, 1, "same", self.data_format)
        return self.remembered(x + h, c, self.channel_axis)


class ConvLSTM(FlatRNN):
    """A long short-term memory of `rank` spatial axes: `c = f * c + i * activation(g)`, `h = o * activation(c)`.

    `i, f, g, o` are the channels of `conv(x, kernel) + conv(h, recurrent_kernel) + bias`, and `recurrent_activation`
    of `i`, `f` and `o`.

    Args:
        filters: Number of the output's channels, and of the memory's.
        kernel_size: How far both kernels reach: a number, or one for each axis.
        strides: How far `kernel` moves at each step.
        padding: `"valid"` or `"same"`, for `kernel`; for `recurrent_kernel` always `"same"`.
        data_format: `"channels_last"` for `(batch, time, *spatial, channels)`; or `"channels_first"`.
        dilation_rate: How far apart the elements of `kernel` are.
        activation: Of what enters the memory and what leaves it.
        recurrent_activation: Of the gates.
        dropout: The fraction of the input's elements dropped while training, the same at every step.
        recurrent_dropout: The fraction of the state's elements dropped likewise.
        return_sequences: As for `RNN`; so are `return_state`, `go_backwards`, `stateful`, and (by name) `unroll` and
            `zero_output_for_mask`. The others: as for `LSTM`.

    Shapes:
        sequences: `(batch, time, *spatial, channels)`; the spatial sizes must be known.
        returns: `(batch, *new spatial, filters)`, or with time; the states `h` and `c` have that shape too.

    Source: Shi et al., 2015, equation 3 without the peepholes, https://arxiv.org/abs/1506.04214
    """

    rank = 1
    filters = of_cell("filters")
    kernel_size = of_cell("kernel_size")
    strides = of_cell("strides")
    padding = of_cell("padding")
    data_format = of_cell("data_format")
    dilation_rate = of_cell("dilation_rate")
    recurrent_activation = of_cell("recurrent_activation")
    unit_forget_bias = of_cell("unit_forget_bias")

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        **kwargs: Any,
    ) -> None:
        cell = ConvLSTMCell(
            self.rank,
            filters,
            kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            unit_forget_bias=unit_forget_bias,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            name="conv_lstm_cell",
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.input_spec = InputSpec(ndim=self.rank + 3)


class ConvLSTM1D(ConvLSTM):
    """`ConvLSTM` of lines.

    Example:
        >>> import numpy as np
        >>> ConvLSTM1D(3, 2)(np.ones((2, 4, 6, 1), "float32")).shape
        (2, 5, 3)
    """


class ConvLSTM2D(ConvLSTM):
    """`ConvLSTM` of images.

    Example:
        >>> import numpy as np
        >>> ConvLSTM2D(3, 2, padding="same", return_sequences=True)(np.ones((2, 4, 6, 5, 1), "float32")).shape
        (2, 4, 6, 5, 3)
    """

    rank = 2


class ConvLSTM3D(ConvLSTM):
    """`ConvLSTM` of volumes."""

    rank = 3
