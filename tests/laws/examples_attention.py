"""Rows of attention with projections for the table of `examples.py`."""

from tests.laws.examples import RAISES, Example

E = Example
TWO = [(None, 5, 4), (None, 3, 4)]
THREE = [*TWO, (None, 3, 4)]

EXAMPLES = [
    E(lambda L: L.MultiHeadAttention(2, 3), TWO, several=True, smooth=True),
    E(lambda L: L.MultiHeadAttention(2, 3, 5, dropout=0.1, output_shape=7, seed=3), THREE, several=True),
    E(lambda L: L.MultiHeadAttention(1, 2, use_bias=False, kernel_regularizer="l2"), TWO, several=True),
    E(
        lambda L: L.MultiHeadAttention(2, 2, attention_axes=(2,)),
        [(None, 2, 4, 3), (None, 2, 5, 3)],
        several=True,
        without=RAISES,
    ),
    E(lambda L: L.GroupQueryAttention(3, 4, 2), TWO, several=True, smooth=True),
    E(lambda L: L.GroupQueryAttention(2, 4, 1, use_bias=False), THREE, several=True),
    E(lambda L: L.GroupQueryAttention(2, 2, 2, dropout=0.3, use_gate=True, seed=3), TWO, several=True),
]
