"""`LSTM`: a recurrence with a memory, which gates let in, keep and let out."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish import activations, initializers, ops
from kerasish.backend import engine
from kerasish.backend.interface import Array, Shape
from kerasish.layers.recurrent.cell import RecurrentCell, States, dropped
from kerasish.layers.recurrent.flat import FlatRNN, of_cell


class LSTMCell(RecurrentCell):
    """One step of a long short-term memory: `c = f * c + i * activation(g)`, `h = o * activation(c)`.

    `i, f, g, o = x @ kernel + h @ recurrent_kernel + bias`, and `recurrent_activation` of `i`, `f` and `o`.
    Arguments as for `LSTM`.

    Shapes:
        inputs: `(batch, features)`.
        states: `[h, c]`, each `(batch, units)`.
        returns: output `(batch, units)`, new states.

    Example:
        >>> import numpy as np
        >>> cell = LSTMCell(3)
        >>> output, (h, c) = cell(np.ones((2, 5), "float32"), cell.get_initial_state(2))
        >>> output.shape, c.shape
        ((2, 3), (2, 3))

    Source: Hochreiter and Schmidhuber, 1997, https://doi.org/10.1162/neco.1997.9.8.1735
    """

    gates = 4
    state_count = 2
    use_cudnn: Any = False
    """Whether cuDNN's kernel may be used (`"auto"`), or must be (True): `LSTM` says so."""

    def __init__(
        self,
        units: int,
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
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units,
            activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            kernel_regularizer,
            recurrent_regularizer,
            bias_regularizer,
            kernel_constraint,
            recurrent_constraint,
            bias_constraint,
            dropout,
            recurrent_dropout,
            seed,
            **kwargs,
        )
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias

    def first_bias(self, shape: Shape, dtype: Any = None) -> Any:
        if not self.unit_forget_bias:
            return self.bias_initializer(shape, dtype=dtype)
        sizes = (self.units,), (self.units,), (2 * self.units,)
        makers = self.bias_initializer, initializers.get("ones"), self.bias_initializer
        parts = [np.asarray(make(size, dtype=dtype)) for make, size in zip(makers, sizes, strict=True)]
        return np.concatenate(parts)

    def step(self, x: Array, states: States, kept: Array | None) -> States:
        h, c = states
        return self.remembered(x + ops.matmul(dropped(h, kept), self.recurrent_kernel), c)

    def in_one_call(
        self, inputs: Array, states: States, training: bool | None, plain: bool
    ) -> tuple[Array, States] | None:
        usual = self.activation is ops.tanh and self.recurrent_activation is ops.sigmoid
        found = None
        if self.use_cudnn and usual and plain and not (training and self.recurrent_dropout):
            weights = self.kernel, self.recurrent_kernel, self.bias
            weights = [v if v is None else ops.convert_to_tensor(v) for v in weights]
            found = engine.lstm(inputs, *states, *weights)
        if found is None and self.use_cudnn is True:
            raise ValueError(
                "LSTM's use_cudnn=True can't be met: cuDNN's kernel needs an NVIDIA GPU, float32, tanh and "
                "sigmoid as activations, and no mask, no unroll, no recurrent_dropout. Leave use_cudnn at 'auto'."
            )
        return None if found is None else (found[0], list(found[1:]))

    def remembered(self, gates: Array, c: Array, axis: int = -1) -> States:
        """`[h, c]` after a step, from the sums of the four gates, which lie along `axis`."""
        i, f, g, o = ops.split(gates, 4, axis=axis)
        c = self.recurrent_activation(f) * c + self.recurrent_activation(i) * self.activation(g)
        h = self.recurrent_activation(o) * self.activation(c)
        return [h, c]


class LSTM(FlatRNN):
    """A long short-term memory along the time axis: `c = f * c + i * activation(g)`, `h = o * activation(c)`.

    `i, f, g, o = x @ kernel + h @ recurrent_kernel + bias`, and `recurrent_activation` of `i`, `f` and `o`.

    Args:
        units: Size of the output, and of the memory.
        activation: Of what enters the memory and what leaves it.
        recurrent_activation: Of the gates.
        use_bias: Whether to add `bias`.
        kernel_initializer: First value of `kernel`.
        recurrent_initializer: First value of `recurrent_kernel`.
        bias_initializer: First value of `bias`.
        unit_forget_bias: Whether the forget gate's bias begins at 1, so that the memory lasts at first.
        kernel_regularizer: A penalty on `kernel`, added to the loss.
        recurrent_regularizer: A penalty on `recurrent_kernel`.
        bias_regularizer: A penalty on `bias`.
        activity_regularizer: A penalty on the output.
        kernel_constraint: Applied to `kernel` after each step of the optimizer.
        recurrent_constraint: Applied to `recurrent_kernel` likewise.
        bias_constraint: Applied to `bias` likewise.
        dropout: The fraction of the input's features dropped while training, the same at every step.
        recurrent_dropout: The fraction of the state's units dropped likewise.
        seed: Makes the dropout repeatable.
        return_sequences: As for `RNN`; so are the others up to `unroll`.
        use_cudnn: `"auto"`: one call of cuDNN's kernel for all steps, where it can be: on an NVIDIA GPU, in float32,
            with tanh and sigmoid as activations, and without a mask, `unroll` and `recurrent_dropout`. True: an error
            where it can't be. False: never, as for a model that is exported to another device.

    Shapes: as `RNN`; the states are `h` and `c`.

    Example:
        >>> import numpy as np
        >>> output, h, c = LSTM(3, return_state=True)(np.ones((2, 4, 5), "float32"))
        >>> output.shape, c.shape
        ((2, 3), (2, 3))

    Source: Hochreiter and Schmidhuber, 1997, https://doi.org/10.1162/neco.1997.9.8.1735; the forget gate: Gers,
        Schmidhuber and Cummins, 2000, https://doi.org/10.1162/089976600300015015
    """

    recurrent_activation = of_cell("recurrent_activation")
    unit_forget_bias = of_cell("unit_forget_bias")

    unwritten = {"use_cudnn": ...}

    def __init__(
        self,
        units: int,
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
        unroll: bool = False,
        use_cudnn: Any = "auto",
        **kwargs: Any,
    ) -> None:
        if use_cudnn not in ("auto", True, False, None):
            raise ValueError(f"LSTM's use_cudnn must be 'auto', True or False; got {use_cudnn!r}.")
        cell = LSTMCell(
            units,
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
            name="lstm_cell",
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
        )
        cell.use_cudnn = use_cudnn
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.use_cudnn = use_cudnn
