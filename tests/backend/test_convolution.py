"""Convolutions against their definition in float64; their gradients, and their speed class on CPU."""

import jax
import numpy as np
import pytest

import kerasish.backend.jax as jax_backend
import kerasish.backend.numpy as numpy_backend

BACKENDS = pytest.mark.parametrize("engine", [jax_backend, numpy_backend], ids=["jax", "numpy"])

# spatial sizes, kernel, strides, padding, dilation, groups, input channels, filters
CASES = [
    ((7,), (3,), (1,), ((0, 0),), (1,), 1, 2, 3),
    ((8,), (2,), (3,), ((1, 2),), (2,), 1, 2, 4),
    ((9,), (1,), (2,), ((0, 0),), (1,), 2, 4, 4),
    ((6, 5), (3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 1, 2, 3),
    ((7, 8), (3, 2), (2, 2), ((0, 1), (0, 1)), (1, 1), 1, 3, 2),
    ((8, 7), (2, 3), (3, 1), ((0, 0), (2, 0)), (1, 2), 1, 1, 2),
    ((6, 6), (3, 3), (1, 1), ((1, 1), (1, 1)), (2, 2), 2, 4, 6),
    ((5, 6), (3, 3), (2, 1), ((1, 1), (0, 0)), (1, 1), 4, 4, 8),
    ((5, 5), (1, 1), (2, 2), ((3, 3), (0, 4)), (1, 1), 1, 2, 2),
    ((2, 2), (3, 3), (1, 1), ((0, 0), (1, 1)), (1, 1), 1, 2, 2),
    ((4, 5, 4), (2, 3, 2), (1, 2, 1), ((0, 1), (1, 1), (0, 0)), (1, 1, 2), 1, 2, 3),
    ((4, 4, 4), (3, 3, 3), (1, 1, 1), ((1, 1),) * 3, (1, 1, 1), 2, 2, 2),
]


def by_definition(x, kernel, strides, padding, dilation, groups):
    """The sum over the kernel, written out for each output position and group, in float64."""
    x = np.pad(x.astype("float64"), ((0, 0), *padding, (0, 0)))
    *size, per_group, filters = kernel.shape
    outputs = [max((n - (k - 1) * d - 1) // s + 1, 0) for n, k, s, d in zip(x.shape[1:-1], size, strides, dilation)]
    result = np.zeros((len(x), *outputs, filters))
    for at in np.ndindex(*outputs):
        for f in range(filters):
            group = f // (filters // groups)
            for i in np.ndindex(*size):
                place = tuple(a * s + k * d for a, s, k, d in zip(at, strides, i, dilation))
                seen = x[(slice(None), *place)][:, group * per_group : (group + 1) * per_group]
                result[(slice(None), *at, f)] += seen @ kernel[(*i, slice(None), f)]
    return result


def example(case, dtype="float32"):
    spatial, size, *settings, groups, channels, filters = case
    rng = np.random.default_rng(3)
    x = rng.normal(size=(2, *spatial, channels)).astype(dtype)
    kernel = rng.normal(size=(*size, channels // groups, filters)).astype(dtype)
    return x, kernel, (*settings, groups)


@BACKENDS
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_convolution_is_its_definition(engine, case):
    x, kernel, settings = example(case)
    found = engine.conv(engine.asarray(x), engine.asarray(kernel), *settings)
    assert found.dtype == "float32"
    np.testing.assert_allclose(engine.to_numpy(found), by_definition(x, kernel, *settings), rtol=1e-5, atol=1e-5)


@BACKENDS
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_types_stay(engine, dtype):
    x, kernel, settings = example(CASES[3], dtype)
    found = engine.conv(engine.asarray(x), engine.asarray(kernel), *settings)
    expected = by_definition(x, kernel.astype("float64"), *settings)
    assert str(found.dtype) == dtype
    np.testing.assert_allclose(engine.to_numpy(found).astype("float64"), expected, rtol=0.02, atol=0.05)


@BACKENDS
def test_an_empty_batch_gives_an_empty_batch(engine):
    x, kernel, settings = example(CASES[3])
    assert engine.conv(engine.asarray(x[:0]), engine.asarray(kernel), *settings).shape == (0, 6, 5, 3)


def test_numpy_says_which_channels_fit():
    with pytest.raises(ValueError, match="needs 2 input channels.*got an input of shape"):
        numpy_backend.conv(np.ones((1, 5, 3)), np.ones((2, 2, 4)), (1,), ((0, 0),), (1,))


@pytest.mark.parametrize("case", [c for c in CASES if c[0] != (2, 2)], ids=str)
def test_gradients_are_the_differences(case):
    # A convolution is linear in each argument, so that a difference of any size is the derivative, exactly.
    with jax.enable_x64(True):
        x, kernel, settings = example(case, "float64")
        rng = np.random.default_rng(4)
        weight = rng.normal(size=numpy_backend.conv(x, kernel, *settings).shape)

        def loss(arguments):
            return (jax_backend.conv(*arguments, *settings) * weight).sum(), None

        _, gradients = jax.jit(jax_backend.value_and_grad(loss))((x, kernel))
    for number, (argument, gradient) in enumerate(zip((x, kernel), gradients, strict=True)):
        direction = rng.normal(size=argument.shape)
        moved = [x, kernel]
        moved[number] = direction
        expected = (numpy_backend.conv(*moved, *settings) * weight).sum()
        np.testing.assert_allclose((np.asarray(gradient) * direction).sum(), expected, rtol=1e-9)
        assert gradient.shape == argument.shape


def square(engine, settings):
    return lambda x, kernel: (engine.conv(x, kernel, *settings) ** 2).sum()


def test_gradients_of_gradients():
    # Of a sum of squares, twice the convolution's square in each direction: exact, and found without JAX.
    with jax.enable_x64(True):
        x, kernel, settings = example(CASES[4], "float64")
        direction = np.random.default_rng(5).normal(size=x.shape)
        slope = jax.grad(lambda x: (jax.grad(square(jax_backend, settings))(x, kernel) * direction).sum())
        found = (np.asarray(slope(x)) * direction).sum()
    expected = 2 * (numpy_backend.conv(direction, kernel, *settings) ** 2).sum()
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="the rule is CPU's")
def test_forward_mode_is_refused_on_cpu():
    x, kernel, settings = example(CASES[0])
    with pytest.raises(TypeError, match="forward-mode"):
        jax.jvp(lambda x: jax_backend.conv(x, kernel, *settings), (x,), (x,))


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="convolutions in loops are slow on CPU only")
@pytest.mark.parametrize("case", [CASES[1], CASES[6], CASES[10]], ids=str)
def test_training_steps_in_a_loop_keep_to_the_fast_layout(case):
    x, kernel, settings = example(case)
    gradients = jax.value_and_grad(square(jax_backend, settings), (0, 1))

    def loop(x, kernel):
        return jax_backend.scan(lambda c, _: (gradients(*c)[1], None), (x, kernel), None, 2)[0]

    assert not jax_backend.uses_convolution(loop, x, kernel)
    assert not jax_backend.uses_convolution(jax.jit(loop), x, kernel)
    assert not numpy_backend.uses_convolution(loop, x, kernel)


def slow(x):
    return jax.lax.conv(x, x, (1, 1), "VALID")  # channels first


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="convolutions in loops are slow on CPU only")
@pytest.mark.parametrize(
    "fn",
    [
        slow,
        jax.jit(slow),
        jax.checkpoint(slow),
        lambda x: jax.lax.cond(x.sum() > 0, slow, lambda x: x[:, :, :1, :1], x),
        lambda x: jax.lax.fori_loop(0, 3, lambda i, y: y + slow(x), x[:, :, :1, :1]),
        lambda x: jax.lax.scan(lambda c, _: (c + slow(x).sum(), None), 0.0, length=2),
        jax.grad(lambda x: jax.lax.scan(lambda c, _: (c + jax.jit(slow)(x).sum(), None), 0.0, length=2)[0]),
    ],
    ids=["plain", "jit", "checkpoint", "cond", "fori", "scan", "grad"],
)
def test_other_convolutions_are_found_wherever_they_hide(fn):
    assert jax_backend.uses_convolution(fn, np.ones((2, 2, 2, 2), "float32"))
