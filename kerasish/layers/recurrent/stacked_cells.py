"""`StackedRNNCells`: several cells, one on top of the other, as one cell; and what any cell must offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from kerasish import ops
from kerasish.backend.interface import Array, Shape, Tree
from kerasish.core import tree
from kerasish.layers.layer import Layer


@runtime_checkable
class Cell(Protocol):
    """A layer with `state_size` and `call(inputs, states) -> (output, new_states)`."""

    state_size: Any
    """The size of the state, or a list of sizes, one for each state."""


@runtime_checkable
class MakesStates(Protocol):
    """A cell that says what its states are before the first step."""

    def get_initial_state(self, batch_size: int | None = None) -> Tree:
        """The states before the first step."""
        ...


@runtime_checkable
class KnowsOutput(Protocol):
    """A cell that says how large its output is."""

    output_size: Any


def check_cell(cell: Any) -> None:
    """Raise if `cell` can't be run step by step."""
    if not isinstance(cell, Layer) or not isinstance(cell, Cell):
        raise ValueError(
            f"A cell must be a layer with a `state_size` (an integer, or a list of them, one for each state) and "
            f"`call(inputs, states) -> (output, new_states)`; got {cell!r}."
        )


def first_states(cell: Any, batch: int | None) -> list[Any]:
    """The states of any cell before the first step: its own, or zeros of its `state_size`."""
    if isinstance(cell, MakesStates):
        return as_list(cell.get_initial_state(batch_size=batch))
    sizes = cell.state_size if isinstance(cell.state_size, list | tuple) else [cell.state_size]
    return [ops.zeros((batch, *_shape(size)), cell.compute_dtype) for size in sizes]


def _shape(size: Any) -> tuple[int, ...]:
    return tuple(size) if isinstance(size, list | tuple) else (size,)


def as_list(states: Any) -> list[Any]:
    """Some states as a list: Keras's cells may give one state as it is."""
    return list(states) if isinstance(states, list | tuple) else [states]


def output_size_of(cell: Any) -> Any:
    """The size of the output of any cell: its own word, or the size of its first state."""
    if isinstance(cell, KnowsOutput):
        return cell.output_size
    return cell.state_size[0] if isinstance(cell.state_size, list | tuple) else cell.state_size


class StackedRNNCells(Layer):
    """Several cells, each fed with the output of the one before, as one cell.

    Args:
        cells: The cells, from the input to the output.

    Shapes:
        inputs: `(batch, features)`.
        states: a list with the states of each cell.
        returns: the last cell's output, new states.

    Raises:
        ValueError: there is no cell, or one of them is no cell.

    Example:
        >>> from kerasish.layers import GRUCell, LSTMCell
        >>> cell = StackedRNNCells([LSTMCell(3), GRUCell(4)])
        >>> cell.state_size, cell.output_size
        ([[3, 3], 4], 4)
    """

    def __init__(self, cells: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not cells:
            raise ValueError("StackedRNNCells needs at least one cell; got an empty list.")
        for cell in cells:
            check_cell(cell)
        self.cells = list(cells)

    @property
    def state_size(self) -> list[Any]:
        """The `state_size` of each cell."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> Any:
        """The size of the last cell's output."""
        return output_size_of(self.cells[-1])

    def get_initial_state(self, batch_size: int | None = None) -> list[Any]:
        """The first states of each cell."""
        return [first_states(cell, batch_size) for cell in self.cells]

    def build(self, input_shape: Shape) -> None:
        for cell in self.cells:
            if not cell.built:
                cell.build(input_shape)
                cell.built = True
            size = output_size_of(cell)
            input_shape = (input_shape[0], *(size if isinstance(size, list | tuple) else (size,)))

    def call(self, inputs: Array, states: Any, training: bool | None = False) -> tuple[Array, list[Any]]:
        new_states = []
        for cell, own in zip(self.cells, states, strict=True):
            inputs, new = cell(inputs, as_list(own), training=training)
            new_states.append(tree.rebuild(as_list(own), tree.leaves(new)))
        return inputs, new_states
