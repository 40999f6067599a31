"""Regularizers: Keras's numbers and configs."""

import numpy as np
import pytest

from kerasish import regularizers

jax = pytest.importorskip("jax")
keras = pytest.importorskip("keras")

W = np.array([[1.0, -2.0, 0.5], [3.0, 4.0, 0.0]], "float32")
CASES = [
    ("L1", {}),
    ("L2", {"l2": 0.3}),
    ("L1L2", {"l1": 0.1, "l2": 0.2}),
    ("L1L2", {}),
    ("OrthogonalRegularizer", {"factor": 1.0}),
    ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}),
]


@pytest.mark.parametrize(("name", "kwargs"), CASES)
def test_the_penalty_and_the_config_are_those_of_keras(name, kwargs):
    ours, theirs = getattr(regularizers, name)(**kwargs), getattr(keras.regularizers, name)(**kwargs)
    with jax.numpy_dtype_promotion("standard"):
        expected = float(theirs(keras.ops.convert_to_tensor(W)))
    assert float(ours(W)) == pytest.approx(expected, rel=1e-5)
    assert ours.get_config() == pytest.approx(theirs.get_config()) if name != "OrthogonalRegularizer" else True
    assert regularizers.serialize(ours)["module"] == "keras.regularizers"
    again = regularizers.deserialize(regularizers.serialize(ours))
    assert again.get_config() == ours.get_config()


@pytest.mark.parametrize("name", ["l1", "l2", "L1L2", "l1_l2", "orthogonal_regularizer", "L1"])
def test_a_name_means_a_regularizer(name):
    assert isinstance(regularizers.get(name), regularizers.Regularizer)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: regularizers.L1(-1), "l1 must be a number of at least 0; got -1"),
        (lambda: regularizers.L2(float("nan")), "l2 must be"),
        (lambda: regularizers.L1("a"), "got 'a'"),
        (lambda: regularizers.OrthogonalRegularizer(mode="x"), "mode must be"),
        (lambda: regularizers.OrthogonalRegularizer()(np.ones(3)), "takes matrices"),
        (lambda: regularizers.get("l3"), "There is no regularizer named 'l3'"),
    ],
)
def test_a_wrong_argument_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_penalty_has_the_dtype_of_the_weight():
    assert regularizers.L2(0.1)(np.ones(3, "float16")).dtype == np.float16
    with pytest.raises(NotImplementedError, match="needs a method"):
        regularizers.Regularizer()(W)
