"""`RecurrentCell`: what the built-in cells of recurrent layers have in common."""

from __future__ import annotations

from typing import Any

from kerasish import activations, constraints, initializers, ops, random, regularizers
from kerasish.backend.interface import Array, Shape
from kerasish.core.random import SeedGenerator
from kerasish.core.variable import Variable
from kerasish.layers.arguments import fraction, whole
from kerasish.layers.layer import Layer

States = list[Array]


class RecurrentCell(Layer):
    """One step of a recurrence, in two parts: `prepare`, for all steps at once, and `step`.

    Subclasses write `step` and, where they differ, `gates` and `state_count`. The first state is the output.

    Args:
        units: Size of the output and of each state.
        activation: Of the new state.
        use_bias: Whether to add `bias`.
        kernel_initializer: First value of `kernel`, which meets the input.
        recurrent_initializer: First value of `recurrent_kernel`, which meets the state.
        bias_initializer: First value of `bias`.
        kernel_regularizer: A penalty on `kernel`, added to the loss.
        recurrent_regularizer: A penalty on `recurrent_kernel`.
        bias_regularizer: A penalty on `bias`.
        kernel_constraint: Applied to `kernel` after each step of the optimizer.
        recurrent_constraint: Applied to `recurrent_kernel` likewise.
        bias_constraint: Applied to `bias` likewise.
        dropout: The fraction of the input's features that is dropped while training, the same at every step.
        recurrent_dropout: The fraction of the state's units that is dropped where `recurrent_kernel` meets it.
        seed: Makes the dropout repeatable.
    """

    gates = 1
    """How many blocks of `units` columns the kernels have."""
    state_count = 1

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
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.units = whole(units, "units", kind)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.dropout = fraction(dropout, "dropout", kind)
        self.recurrent_dropout = fraction(recurrent_dropout, "recurrent_dropout", kind)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)

    @property
    def state_size(self) -> int | list[int]:
        """The size of the state; of several states, a list of sizes."""
        return self.units if self.state_count == 1 else [self.units] * self.state_count

    @property
    def output_size(self) -> int:
        """The size of the output."""
        return self.units

    def build(self, input_shape: Shape) -> None:
        columns = self.gates * self.units
        self.kernel = self.add_weight(
            (input_shape[-1], columns),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.recurrent_kernel = self.add_weight(
            (self.units, columns),
            self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
            name="recurrent_kernel",
        )
        self.bias = self._add_bias() if self.use_bias else None

    def _add_bias(self) -> Variable:
        return self.add_weight(
            self.bias_shape(),
            self.first_bias,
            regularizer=self.bias_regularizer,
            constraint=self.bias_constraint,
            name="bias",
        )

    def bias_shape(self) -> Shape:
        """The shape of `bias`."""
        return (self.gates * self.units,)

    def first_bias(self, shape: Shape, dtype: Any = None) -> Any:
        """The first value of `bias`."""
        return self.bias_initializer(shape, dtype=dtype)

    def get_initial_state(self, batch_size: int | None = None) -> States:
        """The states before the first step: zeros."""
        return [ops.zeros((batch_size, self.units), self.compute_dtype) for _ in range(self.state_count)]

    def prepare(self, inputs: Array, training: bool | None = False) -> tuple[Array, Array | None]:
        """What the inputs add to the gates, and what is kept of the state: drawn once, the same for all steps.

        Shapes:
            inputs: `(..., batch, features)`.
            returns: `(..., batch, gates * units)`, and `(batch, units)` or None.
        """
        return self.projected(self.thinned(inputs, training), training)

    def thinned(self, inputs: Array, training: bool | None) -> Array:
        """The inputs in the dtype of the computation, after dropout."""
        inputs = ops.cast(inputs, self.compute_dtype)
        if training and self.dropout:
            inputs = inputs * self._kept(tuple(inputs.shape[-2:]), self.dropout)
        return inputs

    def projected(self, inputs: Array, training: bool | None) -> tuple[Array, Array | None]:
        """What `prepare` returns, from the inputs after dropout."""
        drops = training and self.recurrent_dropout
        kept = self._kept((inputs.shape[-2], self.units), self.recurrent_dropout) if drops else None
        x = ops.matmul(inputs, self.kernel)
        return (x if self.bias is None else ops.add(x, self.input_bias())), kept

    def in_one_call(
        self, inputs: Array, states: States, training: bool | None, plain: bool
    ) -> tuple[Array, States] | None:
        """All outputs and the last states from a kernel of the device; None if there is none for this cell.

        `plain`: there is no mask, and no loop unrolled by demand.
        """
        del inputs, states, training, plain

    def _kept(self, shape: Shape, rate: float) -> Array:
        return random.dropout(ops.ones(shape, self.compute_dtype), rate, seed=self.seed_generator)

    def input_bias(self) -> Any:
        """The part of the bias that is added to the projection of the input."""
        return self.bias

    def step(self, x: Array, states: States, kept: Array | None) -> States:
        """The new states, from the prepared input of one step; the first of them is the output."""
        raise NotImplementedError(f"{type(self).__name__} has no `step` method: write one that returns the new states.")

    def call(self, inputs: Array, states: Any, training: bool | None = False) -> tuple[Array, States]:
        """The output, and the new states."""
        x, kept = self.prepare(inputs, training)
        new = self.step(x, list(states) if isinstance(states, list | tuple) else [states], kept)
        return new[0], new


def dropped(state: Array, kept: Array | None) -> Array:
    """The state, as `recurrent_kernel` sees it."""
    return state if kept is None else state * kept
