"""Rows of recurrent and attention layers for the table of `examples.py`."""

from tests.laws.examples import RAISES, SEQUENCE, Example

E = Example
SEQUENCES = [(None, 3, 4), (None, 5, 4)]

EXAMPLES = [
    E(lambda L: L.SimpleRNN(3, return_sequences=True), SEQUENCE, smooth=True),
    E(lambda L: L.LSTM(3, return_sequences=True), SEQUENCE, smooth=True),
    E(lambda L: L.LSTM(3, return_state=True, use_bias=False, unroll=True), SEQUENCE),
    E(lambda L: L.LSTM(3, "relu", "hard_sigmoid", unit_forget_bias=False, go_backwards=True), SEQUENCE),
    E(lambda L: L.GRU(3, return_sequences=True, return_state=True), SEQUENCE, smooth=True),
    E(lambda L: L.GRU(3, reset_after=False, kernel_regularizer="l2"), SEQUENCE, smooth=True),
    E(lambda L: L.RNN([L.LSTMCell(3), L.GRUCell(2)], return_sequences=True), SEQUENCE),
    E(
        lambda L: L.RNN(L.StackedRNNCells([L.SimpleRNNCell(3, "relu"), L.LSTMCell(2)]), zero_output_for_mask=True),
        SEQUENCE,
    ),
    E(lambda L: L.Bidirectional(L.LSTM(3, name="a"), "sum", name="b"), SEQUENCE),
    E(lambda L: L.Bidirectional(L.GRU(3, return_sequences=True), None, name="c"), SEQUENCE),
    E(lambda L: L.TimeDistributed(L.Dense(3)), SEQUENCE),
    E(lambda L: L.TimeDistributed(L.LSTM(3)), (None, 2, 3, 4), without=RAISES),
    E(lambda L: L.EinsumDense("abc,cd->abd", (None, 3), "tanh", bias_axes="d"), SEQUENCE, smooth=True),
    E(lambda L: L.EinsumDense("ab...,bc->ac...", 3, bias_axes="c"), (None, 4, 2, 3)),
    E(lambda L: L.EinsumDense("...x,xyz->...yz", (2, 3), bias_axes="yz"), (None, 2, 4)),
    E(lambda L: L.Attention(True, "concat"), SEQUENCES, smooth=True),
    E(lambda L: L.Attention(), [*SEQUENCES, (None, 5, 4)]),
    E(lambda L: L.AdditiveAttention(), SEQUENCES, smooth=True),
]
