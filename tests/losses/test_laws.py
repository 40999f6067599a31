"""Laws of every loss: gradients, extremes, dtypes, weights, splits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kerasish import losses
from tests.losses.test_losses_against_keras import EXAMPLES, WEIGHTS, ids, per_sample, per_sample_ids

keras = pytest.importorskip("keras")
examples = pytest.mark.parametrize(("name", "kwargs", "y_true", "y_pred"), EXAMPLES, ids=ids)
per_sample_examples = pytest.mark.parametrize(("name", "kwargs", "y_true", "y_pred"), per_sample, ids=per_sample_ids)


def wide(x):
    return x.astype("float64") if x.dtype.kind == "f" else x


@pytest.mark.slow
@examples
def test_gradients_are_finite_differences(name, kwargs, y_true, y_pred):
    with jax.enable_x64(True):
        loss = getattr(losses, name)(**kwargs, reduction="sum", dtype="float64")
        run = jax.jit(lambda p: loss(wide(y_true), p))
        point, step = jnp.asarray(wide(y_pred)), 1e-6
        gradient = np.asarray(jax.grad(run)(point))
        for direction in np.random.default_rng(0).normal(size=(3, *y_pred.shape)):
            expected = (float(run(point + step * direction)) - float(run(point - step * direction))) / (2 * step)
            np.testing.assert_allclose(np.sum(gradient * direction), expected, rtol=1e-6, atol=1e-7)


EXTREMES = {
    "probability": np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1], [1, 1, 1]], "float32"),
    "real": np.array([[0, 0, 0], [1e4, -1e4, 0], [-50, 50, 1e-30], [1e-8, 1e4, 1e4]], "float32"),
}


EXACT = {"BinaryFocalCrossentropy", "CategoricalFocalCrossentropy"}
"""Keras clips the probabilities that it makes of their logits; ours are exact: see below."""


def kinds_of(name, kwargs):
    if kwargs.get("from_logits"):
        return ["real"] if name not in EXACT else []
    of_probabilities = "rossentropy" in name or "CrossEntropy" in name
    return ["probability"] if of_probabilities else ["probability", "real"]


@examples
def test_extremes_are_keras_s(name, kwargs, y_true, y_pred):
    if name in ("CTC", "Circle"):
        pytest.skip("of other shapes; see below")
    ours, theirs = (getattr(package, name)(**kwargs, reduction=None) for package in (losses, keras.losses))
    for kind in kinds_of(name, kwargs):
        found, expected = np.asarray(ours(y_true, EXTREMES[kind])), np.asarray(theirs(y_true, EXTREMES[kind]))
        finite = np.isfinite(expected)
        np.testing.assert_allclose(found[finite], expected[finite], rtol=2e-4, atol=2e-5)
        if kind == "probability":
            gradient = jax.grad(lambda q: jnp.sum(ours(y_true, q)))(jnp.asarray(EXTREMES[kind]))
            assert np.isfinite(found).all() and np.isfinite(gradient).all()


def test_focal_losses_of_extreme_logits_are_exact():
    """Against the formulas in float64."""
    z = EXTREMES["real"].astype("float64")
    y = np.eye(3)[[0, 2, 1, 2]]
    surprise = np.logaddexp(0, np.where(y == 1, -z, z))
    expected = (-np.expm1(-surprise)) ** 2 * surprise
    found = losses.binary_focal_crossentropy(y.astype("float32"), EXTREMES["real"], from_logits=True)
    np.testing.assert_allclose(found, expected.mean(axis=-1), rtol=1e-5)
    surprise = np.sum(y * (np.logaddexp.reduce(z, axis=-1, keepdims=True) - z), axis=-1)
    expected = 0.25 * (-np.expm1(-surprise)) ** 2 * surprise
    found = losses.categorical_focal_crossentropy(y.astype("float32"), EXTREMES["real"], from_logits=True)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


def test_extreme_sequences_and_embeddings_have_finite_losses_and_gradients():
    labels, logits = np.array([[1, 1, 2], [2, 0, 0]]), np.zeros((2, 5, 3), "float32")
    logits[..., 0], logits[..., 1] = 1e4, -1e4
    embeddings = np.float32([[1, 0], [1, 0], [-1, 0], [0, 1]])
    for loss, y_true, y_pred in ((losses.CTC(), labels, logits), (losses.Circle(), np.array([0, 1, 0, 1]), embeddings)):
        value, gradient = jax.value_and_grad(lambda p, loss=loss, y=y_true: loss(y, p))(jnp.asarray(y_pred))
        assert np.isfinite(value) and np.isfinite(gradient).all()


@examples
def test_half_precision_is_near_and_of_its_dtype(name, kwargs, y_true, y_pred):
    dtype = "float16" if len(name) % 2 else "bfloat16"
    expected = getattr(losses, name)(**kwargs)(y_true, y_pred)
    if name == "Circle":
        kwargs = {**kwargs, "gamma": 2.0}  # 80 times the rounding of a product is no small thing
        expected = losses.Circle(**kwargs)(y_true, y_pred)
    found = getattr(losses, name)(**kwargs, dtype=dtype)(y_true, jnp.asarray(y_pred, dtype))
    assert found.dtype == dtype
    np.testing.assert_allclose(np.float32(found), expected, rtol=0.03, atol=0.01)


@per_sample_examples
def test_weights_scale_and_batches_split(name, kwargs, y_true, y_pred):
    loss = getattr(losses, name)(**kwargs, reduction="sum")
    whole = loss(y_true, y_pred, WEIGHTS)
    np.testing.assert_allclose(loss(y_true, y_pred, 2 * WEIGHTS), 2 * whole, rtol=1e-5, atol=1e-6)
    parts = loss(y_true[:1], y_pred[:1], WEIGHTS[:1]) + loss(y_true[1:], y_pred[1:], WEIGHTS[1:])
    np.testing.assert_allclose(parts, whole, rtol=1e-5, atol=1e-6)
    order = np.array([2, 0, 3, 1])
    np.testing.assert_allclose(loss(y_true[order], y_pred[order], WEIGHTS[order]), whole, rtol=1e-5, atol=1e-6)
    mean = getattr(losses, name)(**kwargs, reduction="mean_with_sample_weight")
    np.testing.assert_allclose(mean(y_true, y_pred, 2 * WEIGHTS), mean(y_true, y_pred, WEIGHTS), rtol=1e-5)
