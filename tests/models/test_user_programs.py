"""Short programs as users of Keras write them, beside Keras itself: names, orders, types and numbers."""

import numpy as np
import pytest

import kerasish
from kerasish import layers

keras = pytest.importorskip("keras")

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(20, 6)).astype("float32")
Y, Z = X[:, :1] * 3, X[:, 1:3]


def listed(k):
    x = k.Input((6,))
    return k.Model(x, [k.layers.Dense(1, name="z")(x), k.layers.Dense(2, name="c")(x)]), [Y, Z]


def keyed(k):
    x = k.Input((6,))
    return k.Model(x, {"z": k.layers.Dense(1)(x), "c": k.layers.Dense(2)(x)}), {"z": Y, "c": Z}


def unnamed(k):
    class Two(k.Model):
        def __init__(self):
            super().__init__()
            self.left, self.right = k.layers.Dense(1), k.layers.Dense(2)

        def call(self, x):
            return self.left(x), self.right(x)

    model = Two()
    model(X)
    return model, [Y, Z]


def alone(k):
    return k.Sequential([k.Input((6,)), k.layers.Dense(1)]), Y


SETTINGS = [
    (listed, {"loss": ["mse", "mae"], "metrics": [["mape", "mse"], ["mae"]]}),
    (listed, {"loss": {"z": "mse", "c": "mae"}, "metrics": {"z": ["mae"]}, "weighted_metrics": {"c": ["mse"]}}),
    (keyed, {"loss": {"z": "mse", "c": "mae"}, "metrics": {"z": ["mape"], "c": ["msle"]}}),
    (keyed, {"loss": {"c": "mse", "z": "mae"}}),
    (unnamed, {"loss": ["mse", "mae"], "metrics": [["mape"], ["msle"]]}),
    (unnamed, {"loss": ["mean_squared_error", lambda y, p: abs(y - p)], "metrics": [["mae"], ["mae"]]}),
    (alone, {"loss": "mse", "metrics": ["mape", "mae", lambda y, p: abs(y - p)], "weighted_metrics": ["mae", "msle"]}),
]


@pytest.mark.parametrize("make, settings", SETTINGS)
def test_logs_have_keras_names_and_evaluate_has_keras_order(make, settings):
    (theirs, y), (ours, _) = make(keras), make(kerasish)
    ours.set_weights(theirs.get_weights())
    for model in (theirs, ours):
        model.compile("sgd", **settings)
    expected = theirs.evaluate(X, y, verbose=0, return_dict=True)
    found = ours.evaluate(X, y, verbose=0, return_dict=True)
    assert list(found) == list(expected)
    np.testing.assert_allclose([found[n] for n in found], [expected[n] for n in found], rtol=1e-4)
    values = ours.evaluate(X, y, verbose=0)
    assert values == [found[name] for name in ours.metrics_names]
    if make is alone:  # Keras repeats values there
        return
    by_value = {round(float(value), 4): name for name, value in expected.items()}
    order = [by_value[round(float(value), 4)] for value in theirs.evaluate(X, y, verbose=0)]
    if len(by_value) == len(expected) == len(order):
        assert ours.metrics_names == order


def test_equal_losses_of_outputs_without_names_are_numbered():
    model, y = unnamed(kerasish)
    model.compile("sgd", ["mse", "mse"])
    assert list(model.evaluate(X, y, verbose=0, return_dict=True)) == ["loss", "mse_loss", "mse_loss_1"]


@pytest.mark.parametrize("wrap", [list, tuple])
def test_the_only_output_of_a_list_comes_without_the_list(wrap):
    def make(k):
        x = k.Input((6,))
        return k.Model(x, wrap([k.layers.Dense(2)(x)]))

    theirs, ours = make(keras), make(kerasish)
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X, verbose=0), rtol=1e-5)
    assert ours(X).shape == (20, 2) and ours.output_shape == theirs.output_shape == (None, 2)
    assert kerasish.Model([ours.input], ours.output).input_shape == (None, 6)


def test_paths_of_a_sequential_model_begin_with_its_name():
    keras.utils.clear_session(free_memory=False)

    def paths(k):
        inner = k.Sequential([k.layers.Dense(3)])
        models = [alone(k)[0], k.Sequential([k.Input((6,)), inner, k.layers.Dense(2)])]
        return [v.path for model in models for v in model.weights]

    assert paths(kerasish) == paths(keras)


