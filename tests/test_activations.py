"""Activations: Keras's names, numbers and configs."""

import inspect

import numpy as np
import pytest

from kerasish import activations, ops
from kerasish.core.symbolic import SymbolicTensor

jax = pytest.importorskip("jax")
keras = pytest.importorskip("keras")

X = np.array([[-7.0, -1.0, -0.3, 0.0, 0.2, 0.7, 1.5, 9.0]], "float32")
NAMES = sorted(set(activations.__all__) - {"get", "serialize", "deserialize"})
CASES = [
    *((name, {"threshold": 0.5, "default_value": -1.0} if name == "threshold" else {}) for name in NAMES),
    ("relu", {"negative_slope": 0.1, "max_value": 6.0, "threshold": 0.5}),
    ("relu", {"max_value": 6.0}),
    ("relu", {"threshold": 1.0}),
    ("gelu", {"approximate": True}),
    ("softmax", {"axis": (0, 1)}),
    ("celu", {"alpha": 2.0}),
]


@pytest.mark.parametrize(("name", "kwargs"), [c for c in CASES if c[0] != "sparsemax"])
def test_an_activation_gives_the_numbers_of_keras(name, kwargs):
    with jax.numpy_dtype_promotion("standard"):
        theirs = np.asarray(getattr(keras.activations, name)(keras.ops.convert_to_tensor(X), **kwargs))
    ours = ops.convert_to_numpy(getattr(activations, name)(X, **kwargs))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_an_activation_has_the_arguments_of_keras_and_is_found_by_name(name):
    ours, theirs = getattr(activations, name), getattr(keras.activations, name)
    mine = {p.name: p.default for p in inspect.signature(ours).parameters.values()}
    assert mine == {p.name: p.default for p in inspect.signature(theirs).parameters.values()}
    assert activations.get(name) is ours
    assert activations.serialize(ours) == keras.activations.serialize(keras.activations.get(name))
    assert activations.deserialize(activations.serialize(ours)) is ours


def test_none_means_linear():
    assert activations.get(None) is activations.linear
    assert activations.serialize(activations.linear) == "linear"


def test_a_function_is_taken_as_it_is():
    assert activations.get(np.tanh) is np.tanh


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(ValueError, match=r"There is no activation named 'sigmiod'. Did you mean 'sigmoid'\?"):
        activations.get("sigmiod")


@pytest.mark.parametrize("name", ["relu", "mish", "exponential", "gelu", "softmax"])
def test_an_activation_takes_symbolic_tensors(name):
    assert getattr(activations, name)(SymbolicTensor((None, 3))).shape == (None, 3)
