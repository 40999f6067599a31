"""Pools against their definition in float64, and their gradients."""

import jax
import numpy as np
import pytest

import kerasish.backend.jax as jax_backend
import kerasish.backend.numpy as numpy_backend

BACKENDS = pytest.mark.parametrize("engine", [jax_backend, numpy_backend], ids=["jax", "numpy"])

# spatial sizes, window, strides, padding
CASES = [
    ((7,), (2,), (2,), ((0, 0),)),
    ((7,), (3,), (1,), ((1, 1),)),
    ((2,), (3,), (1,), ((0, 0),)),
    ((6, 6), (2, 2), (2, 2), ((0, 0), (0, 0))),
    ((7, 5), (2, 3), (2, 3), ((0, 0), (0, 1))),
    ((7, 8), (3, 3), (2, 2), ((1, 1), (0, 1))),
    ((9, 9), (2, 2), (3, 3), ((0, 0), (0, 0))),
    ((19, 18), (9, 8), (5, 3), ((4, 4), (0, 1))),
    ((4, 5, 4), (2, 2, 3), (2, 1, 1), ((0, 0), (1, 0), (1, 1))),
]


def by_definition(fn, outside, x, size, strides, padding):
    x = np.pad(x.astype("float64"), ((0, 0), *padding, (0, 0)), constant_values=outside)
    outputs = [max((n - k) // s + 1, 0) for n, k, s in zip(x.shape[1:-1], size, strides)]
    result = np.zeros((len(x), *outputs, x.shape[-1]))
    for at in np.ndindex(*outputs):
        window = x[:, *(slice(a * s, a * s + k) for a, s, k in zip(at, strides, size))]
        result[:, *at] = fn(window, axis=tuple(range(1, x.ndim - 1)))
    return result


def example(spatial, dtype="float32"):
    return np.random.default_rng(1).normal(size=(2, *spatial, 3)).astype(dtype)


@BACKENDS
@pytest.mark.parametrize("case", CASES, ids=str)
def test_pools_are_their_definitions(engine, case):
    spatial, *window = case
    x = example(spatial)
    window = [list(setting) for setting in window]  # any sequences will do
    greatest, total = engine.max_pool(engine.asarray(x), *window), engine.sum_pool(engine.asarray(x), *window)
    assert greatest.dtype == total.dtype == "float32"
    np.testing.assert_array_equal(engine.to_numpy(greatest), by_definition(np.max, -np.inf, x, *window))
    np.testing.assert_allclose(engine.to_numpy(total), by_definition(np.sum, 0, x, *window), rtol=1e-5, atol=1e-5)


@BACKENDS
@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "int8", "uint8", "int32"])
def test_pools_keep_the_dtype_and_padding_never_wins(engine, dtype):
    x = engine.asarray(np.array([-3, -2, -1]).astype(dtype)[None, :, None])
    greatest = engine.max_pool(x, (3,), (2,), ((1, 1),))
    assert str(greatest.dtype) == str(engine.sum_pool(x, (2,), (1,), ((0, 0),)).dtype) == dtype
    np.testing.assert_array_equal(engine.to_numpy(greatest)[0, :, 0], np.array([-2, -1]).astype(dtype))


@BACKENDS
def test_the_greatest_of_booleans(engine):
    x = engine.asarray(np.array([[[True], [False], [False]]]))
    assert engine.to_numpy(engine.max_pool(x, (2,), (1,), ((0, 0),)))[0, :, 0].tolist() == [True, False]


@BACKENDS
@pytest.mark.parametrize("place", [0, 1, 2, 3])
@pytest.mark.parametrize("size", [(2, 2), (16, 4)])
def test_a_nan_wins_from_every_place(engine, place, size):
    x = np.ones((1, 16, 4, 1), "float32")
    x[0, place // 2, place % 2, 0] = np.nan
    assert np.isnan(engine.to_numpy(engine.max_pool(engine.asarray(x), size, size, ((0, 0), (0, 0))))[0, 0, 0, 0])


@pytest.mark.parametrize("case", [c for c in CASES if c[0] != (2,)], ids=str)
def test_gradients_are_the_differences(case):
    spatial, *window = case
    x = example(spatial, "float64")
    direction, step = np.random.default_rng(2).normal(size=x.shape), 1e-6
    for name in ("max_pool", "sum_pool"):
        reference, pool = getattr(numpy_backend, name), getattr(jax_backend, name)
        weight = np.random.default_rng(3).normal(size=reference(x, *window).shape)
        with jax.enable_x64(True):
            gradient = jax.jit(jax.grad(lambda x, pool=pool, weight=weight: (pool(x, *window) * weight).sum()))(x)
        ahead, behind = ((reference(x + s * direction, *window) * weight).sum() for s in (step, -step))
        expected = (ahead - behind) / (2 * step)
        np.testing.assert_allclose((np.asarray(gradient) * direction).sum(), expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("size", [(2, 2), (3, 2), (16, 4)])
def test_at_a_tie_the_first_gets_the_whole_gradient(size):
    gradient = jax.grad(lambda x: jax_backend.max_pool(x, size, size, ((0, 0), (0, 0))).sum())(
        np.ones((1, *size, 1), "f")
    )
    expected = np.zeros((1, *size, 1))
    expected[0, 0, 0, 0] = 1
    np.testing.assert_array_equal(gradient, expected)