def test_a_fixed_batch_trains_and_its_state_is_kept():
    model = kerasish.Sequential([kerasish.Input(batch_shape=(4, 3, 2)), layers.LSTM(3, stateful=True), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    x = RANDOM.normal(size=(8, 3, 2)).astype("float32")
    assert len(model.fit(x, x[:, 0, :1], batch_size=4, shuffle=False, verbose=0).history["mae"]) == 1
    model.layers[0].reset_states()
    first, second = (model.predict(x[:4], batch_size=4) for _ in range(2))
    assert not np.allclose(first, second)
    model.layers[0].reset_states()
    np.testing.assert_array_equal(model.predict(x[:4], batch_size=4), first)


def test_a_metric_may_return_its_variable():
    class Largest(kerasish.Metric):
        def __init__(self, name="largest", **kwargs):
            super().__init__(name=name, **kwargs)
            self.value = self.add_variable(shape=(), initializer="zeros", name="value")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.value.assign(kerasish.ops.maximum(self.value, kerasish.ops.max(abs(y_true - y_pred))))

        def result(self):
            return self.value

    model, y = alone(kerasish)
    model.compile("sgd", "mse", metrics=[Largest()])
    expected = np.abs(y - model.predict(X)).max()
    assert model.evaluate(X, y, verbose=0)[1] == pytest.approx(expected, rel=1e-5)
    model.run_eagerly = True
    assert model.run_eagerly and not model.jit_compile
    assert model.evaluate(X, y, verbose=0)[1] == pytest.approx(expected, rel=1e-5)


def own_metrics(k):
    class Own(k.Model):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.tracker = k.metrics.Mean(name="own")

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            loss = k.ops.mean(k.ops.square(y - y_pred)) * 2
            self.tracker.update_state(loss)
            return loss

        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            logs = super().compute_metrics(x, y, y_pred, sample_weight)
            return {**logs, "twice": self.tracker.result() * 2}

        @property
        def metrics(self):
            return [self.tracker]

    x = k.Input((6,))
    return Own(x, k.layers.Dense(1)(x))


def test_overridden_metrics_and_compute_metrics_decide_the_logs():
    theirs, ours = own_metrics(keras), own_metrics(kerasish)
    ours.set_weights(theirs.get_weights())
    histories = []
    for model in (theirs, ours):
        model.compile("sgd", metrics=["mae"])
        run = model.fit(X, Y, batch_size=8, epochs=2, shuffle=False, validation_data=(X, Y), verbose=0)
        histories.append(run.history)
    expected, found = histories
    assert list(found) == list(expected) == ["own", "twice", "val_own", "val_twice"]
    for name in found:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-4)


class Endpoint(layers.Layer):
    """A layer with its own loss and its own metric, which sees the targets."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.error = kerasish.metrics.Mean(name="error")

    def call(self, targets, outputs):
        difference = kerasish.ops.mean(abs(targets - outputs))
        self.add_loss(difference)
        self.error.update_state(difference)
        return outputs


def test_a_metric_inside_a_layer_is_measured_and_is_none_of_its_variables():
    x, y = kerasish.Input((6,), name="x"), kerasish.Input((1,), name="y")
    model = kerasish.Model([x, y], Endpoint()(y, layers.Dense(1)(x)))
    model.compile("sgd")
    data = {"x": X, "y": Y}
    history = model.fit(data, verbose=0, batch_size=20).history
    assert history["error"] == pytest.approx(history["loss"])
    assert model.non_trainable_variables == [] and len(model.variables) == 2
    values = [v.value for v in model.trainable_variables]
    outputs, fixed = model.stateless_call(values, [], [X, Y])
    np.testing.assert_allclose(outputs, model.predict(data), rtol=1e-5)
    assert fixed == []


def test_training_false_in_a_graph_stays_in_fit():
    base = kerasish.Sequential([kerasish.Input((6,)), layers.BatchNormalization()])
    x = kerasish.Input((6,))
    model = kerasish.Model(x, layers.Dense(1)(base(x, training=False)))
    model.compile("sgd", "mse")
    model.fit(X + 3, Y, verbose=0)
    np.testing.assert_array_equal(base.layers[0].moving_mean, np.zeros(6))
