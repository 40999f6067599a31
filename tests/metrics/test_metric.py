"""What `Metric` promises: exact counts, pure updates, metrics of one's own, errors."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kerasish import losses, metrics
from kerasish.core.context import masks
from kerasish.core.variable import pure


class Steps(metrics.Metric):
    def __init__(self, step=1.0, **kwargs):
        super().__init__(**kwargs)
        self.step = step
        self.steps = self.add_weight(name="steps", initializer="zeros")
        self.inner = metrics.Mean(name="inner")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.steps.assign_add(self.step)
        self.inner.update_state(y_pred)

    def result(self):
        return {"steps": self.steps.value, "mean": self.inner.result()}


def test_a_metric_of_ones_own():
    metric = Steps(2.0)
    assert metric.name == "steps"
    assert [v.path for v in metric.variables] == ["steps/steps", "inner/total", "inner/count"]
    metric(None, [3.0])
    result = metric(None, [5.0])
    assert (float(result["steps"]), float(result["mean"])) == (4.0, 4.0)
    assert metric.get_config() == {"name": "steps", "dtype": "float32", "step": 2.0}
    metric.reset_state()
    assert all(float(v) == 0 for v in metric.state_variables)


def test_counts_are_exact_beyond_two_to_the_24():
    metric = metrics.Mean()
    metric.total.assign(2.0**24)
    metric.count.assign(2.0**24)
    for _ in range(10):
        metric.update_state([1.0])
    assert float(metric.count) == float(metric.total) == 2**24 + 10
    run = jax.jit(pure(metric.update_state, metric.state_variables))
    values = [v.value for v in metric.state_variables]
    for _ in range(10):
        values = run(values, jnp.ones(1))[1]
    assert float(values[0]) == float(values[1]) == 2**24 + 20


def test_a_long_sum_is_not_rounded_away():
    metric = metrics.Sum()
    run = jax.jit(pure(metric.update_state, metric.state_variables))
    values = [v.value for v in metric.state_variables]
    for _ in range(3000):
        values = run(values, jnp.float32(0.1))[1]
    assert abs(float(values[0]) - 3000 * float(np.float32(0.1))) < 2e-5


def test_merged_counts_are_exact_too():
    parts = [metrics.Mean(), metrics.Mean(), metrics.Mean()]
    for part, count in zip(parts, (2.0**24, 1.0, 1.0), strict=True):
        part.count.assign(count)
    parts[0].update_state([1.0])  # 2**24 + 1 is a sum and its residue
    parts[0].merge_state(parts[1:])
    parts[0].update_state([1.0])
    assert float(parts[0].count) == 2**24 + 4


def test_what_a_metric_holds_is_merged_and_other_aggregations_are_kept():
    class Seen(Steps):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.rate = self.add_variable((), aggregation="mean", name="rate")
            self.kind = self.add_variable((), aggregation="only_first_replica", name="kind")

    parts = [Seen(), Seen()]
    for part, value in zip(parts, (1.0, 3.0), strict=True):
        part.update_state(None, [value])
        part.rate.assign(value)
        part.kind.assign(value)
    parts[0].merge_state(parts[1:])
    assert {k: float(v) for k, v in parts[0].result().items()} == {"steps": 2.0, "mean": 2.0}
    assert (float(parts[0].rate), float(parts[0].kind)) == (2.0, 1.0)
    with pytest.raises(ValueError, match="can only be merged with a metric made by the same arguments"):
        parts[0].merge_state([metrics.Mean()])


def test_infinity_stays_infinity():
    metric = metrics.Sum()
    metric.update_state([np.inf])
    metric.update_state([1.0])
    assert float(metric.result()) == np.inf


def test_stateless_methods_change_nothing():
    metric = metrics.Mean()
    new = metric.stateless_update_state([3.0, 1.0], np.array([5.0]))
    assert [float(x) for x in new] == [8.0, 2.0]
    assert float(metric.stateless_result(new)) == 4.0
    assert [float(x) for x in metric.stateless_reset_state()] == [0.0, 0.0]
    assert float(metric.count) == 0
    with pytest.raises(ValueError, match=r"metric_variables must be 2 arrays.*\(total, count\); got 1"):
        metric.stateless_update_state([1.0], 2.0)


def test_saved_variables_are_keras_s_and_come_back():
    metric, store = metrics.Mean(), {}
    metric.update_state([1.0, 2.0])
    metric.save_own_variables(store)
    assert sorted(store) == ["0", "1"]
    again = metrics.Mean()
    again.load_own_variables(store)
    assert float(again.result()) == 1.5
    with pytest.raises(ValueError, match="has 1 variables, but the file has 2"):
        metrics.Sum().load_own_variables(store)


def test_a_function_of_ones_own_is_a_mean():
    metric = metrics.named(lambda y_true, y_pred: abs(y_true - y_pred))
    assert not metric.weights_rows
    assert float(metric(np.array([1.0, 2.0]), np.array([0.0, 2.0]))) == 0.5
    assert metrics.named(losses.mean_absolute_error).name == "mean_absolute_error"
    assert metrics.named(losses.MeanSquaredError()).name == "mean_squared_error"
    assert metrics.named(metrics.Mean(name="m")).name == "m"
    wrapper = metrics.MeanMetricWrapper(losses.huber, delta=2.0)
    again = metrics.deserialize(metrics.serialize(wrapper))
    assert float(again([0.0], [3.0])) == float(wrapper([0.0], [3.0])) == 4.0


def test_any_callable_is_a_metric_and_is_called_as_in_keras():
    class AbsoluteError:
        def __call__(self, y_true, y_pred):
            return abs(y_true - y_pred)

        def twice(self, y_true, y_pred):
            return 2 * abs(y_true - y_pred)

    partial = functools.partial(losses.huber, delta=2.0)
    for given, name, expected in (
        (AbsoluteError(), "absolute_error", 3.0),
        (AbsoluteError().twice, "twice", 6.0),
        (partial, "partial", 4.0),
    ):
        metric = metrics.named(given)
        assert metric.name == name
        assert float(metric(np.array([0.0]), np.array([3.0]))) == expected


def test_one_number_per_sample_is_one_sample_each():
    metric = metrics.MeanSquaredError()
    metric.update_state(np.zeros(3), np.array([1.0, 1.0, 1.0]))
    metric.update_state(np.zeros(1), np.array([3.0]))
    assert float(metric.result()) == 3.0


def test_ignored_classes_do_not_count():
    metric = metrics.SparseCategoricalCrossentropy(ignore_class=-1)
    p = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]], "float32")
    np.testing.assert_allclose(metric([0, 1, -1], p), -np.mean(np.log([0.9, 0.4])), rtol=1e-5)


def test_masks_of_sequences_count_each_step():
    y_pred = jnp.asarray(np.array([[[1.0], [5.0]], [[2.0], [2.0]]], "float32"))
    masks.set(y_pred, jnp.array([[True, False], [True, True]]))
    metric = metrics.MeanAbsoluteError()
    np.testing.assert_allclose(metric(np.zeros((2, 2, 1)), y_pred), 5 / 3, rtol=1e-6)
    np.testing.assert_allclose(metrics.RootMeanSquaredError()(np.zeros((2, 2, 1)), y_pred), np.sqrt(3.0), rtol=1e-6)
    np.testing.assert_allclose(metric(np.zeros((2, 2, 1)), y_pred, [1.0, 0.0]), (2.5 + 0.5) / 2, rtol=1e-6)


def test_a_nan_is_above_no_threshold_and_no_best_guess():
    assert float(metrics.TruePositives()([1.0], [np.nan])) == 0
    assert float(metrics.AUC()([1.0, 0.0], [np.nan, np.nan])) == 0.0
    assert float(metrics.sparse_top_k_categorical_accuracy([0], np.full((1, 3), np.nan), k=1)[0]) == 0


def test_r2_of_constant_targets():
    assert float(metrics.R2Score()(np.ones((3, 1)), np.ones((3, 1)))) == 1.0
    assert float(metrics.R2Score()(np.ones((3, 1)), np.zeros((3, 1)))) == 0.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.get("mean_sq_error"), "There is no metric named 'mean_sq_error'. Did you mean"),
        (lambda: metrics.Precision(thresholds=1.5), "thresholds must be numbers from 0 to 1; got 1.5"),
        (lambda: metrics.Precision(top_k=9)(np.ones((2, 3)), np.ones((2, 3))), "top_k must be from 1 to 3"),
        (
            lambda: metrics.Precision(class_id=7)(np.ones((2, 3)), np.ones((2, 3))),
            "class_id must be from 0 to 2; got 7",
        ),
        (lambda: metrics.AUC(num_thresholds=1), "num_thresholds must be an integer above 1; got 1"),
        (lambda: metrics.AUC(curve="x"), "curve must be one of 'ROC', 'PR', 'PRGAIN'; got 'x'"),
        (lambda: metrics.AUC(thresholds=[2.0]), r"thresholds must be numbers from 0 to 1; got \[2.0\]"),
        (lambda: metrics.AUC(num_labels=2), "num_labels is for multi_label=True"),
        (lambda: metrics.AUC(label_weights=[1.0])(np.ones((2, 3)), np.ones((2, 3))), "has 1 label_weights, but"),
        (
            lambda: metrics.AUC(multi_label=True, num_labels=2)(np.ones((2, 3)), np.ones((2, 3))),
            r"predictions have the shape \(batch, 2\); got \(2, 3\)",
        ),
        (lambda: metrics.RecallAtPrecision(1.5), "the precision must be from 0 to 1; got 1.5"),
        (lambda: metrics.RecallAtPrecision(0.5, num_thresholds=0), "num_thresholds must be an integer above 0"),
        (lambda: metrics.F1Score(average="x"), "average must be None, 'micro'"),
        (lambda: metrics.FBetaScore(beta=-1.0), "beta must be a float above 0; got -1.0"),
        (lambda: metrics.F1Score(threshold=2.0), "threshold must be a float above 0 and at most 1"),
        (lambda: metrics.F1Score()(np.ones(3), np.ones(3)), r"the shape \(batch, classes\); got \(3,\)"),
        (lambda: metrics.R2Score("x"), "class_aggregation must be one of None, 'uniform_average'"),
        (lambda: metrics.R2Score(num_regressors=-1), "num_regressors must be at least 0; got -1"),
        (lambda: metrics.R2Score()(np.ones((2, 3, 1)), np.ones((2, 3, 1))), r"the shape \(batch, outputs\)"),
        (lambda: metrics.IoU(3, [5]), "target_class_ids must be from 0 to 2; got 5"),
        (lambda: metrics.MeanIoU(3)([0, 1], [0]), "there must be as many of the one as of the other"),
        (lambda: metrics.BinaryAccuracy(threshold=2), "threshold must be between 0 and 1; got 2"),
        (lambda: metrics.SparseTopKCategoricalAccuracy(k=0)([0], np.ones((1, 3))), "k must be at least 1; got 0"),
        (lambda: metrics.MeanSquaredError()(np.ones((4, 1)), np.ones((4, 3))), "y_true should have the shape"),
        (lambda: metrics.Mean()(np.ones(3), np.ones(2)), r"sample_weight has the shape \(2,\)"),
        (lambda: metrics.accuracy_for((4,), (4, 3), "recall"), "kind must be one of 'accuracy'"),
    ],
)
def test_errors_say_what_is_allowed(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_metrics_without_methods_say_so():
    with pytest.raises(NotImplementedError, match="has no `update_state`"):
        metrics.Metric().update_state(1)
    with pytest.raises(NotImplementedError, match="has no `result`"):
        metrics.Metric().result()
