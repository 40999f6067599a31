"""Random numbers: a key fixes them, their moments are right, their ranges are kept."""

import numpy as np
import pytest

import kerasish.backend.jax as jax_backend
import kerasish.backend.numpy as numpy_backend

BACKENDS = pytest.mark.parametrize("engine", [jax_backend, numpy_backend], ids=["jax", "numpy"])
KEY = np.array([7, 1], "uint32")
N = 20_000

DRAWS = {
    "uniform": lambda engine, key: engine.random_uniform(key, (50,), "float32"),
    "normal": lambda engine, key: engine.random_normal(key, (50,), "float32"),
    "keep": lambda engine, key: engine.random_keep(key, 0.5, (50,)),
    "int": lambda engine, key: engine.random_int(key, (50,), 0, 1000, "int32"),
    "gamma": lambda engine, key: engine.random_gamma(key, (50,), 2.0, "float32"),
    "permutation": lambda engine, key: engine.random_permutation(key, engine.xp.arange(50), 0),
}


def near(values, mean, deviation):
    """Whether the mean is within five standard errors."""
    return abs(np.mean(values) - mean) < 5 * deviation / np.sqrt(np.size(values))


@BACKENDS
@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_key_fixes_the_numbers(engine, draw):
    same, again = (engine.to_numpy(draw(engine, engine.asarray(KEY))) for _ in range(2))
    np.testing.assert_array_equal(same, again)
    for other in ([7, 2], [8, 1], [1, 7]):
        assert (engine.to_numpy(draw(engine, np.array(other, "uint32"))) != same).any()


@BACKENDS
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_uniform_stays_below_one(engine, dtype):
    found = engine.random_uniform(KEY, (N,), dtype)
    values = engine.to_numpy(found).astype("float64")
    assert str(found.dtype) == dtype and values.min() >= 0 and values.max() < 1
    spread = 2.0**-8 if dtype == "bfloat16" else 0  # steps of 1/128 or 1/256 shift the mean by half a step
    assert abs(values.mean() - 0.5) < spread + 5 * 12**-0.5 / np.sqrt(N)


@BACKENDS
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_normal_has_mean_zero_and_deviation_one(engine, dtype):
    found = engine.random_normal(KEY, (N,), dtype)
    values = engine.to_numpy(found).astype("float64")
    assert str(found.dtype) == dtype and near(values, 0, 1) and near(values**2, 1, 2**0.5)


@BACKENDS
@pytest.mark.parametrize("probability", [0.0, 0.001, 0.3, 0.9, 1.0])
def test_keep_is_true_as_often_as_asked(engine, probability):
    found = engine.random_keep(KEY, probability, (4, N))
    assert found.shape == (4, N) and found.dtype == "bool"
    share = engine.to_numpy(found).mean()
    assert abs(share - probability) <= 5 * np.sqrt(probability * (1 - probability) / (4 * N)) + 2**-16 * (
        0 < probability < 1
    )


@BACKENDS
@pytest.mark.parametrize("dtype", ["int32", "uint8", "int8"])
def test_integers_fill_their_range(engine, dtype):
    found = engine.random_int(KEY, (N,), 3, 10, dtype)
    assert str(found.dtype) == dtype and set(engine.to_numpy(found).tolist()) == set(range(3, 10))
    assert near(engine.to_numpy(found), 6, 2)


@BACKENDS
def test_bounds_may_be_arrays(engine):
    found = engine.to_numpy(engine.random_int(KEY, (100, 2), engine.asarray([0, 10]), engine.asarray([2, 12]), "int32"))
    assert set(found[:, 0].tolist()) == {0, 1} and set(found[:, 1].tolist()) == {10, 11}


@BACKENDS
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_gamma_has_its_mean_and_variance(engine, dtype):
    found = engine.random_gamma(KEY, (N, 2), engine.asarray([0.5, 4.0]), dtype)
    values = engine.to_numpy(found).astype("float64")
    assert str(found.dtype) == dtype and near(values[:, 0], 0.5, 0.5**0.5) and near(values[:, 1], 4, 2)


@BACKENDS
def test_a_permutation_moves_whole_slices(engine):
    x = np.arange(60, dtype="float32").reshape(3, 20)
    found = engine.to_numpy(engine.random_permutation(KEY, engine.asarray(x), 1))
    assert (found != x).any() and (np.sort(found, axis=1) == x).all()
    np.testing.assert_array_equal(found - found[:1], x - x[:1])


@BACKENDS
def test_shapes_may_be_empty(engine):
    assert engine.random_normal(KEY, (), "float32").shape == ()
    assert engine.random_uniform(KEY, [0, 3], "float32").shape == (0, 3)
    assert engine.random_int(KEY, (), 0, 5, "int32").dtype == "int32"
    assert engine.random_gamma(KEY, (), 1.0, "float32").dtype == "float32"
