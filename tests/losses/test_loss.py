"""What `Loss` promises beyond Keras: shapes that must fit, weights that belong to samples, exact extremes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kerasish import losses
from kerasish.core.context import masks

ELEMENTWISE = ["MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh", "Hinge", "Poisson", "BinaryCrossentropy"]


@pytest.mark.parametrize("name", [*ELEMENTWISE, "CosineSimilarity", "KLDivergence", "CategoricalHinge"])
@pytest.mark.parametrize(
    "shapes", [((4, 3), (4, 1)), ((4, 1), (4, 3)), ((4, 2), (4, 3)), ((4,), (3, 4)), ((4, 3), (3,))]
)
def test_shapes_that_would_be_broadcast_are_refused(name, shapes):
    with pytest.raises(ValueError, match=r"y_true has the shape \(.*y_true should have the shape"):
        getattr(losses, name)()(np.zeros(shapes[0]), np.ones(shapes[1]))


def test_class_numbers_for_the_categorical_loss_are_recognized():
    for labels in (np.array([0, 1]), np.array([[0], [1]])):
        with pytest.raises(ValueError, match="use sparse_categorical_crossentropy"):
            losses.CategoricalCrossentropy()(labels, np.ones((2, 3)))
        with pytest.raises(ValueError, match="use sparse_categorical_crossentropy"):
            losses.LossFunctionWrapper(losses.categorical_crossentropy)(labels, np.ones((2, 3)))


def test_one_hot_targets_for_the_sparse_loss_are_recognized():
    with pytest.raises(ValueError, match="look one-hot: use categorical_crossentropy"):
        losses.SparseCategoricalCrossentropy()(np.eye(3), np.ones((3, 3)))


def test_a_label_that_is_no_class_gives_nan():
    values = losses.sparse_categorical_crossentropy(np.array([0, -1, 3]), np.full((3, 3), 1 / 3))
    np.testing.assert_array_equal(np.isnan(values), [False, True, True])


def test_weights_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"sample_weight has the shape \(2,\), which does not fit .* shape \(4,\)"):
        losses.MeanSquaredError()(np.ones((4, 3)), np.zeros((4, 3)), sample_weight=np.ones(2))


def test_a_weight_belongs_to_its_sample_and_not_to_a_time_step():
    y_true, y_pred = np.zeros((3, 3, 2)), np.ones((3, 3, 2)) * np.array([1.0, 2.0, 3.0])[:, None, None]
    values = losses.MeanSquaredError(reduction=None)(y_true, y_pred, sample_weight=np.array([1.0, 0.0, 2.0]))
    np.testing.assert_allclose(values, np.array([1.0, 0.0, 18.0])[:, None] * np.ones(3))


def test_unknown_reductions_and_smoothings_are_refused():
    with pytest.raises(ValueError, match=r"reduction must be one of 'sum_over_batch_size'.*got 'summ'"):
        losses.MeanSquaredError(reduction="summ")
    with pytest.raises(ValueError, match="label_smoothing must be between 0 and 1; got 2"):
        losses.binary_crossentropy([1.0], [0.5], label_smoothing=2)
    with pytest.raises(ValueError, match="q must be above 0"):
        losses.categorical_generalized_cross_entropy([0], [[0.5, 0.5]], 0)
    with pytest.raises(ValueError, match="no loss named 'mean_sq_error'"):
        losses.get("mean_sq_error")
    with pytest.raises(NotImplementedError, match="has no `call"):
        losses.Loss()([1.0], [1.0])


@pytest.mark.parametrize("reduction", ["sum", "sum_over_batch_size", "mean", "mean_with_sample_weight"])
def test_an_empty_batch_a_masked_one_and_one_without_weight_have_the_loss_0(reduction):
    loss = losses.MeanSquaredError(reduction=reduction)
    assert float(loss(np.zeros((0, 3)), np.zeros((0, 3)))) == 0
    assert float(loss(np.zeros((2, 3)), np.ones((2, 3)), sample_weight=np.zeros(2))) == 0
    y_pred = jnp.ones((2, 3))
    masks.set(y_pred, jnp.zeros(2, bool))
    assert float(loss(np.zeros((2, 3)), y_pred)) == 0


@pytest.mark.parametrize("factor", [2.0, 0.25])
def test_a_weighted_mean_does_not_depend_on_the_weights_scale(factor):
    y_true, y_pred = np.random.default_rng(0).normal(size=(2, 4, 3, 2))
    loss = losses.MeanSquaredError(reduction="mean_with_sample_weight")
    for weight in (np.array([1.0, 2.0, 0.0, 3.0]), np.ones((4, 1)), 5.0):
        one, other = loss(y_true, y_pred, weight), loss(y_true, y_pred, np.asarray(weight) * factor)
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_one_number_per_sample_may_be_masked():
    y_true, y_pred = np.array([1.0, 2.0, 9.0], "float32"), jnp.array([1.5, 2.5, jnp.nan])
    for reduction in ("sum", "sum_over_batch_size", None):
        loss = losses.MeanSquaredError(reduction=reduction)
        expected = loss(y_true[:2], y_pred[:2])
        masks.set(y_pred, jnp.array([True, True, False]))
        np.testing.assert_allclose(loss(y_true, y_pred), expected)


@pytest.mark.parametrize("z", [-1e4, -50.0, -1.0, 0.0, 1.0, 50.0, 1e4])
@pytest.mark.parametrize("y", [0.0, 0.3, 1.0])
def test_crossentropies_from_logits_are_exact(z, y):
    """Against float64 NumPy; the gradient is sigmoid(z) - y."""
    expected = y * np.logaddexp(0.0, -z) + (1 - y) * np.logaddexp(0.0, z)
    slope = 1 / (1 + np.exp(np.clip(-z, -700, 700))) - y

    def binary(x):
        return losses.binary_crossentropy(jnp.array([y]), x[None], from_logits=True)

    def categorical(x):
        target = jnp.array([y, 1 - y])
        return losses.categorical_crossentropy(target, jnp.stack([x, 0 * x]) + 1e4, from_logits=True)

    for fn, tolerance in ((binary, 1e-6), (categorical, 2e-3)):  # 1e4 + z is rounded to 1e-3
        value, gradient = jax.value_and_grad(fn)(jnp.float32(z))
        np.testing.assert_allclose(value, np.float32(expected), rtol=tolerance, atol=0 if fn is binary else 1e-7)
        np.testing.assert_allclose(gradient, slope, rtol=1e-5, atol=1e-6)


def test_half_precision_does_not_make_crossentropies_infinite():
    values = losses.binary_crossentropy(np.array([[1.0], [0.0]]), jnp.array([[0.0], [1.0]], "float16"))
    assert values.dtype == "float16"
    np.testing.assert_allclose(values, [16.12, 16.12], rtol=2e-2)  # -log(1e-7)


@pytest.mark.parametrize(("dtype", "expected"), [(None, "float32"), ("float16", "float16"), ("bfloat16", "bfloat16")])
def test_the_dtype_is_that_of_the_loss(dtype, expected):
    value = losses.MeanSquaredError(dtype=dtype)(np.array([[1, 2]]), np.array([[1.0, 3.0]]))
    assert value.dtype == expected
    assert float(value) == 0.5


def test_huber_of_a_huge_error_has_a_finite_gradient():
    gradient = jax.grad(lambda p: losses.huber(jnp.zeros(1), p))(jnp.array([1e30]))
    np.testing.assert_allclose(gradient, [1.0])


def test_a_loss_of_ones_own_takes_structures():
    class Both(losses.Loss):
        def call(self, y_true, y_pred):
            return abs(y_true["a"] - y_pred["a"]) + abs(y_true["b"] - y_pred["b"])

    y_true = {"a": np.array([1.0, 2.0]), "b": np.array([0.0, 0.0])}
    y_pred = {"a": np.array([1.0, 4.0]), "b": np.array([1.0, 1.0])}
    assert float(Both()(y_true, y_pred)) == 2.0


def test_a_loss_of_ones_own_is_configured_by_its_arguments():
    class Scaled(losses.Loss):
        def __init__(self, scale=1.0, **kwargs):
            super().__init__(**kwargs)
            self.scale = scale

        def call(self, y_true, y_pred):
            return self.scale * abs(y_true - y_pred)

    loss = Scaled(3.0, name="s", reduction="sum")
    assert loss.get_config() == {"name": "s", "reduction": "sum", "scale": 3.0}
    assert float(Scaled.from_config(loss.get_config())([1.0], [2.0])) == 3.0


def test_dice_does_not_see_masked_rows():
    y_true, y_pred = np.array([[1.0, 0.0], [1.0, 1.0]], "float32"), jnp.array([[0.5, 0.5], [jnp.nan, 1.0]])
    expected = losses.Dice()(y_true[:1], y_pred[:1])
    masks.set(y_pred, jnp.array([True, False]))
    np.testing.assert_allclose(losses.Dice()(y_true, y_pred), expected, rtol=1e-6)


def test_the_circle_does_not_compare_with_what_does_not_count():
    embeddings = np.random.default_rng(0).normal(size=(6, 3))
    classes, weight = np.array([0, 1, 0, 1, 0, 1]), np.array([1.0, 2.0, 1.0, 3.0, 0.0, 0.0])
    loss = losses.Circle(gamma=2.0, reduction="sum")
    expected = loss(classes[:4], embeddings[:4], sample_weight=weight[:4])
    broken = jnp.asarray(np.where(weight[:, None] == 0, np.nan, embeddings))
    value, gradient = jax.value_and_grad(lambda e: loss(classes, e, sample_weight=weight))(broken)
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    assert np.isfinite(gradient).all() and not np.any(gradient[4:])
    masks.set(broken, jnp.array([True] * 4 + [False] * 2))
    np.testing.assert_allclose(loss(classes, broken), loss(classes[:4], embeddings[:4]), rtol=1e-5)


def test_ctc_does_not_read_masked_steps():
    logits, labels = np.random.default_rng(0).normal(size=(2, 6, 4)), np.array([[1, 2], [3, 0]])
    expected = [losses.CTC()(labels[:1], logits[:1, :4]), losses.CTC()(labels[1:], logits[1:])]
    read = np.arange(6) < np.array([[4], [6]])
    broken = jnp.asarray(np.where(read[:, :, None], logits, np.nan))
    masks.set(broken, jnp.asarray(read))
    np.testing.assert_allclose(losses.CTC(reduction=None)(labels, broken), expected, rtol=1e-5)
    masks.set(broken, jnp.asarray(read & np.array([[True], [False]])))
    for weight in (None, np.ones(2), np.ones((2, 1))):
        np.testing.assert_allclose(losses.CTC()(labels, broken, weight), expected[0], rtol=1e-5)


def test_what_circle_and_ctc_refuse():
    with pytest.raises(ValueError, match=r"class numbers `\(n,\)` as y_true .*shapes \(2, 2\) and \(2, 3\)"):
        losses.circle(np.eye(2), np.ones((2, 3)))
    with pytest.raises(ValueError, match="class numbers"):
        losses.Circle()(np.zeros(3), np.ones((2, 3)))
    with pytest.raises(ValueError, match="both ref_labels and ref_embeddings, or none"):
        losses.circle([0, 1], np.ones((2, 3)), ref_labels=[0])
    with pytest.raises(ValueError, match=r"as ref_labels .*shapes \(1,\) and \(2, 3\)"):
        losses.circle([0, 1], np.ones((2, 3)), [0], np.ones((2, 3)))
    for loss in (losses.ctc, losses.CTC()):
        with pytest.raises(ValueError, match=r"ctc takes labels .*shapes \(2,\) and \(2, 3, 4\)"):
            loss(np.ones(2), np.ones((2, 3, 4)))
