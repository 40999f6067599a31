"""Rows of the cells of recurrent layers, called with their states, for the table of `examples.py`."""

from tests.laws.examples import Example

E = Example
X, S = (None, 4), (None, 3)

EXAMPLES = [
    E(lambda L: L.SimpleRNNCell(3), [X, [S]], several=True, smooth=True),
    E(lambda L: L.SimpleRNNCell(3, "relu", use_bias=False, kernel_regularizer="l2"), [X, [S]], several=True),
    E(lambda L: L.SimpleRNNCell(3, dropout=0.2, recurrent_dropout=0.5, seed=3), [X, [S]], several=True),
    E(lambda L: L.GRUCell(3), [X, [S]], several=True, smooth=True),
    E(lambda L: L.GRUCell(3, reset_after=False, recurrent_activation="hard_sigmoid"), [X, [S]], several=True),
    E(lambda L: L.GRUCell(3, "relu", use_bias=False, dropout=0.2, seed=3), [X, [S]], several=True),
    E(lambda L: L.LSTMCell(3), [X, [S, S]], several=True, smooth=True),
    E(lambda L: L.LSTMCell(3, unit_forget_bias=False, bias_constraint="non_neg"), [X, [S, S]], several=True),
    E(lambda L: L.LSTMCell(3, "relu", "hard_sigmoid", dropout=0.2, seed=3), [X, [S, S]], several=True),
    E(
        lambda L: L.StackedRNNCells([L.LSTMCell(3), L.GRUCell(2)]),
        [X, [[S, S], [(None, 2)]]],
        several=True,
        smooth=True,
    ),
    E(lambda L: L.StackedRNNCells([L.SimpleRNNCell(3)]), [X, [[S]]], several=True),
    E(lambda L: L.StackedRNNCells([L.GRUCell(3, name="a"), L.SimpleRNNCell(3)]), [X, [[S], [S]]], several=True),
]
