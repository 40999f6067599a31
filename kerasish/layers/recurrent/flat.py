"""`FlatRNN`: a recurrent layer of one cell whose arguments are its own, such as `LSTM`."""

from __future__ import annotations

from typing import Any

from kerasish.layers.input_spec import InputSpec
from kerasish.layers.recurrent.rnn import RNN


def of_cell(name: str) -> Any:
    """A property: the cell's attribute `name`."""

    def read(self: RNN) -> Any:
        return vars(self.cell)[name]

    read.__doc__ = f"The cell's `{name}`."
    return property(read)


class FlatRNN(RNN):
    """An `RNN` that makes its cell itself: the cell's arguments are in its config, and the cell is not."""

    units = of_cell("units")
    activation = of_cell("activation")
    use_bias = of_cell("use_bias")
    kernel_initializer = of_cell("kernel_initializer")
    recurrent_initializer = of_cell("recurrent_initializer")
    bias_initializer = of_cell("bias_initializer")
    kernel_regularizer = of_cell("kernel_regularizer")
    recurrent_regularizer = of_cell("recurrent_regularizer")
    bias_regularizer = of_cell("bias_regularizer")
    kernel_constraint = of_cell("kernel_constraint")
    recurrent_constraint = of_cell("recurrent_constraint")
    bias_constraint = of_cell("bias_constraint")
    dropout = of_cell("dropout")
    recurrent_dropout = of_cell("recurrent_dropout")
    seed = of_cell("seed")

    unwritten = {"cell": ...}

    def __init__(self, cell: Any, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self.input_spec = InputSpec(ndim=3)
