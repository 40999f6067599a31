"""The digits that come with the package."""

import hashlib

import numpy as np
import pytest

from kerasish.datasets import digits

Y_TEST = [2, 4, 5, 4, 8, 2, 0, 6, 3, 3]
TRAIN_SHA256 = "e6dae911e9b0f7b0df568d33301a629e319cceec852905528e2e3d1a563f73da"


def test_all_digits_are_there_once():
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    x, y = np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])
    assert x.shape == (1797, 8, 8)
    assert x.dtype == y.dtype == np.uint8
    # The counts and the sum of the UCI file optdigits.tes.
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert int(x.sum()) == 561718


def test_the_split_never_changes():
    # Any change of these hashes changes everybody's results.
    (x_train, y_train), (_, y_test) = digits.load_data()
    assert y_test[:10].tolist() == Y_TEST
    assert hashlib.sha256(x_train.tobytes() + y_train.tobytes()).hexdigest() == TRAIN_SHA256


@pytest.mark.parametrize("fraction", [0, 0.1, 0.5, 0.9])
def test_every_class_is_split_by_the_same_fraction(fraction):
    (_, y_train), (_, y_test) = digits.load_data(fraction, seed=3)
    counts = np.bincount(y_test, minlength=10)
    total = counts + np.bincount(y_train, minlength=10)
    assert counts.tolist() == [round(fraction * int(n)) for n in total]


def test_another_seed_gives_another_split():
    (_, y), _ = digits.load_data()
    (_, other), _ = digits.load_data(seed=1)
    assert not np.array_equal(y, other)


@pytest.mark.parametrize("fraction", [-0.1, 1, 1.5, float("nan")])
def test_wrong_fractions_are_refused(fraction):
    with pytest.raises(ValueError, match="test_fraction must be at least 0 and less than 1"):
        digits.load_data(fraction)


@pytest.mark.parametrize("seed", [-1, 1.5, 2**64, True])
def test_wrong_seeds_are_refused(seed):
    with pytest.raises(ValueError, match="seed must be a whole number"):
        digits.load_data(seed=seed)
