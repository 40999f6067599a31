"""Constraints: Keras's numbers and configs."""

import numpy as np
import pytest

from kerasish import constraints

jax = pytest.importorskip("jax")
keras = pytest.importorskip("keras")

W = np.array([[1.0, -2.0, 0.0], [3.0, 4.0, 0.0]], "float32")
CASES = [
    ("MaxNorm", {}),
    ("MaxNorm", {"max_value": 1.5, "axis": 1}),
    ("NonNeg", {}),
    ("UnitNorm", {}),
    ("UnitNorm", {"axis": [0, 1]}),
    ("MinMaxNorm", {}),
    ("MinMaxNorm", {"min_value": 0.5, "max_value": 1.0, "rate": 0.3, "axis": [0, 1]}),
]


@pytest.mark.parametrize(("name", "kwargs"), CASES)
def test_the_weight_and_the_config_are_those_of_keras(name, kwargs):
    ours, theirs = getattr(constraints, name)(**kwargs), getattr(keras.constraints, name)(**kwargs)
    with jax.numpy_dtype_promotion("standard"):
        expected = np.asarray(theirs(keras.ops.convert_to_tensor(W)))
    np.testing.assert_allclose(np.asarray(ours(W)), expected, rtol=1e-5, atol=1e-7)
    assert ours.get_config() == theirs.get_config()
    assert constraints.serialize(ours) == keras.constraints.serialize(theirs)
    assert constraints.deserialize(constraints.serialize(ours)).get_config() == ours.get_config()


@pytest.mark.parametrize("name", ["max_norm", "MaxNorm", "non_neg", "unit_norm", "min_max_norm"])
def test_a_name_means_a_constraint(name):
    assert isinstance(constraints.get(name), constraints.Constraint)


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(ValueError, match="Did you mean 'NonNeg'"):
        constraints.get("nonnegg")
    with pytest.raises(NotImplementedError, match="needs a method"):
        constraints.Constraint()(W)
    assert constraints.get(None) is None
