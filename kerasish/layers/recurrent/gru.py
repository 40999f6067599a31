"""`GRU`: a recurrence whose gates choose between the old state and a new one."""

from __future__ import annotations

from typing import Any

from kerasish import activations, ops
from kerasish.backend.interface import Array, Shape
from kerasish.layers.recurrent.cell import RecurrentCell, States, dropped
from kerasish.layers.recurrent.flat import FlatRNN, of_cell


class GRUCell(RecurrentCell):
    """One step of a gated recurrent unit: `h = z * h + (1 - z) * activation(candidate)`.

    `z` (update), `r` (reset) and the candidate are sums of `x @ kernel`, `h @ recurrent_kernel` and the bias;
    `recurrent_activation` is applied to `z` and `r`. Arguments as for `GRU`.

    Shapes:
        inputs: `(batch, features)`.
        states: `[(batch, units)]`.
        returns: output `(batch, units)`, new states.

    Example:
        >>> import numpy as np
        >>> cell = GRUCell(3)
        >>> output, states = cell(np.ones((2, 5), "float32"), cell.get_initial_state(2))
        >>> output.shape
        (2, 3)

    Source: Cho et al., 2014, https://arxiv.org/abs/1406.1078; `reset_after`: as in NVIDIA's cuDNN.
    """

    gates = 3

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
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
        self.reset_after = reset_after

    def bias_shape(self) -> Shape:
        # Two rows: the reset gate multiplies the candidate's recurrent part together with a bias of its own.
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def input_bias(self) -> Any:
        return self.bias[0] if self.bias is not None and self.reset_after else self.bias

    def step(self, x: Array, states: States, kept: Array | None) -> States:
        h = states[0]
        candidate = self._reset_after if self.reset_after else self._reset_before
        z, new = candidate(x, dropped(h, kept))
        return [z * h + (1 - z) * new]

    def _reset_after(self, x: Array, h: Array) -> tuple[Array, Array]:
        inner = ops.matmul(h, self.recurrent_kernel)
        if self.bias is not None:
            inner = inner + self.bias[1]
        (xz, xr, xh), (hz, hr, hh) = ops.split(x, 3, axis=-1), ops.split(inner, 3, axis=-1)
        z, r = self.recurrent_activation(xz + hz), self.recurrent_activation(xr + hr)
        return z, self.activation(xh + r * hh)

    def _reset_before(self, x: Array, h: Array) -> tuple[Array, Array]:
        xz, xr, xh = ops.split(x, 3, axis=-1)
        hz, hr = ops.split(ops.matmul(h, self.recurrent_kernel[:, : 2 * self.units]), 2, axis=-1)
        z, r = self.recurrent_activation(xz + hz), self.recurrent_activation(xr + hr)
        return z, self.activation(xh + ops.matmul(r * h, self.recurrent_kernel[:, 2 * self.units :]))


class GRU(FlatRNN):
    """A gated recurrent unit along the time axis: `h = z * h + (1 - z) * activation(candidate)`.

    `z` (update), `r` (reset) and the candidate are sums of `x @ kernel`, `h @ recurrent_kernel` and the bias;
    `recurrent_activation` is applied to `z` and `r`.

    Args:
        units: Size of the state, which is the output.
        activation: Of the candidate.
        recurrent_activation: Of the gates.
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
        seed: Makes the dropout repeatable.
        return_sequences: As for `RNN`; so are the others up to `unroll`.
        reset_after: Whether the reset gate multiplies `h @ recurrent_kernel` (as cuDNN does), or `h` itself.
        use_cudnn: Accepted for Keras's sake: `"auto"` or False; JAX has no cuDNN kernel for it.

    Shapes: as `RNN`.

    Example:
        >>> import numpy as np
        >>> GRU(3, return_sequences=True)(np.ones((2, 4, 5), "float32")).shape
        (2, 4, 3)

    Source: Cho et al., 2014, https://arxiv.org/abs/1406.1078
    """

    recurrent_activation = of_cell("recurrent_activation")
    reset_after = of_cell("reset_after")

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
        reset_after: bool = True,
        use_cudnn: Any = "auto",
        **kwargs: Any,
    ) -> None:
        if use_cudnn not in ("auto", False, None):
            raise ValueError(
                f"GRU's use_cudnn must be 'auto' or False, since JAX has no kernel for it; got {use_cudnn!r}."
            )
        cell = GRUCell(
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
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
            reset_after=reset_after,
            seed=seed,
            name="gru_cell",
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
        self.use_cudnn = use_cudnn
