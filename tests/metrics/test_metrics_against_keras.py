"""Every metric against Keras, run live: results, variables, configs, weights."""

import jax.numpy as jnp
import numpy as np
import pytest

from kerasish import metrics
from kerasish.core.context import masks

keras = pytest.importorskip("keras")
pytestmark = [  # warnings of Keras's IoU
    pytest.mark.filterwarnings("ignore:Explicitly requested dtype int64"),
    pytest.mark.filterwarnings("ignore:You are passing weight as"),
]

RNG = np.random.default_rng(3)
N = 12
REAL = [RNG.normal(size=(N, 3)).astype("float32") for _ in range(2)]
PROBABILITIES = RNG.dirichlet(np.ones(3), N).astype("float32")
BITS = (RNG.random((N, 3)) > 0.5).astype("float32")
LABELS = RNG.integers(0, 3, N)
ONE_HOT = np.eye(3, dtype="float32")[LABELS]
GUESSES = RNG.integers(0, 3, N)
TRUTH, SCORES = BITS[:, 0], np.clip(BITS[:, 0] * 0.3 + RNG.random(N) * 0.7, 0, 1).astype("float32")
WEIGHTS = RNG.integers(0, 4, N).astype("float32")

EXAMPLES = [
    ("Accuracy", {}, LABELS[:, None], GUESSES[:, None]),
    ("BinaryAccuracy", {"threshold": 0.4}, BITS, PROBABILITIES),
    ("CategoricalAccuracy", {}, ONE_HOT, PROBABILITIES),
    ("SparseCategoricalAccuracy", {}, LABELS, PROBABILITIES),
    ("TopKCategoricalAccuracy", {"k": 2}, ONE_HOT, PROBABILITIES),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, LABELS, PROBABILITIES),
    ("SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, LABELS, np.argsort(-PROBABILITIES)),
    ("MeanSquaredError", {}, REAL[0], REAL[1]),
    ("RootMeanSquaredError", {}, REAL[0], REAL[1]),
    ("MeanAbsoluteError", {}, REAL[0], REAL[1]),
    ("MeanAbsolutePercentageError", {}, REAL[0], REAL[1]),
    ("MeanSquaredLogarithmicError", {}, REAL[0], REAL[1]),
    ("CosineSimilarity", {}, REAL[0], REAL[1]),
    ("LogCoshError", {}, REAL[0], REAL[1]),
    ("Hinge", {}, BITS, REAL[1]),
    ("SquaredHinge", {}, BITS, REAL[1]),
    ("CategoricalHinge", {}, ONE_HOT, REAL[1]),
    ("BinaryCrossentropy", {"label_smoothing": 0.1}, BITS, PROBABILITIES),
    ("CategoricalCrossentropy", {"from_logits": True}, ONE_HOT, REAL[0]),
    ("SparseCategoricalCrossentropy", {}, LABELS, PROBABILITIES),
    ("KLDivergence", {}, ONE_HOT, PROBABILITIES),
    ("Poisson", {}, BITS, PROBABILITIES),
    ("PearsonCorrelation", {}, REAL[0], REAL[1]),
    ("ConcordanceCorrelation", {}, REAL[0], REAL[1]),
    ("TruePositives", {}, BITS, PROBABILITIES),
    ("FalsePositives", {"thresholds": [0.2, 0.6]}, BITS, PROBABILITIES),
    ("TrueNegatives", {"thresholds": 0.3}, BITS, PROBABILITIES),
    ("FalseNegatives", {}, BITS, PROBABILITIES),
    ("Precision", {}, BITS, PROBABILITIES),
    ("Precision", {"thresholds": [0.1, 0.5], "class_id": 1}, BITS, PROBABILITIES),
    ("Precision", {"top_k": 2}, BITS, PROBABILITIES),
    ("Recall", {"thresholds": 0.4}, BITS, PROBABILITIES),
    ("Recall", {"top_k": 1, "class_id": 2}, BITS, PROBABILITIES),
    ("AUC", {}, TRUTH, SCORES),
    ("AUC", {"num_thresholds": 20, "summation_method": "minoring"}, TRUTH, SCORES),
    ("AUC", {"num_thresholds": 20, "summation_method": "majoring"}, TRUTH, SCORES),
    ("AUC", {"curve": "PR", "num_thresholds": 20}, TRUTH, SCORES),
    ("AUC", {"curve": "PR", "num_thresholds": 20, "summation_method": "majoring"}, TRUTH, SCORES),
    ("AUC", {"curve": "PRGAIN", "num_thresholds": 20}, TRUTH, SCORES),
    ("AUC", {"thresholds": [0.2, 0.5, 0.7]}, TRUTH, SCORES),
    ("AUC", {"multi_label": True, "num_labels": 3, "num_thresholds": 20}, BITS, PROBABILITIES),
    ("AUC", {"multi_label": True, "curve": "PR", "label_weights": [0.2, 0.3, 0.5]}, BITS, PROBABILITIES),
    ("AUC", {"label_weights": [0.2, 0.3, 0.5], "num_thresholds": 20}, BITS, PROBABILITIES),
    ("AUC", {"from_logits": True, "num_thresholds": 20}, BITS, REAL[0]),
    ("SensitivityAtSpecificity", {"specificity": 0.6, "num_thresholds": 20}, TRUTH, SCORES),
    ("SpecificityAtSensitivity", {"sensitivity": 0.6, "num_thresholds": 20}, TRUTH, SCORES),
    ("PrecisionAtRecall", {"recall": 0.6, "num_thresholds": 20}, TRUTH, SCORES),
    ("RecallAtPrecision", {"precision": 0.6, "num_thresholds": 20, "class_id": 1}, BITS, PROBABILITIES),
    ("F1Score", {}, ONE_HOT, PROBABILITIES),
    ("F1Score", {"average": "micro", "threshold": 0.3}, BITS, PROBABILITIES),
    ("FBetaScore", {"average": "macro", "beta": 2.0}, ONE_HOT, PROBABILITIES),
    ("FBetaScore", {"average": "weighted", "beta": 0.5}, ONE_HOT, PROBABILITIES),
    ("R2Score", {}, REAL[0], REAL[1]),
    ("R2Score", {"class_aggregation": "variance_weighted_average"}, REAL[0], REAL[1]),
    ("R2Score", {"class_aggregation": None}, REAL[0], REAL[1]),
    ("IoU", {"num_classes": 3, "target_class_ids": [0, 2]}, LABELS, GUESSES),
    ("MeanIoU", {"num_classes": 4, "ignore_class": 1}, LABELS, GUESSES),
    ("BinaryIoU", {"threshold": 0.3}, TRUTH, SCORES),
    ("OneHotIoU", {"num_classes": 3, "target_class_ids": [1]}, ONE_HOT, PROBABILITIES),
    ("OneHotMeanIoU", {"num_classes": 3}, ONE_HOT, PROBABILITIES),
]
COUNTS = {"TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives"}
ids = [f"{name} {kwargs}" for name, kwargs, _, _ in EXAMPLES]
examples = pytest.mark.parametrize(("name", "kwargs", "y_true", "y_pred"), EXAMPLES, ids=ids)


