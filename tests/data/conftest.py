"""A model, and what it learns from a source of data."""

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.data import arrays


@pytest.fixture(scope="module")
def small_model():
    """A model of one input `x` and one output `y`."""
    inputs = kerasish.Input((3,), name="x")
    model = kerasish.Model(inputs, layers.Dense(1, name="y")(inputs))
    model.compile(kerasish.optimizers.SGD(0.05), "mse")
    return model


@pytest.fixture(scope="module")
def curve(small_model):
    """The losses of a few epochs, and the weights after them; always from the same weights."""
    if kerasish.config.backend() == "numpy":
        pytest.skip("NumPy has no gradients")
    start = [np.random.default_rng(1).normal(size=(3, 1)), np.zeros(1)]

    def run(*data, **arguments):
        small_model.set_weights(start)
        kerasish.utils.set_random_seed(5)
        losses = small_model.fit(*data, epochs=3, verbose=0, **arguments).history["loss"]
        return losses, [w.tobytes() for w in small_model.get_weights()]

    return run


@pytest.fixture
def streamed(monkeypatch):
    """Arrays are read on the thread, as other sources are: what they give is the same bit for bit then."""
    monkeypatch.setattr(arrays, "RESIDENT_BYTES", 0)
