"""Names of dtypes, and promotion: Keras's rule for all pairs."""

import itertools

import numpy as np
import pytest
from hypothesis import given, strategies as st

from kerasish.core.dtypes import NARROW, is_float_dtype, is_int_dtype, result_type, standardize_dtype

keras = pytest.importorskip("keras")

DTYPES = [
    *("bool", "uint8", "uint16", "uint32", "int8", "int16", "int32", "int64", "float16", "bfloat16"),
    *("float32", "float64", int, float),
]


@pytest.mark.parametrize("first", DTYPES)
def test_two_dtypes_promote_as_in_keras(first):
    for second in DTYPES:
        ours, theirs = result_type(first, second), keras.backend.result_type(first, second)
        assert NARROW.get(ours, ours) == NARROW.get(theirs, theirs), second


def test_the_order_of_dtypes_does_not_matter():
    for a, b in itertools.combinations(DTYPES, 2):
        assert result_type(a, b) == result_type(b, a)


@pytest.mark.parametrize("dtype", ["bool", "int32", "float32", "bfloat16"])
def test_numpy_s_dtypes_are_strong_even_where_they_equal_python_s_types(dtype):
    assert result_type(np.dtype(dtype), np.dtype(dtype)) == dtype


def test_a_dtype_has_many_spellings_and_one_name():
    assert standardize_dtype(None) == "float32"
    assert [standardize_dtype(x) for x in (int, float, np.float32, np.dtype("int8"), "bfloat16")] == [
        *("int32", "float32", "float32", "int8", "bfloat16"),
    ]
    with pytest.raises(ValueError, match="is not a dtype; allowed are"):
        standardize_dtype("float31")


def test_kinds_of_dtypes():
    assert is_float_dtype("bfloat16")
    assert not is_float_dtype("int8")
    assert is_int_dtype("uint8")
    assert not is_int_dtype("bool")


@given(st.lists(st.sampled_from(DTYPES), min_size=1, max_size=3))
def test_repeating_and_reordering_dtypes_changes_nothing(dtypes):
    result = result_type(*dtypes)
    assert result_type(*reversed(dtypes)) == result
    assert result_type(*dtypes, *dtypes) == result
    assert result_type(result, *dtypes) == result or not any(isinstance(d, str) for d in dtypes)


@given(st.lists(st.sampled_from([d for d in DTYPES if isinstance(d, str)]), min_size=1, max_size=3))
def test_a_result_is_never_narrower_in_kind_than_an_argument(dtypes):
    result = result_type(*dtypes)
    if any(is_float_dtype(d) for d in dtypes):
        assert is_float_dtype(result)
    elif any(is_int_dtype(d) for d in dtypes):
        assert not is_float_dtype(result) or "uint64" in dtypes
    else:
        assert result == "bool"
