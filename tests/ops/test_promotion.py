"""Dtypes of results: Keras's, for all pairs of dtypes, and with Python's numbers, which decide nothing."""

import itertools

import numpy as np
import pytest

from kerasish import ops
from kerasish.core.dtypes import NARROW, result_type, standardize_dtype
from kerasish.core.symbolic import SymbolicTensor

jax = pytest.importorskip("jax")
keras = pytest.importorskip("keras")

DTYPES = ["bool", "uint8", "int8", "int16", "uint16", "uint32", "int32", "float16", "bfloat16", "float32"]
PAIRED = [
    "add",
    "multiply",
    "divide",
    "true_divide",
    "floor_divide",
    "power",
    "maximum",
    "minimum",
    "matmul",
    "where",
    "mod",
    "logaddexp",
    "arctan2",
    "divide_no_nan",
    "equal",
    "not_equal",
    "less",
    "logical_and",
    "dot",
    "inner",
    "outer",
    "vdot",
]
EVERY_TYPE = [*DTYPES, "int64", "uint64", "float64", bool, int, float]


def matrix(dtype):
    """What stands for a matrix of this dtype: only dtypes are looked at, so nothing is computed."""
    return SymbolicTensor((2, 2), dtype)


def narrow(dtype):
    """Without 64 bits: JAX, beside which we stand, has none."""
    name = standardize_dtype(dtype)
    return NARROW.get(name, name)


def test_the_rule_is_that_of_keras_for_all_pairs_and_triples():
    for dtypes in [*itertools.product(EVERY_TYPE, repeat=2), *itertools.combinations(EVERY_TYPE, 3)]:
        assert narrow(result_type(*dtypes)) == keras.backend.result_type(*dtypes), dtypes


def call(name, *xs):
    """`ops.<name>` of these."""
    return ops.where(np.ones((2, 2), bool), *xs) if name == "where" else getattr(ops, name)(*xs)


def dtype_in_keras(name, *xs):
    """The dtype that Keras's op gives, run on abstract arrays."""
    arrays = [jax.ShapeDtypeStruct((2, 2), x.dtype) for x in xs if isinstance(x, SymbolicTensor)]
    numbers = [x for x in xs if not isinstance(x, SymbolicTensor)]

    def run(*arrays):
        first = [np.ones((2, 2), bool)] if name == "where" else []
        return getattr(keras.ops, name)(*first, *arrays, *numbers)

    with jax.numpy_dtype_promotion("standard"):
        return jax.eval_shape(run, *arrays).dtype.name


@pytest.mark.parametrize("name", PAIRED)
def test_two_dtypes_give_the_dtype_that_keras_gives(name):
    for a, b in itertools.product(DTYPES, DTYPES):
        xs = matrix(a), matrix(b)
        assert narrow(call(name, *xs).dtype) == dtype_in_keras(name, *xs), (a, b)


@pytest.mark.parametrize(
    "name", ["add", "multiply", "divide", "maximum", "power", "floor_divide", "mod", "where", "equal"]
)
def test_a_python_number_gives_the_dtype_that_keras_gives(name):
    for a, number in itertools.product(DTYPES, [True, 2, 2.5]):
        assert narrow(call(name, matrix(a), number).dtype) == dtype_in_keras(name, matrix(a), number), (a, number)


UNARY = (
    "absolute square sqrt exp log floor isnan sum mean prod max var std any argmax count_nonzero cumsum median average",
    "logical_not logsumexp relu softplus gelu elu leaky_relu nan_to_num",
)


@pytest.mark.parametrize("name", " ".join(UNARY).split())
def test_a_dtype_gives_the_dtype_that_keras_gives(name):
    for a in DTYPES:
        assert narrow(call(name, matrix(a)).dtype) == dtype_in_keras(name, matrix(a)), a


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_16_bits_stay_16_bits_and_near_the_numbers_of_32(dtype):
    x = np.linspace(-3, 3, 12, dtype="float32").reshape(3, 4)
    for name in ("relu", "sigmoid", "gelu", "softmax", "layer_normalization", "mean", "softplus", "logsumexp"):
        result = getattr(ops, name)(ops.cast(x, dtype))
        assert standardize_dtype(result.dtype) == dtype, name
        expected = ops.convert_to_numpy(getattr(ops, name)(x))
        np.testing.assert_allclose(np.asarray(result, "float32"), expected, rtol=0.04, atol=0.04)


@pytest.mark.parametrize("x", [3, 3.5, True, [1, 2], [1.5, 2], [[1, 2.5]], np.ones(2), np.arange(2), np.float64(3)])
def test_numbers_lists_and_64_bit_arrays_become_32_bits(x):
    with jax.numpy_dtype_promotion("standard"):
        theirs = keras.ops.convert_to_tensor(x)
    ours = ops.convert_to_tensor(x)
    assert narrow(ours.dtype) == theirs.dtype.name
    assert tuple(ours.shape) == theirs.shape


def test_a_list_of_arrays_becomes_one_array():
    assert ops.convert_to_tensor([ops.ones(2), [3, 4]]).shape == (2, 2)


def test_none_and_text_are_refused():
    with pytest.raises(TypeError, match="None was given"):
        ops.add(None, 1)
    with pytest.raises(TypeError, match="takes numbers"):
        ops.exp("three")
