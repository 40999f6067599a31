"""Rows of layers on whole numbers and strings for the table of `examples.py`.

With Keras, they need TensorFlow: what it gives is in `golden_lookup.json` and `golden_lookup.keras`, made by
`golden_lookup.py`.
"""

from tests.laws.examples import Example

TENSORFLOW = "Keras's needs TensorFlow: test_lookup_against_keras.py has what it gave"
WITHOUT = {
    "keras": TENSORFLOW,
    "keras training": TENSORFLOW,
    "keras config": TENSORFLOW,
    "keras file": TENSORFLOW,
    "keras masks": "what it takes has no masks",
    "keras gradients": "what it takes has no gradient",
}
STRINGS_OUT = WITHOUT | {"trains": "its output is strings"}
LETTERS = ("a", "b", "c", "zz", "")
TEXTS = ("a b", "b zz!", "A c a", "")
ROW, COLUMN = (None, 3), (None, 1)


def E(make, shapes, without=WITHOUT, **kwargs):
    return Example(make, shapes, without=without, **kwargs)


EXAMPLES = [
    E(lambda L: L.IntegerLookup(vocabulary=[5, 3, 0]), ROW, ids=7),
    E(lambda L: L.IntegerLookup(vocabulary=[5, 3, 1], mask_token=0, output_mode="count"), ROW, ids=7),
    E(lambda L: L.IntegerLookup(vocabulary=[5, 3], num_oov_indices=2, output_mode="one_hot"), COLUMN, ids=7),
    E(lambda L: L.IntegerLookup(vocabulary=[5, 3, 1], invert=True), ROW, ids=4),
    E(lambda L: L.StringLookup(vocabulary=["a", "b", "c"]), ROW, words=LETTERS),
    E(lambda L: L.StringLookup(vocabulary=["a", "b"], num_oov_indices=2, mask_token=""), ROW, words=LETTERS),
    E(lambda L: L.StringLookup(vocabulary=["a", "b"], output_mode="multi_hot"), ROW, words=LETTERS),
    E(lambda L: L.StringLookup(vocabulary=["a", "b"], invert=True), ROW, ids=3, without=STRINGS_OUT),
    E(lambda L: L.TextVectorization(vocabulary=["a", "b"], output_sequence_length=3), COLUMN, words=TEXTS),
    E(lambda L: L.TextVectorization(vocabulary=["a", "b", "c"], output_mode="count"), COLUMN, words=TEXTS),
    E(
        lambda L: L.TextVectorization(vocabulary=["a", "b"], split="character", output_mode="multi_hot"),
        (None,),
        words=TEXTS,
    ),
    E(lambda L: L.Hashing(5), ROW, ids=9),
    E(lambda L: L.Hashing(7, salt=[1, 2], mask_value=""), ROW, words=LETTERS),
    E(lambda L: L.Hashing(4, output_mode="count"), ROW, ids=9),
    E(lambda L: L.HashedCrossing(5), [COLUMN, COLUMN], ids=9),
    E(lambda L: L.HashedCrossing(6, output_mode="one_hot"), [(None,), (None,)], ids=9),
    E(lambda L: L.HashedCrossing(7), [COLUMN, COLUMN], words=LETTERS),
]
