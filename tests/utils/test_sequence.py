"""Padding, against Keras run live where it is right."""

import numpy as np
import pytest

from kerasish.backend import engine
from kerasish.utils.sequence import pad_sequences

LISTS = [[1], [1, 2], [1, 2, 3]]
VECTORS = [np.ones((1, 2)), np.full((3, 2), 5.0)]
CASES = [
    (LISTS, {}),
    (tuple(map(tuple, LISTS)), {}),
    (LISTS, {"maxlen": 5, "value": -1}),
    (LISTS, {"value": 0.5}),
    ([[1.5], [2, 3]], {"dtype": "float32"}),
    ([[1.7], [2, 3]], {}),
    ([["a"], ["b", "c"]], {"dtype": object, "value": "pad"}),
    ([["a"], ["b", "cc"]], {"dtype": "<U2", "value": ""}),
    ([["a"], ["b", "c"]], {"dtype": "S1", "value": "x"}),
    (VECTORS, {}),
    (VECTORS, {"value": [7, 8]}),
    ([[], np.ones((2, 2))], {}),
    ([[], [1]], {}),
    ([[], []], {}),
    ([], {"maxlen": 3}),
    (np.ones((2, 3)), {"maxlen": 2}),
    ([[True], [True, False]], {"dtype": bool}),
]


@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("truncating", ["pre", "post"])
@pytest.mark.parametrize(("sequences", "arguments"), [*CASES, (LISTS, {"maxlen": 2})])
def test_padded_sequences_are_those_of_keras(sequences, arguments, truncating, padding):
    keras = pytest.importorskip("keras")
    expected = keras.utils.pad_sequences(sequences, padding=padding, truncating=truncating, **arguments)
    found = pad_sequences(sequences, padding=padding, truncating=truncating, **arguments)
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("truncating", ["pre", "post"])
def test_nothing_is_left_with_maxlen_zero(truncating):
    assert pad_sequences(LISTS, maxlen=0, truncating=truncating).shape == (3, 0)


def test_no_string_is_cut_when_the_type_has_no_size():
    assert pad_sequences([["a"], ["bcd", "e"]], dtype=str, value="").tolist() == [["", "a"], ["bcd", "e"]]


@pytest.mark.parametrize(
    ("sequences", "arguments", "message"),
    [
        (LISTS, {"padding": "x"}, "padding must be 'pre' or 'post'; got 'x'"),
        ([[]], {"padding": "x"}, "padding must be"),
        (LISTS, {"truncating": "x"}, "truncating must be 'pre' or 'post'; got 'x'"),
        (5, {}, "must be a list of sequences; got int"),
        (iter(LISTS), {}, r"Make a list of it: list\(sequences\)"),
        ([[1], 2], {}, "position 1 is 2, int"),
        (["abc"], {"dtype": object}, "position 0 is 'abc', str"),
        ([np.array(3)], {}, r"position 0 is array\(3\), ndarray"),
        ([np.ones((1, 2)), np.ones((3, 3))], {}, r"sequence 1 has the shape \(3,\).*have \(2,\)"),
        (LISTS, {"value": "a"}, "'a' is a string, which the dtype int32 can't hold"),
        ([], {}, "give maxlen"),
        (LISTS, {"maxlen": -1}, "maxlen must be None or a whole number.*got -1"),
        (LISTS, {"maxlen": 2.0}, "maxlen must be None or a whole number.*got 2.0"),
    ],
)
def test_wrong_arguments_are_refused(sequences, arguments, message):
    with pytest.raises(ValueError, match=message):
        pad_sequences(sequences, **arguments)


@pytest.mark.parametrize("sequence", [[2**40], np.array([2**40]), engine.asarray(np.array([2**31], "uint32"))])
def test_numbers_too_large_for_the_type_are_refused(sequence):
    with pytest.raises(OverflowError, match="int32"):
        pad_sequences([sequence])


def test_the_message_for_large_numbers_says_what_to_do():
    with pytest.raises(OverflowError, match=r"from -1 to 300, but uint8 holds 0 to 255\. Set a wider dtype"):
        pad_sequences([np.array([-1, 300])], dtype="uint8")


def test_arrays_of_the_backend_are_sequences():
    arrays = [engine.asarray(np.arange(n, dtype="int32")) for n in (1, 2)]
    assert pad_sequences(arrays, value=-1).tolist() == [[-1, 0], [0, 1]]


def test_a_single_number_of_the_backend_is_no_sequence():
    with pytest.raises(ValueError, match="the item at position 0 is"):
        pad_sequences([engine.asarray(np.array(3, "int32"))])
