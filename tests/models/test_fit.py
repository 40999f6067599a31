"""`fit`, `evaluate`, `predict`: every way to give data, and what comes back."""

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.data.samples import Samples


def data(rows=40, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 3)).astype("float32")
    return x, (x.sum(-1, keepdims=True) > 0).astype("float32")


def make_model(loss="binary_crossentropy", metrics=("accuracy",), **kwargs):
    kerasish.utils.set_random_seed(0)
    model = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(4, activation="tanh"), layers.Dense(1, "sigmoid")])
    model.compile(kerasish.optimizers.Adam(0.01), loss, metrics=list(metrics), **kwargs)
    return model


def generator(x, y, size=8):
    while True:
        for start in range(0, len(x), size):
            yield x[start : start + size], y[start : start + size]


def weights_after(fit, **kwargs):
    model = make_model(**kwargs)
    fit(model)
    return model.get_weights()


def test_history_has_a_number_for_each_epoch():
    x, y = data()
    history = make_model().fit(x, y, epochs=3, validation_split=0.25, verbose=0)
    assert set(history.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert history.epoch == [0, 1, 2]
    assert all(type(value) is float and len(values) == 3 for values in history.history.values() for value in values)


@pytest.mark.parametrize(
    "fit",
    [
        lambda m, x, y: m.fit(generator(x, y), steps_per_epoch=5, epochs=2, verbose=0),
        lambda m, x, y: m.fit([(x[i : i + 8], y[i : i + 8]) for i in range(0, 40, 8)], epochs=2, verbose=0),
        lambda m, x, y: m.fit(x.tolist(), y.tolist(), batch_size=8, epochs=2, shuffle=False, verbose=0),
        lambda m, x, y: m.fit(x.astype("float64"), y.astype(bool), batch_size=8, epochs=2, shuffle=False, verbose=0),
        lambda m, x, y: m.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0, sample_weight=np.ones(40)),
        lambda m, x, y: (
            m.fit(x, y, batch_size=8, epochs=1, shuffle=False, verbose=0),
            m.fit(x, y, batch_size=8, epochs=2, initial_epoch=1, shuffle=False, verbose=0),
        ),
    ],
    ids=["generator", "list of batches", "lists", "other dtypes", "unit weights", "initial_epoch"],
)
def test_every_way_to_give_the_data_trains_the_same(fit):
    x, y = data()
    expected = weights_after(lambda m: m.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0))
    for one, other in zip(expected, weights_after(lambda m: fit(m, x, y)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("option", [{"run_eagerly": True}, {"steps_per_execution": 3}, {"jit_compile": False}])
def test_how_steps_are_run_does_not_change_the_result(option):
    x, y = data()
    expected = weights_after(lambda m: m.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0))
    found = weights_after(lambda m: m.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0), **option)
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_pandas_frames_are_arrays():
    pandas = pytest.importorskip("pandas")
    x, y = data()
    frame = pandas.DataFrame(x, columns=list("abc"))
    model = make_model()
    model.fit(frame, pandas.Series(y[:, 0]), verbose=0)
    np.testing.assert_array_equal(model.predict(frame), model.predict(x))


def test_a_partial_last_batch_counts_as_much_as_its_rows():
    x, y = data(37)
    model = make_model(loss="mse", metrics=["mae"])
    result = model.evaluate(x, y, batch_size=8, verbose=0, return_dict=True)
    predictions = model.predict(x, batch_size=8)
    assert predictions.shape == (37, 1)
    np.testing.assert_allclose(result["loss"], np.mean((predictions - y) ** 2), rtol=1e-5)
    np.testing.assert_allclose(result["mae"], np.mean(np.abs(predictions - y)), rtol=1e-5)


