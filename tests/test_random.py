"""Random numbers: the distributions that their names say, repeatable by seed."""

import inspect

import numpy as np
import pytest

from kerasish import random
from kerasish.core.random import SeedGenerator

keras = pytest.importorskip("keras")
N = 20000

# Mean and standard deviation, from the textbook formulas.
MOMENTS = [
    (lambda s: random.normal((N,), 2.0, 3.0, seed=s), 2.0, 3.0),
    (lambda s: random.uniform((N,), -1.0, 3.0, seed=s), 1.0, 4 / np.sqrt(12)),
    (lambda s: random.truncated_normal((N,), 1.0, 0.5, seed=s), 1.0, 0.5 * 0.87962566),
    (lambda s: random.randint((N,), 0, 10, seed=s), 4.5, np.sqrt(99 / 12)),
    (lambda s: random.gamma((N,), 3.0, seed=s), 3.0, np.sqrt(3)),
    (lambda s: random.beta((N,), 2.0, 3.0, seed=s), 0.4, 0.2),
    (lambda s: random.binomial((N,), 5, 0.3, seed=s), 1.5, np.sqrt(1.05)),
    (lambda s: random.dropout(np.ones(N, "float32"), 0.25, seed=s), 1.0, np.sqrt(1 / 3)),
    (lambda s: random.categorical(np.log([[0.2, 0.8]]), N, seed=s), 0.8, 0.4),
]


@pytest.mark.parametrize(("draw", "mean", "stddev"), MOMENTS)
def test_the_moments_are_those_of_the_distribution(draw, mean, stddev):
    values = np.asarray(draw(3), "float64")
    assert abs(values.mean() - mean) < 5 * stddev / np.sqrt(N)
    assert abs(values.std() / stddev - 1) < 0.05
    assert (values == np.asarray(draw(3))).all()
    assert (values != np.asarray(draw(4))).any()


@pytest.mark.parametrize("name", sorted(set(random.__all__) - {"SeedGenerator"}))
def test_the_arguments_are_those_of_keras(name):
    ours, theirs = getattr(random, name), getattr(keras.random, name)
    mine = {p.name: p.default for p in inspect.signature(ours).parameters.values()}
    assert mine == {p.name: p.default for p in inspect.signature(theirs).parameters.values()}


def test_no_seed_and_a_generator_give_other_numbers_at_every_call():
    keys = SeedGenerator(1)
    for seed in (None, keys):
        assert (np.asarray(random.normal((3,), seed=seed)) != np.asarray(random.normal((3,), seed=seed))).any()


def test_dropout_shares_its_choice_along_axes_of_size_1():
    y = np.asarray(random.dropout(np.ones((40, 3), "float32"), 0.5, noise_shape=(None, 1), seed=1))
    assert {tuple(row) for row in y.tolist()} == {(0, 0, 0), (2, 2, 2)}
    assert np.asarray(random.dropout(np.ones(3), 0.0)).tolist() == [1, 1, 1]
    assert np.asarray(random.dropout(np.ones(3), 1.0)).tolist() == [0, 0, 0]


def test_a_shuffle_loses_nothing():
    x = np.arange(20).reshape(10, 2)
    y = np.asarray(random.shuffle(x, seed=1))
    assert sorted(y.tolist()) == x.tolist()
    assert y.tolist() != x.tolist()


def test_dtypes_are_those_asked_for():
    assert random.normal((2,), dtype="float16", seed=1).dtype == np.float16
    assert random.randint((2,), 0, 5, dtype="uint8", seed=1).dtype == np.uint8
    assert random.truncated_normal((2,), seed=1).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: random.normal((2,), seed=1.5), "A seed must be"),
        (lambda: random.uniform((2,), dtype="int32"), "must be a floating one"),
        (lambda: random.randint((2,), 0, 5, dtype="float32"), "must be an integer one"),
        (lambda: random.categorical(np.ones(3), 2), r"logits `\(batch, classes\)`"),
        (lambda: random.dropout(np.ones(3), 1.5), "at most 1; got 1.5"),
        (lambda: random.dropout(np.ones((2, 3)), 0.5, noise_shape=(2,)), "as many axes"),
    ],
)
def test_a_wrong_argument_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
