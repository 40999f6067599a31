"""What all tests run under: Keras beside us on JAX, strict dtype promotion, fixed seeds."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("MPLBACKEND", "agg")

import jax
import numpy as np
import pytest

import kerasish

IS_NUMPY = os.environ.get("KERASISH_BACKEND", "jax") == "numpy"


@pytest.fixture(autouse=True)
def strict_and_seeded():
    """Strict dtype promotion, the same seeds and fresh names for each test."""
    np.random.seed(0)
    kerasish.utils.clear_session()
    kerasish.utils.set_random_seed(0)
    with jax.numpy_dtype_promotion("strict"):
        yield