def test_a_padded_batch_trains_as_its_rows_alone_would():
    x, y = data(20)
    padded = weights_after(lambda m: m.fit(x, y, batch_size=16, shuffle=False, verbose=0))

    def by_hand(model):
        model.train_on_batch(x[:16], y[:16])
        model.train_on_batch(x[16:], y[16:])

    for one, other in zip(padded, weights_after(by_hand), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_batch_normalization_never_sees_padding_while_training():
    x, y = data(20)
    results = []
    for by_hand in (False, True):
        kerasish.utils.set_random_seed(0)
        model = kerasish.Sequential([kerasish.Input((3,)), layers.BatchNormalization(momentum=0.5), layers.Dense(1)])
        model.compile("sgd", "mse")
        if by_hand:
            model.train_on_batch(x[:16], y[:16])
            model.train_on_batch(x[16:], y[16:])
        else:
            model.fit(x, y, batch_size=16, shuffle=False, verbose=0)
        results.append(model.get_weights())
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_sample_and_class_weights():
    x, y = data()
    by_sample = weights_after(
        lambda m: m.fit(x, y, sample_weight=np.where(y[:, 0] == 1, 3.0, 0.5), shuffle=False, verbose=0)
    )
    by_class = weights_after(lambda m: m.fit(x, y, class_weight={0: 0.5, 1: 3.0}, shuffle=False, verbose=0))
    for one, other in zip(by_sample, by_class, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_validation_data_frequency_and_steps():
    x, y = data()
    model = make_model()
    history = model.fit(x, y, epochs=4, validation_data=(x, y), validation_freq=2, verbose=0).history
    assert len(history["loss"]) == 4 and len(history["val_loss"]) == 2
    history = model.fit(
        x, y, epochs=2, validation_data=(x, y), validation_freq=[1], validation_steps=1, verbose=0
    ).history
    assert len(history["val_loss"]) == 1


def test_several_outputs_are_named_in_the_logs():
    x, y = data()
    inputs = kerasish.Input((3,))
    model = kerasish.Model(inputs, {"p": layers.Dense(1)(inputs), "q": layers.Dense(1)(inputs)})
    model.compile("sgd", {"p": "mse", "q": "mae"}, loss_weights={"q": 2.0}, metrics={"p": ["mae"]})
    logs = model.fit(x, {"p": y, "q": y}, verbose=0).history
    assert set(logs) == {"loss", "p_loss", "q_loss", "p_mae"}
    result = model.evaluate(x, {"p": y, "q": y}, return_dict=True, verbose=0)
    np.testing.assert_allclose(result["loss"], result["p_loss"] + 2 * result["q_loss"], rtol=1e-5)


def test_an_output_without_a_loss_needs_no_target():
    x, y = data()
    inputs = kerasish.Input((3,))
    model = kerasish.Model(inputs, {"p": layers.Dense(1)(inputs), "free": inputs})
    model.compile("sgd", {"p": "mse"})
    assert set(model.fit(x, {"p": y}, verbose=0).history) == {"loss"}


def test_functions_are_losses_and_metrics():
    x, y = data()

    def distance(y_true, y_pred):
        return abs(y_true - y_pred)

    model = make_model(loss=distance, metrics=[distance])
    logs = model.evaluate(x, y, verbose=0, return_dict=True)
    np.testing.assert_allclose(logs["loss"], logs["distance"], rtol=1e-6)


def test_add_loss_regularizers_and_activity_regularizers_add_up():
    class Penalized(layers.Layer):
        def call(self, x):
            self.add_loss(0.5)
            return x

    model = kerasish.Sequential(
        [
            kerasish.Input((3,)),
            layers.Dense(2, kernel_regularizer=kerasish.regularizers.L2(0.1), activity_regularizer="l1"),
            Penalized(),
        ]
    )
    model.compile("sgd", None)
    x, _ = data(8)
    kernel = model.get_weights()[0]
    expected = 0.5 + 0.1 * np.sum(kernel**2) + 0.01 * np.sum(np.abs(x @ kernel)) / 8
    np.testing.assert_allclose(model.evaluate(x, batch_size=8, verbose=0), expected, rtol=1e-5)
    model.fit(x, batch_size=8, verbose=0)


def test_constraints_clipping_averages_and_accumulation_train():
    x, y = data()
    kerasish.utils.set_random_seed(0)
    model = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(1, kernel_constraint="non_neg")])
    optimizer = kerasish.optimizers.SGD(0.5, global_clipnorm=0.1, use_ema=True, gradient_accumulation_steps=2)
    model.compile(optimizer, "mse")
    history = model.fit(x, y, batch_size=8, epochs=6, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert (model.get_weights()[0] >= 0).all()


def test_frozen_layers_stay_as_they_are_and_thaw_without_a_new_compile():
    x, y = data()
    model = make_model()
    model.fit(x, y, verbose=0)
    before = model.get_weights()
    model.layers[0].trainable = False
    model.fit(x, y, verbose=0)
    frozen = model.get_weights()
    np.testing.assert_array_equal(frozen[0], before[0])
    assert not np.array_equal(frozen[2], before[2])
    model.layers[0].trainable = True
    model.fit(x, y, verbose=0)
    assert not np.array_equal(model.get_weights()[0], before[0])


def test_train_test_and_predict_on_batch():
    x, y = data()
    model = make_model()
    first = model.train_on_batch(x, y, return_dict=True)
    assert set(first) == {"loss", "accuracy"}
    model.reset_metrics()
    loss, accuracy = model.test_on_batch(x, y)
    assert (loss, accuracy) == tuple(model.evaluate(x, y, batch_size=40, verbose=0))
    np.testing.assert_array_equal(model.predict_on_batch(x), model.predict(x, batch_size=40))


def test_an_empty_array_predicts_nothing():
    assert make_model().predict(np.zeros((0, 3))).shape == (0, 1)


def test_fit_prints_no_control_codes_into_a_pipe(capfd):
    x, y = data()
    make_model().fit(x, y, epochs=2)
    out = capfd.readouterr().out
    assert out.count("\n") == 2 and "Epoch 2/2" in out and "loss" in out
    assert not set(out) & {"\r", "\b", "\x1b"}
    make_model().predict(x)
    assert capfd.readouterr().out == ""


def test_callbacks_may_change_the_learning_rate_without_a_new_program():
    x, y = data()
    rates = []

    class Watch(kerasish.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            rates.append(round(float(self.model.optimizer.learning_rate), 6))

    model = make_model()
    schedule = kerasish.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))
    history = model.fit(x, y, epochs=3, verbose=0, callbacks=[schedule, Watch()])
    assert rates == [0.1, 0.05, round(0.1 / 3, 6)]
    assert len(model.programs) == 1 and len(history.history["learning_rate"]) == 3