def one_by_one(metric, y_true, y_pred, weight, cuts):
    for start, stop in zip((0, *cuts), (*cuts, N), strict=True):
        metric.update_state(y_true[start:stop], y_pred[start:stop], sample_weight=weight[start:stop])
    return metric.result()


@examples
def test_results_and_variables_are_those_of_keras(name, kwargs, y_true, y_pred):
    ours, theirs = getattr(metrics, name)(**kwargs), getattr(keras.metrics, name)(**kwargs)
    assert ours.get_config().keys() == theirs.get_config().keys()
    config, expected = ours.get_config(), theirs.get_config()
    for key in config.keys() - {"label_weights", "name"}:
        assert config[key] == expected[key], key
    assert type(ours)._direction == getattr(theirs, "_direction", None)
    ours.update_state(y_true, y_pred)
    theirs.update_state(y_true, y_pred)
    np.testing.assert_allclose(ours.result(), theirs.result(), rtol=2e-5, atol=1e-6)
    assert [(v.name, v.shape, v.dtype) for v in ours.variables] == [
        (v.name, tuple(v.shape), v.dtype) for v in theirs.variables
    ]
    ours.update_state(y_true, y_pred, sample_weight=WEIGHTS)
    theirs.update_state(y_true, y_pred, sample_weight=WEIGHTS)
    np.testing.assert_allclose(ours.result(), theirs.result(), rtol=2e-5, atol=1e-6)
    for mine, other in zip(ours.variables, theirs.variables, strict=True):
        if mine.name != "num_samples":  # which counts rows without weight too in Keras
            np.testing.assert_allclose(mine.numpy(), other.numpy(), rtol=2e-5, atol=1e-5)


@examples
def test_configs_come_back(name, kwargs, y_true, y_pred):
    metric = getattr(metrics, name)(**kwargs, name="mine")
    again = metrics.deserialize(metrics.serialize(metric))
    assert again.get_config() == metric.get_config()
    np.testing.assert_array_equal(again(y_true, y_pred), metric(y_true, y_pred))
    theirs = keras.metrics.deserialize(metrics.serialize(metric))
    np.testing.assert_allclose(theirs(y_true, y_pred), metric.result(), rtol=2e-5, atol=1e-6)


