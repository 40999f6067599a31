"""Initializers: Keras's names, configs and distributions; NumPy arrays of the dtype that was asked for."""

import os
import subprocess
import sys

import numpy as np
import pytest

from kerasish import initializers
from kerasish.core.configurable import deserialize, serialize
from kerasish.core.random import SeedGenerator, set_random_seed

jax = pytest.importorskip("jax")
keras = pytest.importorskip("keras")

NAMES = [
    *("Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "LecunNormal", "LecunUniform"),
    *("Ones", "Orthogonal", "RandomNormal", "RandomUniform", "STFT", "TruncatedNormal", "VarianceScaling", "Zeros"),
]
FANNED = ["GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform"]
RANDOM = [n for n in NAMES if n not in {"Constant", "Identity", "Ones", "STFT", "Zeros"}]


@pytest.mark.parametrize("name", NAMES)
def test_the_config_is_that_of_keras(name):
    ours, theirs = getattr(initializers, name)(), getattr(keras.initializers, name)()
    expected = {"gain": 1.0} if name == "Identity" else theirs.get_config()  # Keras forgets the gain
    assert ours.get_config() == expected
    written = serialize(ours)
    assert {**written, "config": None} == {**keras.initializers.serialize(theirs), "config": None}
    assert type(deserialize(written)) is type(ours)
    assert type(ours.clone()) is type(ours)


ALIASES = (
    "zero zeros one ones uniform normal glorot_uniform GlorotUniform identity IdentityInitializer Orthogonal",
    "OrthogonalInitializer stft STFTInitializer he_normal lecun_uniform truncated_normal random_normal",
)


@pytest.mark.parametrize("alias", " ".join(ALIASES).split())
def test_an_alias_means_what_it_means_in_keras(alias):
    assert type(initializers.get(alias)).__name__ == type(keras.initializers.get(alias)).__name__


@pytest.mark.parametrize("name", RANDOM)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_an_integer_seed_gives_the_same_numbers_at_every_call_and_none_gives_others(name, dtype):
    seeded, free = getattr(initializers, name)(seed=3), getattr(initializers, name)()
    assert seeded((4, 5), dtype).dtype == np.dtype(dtype)
    assert (seeded((4, 5), dtype) == seeded((4, 5), dtype)).all()
    assert (free((4, 5), dtype) != free((4, 5), dtype)).any()
    set_random_seed(1)
    first = free((4, 5))
    set_random_seed(1)
    assert (first == free((4, 5))).all()


def test_a_seed_generator_gives_other_numbers_at_every_call():
    one, other = (initializers.RandomNormal(seed=SeedGenerator(5)) for _ in range(2))
    first, second = one((3,)), one((3,))
    assert (first != second).any()
    assert (first == other((3,))).all()


@pytest.mark.parametrize("shape", [(200, 300), (3, 3, 40, 50), (3000,)])
@pytest.mark.parametrize("name", FANNED)
def test_the_variance_is_the_one_of_the_paper(name, shape):
    field = int(np.prod(shape[:-2])) if len(shape) > 1 else 1
    fan_in, fan_out = (shape[-2] * field, shape[-1] * field) if len(shape) > 1 else (shape[0], shape[0])
    variance = {"Gl": 2 / (fan_in + fan_out), "He": 2 / fan_in, "Le": 1 / fan_in}[name[:2]]
    values = getattr(initializers, name)(seed=1)(shape)
    assert abs(values.var() / variance - 1) < 0.08
    assert abs(values.mean()) < 4 * np.sqrt(variance / values.size)
    bound = np.sqrt(3 * variance) if name.endswith("Uniform") else 2 * np.sqrt(variance) / 0.8796
    assert np.abs(values).max() <= bound * 1.0001


def test_named_axes_are_what_a_fan_counts():
    wide = initializers.GlorotUniform(seed=1, input_axes=(0,), output_axes=(1, 2))((100, 4, 50))
    assert abs(wide.var() / (2 / (100 + 200)) - 1) < 0.05


def test_a_truncated_normal_stays_within_two_standard_deviations():
    values = initializers.TruncatedNormal(1.0, 0.5, seed=0)((20000,))
    assert values.min() >= 0
    assert values.max() <= 2
    assert abs(values.std() - 0.5 * 0.8796) < 0.01


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (2, 3, 4), (4, 4)])
def test_orthogonal_columns_or_rows_are_orthogonal(shape):
    matrix = initializers.Orthogonal(gain=2.0, seed=0)(shape).reshape(-1, shape[-1])
    product = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "int32", "bool", "float16"])
