"""A loaded model goes on training exactly where the saved one stopped."""

import numpy as np
import pytest

import kerasish
from kerasish import layers, losses, metrics, optimizers
from kerasish.saving import load_model

keras = pytest.importorskip("keras")

random = np.random.default_rng(0)
X, Y = random.normal(size=(8, 4)).astype("float32"), random.normal(size=(8, 2)).astype("float32")


def model_of(k):
    return k.Sequential([k.Input((4,)), k.layers.Dense(3, activation="tanh"), k.layers.Dense(2)])


def with_dropout():
    return kerasish.Sequential([layers.Input((4,)), layers.Dense(6), layers.Dropout(0.5), layers.Dense(2)])


def trained(model, **compiled):
    model.compile(**compiled)
    for _ in range(3):
        model.train_on_batch(X, Y)
    return model


def assert_same_next_steps(first, second):
    for _ in range(2):
        first.train_on_batch(X, Y)
        second.train_on_batch(X, Y)
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda o: o.SGD(0.1, momentum=0.9, nesterov=True),
        lambda o: o.Adam(o.schedules.ExponentialDecay(0.1, 2, 0.5), use_ema=True, gradient_accumulation_steps=2),
        lambda o: o.LossScaleOptimizer(o.AdamW(0.01)),
    ],
    ids=["momentum", "adam with schedule, average and accumulation", "loss scale"],
)
def test_the_next_steps_are_the_same_bits(optimizer, tmp_path):
    model = trained(with_dropout(), optimizer=optimizer(optimizers), loss="mse")
    model.save(tmp_path / "m.keras")
    again = load_model(tmp_path / "m.keras")
    for a, b in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert_same_next_steps(model, again)


def test_weights_alone_carry_the_optimizer_and_the_seeds(tmp_path):
    model = trained(with_dropout(), optimizer="adam", loss="mse")
    model.save_weights(tmp_path / "m.weights.h5")
    again = with_dropout()
    again.compile("adam", "mse")
    again.optimizer.build(again.trainable_variables)
    again.load_weights(tmp_path / "m.weights.h5")
    assert_same_next_steps(model, again)


def test_keras_goes_on_training_from_our_file_and_we_from_keras_file(tmp_path):
    ours = trained(model_of(kerasish), optimizer="adam", loss="mse", metrics=["mae"])
    ours.save(tmp_path / "ours.keras")
    theirs = keras.saving.load_model(tmp_path / "ours.keras")
    theirs.save(tmp_path / "theirs.keras")
    again = load_model(tmp_path / "theirs.keras")
    for a, b, c in zip(ours.optimizer.variables, theirs.optimizer.variables, again.optimizer.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), np.asarray(b))
        np.testing.assert_array_equal(a.numpy(), c.numpy())
    theirs.train_on_batch(X, Y)
    assert_same_next_steps(ours, again)
    again = load_model(tmp_path / "theirs.keras")
    again.train_on_batch(X, Y)
    for a, b in zip(theirs.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(np.asarray(b), np.asarray(a), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "compiled",
    [
        lambda k: {"loss": "mse", "metrics": ["mae"], "weighted_metrics": ["mse"]},
        lambda k: {"loss": k.losses.Huber(), "metrics": [k.metrics.MeanAbsoluteError(name="z")], "loss_weights": [0.5]},
        lambda k: {"loss": k.losses.mean_squared_error, "metrics": [k.metrics.mean_absolute_error]},
        lambda k: {"loss": ["mse"], "metrics": [["mae"]]},
    ],
)
def test_what_compile_was_given_is_kept_by_both(compiled, tmp_path):
    for save, load in ((kerasish, keras), (keras, kerasish)):
        model = save.Sequential([save.Input((4,)), save.layers.Dense(2, name="out")])
        model.compile("sgd", **compiled(save))
        expected = model.test_on_batch(X, Y, return_dict=True)
        model.save(tmp_path / "m.keras")
        found = load.saving.load_model(tmp_path / "m.keras").test_on_batch(X, Y, return_dict=True)
        assert list(found) == list(expected)
        np.testing.assert_allclose(list(found.values()), [float(v) for v in expected.values()], rtol=1e-5)


def test_without_compile_there_is_no_optimizer(tmp_path):
    model = trained(model_of(kerasish), optimizer="adam", loss="mse")
    model.save(tmp_path / "m.keras")
    again = load_model(tmp_path / "m.keras", compile=False)
    assert again.optimizer is None
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_an_optimizer_that_has_not_begun_is_saved_too(tmp_path):
    model = model_of(kerasish)
    model.compile(optimizers.Adam(0.25), losses.MeanSquaredError(), metrics=[metrics.MeanAbsoluteError()])
    model.save(tmp_path / "m.keras")
    again = load_model(tmp_path / "m.keras")
    assert float(again.optimizer.learning_rate) == 0.25
    again.train_on_batch(X, Y)


def test_the_loss_scale_of_mixed_precision_is_kept_and_read_from_keras_files(tmp_path):
    def scaled(k):
        k.config.set_dtype_policy("mixed_float16")
        try:
            return trained(model_of(k), optimizer="adam", loss="mse")
        finally:
            k.config.set_dtype_policy("float32")

    ours = scaled(kerasish)
    ours.save(tmp_path / "ours.keras")
    assert_same_next_steps(ours, load_model(tmp_path / "ours.keras"))
    theirs = scaled(keras)
    theirs.save(tmp_path / "theirs.keras")
    again = load_model(tmp_path / "theirs.keras")  # Keras itself writes Adam alone, and loses its state on loading
    for a, b in zip(theirs.optimizer.inner_optimizer.variables, again.optimizer.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(a), b.numpy())
