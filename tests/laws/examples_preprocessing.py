"""Rows of preprocessing layers on numbers for the table of `examples.py`."""

from tests.laws.examples import Example

E = Example
IDS = (None, 3)

FIRST = dict.fromkeys(
    ("keras", "keras training", "keras masks", "keras gradients", "keras file"),
    "until it is loaded from a file, Keras computes with the statistics that it was built with",
)

EXAMPLES = [
    E(lambda L: L.Normalization(mean=2.0, variance=4.0), (None, 4), smooth=True),
    E(lambda L: L.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 9.0]), (None, 2, 3)),
    E(lambda L: L.Normalization(axis=(1, 2), invert=True), (None, 2, 3), without=FIRST),
    E(lambda L: L.CategoryEncoding(5, "one_hot"), (None, 1), ids=5),
    E(lambda L: L.CategoryEncoding(5, "count"), IDS, ids=5),
    E(lambda L: L.CategoryEncoding(5), IDS, ids=5),
    E(lambda L: L.Discretization([-1.0, 0.0, 1.0], output_mode="one_hot"), IDS),
    E(lambda L: L.Discretization([-1.0, 0.0, 1.0], output_mode="count"), IDS),
    E(lambda L: L.Discretization([0.5], output_mode="multi_hot"), IDS),
    E(lambda L: L.Normalization(axis=None, mean=0.5, variance=2.0), (None, 2, 3)),
    E(lambda L: L.Pipeline([L.Rescaling(2.0), L.Rescaling(0.5, 1.0), L.Rescaling(3.0)]), (None, 4)),
    E(lambda L: L.Pipeline([L.Rescaling(0.5)]), (None, 2, 3)),
    E(lambda L: L.Pipeline([L.Rescaling(2.0), L.Rescaling(1.0, 3.0)]), (None, 4)),
]
