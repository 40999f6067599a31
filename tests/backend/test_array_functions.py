"""The rest of what the array standard lacks: both backends against a reference."""

import math

import jax
import numpy as np
import pytest
import scipy.special

import kerasish.backend.jax as jax_backend
import kerasish.backend.numpy as numpy_backend

BACKENDS = pytest.mark.parametrize("engine", [jax_backend, numpy_backend], ids=["jax", "numpy"])
FLOATS = pytest.mark.parametrize(("dtype", "error"), [("float32", 2e-6), ("float16", 2e-3), ("bfloat16", 1e-2)])


@BACKENDS
@FLOATS
def test_the_error_function(engine, dtype, error):
    points = np.array([-3.5, -1.0, -0.1, 0.0, 0.5, 2.0])
    found = engine.erf(engine.asarray(points, dtype))
    assert str(found.dtype) == dtype
    expected = [math.erf(p) for p in np.asarray(points, dtype).astype("float64")]
    np.testing.assert_allclose(engine.to_numpy(found).astype("float64"), expected, rtol=error)


@BACKENDS
@FLOATS
def test_its_inverse(engine, dtype, error):
    points = np.asarray([-0.9375, -0.5, 0.0, 0.125, 0.75], dtype)
    found = engine.to_numpy(engine.erfinv(engine.asarray(points)))
    assert str(found.dtype) == dtype
    back = [math.erf(p) for p in found.astype("float64")]
    np.testing.assert_allclose(back, points.astype("float64"), rtol=error, atol=1e-7)
    ends = engine.to_numpy(engine.erfinv(engine.asarray(np.asarray([-1, 1, 2], dtype)))).astype("float64")
    np.testing.assert_array_equal(ends, [-np.inf, np.inf, np.nan])


def test_numpy_has_the_error_functions_in_float64():
    points = np.linspace(-3, 3, 25)
    np.testing.assert_allclose(numpy_backend.erf(points), [math.erf(p) for p in points], rtol=1e-15)
    np.testing.assert_allclose(numpy_backend.erfinv(numpy_backend.erf(points)), points, rtol=1e-11)


@BACKENDS
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_logsumexp_does_not_overflow(engine, axis, keepdims):
    x = np.random.default_rng(0).normal(size=(3, 1, 4)).astype("float32") * 100 + 1000
    found = engine.logsumexp(engine.asarray(x), axis, keepdims)
    expected = scipy.special.logsumexp(x.astype("float64"), axis=axis, keepdims=keepdims)
    assert found.dtype == "float32" and found.shape == np.shape(expected)
    np.testing.assert_allclose(engine.to_numpy(found), expected, rtol=1e-6)


@BACKENDS
def test_logsumexp_of_infinities(engine):
    x = np.array([[-np.inf, -np.inf], [np.inf, 0], [np.nan, 0], [-np.inf, 2]], "float32")
    found = engine.to_numpy(engine.logsumexp(engine.asarray(x), -1))
    np.testing.assert_array_equal(found, np.array([-np.inf, np.inf, np.nan, 2], "float32"))
    assert str(engine.logsumexp(engine.asarray(x, "bfloat16")).dtype) == "bfloat16"
    assert engine.logsumexp(engine.asarray([1, 2])).dtype == "float32"


@BACKENDS
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int32", "uint8"])
def test_top_k_falls_and_takes_the_first_of_equals(engine, dtype):
    x = engine.asarray(np.array([[1, 5, 5, 0], [7, 7, 7, 9]]).astype(dtype))
    values, indices = engine.top_k(x, 3)
    assert str(values.dtype) == dtype and indices.dtype == "int32"
    assert engine.to_numpy(values).astype(int).tolist() == [[5, 5, 1], [9, 7, 7]]
    assert engine.to_numpy(indices).tolist() == [[1, 2, 0], [3, 0, 1]]


@BACKENDS
def test_top_k_of_more_than_there_are_is_refused(engine):
    with pytest.raises(ValueError, match="top_k|k"):
        engine.top_k(engine.asarray([1.0, 2.0]), 3)
    assert engine.top_k(engine.asarray([1.0, 2.0]), 0)[0].shape == (0,)


@BACKENDS
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int32"])
def test_segment_sum_drops_unknown_segments(engine, dtype):
    x = engine.asarray(np.array([[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]).astype(dtype))
    found = engine.segment_sum(x, engine.asarray([2, 0, 2, 3, -1]), 3)
    assert str(found.dtype) == dtype
    assert engine.to_numpy(found).astype(int).tolist() == [[3, 4], [0, 0], [6, 8]]


@BACKENDS
def test_scatter_update_leaves_the_original(engine):
    x = engine.asarray(np.zeros((3, 2), "float32"))
    found = engine.scatter_update(x, (engine.asarray([0, 2]), engine.asarray([1, 0])), engine.asarray([5.0, 6.0]))
    assert engine.to_numpy(found).tolist() == [[0, 5], [0, 0], [6, 0]] and engine.to_numpy(x).max() == 0
    assert engine.to_numpy(engine.scatter_update(x, slice(1, None), 1.0)).tolist() == [[0, 0], [1, 1], [1, 1]]


@BACKENDS
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_rows_outside_the_table_are_nan(engine, dtype):
    table = engine.asarray(np.arange(6).reshape(3, 2), dtype)
    found = engine.take_rows(table, engine.asarray(np.array([[0, 2], [3, -1]], "int32")))
    assert str(found.dtype) == dtype
    expected = [[[0, 1], [4, 5]], [[np.nan] * 2] * 2]
    np.testing.assert_array_equal(engine.to_numpy(found).astype("float64"), expected)


@BACKENDS
@pytest.mark.parametrize(("dtype", "strange"), [("int32", -(2**31)), ("uint8", 255)])
def test_rows_of_integers_outside_the_table_are_extreme(engine, dtype, strange):
    found = engine.take_rows(engine.asarray(np.array([1, 2, 3]).astype(dtype)), engine.asarray([1, 3, -1]))
    assert str(found.dtype) == dtype and engine.to_numpy(found).tolist() == [2, strange, strange]


def test_the_gradient_of_take_rows_counts_the_uses():
    ids = np.array([0, 2, 0, 5, -1])
    gradient = jax.grad(lambda t: np.float32(1) * jax_backend.take_rows(t, ids)[:3].sum())(np.ones((3, 2), "float32"))
    assert np.asarray(gradient).tolist() == [[2, 2], [0, 0], [1, 1]]