def test_constants_have_the_dtype_that_was_asked_for(dtype):
    for initializer in (initializers.Zeros(), initializers.Ones(), initializers.Constant(1)):
        assert initializer((2, 3), dtype=dtype).dtype == np.dtype(dtype)
    assert initializers.Constant([1.0, 2.0])((3, 2)).tolist() == [[1, 2]] * 3
    assert initializers.Identity(2.0)((2, 3)).tolist() == [[2, 0, 0], [0, 2, 0]]


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"side": "imag", "window": "hamming", "scaling": "spectrum", "periodic": True},
        {"side": "imag", "window": None, "scaling": None},
    ],
)
def test_stft_is_that_of_keras(kwargs):
    with jax.numpy_dtype_promotion("standard"):
        theirs = np.asarray(keras.initializers.STFT(**kwargs)((6, 1, 4)))
    np.testing.assert_allclose(initializers.STFT(**kwargs)((6, 1, 4)), theirs, atol=1e-6)
    assert initializers.STFT(**kwargs)((6, 2, 4)).shape == (6, 2, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: initializers.get("glorot_unifrom"), "Did you mean 'GlorotUniform'"),
        (lambda: initializers.VarianceScaling(-1), "scale must be above 0; got -1"),
        (lambda: initializers.VarianceScaling(mode="fan"), "mode must be"),
        (lambda: initializers.VarianceScaling(distribution="cauchy"), "distribution must be"),
        (lambda: initializers.RandomNormal(seed="a"), "seed must be an integer"),
        (lambda: initializers.RandomUniform()((2,), "int32"), "dtype must be a floating one; got 'int32'"),
        (lambda: initializers.Identity()((2, 2, 2)), "2 axes; got"),
        (lambda: initializers.Orthogonal()((2,)), "2 axes or more"),
        (lambda: initializers.STFT("left"), "side must be"),
        (lambda: initializers.STFT(window="x"), "window must be"),
        (lambda: initializers.STFT(scaling="x"), "scaling must be"),
        (lambda: initializers.STFT()((2, 3)), "steps, channels, frequencies"),
    ],
)
def test_a_wrong_argument_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
    with pytest.raises(NotImplementedError, match="needs a method"):
        initializers.Initializer()((2,))


def test_an_array_and_a_function_may_be_initializers():
    assert initializers.get(np.ones(3))((3,)).tolist() == [1, 1, 1]
    assert initializers.get(np.zeros) is np.zeros
    assert initializers.get(None) is None


@pytest.mark.parametrize(
    ("make", "mean", "deviation"),
    [
        (lambda: initializers.RandomNormal(1.5, 0.5, seed=3), 1.5, 0.5),
        (lambda: initializers.RandomUniform(-1.0, 3.0, seed=3), 1.0, 4 / np.sqrt(12)),
        (lambda: initializers.TruncatedNormal(0.5, 2.0, seed=3), 0.5, 2 * 0.8796),  # of a normal cut at 2 deviations
    ],
)
def test_numbers_have_the_mean_and_deviation_that_were_asked_for(make, mean, deviation):
    found = np.asarray(make()((300, 300)), "float64")
    assert abs(found.mean() - mean) < 5 * deviation / 300
    assert abs(found.std() / deviation - 1) < 0.01


DIGESTS = """
import hashlib, numpy as np
from kerasish import initializers
for name in {names!r}:
    values = np.ascontiguousarray(getattr(initializers, name)(seed=7)((4, 6)))
    print(name, hashlib.sha256(values.tobytes()).hexdigest())
"""


def test_both_backends_draw_the_same_numbers():
    def digests(backend):
        command = [sys.executable, "-c", DIGESTS.format(names=RANDOM)]
        environment = os.environ | {"KERASISH_BACKEND": backend}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert digests("jax") == digests("numpy")
    assert len(digests("numpy").splitlines()) == len(RANDOM)