def test_stop_training_stops_at_once():
    x, y = data()

    class Stop(kerasish.callbacks.Callback):
        seen = 0

        def on_train_batch_end(self, batch, logs=None):
            self.seen += 1
            self.model.stop_training = batch == 2

    stop = Stop()
    model = make_model()
    model.fit(x, y, batch_size=4, epochs=5, verbose=0, callbacks=[stop])
    assert stop.seen == 3 and int(model.optimizer.iterations) == 3


def test_metrics_that_make_their_variables_late():
    x, _ = data()
    y = np.eye(3, dtype="float32")[np.arange(40) % 3]
    model = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(3, activation="softmax")])
    f1, auc = kerasish.metrics.F1Score(average="macro"), kerasish.metrics.AUC(multi_label=True, num_labels=3)
    model.compile("sgd", "categorical_crossentropy", metrics=[f1, auc, "accuracy"])
    logs = model.fit(x, y, verbose=0, validation_data=(x, y)).history
    assert {"f1_score", "auc", "accuracy", "val_f1_score"} <= set(logs)


def sample_dataset(x, y):
    return Samples(list(zip(x, y, strict=True)), np.arange(len(x)))


def torch_dataset(x, y):
    torch = pytest.importorskip("torch")
    return torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y))


def hugging_face_table(x, y):
    return pytest.importorskip("datasets").Dataset.from_dict({"x": x, "y": y}), "y"


def batched_already(x, y):
    return sample_dataset(x, y).batch(5)


@pytest.mark.parametrize(
    ("make", "batches"), [(sample_dataset, 3), (torch_dataset, 3), (hugging_face_table, 3), (batched_already, 4)]
)
def test_validation_batch_size_is_that_of_every_source_that_is_cut_here(make, batches):
    x, y = np.ones((17, 3), "float32"), np.ones((17, 1), "float32")
    model = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    seen = []

    class Counts(kerasish.callbacks.Callback):
        def on_test_batch_end(self, batch, logs=None):
            seen.append(batch)

    model.fit(x, y, verbose=0, validation_data=make(x, y), validation_batch_size=8, callbacks=[Counts()])
    assert seen == list(range(batches))
