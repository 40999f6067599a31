"""Preprocessing layers beside Keras's: numbers from `golden.json`, and live where Keras needs no TensorFlow."""

import json

import jax
import numpy as np
import pytest

from kerasish import layers, ops
from tests.layers.preprocessing.cases import CASES, GOLDEN, plain

GIVEN = json.loads(GOLDEN.read_text())


def leaves(x):
    """The numbers and the texts in nested lists, and how they are nested."""
    if isinstance(x, list):
        found = [leaves(item) for item in x]
        numbers, texts = ([leaf for one in found for leaf in one[index]] for index in (0, 1))
        return numbers, texts, [one[2] for one in found]
    return ([], [x], None) if isinstance(x, str) else ([x], [], None)


@pytest.mark.parametrize("name", CASES)
def test_the_output_is_keras_s(name):
    numbers, texts, shape = leaves(plain(CASES[name](layers)))
    wanted_numbers, wanted_texts, wanted_shape = leaves(GIVEN[name])
    assert shape == wanted_shape
    assert texts == wanted_texts
    np.testing.assert_allclose(numbers, wanted_numbers, rtol=1e-5, atol=1e-6)


DATA = np.random.default_rng(0).normal(3, 2, (6, 4, 3)).astype("float32")
NORMALIZED = [{}, {"axis": (1, 2)}, {"axis": None}, {"axis": 1}, {"invert": True}, {"axis": (-1, 1)}]


@pytest.mark.parametrize("arguments", NORMALIZED, ids=str)
def test_normalization_adapts_as_keras_does(arguments):
    keras = pytest.importorskip("keras")
    ours, theirs = layers.Normalization(**arguments, name="n"), keras.layers.Normalization(**arguments, name="n")
    ours.adapt(DATA)
    with jax.numpy_dtype_promotion("standard"):
        theirs.adapt(DATA)
        wanted = np.asarray(theirs(DATA))
    np.testing.assert_allclose(ours(DATA), wanted, rtol=1e-4, atol=1e-5)
    assert [(v.path, v.shape, str(v.dtype)) for v in ours.weights] == [
        (v.path, v.shape, str(v.dtype)) for v in theirs.weights
    ]
    assert json.dumps(ours.get_config()) == json.dumps(theirs.get_config())


def test_discretization_writes_keras_s_config():
    keras = pytest.importorskip("keras")
    ours, theirs = (m.Discretization([0.0, 1.0], output_mode="count", name="d") for m in (layers, keras.layers))
    assert ours.get_config() == theirs.get_config()


def test_weights_of_counts():
    x, w = np.array([[0, 1, 1]]), np.array([[0.1, 0.2, 0.3]], "float32")
    np.testing.assert_allclose(layers.CategoryEncoding(3, "count")(x, count_weights=w), [[0.1, 0.5, 0.0]], rtol=1e-6)


def test_counts_of_arrays_of_rank_3_are_of_the_last_axis():
    ids = [[["a", "b"], ["c", "zz"]]]  # where Keras 3.15.1 counts over the wrong axis
    got = layers.StringLookup(vocabulary=["a", "b", "c"], output_mode="count")(ids)
    assert np.asarray(got).tolist() == [[[0, 1, 1, 0], [1, 0, 0, 1]]]


INTEGERS = np.array([0, 7, -7, 10, 99, -999, 1000, 12345678, -12345678, 2**31 - 1, -(2**31)], "int32")


@pytest.mark.parametrize("arguments", [{}, {"salt": 3}, {"mask_value": 7}, {"output_mode": "one_hot"}], ids=str)
def test_integers_are_hashed_in_a_program_as_their_digits_are_on_the_host(arguments):
    layer = layers.Hashing(11, **arguments)
    digits = np.array([str(x) for x in INTEGERS], object)
    compiled = jax.jit(lambda x: layer(x))(INTEGERS)
    assert np.asarray(compiled).tolist() == np.asarray(layer(digits)).tolist()


@pytest.mark.parametrize("arguments", [{}, {"num_oov_indices": 3}, {"mask_token": 7, "output_mode": "count"}], ids=str)
def test_integer_lookups_compile(arguments):
    layer = layers.IntegerLookup(vocabulary=[10, -7, 2**31 - 1], **arguments)
    x = INTEGERS.reshape(1, -1)
    assert np.asarray(jax.jit(lambda x: layer(x))(x)).tolist() == layer.encoded_on_host(x).tolist()


def test_integers_of_64_bits_are_looked_up_on_the_host():
    layer = layers.IntegerLookup(vocabulary=[2**40, 5])
    assert np.asarray(layer(np.array([2**40, 2**40 + 1, 5]))).tolist() == [1, 0, 2]


def test_crossing_compiles():
    layer = layers.HashedCrossing(1000)
    other = INTEGERS[::-1].copy()
    got = jax.jit(lambda x, y: layer((x, y)))(INTEGERS, other)
    assert np.asarray(got).tolist() == layer._on_host([INTEGERS, other]).tolist()


def test_inverted_lookups_undo_lookups():
    words = np.array([["b", "a"], ["q", "b"]], object)
    there, back = (layers.StringLookup(vocabulary=["a", "b"], invert=invert) for invert in (False, True))
    assert back(there(words)).tolist() == [["b", "a"], ["[UNK]", "b"]]
    assert back(ops.convert_to_tensor([[-1, 99]])).tolist() == [["[UNK]", "[UNK]"]]
