"""One table of what preprocessing layers give; `golden.json` has what Keras gives, which needs TensorFlow for strings.

To make it again, with Keras 3.15.1 and TensorFlow installed: `KERAS_BACKEND=jax python -m
tests.layers.preprocessing.cases` in the root of the repository.
"""

import json
import pathlib

import numpy as np

GOLDEN = pathlib.Path(__file__).parent / "golden.json"
WORDS = np.array([["a", "b"], ["c", "zz"]], dtype=object)
INTS = np.array([0, 1, -1, 9, 10, 123, 1234, -1234, 12345678, 123456789, 2147483647, -2147483648], "int32")
STRINGS = np.array(
    [
        "",
        "a",
        "ab",
        "abc",
        "abcd",
        "abcdefg",
        "abcdefgh",
        "abcdefghi",
        *(c * n for c, n in zip("bcdefghijklm", (16, 17, 24, 32, 33, 48, 64, 65, 127, 128, 129, 1000), strict=True)),
        "é日本",
        "hello world " * 6,
    ],
    dtype=object,
)
TEXTS = ["The cat, sat!", "cat  dog\tthe\n the_x <b>", "", "ÀÉ a-b c\u2003d x\x0by"]
NUMBERS = np.array([[-1.0, 0.0, 0.5], [1.0, 2.0, 9.0]], "float32")
DOCUMENTS = np.array([["b", "b", "a"], ["c", "c", "c"], ["z", "a", ""]], dtype=object)
BINS = 2**30
MODES = ("int", "one_hot", "multi_hot", "count")


def strings(L, **kwargs):
    return L.StringLookup(**({"vocabulary": ["a", "b", "c"]} | kwargs))


def integers(L, **kwargs):
    return L.IntegerLookup(**({"vocabulary": [5, 3, -7]} | kwargs))


def texts(L, **kwargs):
    return L.TextVectorization(**({"vocabulary": ["the", "cat", "sat", "the cat"]} | kwargs))


def adapted(layer, data):
    layer.adapt(data)
    weights = [] if layer.get_config()["output_mode"] != "tf_idf" else layer(data)
    return [[str(x) for x in layer.get_vocabulary()], layer.vocabulary_size(), weights]


def vocabularies(layer):
    return [
        [str(x) for x in layer.get_vocabulary()],
        [str(x) for x in layer.get_vocabulary(False)],
        layer.vocabulary_size(),
    ]


def boundaries(layer, data):
    layer.adapt(data)
    return list(layer.bin_boundaries)


def tf_idf(L, **kwargs):
    return strings(L, output_mode="tf_idf", idf_weights=[0.5, 0.25, 2.0], **kwargs)


