"""Every loss against Keras, run live: values, reductions, weights, masks, gradients, configs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kerasish import losses
from kerasish.core.context import masks

keras = pytest.importorskip("keras")

RNG = np.random.default_rng(7)
REAL = [RNG.normal(size=(4, 3)).astype("float32") for _ in range(2)]
PROBABILITIES = [np.clip(x, 0.02, 0.98) for x in RNG.random((2, 4, 3)).astype("float32")]
BITS = (RNG.random((4, 3)) > 0.5).astype("float32")
ONE_HOT = np.eye(3, dtype="float32")[[0, 2, 1, 2]]
LABELS = np.array([0, 2, 1, 2])
SEQUENCES = np.array([[1, 2, 3, 0], [2, 2, 0, 0], [4, 1, 3, 2], [0, 0, 0, 0]])
STEPS = RNG.normal(size=(4, 7, 5)).astype("float32")
UNIT = REAL[0] / np.linalg.norm(REAL[0], axis=1, keepdims=True)
WEIGHTS = np.array([1.0, 0.5, 3.0, 2.0], "float32")

EXAMPLES = [
    ("MeanSquaredError", {}, REAL[0], REAL[1]),
    ("MeanAbsoluteError", {}, REAL[0], REAL[1]),
    ("MeanAbsolutePercentageError", {}, REAL[0], REAL[1]),
    ("MeanSquaredLogarithmicError", {}, REAL[0], REAL[1]),
    ("Huber", {"delta": 0.7}, REAL[0], REAL[1]),
    ("LogCosh", {}, REAL[0], REAL[1]),
    ("CosineSimilarity", {}, REAL[0], REAL[1]),
    ("CosineSimilarity", {"axis": 0}, REAL[0], REAL[1]),
    ("Hinge", {}, BITS, REAL[1]),
    ("SquaredHinge", {}, 2 * BITS - 1, REAL[1]),
    ("CategoricalHinge", {}, ONE_HOT, REAL[1]),
    ("KLDivergence", {}, PROBABILITIES[0], PROBABILITIES[1]),
    ("Poisson", {}, PROBABILITIES[0] * 3, PROBABILITIES[1]),
    ("BinaryCrossentropy", {}, BITS, PROBABILITIES[1]),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, BITS, REAL[1]),
    ("BinaryFocalCrossentropy", {}, BITS, PROBABILITIES[1]),
    (
        "BinaryFocalCrossentropy",
        {"apply_class_balancing": True, "alpha": 0.4, "gamma": 3.0, "from_logits": True, "label_smoothing": 0.2},
        BITS,
        REAL[1],
    ),
    ("CategoricalCrossentropy", {}, ONE_HOT, PROBABILITIES[1]),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, ONE_HOT, REAL[1]),
    ("CategoricalCrossentropy", {"axis": 0}, BITS, PROBABILITIES[1]),
    ("CategoricalFocalCrossentropy", {}, ONE_HOT, PROBABILITIES[1]),
    ("CategoricalFocalCrossentropy", {"from_logits": True, "alpha": [0.1, 0.4, 0.9]}, ONE_HOT, REAL[1]),
    ("SparseCategoricalCrossentropy", {}, LABELS, PROBABILITIES[1]),
    ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 2}, LABELS, REAL[1]),
    ("SparseCategoricalCrossentropy", {"ignore_class": -1}, np.array([[0], [-1], [1], [-1]]), PROBABILITIES[1]),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.7}, LABELS, PROBABILITIES[1]),
    ("CTC", {}, SEQUENCES, STEPS),
    ("Circle", {}, LABELS, UNIT),
    ("Circle", {"gamma": 2.0, "margin": 0.3, "remove_diagonal": False}, np.array([[0], [1], [1], [0]]), REAL[0]),
]
ids = [f"{name} {kwargs}" for name, kwargs, _, _ in EXAMPLES]
per_sample = [example for example in EXAMPLES if example[1].get("axis") != 0 and example[0] != "Circle"]
per_sample_ids = [f"{name} {kwargs}" for name, kwargs, _, _ in per_sample]


def masked(x, mask):
    x = jnp.asarray(x)
    masks.set(x, jnp.asarray(mask))
    return x


def masked_for_keras(x, mask):
    x = jnp.asarray(x)
    x._keras_mask = jnp.asarray(mask)
    return x


@pytest.mark.parametrize(("name", "kwargs", "y_true", "y_pred"), EXAMPLES, ids=ids)
@pytest.mark.parametrize("reduction", [None, "sum", "sum_over_batch_size", "mean_with_sample_weight"])
def test_values_are_those_of_keras(name, kwargs, y_true, y_pred, reduction):
    ours = getattr(losses, name)(**kwargs, reduction=reduction)(y_true, y_pred)
    theirs = getattr(keras.losses, name)(**kwargs, reduction=reduction)(y_true, y_pred)
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(("name", "kwargs", "y_true", "y_pred"), per_sample, ids=per_sample_ids)
@pytest.mark.parametrize("reduction", [None, "sum", "sum_over_batch_size", "mean_with_sample_weight"])
def test_weights_and_masks_are_those_of_keras(name, kwargs, y_true, y_pred, reduction):
    mask = np.array([True, True, False, True])
    ours = getattr(losses, name)(**kwargs, reduction=reduction)
    theirs = getattr(keras.losses, name)(**kwargs, reduction=reduction)
    expected = theirs(y_true, y_pred, sample_weight=WEIGHTS)
    np.testing.assert_allclose(ours(y_true, y_pred, sample_weight=WEIGHTS), expected, rtol=2e-5, atol=2e-6)
    if "ignore_class" not in kwargs:
        expected = theirs(y_true, masked_for_keras(y_pred, mask), sample_weight=WEIGHTS)
        found = ours(y_true, masked(y_pred, mask), sample_weight=WEIGHTS)
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(("name", "kwargs", "y_true", "y_pred"), EXAMPLES, ids=ids)
def test_gradients_are_those_of_keras(name, kwargs, y_true, y_pred):
    ours, theirs = getattr(losses, name)(**kwargs), getattr(keras.losses, name)(**kwargs)
    found = jax.grad(lambda p: ours(y_true, p))(jnp.asarray(y_pred))
    expected = jax.grad(lambda p: theirs(y_true, p))(jnp.asarray(y_pred))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kwargs", "y_true", "y_pred"), per_sample, ids=per_sample_ids)
def test_a_padded_batch_has_the_loss_and_gradient_of_its_real_rows(name, kwargs, y_true, y_pred):
    loss = getattr(losses, name)(**kwargs)
    rubbish = np.full((2, *y_pred.shape[1:]), np.nan, "float32")
    padding = np.full((2, *y_true.shape[1:]), -77 if y_true.dtype.kind == "i" else np.inf, y_true.dtype)
    padded_true, padded_pred = np.concatenate([y_true, padding]), np.concatenate([y_pred, rubbish])
    mask = np.arange(6) < 4
    weight = np.concatenate([WEIGHTS, [0.0, 0.0]]).astype("float32")

    def padded(p):
        p = jnp.where(mask.reshape(-1, *[1] * (p.ndim - 1)), p, jnp.nan)
        return loss(padded_true, masked(p, mask), sample_weight=weight)

    value, gradient = jax.value_and_grad(padded)(jnp.asarray(padded_pred))
    real_value, real_gradient = jax.value_and_grad(lambda p: loss(y_true, p, sample_weight=WEIGHTS))(
        jnp.asarray(y_pred)
    )
    np.testing.assert_allclose(value, real_value, rtol=1e-5)
    np.testing.assert_allclose(gradient[:4], real_gradient, rtol=1e-5, atol=1e-6)
    assert np.all(np.asarray(gradient[4:]) == 0)
    without_weight = loss(padded_true, masked(padded_pred, mask))
    np.testing.assert_allclose(without_weight, loss(y_true, y_pred), rtol=1e-5)


@pytest.mark.parametrize(("name", "kwargs", "y_true", "y_pred"), EXAMPLES, ids=ids)
def test_configs_are_those_of_keras_and_come_back(name, kwargs, y_true, y_pred):
    ours, theirs = getattr(losses, name), getattr(keras.losses, name)
    assert ours().get_config() == theirs().get_config()
    loss = ours(**kwargs, reduction="sum", name="mine")
    again = losses.deserialize(losses.serialize(loss))
    np.testing.assert_array_equal(again(y_true, y_pred), loss(y_true, y_pred))
    assert losses.serialize(ours()) == keras.losses.serialize(theirs())
    if name == "CategoricalGeneralizedCrossEntropy":
        return  # Keras 3.15.1 can't read its own config of it
    np.testing.assert_allclose(
        keras.losses.deserialize(losses.serialize(loss))(y_true, y_pred), loss(y_true, y_pred), rtol=2e-5, atol=2e-6
    )


def test_the_circle_of_other_references_is_that_of_keras():
    references, classes = np.concatenate([UNIT, -UNIT[:2]]), np.array([0, 1, 2, 0, 0, 1])
    for diagonal in (True, False):
        given = (LABELS, UNIT, classes, references, diagonal, 10.0, 0.25)
        np.testing.assert_allclose(losses.circle(*given), keras.losses.circle(*given), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("reduction", [None, "sum", "sum_over_batch_size", "mean_with_sample_weight"])
def test_the_weighted_circle_is_that_of_keras(reduction):
    classes = np.array([0, 1, 1, 2])  # the last one is alone, and counts in no mean
    found = losses.Circle(reduction=reduction)(classes, UNIT, sample_weight=WEIGHTS)
    expected = keras.losses.Circle(reduction=reduction)(classes, UNIT, sample_weight=WEIGHTS)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
def test_overlap_losses_are_those_of_keras(axis):
    np.testing.assert_allclose(
        losses.dice(BITS, PROBABILITIES[0], axis), keras.losses.dice(BITS, PROBABILITIES[0], axis), rtol=1e-5
    )
    np.testing.assert_allclose(
        losses.tversky(BITS, PROBABILITIES[0], 0.3, 0.6, axis),
        keras.losses.tversky(BITS, PROBABILITIES[0], 0.3, 0.6, axis),
        rtol=1e-5,
    )
    assert losses.Dice(axis=1).get_config() == keras.losses.Dice(axis=1).get_config()
    assert losses.Tversky().get_config() == keras.losses.Tversky().get_config()


@pytest.mark.parametrize(
    "name",
    ["mse", "MSE", "mae", "mape", "msle", "bce", "kld", "log_cosh", "huber", "Huber", "MeanSquaredError", "hinge"],
)
def test_names_mean_what_they_mean_in_keras(name):
    ours, theirs = losses.get(name), keras.losses.get(name)
    assert getattr(ours, "__name__", type(ours).__name__) == getattr(theirs, "__name__", type(theirs).__name__)


def test_labels_along_another_axis_are_looked_up_there():
    p = np.moveaxis(np.random.default_rng(0).dirichlet(np.ones(3), (2, 4)), -1, 1).astype("float32")
    labels = np.array([[0, 1, 2, 0], [2, 2, 1, 0]])
    expected = -np.log(np.take_along_axis(p, labels[:, None], 1))[:, 0]
    np.testing.assert_allclose(losses.sparse_categorical_crossentropy(labels, p, axis=1), expected, rtol=1e-5)
    weight = np.array([[1, 0, 1, 1], [0, 1, 1, 1]], "float32")
    loss = losses.SparseCategoricalCrossentropy(axis=1, reduction="sum")
    broken = np.where(weight[:, None] == 0, np.nan, p)
    np.testing.assert_allclose(loss(labels, broken, sample_weight=weight), np.sum(expected * weight), rtol=1e-5)
