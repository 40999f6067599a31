"""`RNN`: runs a cell along the time axis."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array, Shape, Tree
from kerasish.core import tree
from kerasish.core.stateful import Stateful
from kerasish.core.variable import Variable
from kerasish.layers.layer import Layer
from kerasish.layers.recurrent.loop import Plan, run
from kerasish.layers.recurrent.stacked_cells import StackedRNNCells, as_list, check_cell, first_states


class Memory(Stateful):
    """The states that a stateful layer keeps from one call to the next: variables, but no weights.

    Args:
        states: Their first values.
    """

    def __init__(self, states: Tree) -> None:
        self.states = tree.map(
            lambda x: Variable(x, dtype=x.dtype, trainable=False, autocast=False, name="rnn_state"), states
        )


class RNN(Layer):
    """Run `cell` along the time axis: `output, states = cell(x[:, t], states)` for each `t`.

    Args:
        cell: A cell, or a list of them, one on top of the other. A cell is a layer with `state_size` (an integer, or a
            list of them), `call(inputs, states) -> (output, new_states)` and, if the states don't begin at zero,
            `get_initial_state(batch_size)`. It must assign no variable in `call`.
        return_sequences: Whether to return the output of every step, not only the last.
        return_state: Whether to return the last states, too.
        go_backwards: Whether to begin with the last step. The outputs come in the order in which they are computed.
        stateful: Whether a call begins with the last states of the one before; the batch size must be fixed. The
            states are variables of the layer, so that (unlike in Keras on JAX) `predict` and `fit` keep them.
        unroll: Whether to write all steps out, instead of a loop: faster for a few steps, slower to compile.
        zero_output_for_mask: Whether the output of a masked step is zero, and not that of the step before.

    Shapes:
        sequences: `(batch, time, ...)`.
        initial_state: one `(batch, size)` for each state.
        mask: `(batch, time)`; a masked step keeps the states, and repeats the output (before the first step: the first
            state; for cells of other makers, zero).
        returns: `(batch, ...)`, or `(batch, time, ...)` with `return_sequences`; with `return_state` a tuple of that
            and of each state.

    Raises:
        ValueError: the cell is no cell, or shapes don't fit.

    Example:
        >>> import numpy as np
        >>> from kerasish.layers import GRUCell, LSTMCell
        >>> RNN([LSTMCell(3), GRUCell(4)], return_sequences=True)(np.ones((2, 5, 6), "float32")).shape
        (2, 5, 4)
    """

    supports_masking = True

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if isinstance(cell, list | tuple):
            cell = StackedRNNCells(cell)
        check_cell(cell)
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.mixes_samples = bool(stateful)  # a row's states are those of its place in the batch: rows can't be added
        self.memory: Memory | None = None

    @property
    def state_size(self) -> Any:
        """The cell's."""
        return self.cell.state_size

    @property
    def states(self) -> Tree:
        """The variables that hold the states between calls; None if the layer isn't stateful, or not yet built."""
        return None if self.memory is None else self.memory.states

    def get_initial_state(self, batch_size: int | None) -> list[Any]:
        """The states before the first step."""
        return first_states(self.cell, batch_size)

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        if len(sequences_shape) < 3:
            raise ValueError(
                f"{self.name!r} takes sequences of shape (batch, time, features); got {tuple(sequences_shape)}."
            )
        if not self.cell.built:
            self.cell.build((sequences_shape[0], *sequences_shape[2:]))
            self.cell.built = True
        if self.stateful:
            if sequences_shape[0] is None:
                raise ValueError(
                    f"{self.name!r} is stateful, so its batch size must be fixed; got {tuple(sequences_shape)}. "
                    "Give it in Input(batch_shape=(batch, time, features))."
                )
            self.memory = Memory(self.get_initial_state(sequences_shape[0]))

    def call(
        self, sequences: Array, initial_state: Any = None, mask: Array | None = None, training: bool | None = False
    ) -> Any:
        states = self._first_states(initial_state, sequences.shape[0])
        if mask is not None:
            mask = self._checked_mask(mask, sequences.shape)
        if self.go_backwards:  # a flip, not a reversed scan: other formats know no reversed scan
            sequences = ops.flip(sequences, axis=1)
            mask = mask if mask is None else ops.flip(mask, axis=1)
        plan = Plan(
            mask=mask if mask is None else ops.swapaxes(mask, 0, 1),
            training=training,
            every_step=self.return_sequences,
            zero_output_for_mask=self.zero_output_for_mask,
            unroll=self.unroll,
        )
        output, new_states = run(self.cell, ops.swapaxes(sequences, 0, 1), states, plan)
        if self.memory is not None:
            tree.map(lambda variable, value: variable.assign(value), self.memory.states, new_states)
        if self.return_sequences:
            output = ops.swapaxes(output, 0, 1)
        return (output, *new_states) if self.return_state else output

    def _first_states(self, given: Any, batch: int) -> list[Any]:
        expected = self.get_initial_state(batch)
        if given is None and self.memory is None:
            return expected
        found = [ops.convert_to_tensor(x) for x in tree.leaves(self.memory.states if given is None else as_list(given))]  # pyright: ignore[reportOptionalMemberAccess]
        shapes = [tuple(x.shape) for x in tree.leaves(expected)]
        if [tuple(x.shape) for x in found] != shapes:
            whose = "keeps states" if given is None else "was given an initial_state"
            raise ValueError(
                f"{self.name!r} {whose} of the shapes {[tuple(x.shape) for x in found]}; for a batch of {batch} its "
                f"cell needs {shapes}. A stateful layer always takes the batch size that it was built with."
            )
        dtypes = [x.dtype for x in tree.leaves(expected)]
        return tree.rebuild(expected, [ops.cast(x, dtype) for x, dtype in zip(found, dtypes, strict=True)])

    def _checked_mask(self, mask: Array, shape: Shape) -> Array:
        if tuple(mask.shape) not in (tuple(shape[:2]), (*shape[:2], 1)):
            raise ValueError(
                f"The mask of {self.name!r} must have the shape (batch, time) = {tuple(shape[:2])}; "
                f"got {tuple(mask.shape)}."
            )
        return ops.cast(ops.reshape(mask, tuple(shape[:2])), "bool")

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The input's mask if every step is returned; the states have none."""
        mask = previous_mask[0] if isinstance(previous_mask, list | tuple) else previous_mask
        mask = mask if self.return_sequences else None
        return [mask] + [None] * len(as_list(self.state_size)) if self.return_state else mask

    def reset_state(self) -> None:
        """Make the states zero that a stateful layer keeps."""
        for variable in tree.leaves(self.states):
            if variable is not None:
                variable.assign(ops.zeros(variable.shape, variable.dtype))

    reset_states = reset_state