@examples
def test_cuts_order_scale_and_rubbish_without_weight_have_no_influence(name, kwargs, y_true, y_pred):
    metric = getattr(metrics, name)(**kwargs)
    assert metric.weights_rows
    expected = one_by_one(metric, y_true, y_pred, WEIGHTS, ())
    metric.reset_state()
    np.testing.assert_allclose(one_by_one(metric, y_true, y_pred, WEIGHTS, (6,)), expected, rtol=1e-5, atol=1e-6)
    factor = 2 if name in COUNTS else 1
    doubled = one_by_one(getattr(metrics, name)(**kwargs), y_true, y_pred, 2 * WEIGHTS, ())
    np.testing.assert_allclose(doubled, factor * np.asarray(expected), rtol=1e-5, atol=1e-6)
    parts = [getattr(metrics, name)(**kwargs) for _ in range(2)]
    for part, rows in zip(parts, (slice(6), slice(6, N)), strict=True):  # shapes that are compiled already
        part.update_state(y_true[rows], y_pred[rows], sample_weight=WEIGHTS[rows])
    states = [[v.value for v in part.variables] for part in parts]
    np.testing.assert_allclose(parts[0].stateless_result(parts[0].stateless_merge(states)), expected, 1e-5, 1e-6)
    parts[0].merge_state(parts[1:])
    np.testing.assert_allclose(parts[0].result(), expected, rtol=1e-5, atol=1e-6)
    metric.reset_state()
    order = np.random.default_rng(0).permutation(N)
    np.testing.assert_allclose(
        one_by_one(metric, y_true[order], y_pred[order], WEIGHTS[order], ()), expected, rtol=1e-5, atol=1e-6
    )
    metric.reset_state()
    idle = (WEIGHTS == 0).reshape(N, *(1,) * (y_pred.ndim - 1))
    broken_pred = np.where(idle, -5 if y_pred.dtype.kind == "i" else np.nan, y_pred).astype(y_pred.dtype)
    idle = (WEIGHTS == 0).reshape(N, *(1,) * (y_true.ndim - 1))
    broken_true = np.where(idle, -5 if y_true.dtype.kind == "i" else np.nan, y_true).astype(y_true.dtype)
    np.testing.assert_allclose(
        one_by_one(metric, broken_true, broken_pred, WEIGHTS, (6,)), expected, rtol=1e-5, atol=1e-6
    )
    metric.reset_state()
    masked = jnp.asarray(broken_pred)
    masks.set(masked, jnp.asarray(WEIGHTS != 0))
    metric.update_state(broken_true, masked, sample_weight=np.where(WEIGHTS == 0, 9, WEIGHTS))
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("values_shape", [(), (4,), (4, 3), (4, 3, 2)])
@pytest.mark.parametrize("weight_shape", [None, (), (4,), (4, 1), (4, 3)])
def test_means_and_sums_are_those_of_keras_for_all_ranks(values_shape, weight_shape):
    if weight_shape and ((len(values_shape) < len(weight_shape) and weight_shape[1:] != (1,)) or not values_shape):
        pytest.skip("refused by both")
    values = np.random.default_rng(0).normal(size=values_shape).astype("float32")
    weight = None if weight_shape is None else np.random.default_rng(1).random(weight_shape).astype("float32")
    for name in ("Mean", "Sum"):
        ours, theirs = getattr(metrics, name)(), getattr(keras.metrics, name)()
        np.testing.assert_allclose(ours(values, weight), theirs(values, weight), rtol=1e-5)
        for mine, other in zip(ours.variables, theirs.variables, strict=True):
            np.testing.assert_allclose(mine.numpy(), other.numpy(), rtol=1e-5)


@pytest.mark.parametrize("y_shape", [(1,), (3,), (5,), (5, 1), (5, 3), ()])
@pytest.mark.parametrize("pred_shape", [(1,), (3,), (5, 3), (5, 1)])
def test_accuracy_is_resolved_as_in_keras(y_shape, pred_shape):
    """The rule, found by asking Keras 3.15.1 for these shapes and others."""
    found = type(metrics.accuracy_for((None, *y_shape), (None, *pred_shape))).__name__
    if pred_shape[-1] == 1:
        assert found == "BinaryAccuracy"
    elif len(y_shape) < len(pred_shape) or y_shape[-1] == 1:
        assert found == "SparseCategoricalAccuracy"
    else:
        assert found == "CategoricalAccuracy"


@pytest.mark.parametrize("name", ["mse", "MAE", "bce", "AUC", "auc", "f1_score", "MeanSquaredError", "log_cosh_error"])
def test_names_mean_what_they_mean_in_keras(name):
    assert type(metrics.get(name)).__name__ == type(keras.metrics.get(name)).__name__
    assert metrics.named(name).name == name
