"""The learning-rate range test: its losses are those of training by hand, and it leaves no trace."""

import sys

import numpy as np
import pytest

import kerasish
from kerasish import layers, optimizers
from kerasish.callbacks.rate_test import RateTest

X = np.random.default_rng(0).normal(size=(70, 4)).astype("float32")
Y = (X @ np.array([[1.0], [-2.0], [0.5], [3.0]], "float32")).astype("float32")


def linear(optimizer="sgd", **kwargs):
    made = kerasish.Sequential([kerasish.Input((4,)), layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    made.compile(optimizer, "mse", **kwargs)
    return made


def by_hand(rates, batch=16, divergence=4.0, beta=0.9):
    """Smith's test in float64: full batches in their order, SGD, and the end where the smoothed loss runs away."""
    w, average, best, losses = np.zeros((4, 1)), 0.0, np.inf, []
    whole = len(X) // batch
    for step, rate in enumerate(rates.astype("float64")):
        rows = slice(step % whole * batch, (step % whole + 1) * batch)
        error = X[rows].astype("float64") @ w - Y[rows]
        losses.append(np.mean(error**2))
        w -= rate * 2 * X[rows].T @ error / batch
        average = beta * average + (1 - beta) * losses[-1]
        smoothed = average / (1 - beta ** (step + 1))
        best = min(best, smoothed)
        if smoothed > best + (divergence - 1) * max(best, losses[0] / 10):
            break
    return losses


SOURCES = {
    "arrays": lambda: ((X, Y), {"batch_size": 16}),
    "batches": lambda: (([(X[i : i + 16], Y[i : i + 16]) for i in range(0, 70, 16)],), {}),
    "generator": lambda: ((((X[i % 4 * 16 :][:16], Y[i % 4 * 16 :][:16]) for i in range(100)),), {}),
}


@pytest.mark.parametrize("eagerly", [False, True])
@pytest.mark.parametrize("source", SOURCES)
def test_losses_are_those_of_training_by_hand(source, eagerly):
    data, options = SOURCES[source]()
    found = linear(run_eagerly=eagerly).lr_find(*data, **options, shuffle=False, min_rate=1e-4, steps=40)
    expected = by_hand(np.geomspace(1e-4, 10, 40))
    assert found.diverged and len(found.losses) == len(expected) < 40
    np.testing.assert_allclose(found.losses, expected, rtol=1e-4)
    np.testing.assert_allclose(found.rates, np.geomspace(1e-4, 10, 40)[: len(expected)], rtol=1e-6)
    assert 1e-3 < found.suggestion < 2 / np.linalg.eigvalsh(2 * X.T @ X / len(X)).max()  # where SGD is stable


def busy():
    made = kerasish.Sequential(
        [layers.Dense(8, "relu"), layers.BatchNormalization(), layers.Dropout(0.2), layers.Dense(1)]
    )
    made.compile("adam", "mse", metrics=["mae"])
    made.fit(X, Y, verbose=0)
    return made


def state(model):
    return [v.numpy() for v in model.training_variables()]


def test_nothing_changes():
    one, before = busy(), None
    before = state(one)
    assert len(one.lr_find(X, Y, steps=20).rates) > 5
    assert all(map(np.array_equal, before, state(one)))


def test_the_training_after_it_is_that_without_it():
    losses = []
    for tests in (False, True):
        kerasish.utils.set_random_seed(3)
        model = busy()
        if tests:
            model.lr_find(X, Y, steps=5)
        losses.append(model.fit(X, Y, epochs=2, verbose=0).history)
    assert losses[0] == losses[1]


def test_nothing_changes_after_an_error():
    model = busy()
    before = state(model)

    def broken():
        for i in range(100):
            if i == 7:
                raise OSError("the disk is gone")
            yield X[:16], Y[:16]

    with pytest.raises(OSError, match="the disk is gone"):
        model.lr_find(broken())
    assert all(map(np.array_equal, before, state(model)))


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: optimizers.SGD(optimizers.schedules.ExponentialDecay(0.5, 10, 0.5)),
        lambda: optimizers.SGD(lambda: 0.1),
        lambda: optimizers.LossScaleOptimizer(optimizers.SGD(0.3)),
    ],
    ids=["schedule", "function", "loss scale"],
)
def test_rates_of_every_kind_are_swept(optimizer):
    model = linear(optimizer())
    found = model.lr_find(X, Y, 16, shuffle=False, min_rate=1e-4, steps=20, max_rate=1e-2)
    np.testing.assert_allclose(found.losses, by_hand(np.geomspace(1e-4, 1e-2, 20)), rtol=1e-4)
    assert not found.diverged


def test_convolutions_and_overridden_steps():
    class Own(kerasish.Model):
        def __init__(self):
            super().__init__()
            self.conv = layers.Conv1D(2, 2)
            self.out = layers.Dense(1)

        def call(self, x):
            return self.out(self.conv(x[:, :, None])[:, 0])

        def train_step(self, data):
            return {**super().train_step(data), "more": 1.0}

    model = Own()
    model.compile("sgd", "mse")
    assert np.isfinite(model.lr_find(X, Y, steps=6, max_rate=1e-2).losses).all()


def test_a_step_without_a_loss_is_refused():
    class Silent(kerasish.Sequential):
        def train_step(self, data):
            super().train_step(data)
            return {"score": 0.0}

    model = Silent([layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="watches the log 'loss' of train_step, which returned 'score'"):
        model.lr_find(X, Y)


@pytest.mark.parametrize(
    "given, message",
    [
        ({"min_rate": 0}, "0 < min_rate < max_rate"),
        ({"max_rate": 1e-9}, "0 < min_rate < max_rate"),
        ({"steps": 1}, "whole number of at least 2"),
        ({"smoothing": 1.0}, "smoothing must be"),
        ({"divergence": 1}, "divergence must be more than 1"),
    ],
)
def test_wrong_arguments(given, message):
    with pytest.raises(ValueError, match=message):
        linear().lr_find(X, Y, **given)


def test_a_loss_that_never_falls_gives_no_suggestion():
    rates = np.geomspace(1e-3, 1, 6)
    assert RateTest(rates, np.arange(6.0), np.arange(6.0), False).suggestion is None
    nothing = RateTest(rates[:0], rates[:0], rates[:0], True)
    nan = RateTest(rates[:1], np.array([np.nan]), np.array([np.nan]), True)
    assert nan.suggestion is None and nan.best is None and "never fell" in repr(nan)
    assert "loss" in nan._repr_html_() and repr(nothing) == "RateTest(no steps)"


def test_pictures(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    losses = np.array([2, 1.9, 1.5, 0.9, 0.8, 1.2, 50, np.inf])
    found = RateTest(np.geomspace(1e-3, 1, 8), losses, losses, True)
    found.plot(tmp_path / "rates.svg")
    assert "polyline" in (tmp_path / "rates.svg").read_text()
    assert "where the loss ran away" in found._repr_html_() and f"{found.suggestion:.3g}" in repr(found)
