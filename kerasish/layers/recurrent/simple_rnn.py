"""`SimpleRNN`: the state is a dense layer of the input and the last state."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array
from kerasish.layers.recurrent.cell import RecurrentCell, States, dropped
from kerasish.layers.recurrent.flat import FlatRNN


class SimpleRNNCell(RecurrentCell):
    """`h = activation(x @ kernel + h @ recurrent_kernel + bias)`: one step. Arguments as for `SimpleRNN`.

    Shapes:
        inputs: `(batch, features)`.
        states: `[(batch, units)]`.
        returns: output `(batch, units)`, new states.

    Example:
        >>> import numpy as np
        >>> cell = SimpleRNNCell(3)
        >>> output, states = cell(np.ones((2, 5), "float32"), cell.get_initial_state(2))
        >>> output.shape
        (2, 3)

    Source: Elman, 1990, https://doi.org/10.1207/s15516709cog1402_1
    """

    def step(self, x: Array, states: States, kept: Array | None) -> States:
        return [self.activation(x + ops.matmul(dropped(states[0], kept), self.recurrent_kernel))]


class SimpleRNN(FlatRNN):
    """`h = activation(x @ kernel + h @ recurrent_kernel + bias)`, step after step.

    Args:
        units: Size of the state, which is the output.
        activation: A function, or its name.
        use_bias: Whether to add `bias`.
        kernel_initializer: First value of `kernel`.
        recurrent_initializer: First value of `recurrent_kernel`.
        bias_initializer: First value of `bias`.
        kernel_regularizer: A penalty on `kernel`, added to the loss.
        recurrent_regularizer: A penalty on `recurrent_kernel`.
        bias_regularizer: A penalty on `bias`.
        activity_regularizer: A penalty on the output.
        kernel_constraint: Applied to `kernel` after each step of the optimizer.
        recurrent_constraint: Applied to `recurrent_kernel` likewise.
        bias_constraint: Applied to `bias` likewise.
        dropout: The fraction of the input's features dropped while training, the same at every step.
        recurrent_dropout: The fraction of the state's units dropped likewise.
        return_sequences: As for `RNN`; so are the others up to `unroll`.
        seed: Makes the dropout repeatable. (Keras forgets it in the config; it is kept here.)

    Shapes: as `RNN`.

    Example:
        >>> import numpy as np
        >>> SimpleRNN(3, return_sequences=True)(np.ones((2, 4, 5), "float32")).shape
        (2, 4, 3)

    Source: Elman, 1990, https://doi.org/10.1207/s15516709cog1402_1
    """

    unwritten = {"seed": None}

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        cell = SimpleRNNCell(
            units,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            name="simple_rnn_cell",
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
        )
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
