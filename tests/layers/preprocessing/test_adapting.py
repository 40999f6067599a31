"""What `adapt` takes, and the state behind it."""

import itertools

import numpy as np
import pytest

import kerasish
from kerasish import layers

WORDS = ["b", "a", "b", "c", "b", "a"]


def frames():
    pandas = pytest.importorskip("pandas")
    return pandas.Series(WORDS)


SOURCES = {
    "list": lambda: WORDS,
    "array": lambda: np.array(WORDS),
    "objects": lambda: np.array(WORDS, object),
    "bytes": lambda: np.array(WORDS, "S"),
    "rows": lambda: np.array(WORDS).reshape(3, 2),
    "generator": lambda: (np.array(WORDS[i : i + 2]) for i in (0, 2, 4)),
    "endless": lambda: itertools.repeat(np.array(WORDS)),
    "column": frames,
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("kind", ["StringLookup", "TextVectorization"])
def test_a_vocabulary_comes_from_anything_that_holds_strings(source, kind):
    if kind == "TextVectorization" and source == "rows":
        data = np.array(WORDS).reshape(6, 1)
    else:
        data = SOURCES[source]()
    layer = getattr(layers, kind)()
    layer.adapt(data, steps=1 if source == "endless" else None)
    assert layer.get_vocabulary(include_special_tokens=False) == ["b", "a", "c"]


def test_states_are_counted_and_forgotten():
    layer = layers.StringLookup()
    layer.update_state(["a", "b"])
    layer.update_state(["b"])
    layer.finalize_state()
    assert layer.get_vocabulary() == ["[UNK]", "b", "a"]
    layer.reset_state()
    assert layer.get_vocabulary() == ["[UNK]", "b", "a"], "as in Keras: the vocabulary stays"
    layer.update_state(["z"])
    layer.finalize_state()
    assert layer.get_vocabulary() == ["[UNK]", "z"]


def test_statistics_of_batches_are_those_of_the_whole():
    x = np.random.default_rng(0).normal(1e4, 1, (1000, 3)).astype("float32")
    whole, parts = layers.Normalization(), layers.Normalization()
    whole.adapt(x)
    parts.adapt(x[i : i + 170] for i in range(0, 1000, 170))
    np.testing.assert_allclose(parts.variance, x.astype("float64").var(0)[None], rtol=1e-6)
    np.testing.assert_allclose(parts.mean, whole.mean, rtol=1e-6)


def test_quantiles_of_a_long_stream_are_near_the_true_ones():
    layer = layers.Discretization(num_bins=4, epsilon=0.01)
    x = np.random.default_rng(0).permutation(600_000).astype("float32")
    layer.adapt(x[i : i + 50_000] for i in range(0, len(x), 50_000))
    np.testing.assert_allclose(layer.bin_boundaries, [150_000, 300_000, 450_000], atol=6000)


def test_nan_is_left_out_of_quantiles():
    layer = layers.Discretization(num_bins=2)
    layer.adapt(np.array([1.0, 2.0, np.nan, 3.0]))
    assert layer.bin_boundaries == [1.5]


def test_a_new_vocabulary_changes_what_a_compiled_model_gives():
    layer = layers.IntegerLookup(vocabulary_size=None)
    layer.set_vocabulary([1, 2])
    model = kerasish.Sequential([kerasish.Input((1,), dtype="int32"), layer])
    x = np.array([[1], [2]])
    assert model.predict(x).ravel().tolist() == [1, 2]
    layer.set_vocabulary([2, 1])
    assert model.predict(x).ravel().tolist() == [2, 1]


def test_vocabulary_files(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("cat\ndog\n")
    for layer in (layers.StringLookup(vocabulary=str(path)), layers.TextVectorization(vocabulary=path)):
        assert layer.get_vocabulary(False) == ["cat", "dog"]
    path.write_text("3\n4")
    assert layers.IntegerLookup(vocabulary=str(path)).get_vocabulary(False) == [3, 4]
    path.write_text("a\n\nb")
    with pytest.raises(ValueError, match="has an empty line, 2"):
        layers.StringLookup(vocabulary=str(path))
    with pytest.raises(FileNotFoundError):
        layers.StringLookup(vocabulary=str(tmp_path / "none.txt"))


def test_functions_of_the_user_s_prepare_texts():
    layer = layers.TextVectorization(
        standardize=lambda x: np.char.replace(x.astype(str), "-", " "),
        split=lambda x: [text.split(" ") for text in x],
        vocabulary=["a", "b"],
    )
    assert np.asarray(layer(["a-b"])).tolist() == [[2, 3]]


BAD = {
    "mean alone": (lambda: layers.Normalization(mean=1.0), "both mean and variance"),
    "shapes": (lambda: layers.Normalization(mean=[1.0, 2.0], variance=[1.0]), "must have the same shape"),
    "unknown axis": (lambda: layers.Normalization(axis=1).build((None, None, 3)), "sizes must be known"),
    "no axis": (lambda: layers.Normalization(axis=4).build((None, 3)), "has no such"),
    "adapt given": (lambda: layers.Normalization(mean=0.0, variance=1.0).adapt([[1.0]]), "it can't adapt"),
    "no data": (lambda: layers.Normalization().adapt(iter(())), "has seen no data"),
    "bins and number": (lambda: layers.Discretization([1.0], num_bins=2), "one of them"),
    "no bins": (lambda: layers.Discretization(), "one of them"),
    "falling bins": (lambda: layers.Discretization([2.0, 1.0]), "must rise"),
    "few bins": (lambda: layers.Discretization(num_bins=0), "at least 1"),
    "bins not learned": (lambda: layers.Discretization(num_bins=2)([1.0]), "no bins yet"),
    "bins adapt": (lambda: layers.Discretization([1.0]).adapt([1.0]), "can't adapt"),
    "bins mode": (lambda: layers.Discretization([1.0], output_mode="tf_idf"), "must be one of 'int'"),
    "no tokens": (lambda: layers.CategoryEncoding(), "at least 1"),
    "encoding mode": (lambda: layers.CategoryEncoding(3, "int"), "must be one of 'multi_hot'"),
    "weights": (lambda: layers.CategoryEncoding(3)([0], count_weights=np.ones(1)), "are for output_mode='count'"),
    "weights shape": (
        lambda: layers.CategoryEncoding(3, "count")([0], count_weights=np.ones(2)),
        "the shape of the input",
    ),
    "sparse": (lambda: layers.StringLookup(sparse=True), "sparse=True is not supported"),
    "ragged": (lambda: layers.TextVectorization(ragged=True), "ragged=True is not supported"),
    "hash bins": (lambda: layers.Hashing(0), "from 1 to"),
    "hash salt": (lambda: layers.Hashing(3, salt="x"), "salt must be a whole number"),
    "hash mode": (lambda: layers.Hashing(3, output_mode="tf_idf"), "must be one of"),
    "cross one": (lambda: layers.HashedCrossing(3)([np.array([1])]), "two or more inputs"),
    "cross shape": (
        lambda: layers.HashedCrossing(3)((np.ones((2, 2), int), np.ones((2, 2), int))),
        "inputs of one shape",
    ),
    "cross floats": (lambda: layers.HashedCrossing(3)((np.ones(2), np.ones(2))), "whole numbers or strings"),
    "twice": (lambda: layers.StringLookup(vocabulary=["a", "a"]), "more than once"),
    "empty": (lambda: layers.StringLookup(vocabulary=[]), "at least one token"),
    "too many": (lambda: layers.StringLookup(vocabulary=["a", "b"], max_tokens=2), "more than max_tokens=2"),
    "mask inside": (lambda: layers.StringLookup(vocabulary=["a", ""], mask_token=""), "has the mask token"),
    "numbers": (lambda: layers.StringLookup(vocabulary=[1]), "takes strings"),
    "no vocabulary": (lambda: layers.StringLookup()(["a"]), "no vocabulary yet"),
    "unknown": (
        lambda: layers.StringLookup(vocabulary=["a"], num_oov_indices=0)(["q"]),
        "'q' is not in the vocabulary",
    ),
    "unknown number": (
        lambda: layers.IntegerLookup(vocabulary=[1], num_oov_indices=0)([9]),
        "9 is not in the vocabulary",
    ),
    "adapt fixed": (lambda: layers.StringLookup(vocabulary=["a"]).adapt(["b"]), "can't adapt"),
    "adapt pairs": (lambda: layers.StringLookup().adapt(iter([(["a"], [1])])), "this layer's input alone"),
    "adapt 5": (lambda: layers.StringLookup().adapt(5), "an iterable of batches"),
    "max": (lambda: layers.StringLookup(max_tokens=1), "at least 2"),
    "oov": (lambda: layers.StringLookup(num_oov_indices=-1), "at least 0"),
    "inverted count": (lambda: layers.StringLookup(invert=True, output_mode="count"), "must be 'int'"),
    "pad": (lambda: layers.StringLookup(pad_to_max_tokens=True), "needs max_tokens"),
    "salt": (lambda: layers.IntegerLookup(salt=3), "oov_method='farmhash'"),
    "method": (lambda: layers.IntegerLookup(oov_method="x"), "must be one of 'floormod'"),
    "idf": (lambda: layers.StringLookup(vocabulary=["a"], output_mode="tf_idf"), "needs idf_weights"),
    "idf length": (
        lambda: layers.StringLookup(vocabulary=["a"], output_mode="tf_idf", idf_weights=[1, 2, 3]),
        "as many",
    ),
    "idf unwanted": (lambda: layers.StringLookup(vocabulary=["a"], idf_weights=[1.0]), "and only there"),
    "idf alone": (lambda: layers.StringLookup(idf_weights=[1.0]), "without a vocabulary"),
    "dtype": (lambda: layers.IntegerLookup(vocabulary_dtype="string"), "must be 'int64'"),
    "floats": (lambda: layers.IntegerLookup(vocabulary=[1.5]), "takes whole numbers"),
    "missing": (
        lambda: layers.StringLookup(vocabulary=["a"])(np.array(["a", None], object)),
        "position 1, among strings",
    ),
    "uneven": (lambda: layers.StringLookup(vocabulary=["a"])([["a"], ["a", "b"]]), "rows have different lengths"),
    "standardize": (lambda: layers.TextVectorization(standardize="x"), "must be one of 'lower_and"),
    "split": (lambda: layers.TextVectorization(split="x"), "must be one of 'whitespace'"),
    "ngrams": (lambda: layers.TextVectorization(ngrams=0), "at least 1"),
    "length": (lambda: layers.TextVectorization(output_sequence_length=0), "at least 1"),
    "length and count": (
        lambda: layers.TextVectorization(output_mode="count", output_sequence_length=2),
        "is for output_mode",
    ),
    "text mode": (lambda: layers.TextVectorization(output_mode="one_hot"), "must be one of"),
    "texts in rows": (lambda: layers.TextVectorization(vocabulary=["a"])([["a", "b"]]), r"\(batch,\) or \(batch, 1\)"),
    "pipeline": (lambda: layers.Pipeline([3]), "takes layers"),
    "strings to numbers": (lambda: layers.Dense(2)(np.array([["a"]])), "got strings, and computes with numbers"),
    "a path in a config": (lambda: layers.StringLookup.from_config({"vocabulary": "/etc/passwd"}), "it is not opened"),
    "a path in a text config": (lambda: layers.TextVectorization.from_config({"vocabulary": "/x"}), "it is not opened"),
}


@pytest.mark.parametrize("name", BAD)
def test_mistakes_are_told(name):
    make, match = BAD[name]
    with pytest.raises((ValueError, TypeError), match=match) as caught:
        make()
    assert len(str(caught.value)) <= 600