LOOKED_UP = [5, 3, 9, -7, 0, 1, 2, 3, -1, -2, -4, 100]
CASES = {
    **{f"strings {m}": lambda L, m=m: strings(L, output_mode=m)(WORDS) for m in MODES},
    **{f"strings {m} row": lambda L, m=m: strings(L, output_mode=m)(["a", "b"]) for m in MODES},
    **{f"strings {m} column": lambda L, m=m: strings(L, output_mode=m)([["a"], ["b"]]) for m in MODES},
    **{f"strings {m} cube": lambda L, m=m: strings(L, output_mode=m)(WORDS.reshape(1, 2, 2)) for m in MODES[:2]},
    **{f"strings {m} mask": lambda L, m=m: strings(L, output_mode=m, mask_token="zz")(WORDS) for m in MODES},
    **{
        f"strings {m} padded": lambda L, m=m: strings(L, output_mode=m, max_tokens=7, pad_to_max_tokens=True)(WORDS)
        for m in MODES
    },
    "strings mask": lambda L: strings(L, mask_token="")(["a", "", "q"]),
    "strings oov 3": lambda L: strings(L, num_oov_indices=3)(["a", "q", "r", "s", "t"]),
    "strings oov 30": lambda L: strings(L, num_oov_indices=30)(STRINGS),
    "strings oov salt": lambda L: strings(L, num_oov_indices=30, oov_method="farmhash", salt=[1, 2])(STRINGS),
    "strings oov 0": lambda L: strings(L, num_oov_indices=0)(["a", "b"]),
    "strings tf_idf": lambda L: tf_idf(L)(WORDS),
    "strings tf_idf mask": lambda L: tf_idf(L, mask_token="")(WORDS),
    "strings tf_idf oov 0": lambda L: tf_idf(L, num_oov_indices=0)([["a", "a", "c"]]),
    "strings tf_idf oov 2": lambda L: tf_idf(L, num_oov_indices=2)([["a", "x", "c"]]),
    "strings special": lambda L: strings(L, vocabulary=["", "[UNK]", "a"], mask_token="")(["a", "", "x"]),
    **{
        f"vocabulary {k}": lambda L, k=k: vocabularies(strings(L, **k))
        for k in ({}, {"mask_token": "M"}, {"num_oov_indices": 2}, {"num_oov_indices": 0}, {"invert": True})
    },
    "vocabulary mask count": lambda L: vocabularies(strings(L, mask_token="M", output_mode="count")),
    **{
        f"adapt {k}": lambda L, k=k: adapted(L.StringLookup(**k), DOCUMENTS)
        for k in ({}, {"max_tokens": 4}, {"mask_token": ""}, {"max_tokens": 4, "mask_token": ""})
    },
    "adapt tf_idf": lambda L: adapted(L.StringLookup(output_mode="tf_idf"), DOCUMENTS),
    "adapt tf_idf mask": lambda L: adapted(L.StringLookup(output_mode="tf_idf", mask_token=""), DOCUMENTS),
    "adapt list": lambda L: adapted(L.StringLookup(), ["b", "[UNK]", "b", "a"]),
    "adapt integers": lambda L: adapted(L.IntegerLookup(), np.array([[5, 5, 3], [-1, 0, 3], [10, 9, 100]])),
    "adapt integers mask": lambda L: adapted(L.IntegerLookup(mask_token=0), np.array([[5, 5, 3], [-1, 0, 3]])),
    **{f"integers {m}": lambda L, m=m: integers(L, output_mode=m)([[5, 3, 9], [0, -7, 5]]) for m in MODES},
    **{f"integers {m} mask": lambda L, m=m: integers(L, output_mode=m, mask_token=9)([[5, 3, 9]]) for m in MODES},
    "integers oov 3": lambda L: integers(L, num_oov_indices=3)(LOOKED_UP),
    "integers oov 3 mask": lambda L: integers(L, num_oov_indices=3, mask_token=0)(LOOKED_UP),
    "integers oov 3 farmhash": lambda L: integers(L, num_oov_indices=3, oov_method="farmhash")(LOOKED_UP),
    "integers oov 30 salt": lambda L: integers(L, num_oov_indices=30, oov_method="farmhash", salt=5)(LOOKED_UP),
    "integers invert": lambda L: integers(L, invert=True)([0, 1, 2, 3, 4, 50]),
    "integers invert mask": lambda L: integers(L, invert=True, mask_token=0)([0, 1, 2, 3, 4, 50]),
    "integers tf_idf": lambda L: integers(L, output_mode="tf_idf", idf_weights=[0.5, 1.0, 2.0])([[5, 5, 8]]),
    "texts": lambda L: texts(L)(TEXTS),
    "texts column": lambda L: texts(L)([[x] for x in TEXTS]),
    "texts cut": lambda L: texts(L, output_sequence_length=2)(TEXTS),
    "texts filled": lambda L: texts(L, output_sequence_length=7)(TEXTS),
    **{f"texts {m}": lambda L, m=m: texts(L, output_mode=m)(TEXTS) for m in MODES[2:]},
    "texts padded": lambda L: texts(L, output_mode="count", max_tokens=7, pad_to_max_tokens=True)(TEXTS),
    "texts tf_idf": lambda L: texts(L, output_mode="tf_idf", idf_weights=[1.0, 2.0, 3.0, 4.0])(TEXTS),
    **{f"texts ngrams {n}": lambda L, n=n: texts(L, ngrams=n)(TEXTS) for n in (1, 2, 3, (2,), (1, 3), (3, 1))},
    **{f"texts {s}": lambda L, s=s: texts(L, standardize=s)(TEXTS) for s in (None, "lower", "strip_punctuation")},
    "texts whole": lambda L: texts(L, split=None)(["The cat", "cat"]),
    "texts whole rows": lambda L: texts(L, split=None)([["The cat", "cat"]]),
    "texts characters": lambda L: texts(L, split="character", vocabulary=list("abcé"))(["abd é", "c"]),
    "texts vocabulary": lambda L: vocabularies(texts(L)),
    "texts vocabulary count": lambda L: vocabularies(texts(L, output_mode="count")),
    **{
        f"texts adapt {k}": lambda L, k=k: adapted(L.TextVectorization(**k), TEXTS)
        for k in ({}, {"max_tokens": 4}, {"output_mode": "tf_idf"}, {"ngrams": 2}, {"split": "character"})
    },
    "hash integers": lambda L: L.Hashing(BINS)(INTS),
    "hash strings": lambda L: L.Hashing(BINS)(STRINGS),
    "hash integers salt": lambda L: L.Hashing(BINS, salt=7)(INTS),
    "hash integers negative salt": lambda L: L.Hashing(BINS, salt=-5)(INTS),
    "hash integers salts": lambda L: L.Hashing(BINS, salt=[7, 9])(INTS),
    "hash strings salts": lambda L: L.Hashing(BINS, salt=[7, 9])(STRINGS),
    "hash integers mask": lambda L: L.Hashing(5, mask_value=9)(INTS),
    "hash strings mask": lambda L: L.Hashing(5, mask_value="a")(STRINGS),
    "hash strings mask salt": lambda L: L.Hashing(5, mask_value="a", salt=1)(STRINGS),
    **{f"hash {m}": lambda L, m=m: L.Hashing(4, output_mode=m)(np.array([[1, 2], [3, 4]])) for m in MODES},
    **{f"hash words {m}": lambda L, m=m: L.Hashing(4, output_mode=m)(WORDS) for m in MODES},
    **{f"hash row {m}": lambda L, m=m: L.Hashing(4, output_mode=m)(np.array([1, 2])) for m in MODES},
    "cross integers": lambda L: L.HashedCrossing(BINS)((INTS, INTS[::-1].copy())),
    "cross three": lambda L: L.HashedCrossing(BINS)((INTS, INTS, INTS)),
    "cross mixed": lambda L: L.HashedCrossing(BINS)((STRINGS, np.arange(len(STRINGS)))),
    "cross strings": lambda L: L.HashedCrossing(BINS)((STRINGS, STRINGS[::-1].copy())),
    "cross columns": lambda L: L.HashedCrossing(7)((INTS[:3, None], INTS[:3, None])),
    "cross scalars": lambda L: L.HashedCrossing(7)((1, "a")),
    "cross one_hot": lambda L: L.HashedCrossing(7, output_mode="one_hot")((INTS[:3], INTS[:3])),
    "cross one_hot columns": lambda L: L.HashedCrossing(7, output_mode="one_hot")((INTS[:3, None], INTS[:3, None])),
    **{
        f"bins {m}": lambda L, m=m: L.Discretization(bin_boundaries=[0.0, 1.0, 2.0], output_mode=m)(NUMBERS)
        for m in MODES
    },
    "bins edges": lambda L: L.Discretization(bin_boundaries=[0.0, 1.0])(np.array([np.nan, np.inf, -np.inf], "float32")),
    "bins adapt 4": lambda L: boundaries(L.Discretization(num_bins=4), np.arange(20.0)),
    "bins adapt 3": lambda L: boundaries(L.Discretization(num_bins=3), np.arange(20.0)),
    "bins adapt equal": lambda L: boundaries(L.Discretization(num_bins=3), [1.0, 1.0, 1.0, 2.0, 2.0, 3.0]),
}


def plain(x):
    """What JSON can hold."""
    if isinstance(x, list | tuple):
        return [plain(item) for item in x]
    return x if isinstance(x, str | int | float) else np.asarray(x).tolist()


if __name__ == "__main__":
    import keras

    GOLDEN.write_text(json.dumps({name: plain(case(keras.layers)) for name, case in CASES.items()}, indent=0) + "\n")
