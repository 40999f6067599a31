"""`compile(debug_nans=True)`: where a NaN arises, and that the model keeps its last finite state."""

import numpy as np
import pytest

import kerasish
from kerasish import layers, ops, optimizers

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
Y = np.ones((40, 1), "float32")


@kerasish.saving.register_keras_serializable("nan_hunt")
class Breaks(layers.Layer):
    """`log(x)` of negative numbers where the first feature of a row is above 50; else `x`."""

    def call(self, x):
        return ops.where(ops.max(x, axis=-1, keepdims=True) > 50, ops.log(-ops.abs(x)), x)


def with_spike(row):
    x = X.copy()
    x[row, 0] = 100.0
    return x


def trained(model, x=X, y=Y, loss="mse", optimizer="sgd", epochs=2, **kwargs):
    """The error of `fit`, in batches of 8 in their order."""
    model.compile(optimizer, loss, debug_nans=True, **kwargs)
    with pytest.raises(FloatingPointError) as caught:
        model.fit(x, y, batch_size=8, epochs=epochs, shuffle=False, verbose=0)
    assert all(np.isfinite(v).all() for v in state(model))
    return str(caught.value)


def state(model):
    return [v.numpy() for v in model.training_variables()]


def small(*middle):
    return kerasish.Sequential(
        [kerasish.Input((3,)), layers.Dense(4, name="first"), *middle, layers.Dense(1, name="last")]
    )


@pytest.mark.parametrize("eagerly", [False, True])
def test_a_layer_is_named_with_its_path_the_epoch_and_the_batch(eagerly):
    inner = kerasish.Sequential([Breaks(name="breaks")], name="inner")
    model = kerasish.Sequential([kerasish.Input((3,)), inner, layers.Dense(1, name="last")], name="whole")
    message = trained(model, with_spike(19), run_eagerly=eagerly)
    assert "Training, epoch 1, batch 2 (from 0)" in message
    assert "the layer 'whole/inner/breaks' (Breaks) returned NaN in the forward pass" in message
    assert int(model.optimizer.iterations) == 2


def test_the_model_keeps_the_state_of_the_last_finite_step():
    model, other = small(layers.Dropout(0.5, seed=1)), small(layers.Dropout(0.5, seed=1))
    other.set_weights(model.get_weights())
    x = with_spike(33)
    x[33, 0] = np.inf
    message = trained(model, x, optimizer="adam", metrics=["mae"])
    assert "epoch 1, batch 4" in message and "the inputs of this batch have infinite, first in row 1" in message
    other.compile("adam", "mse", metrics=["mae"])
    other.fit(X[:32], Y[:32], batch_size=8, shuffle=False, verbose=0)
    for a, b in zip(state(model), state(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    assert np.isfinite(model.predict(X)).all()
    model.fit(X, Y, verbose=0)


def test_a_loss():
    def broken(y_true, y_pred):
        return ops.sqrt(ops.mean(y_pred, axis=-1) * 0 - 1)

    assert "batch 0 (from 0): the loss is NaN, though all layers" in trained(small(), loss=broken)


def test_a_gradient():
    class Norm(layers.Layer):
        def call(self, x):  # the root of 0, whose slope is infinite
            return x + ops.sqrt(ops.sum(x * 0, axis=-1, keepdims=True))

    message = trained(small(Norm()))
    assert "the gradient of 'first/kernel'" in message.replace("sequential/", "") or "first/bias" in message
    assert "is NaN, though the loss is finite" in message


def test_an_update():
    class Huge(optimizers.SGD):
        def update(self, gradient, variable, learning_rate, **slots):
            variable.assign(variable.value * 3e38 * 10)

    message = trained(small(), optimizer=Huge())
    assert "the update made the weight" in message and "first/kernel" in message and "too high" in message


def test_targets_and_weights_that_were_bad_before():
    y = Y.copy()
    y[9] = np.nan
    batches = [(X[i : i + 8], y[i : i + 8]) for i in range(0, 40, 8)]
    model = small()
    model.compile("sgd", "mse", debug_nans=True)
    with pytest.raises(FloatingPointError, match="batch 1 .*: the targets of this batch have NaN, first in row 1"):
        model.fit(batches, verbose=0)
    model = small()
    model.layers[1].kernel.assign(np.full((4, 1), np.nan))
    model.compile("sgd", "mse", debug_nans=True)
    with pytest.raises(FloatingPointError, match=r"the weight '.*last/kernel' had NaN before the step"):
        model.fit(X, Y, verbose=0)


def test_a_cell_in_a_loop():
    class Cell(layers.Layer):
        state_size = output_size = 2

        def build(self, input_shape):
            self.inner = layers.Dense(2, name="inner")
            self.inner.build(input_shape)

        def call(self, inputs, states):
            new = self.inner(inputs) + states[0]
            return ops.where(ops.max(inputs, axis=-1, keepdims=True) > 50, ops.log(-ops.ones_like(new)), new), [new]

    x = np.repeat(with_spike(3)[:, None], 4, 1)
    model = kerasish.Sequential([kerasish.Input((4, 3)), layers.RNN(Cell(name="cell"), name="rnn"), layers.Dense(1)])
    assert "rnn/cell' (Cell) returned NaN" in trained(model, x)


def test_evaluation_and_single_batches():
    model = small(Breaks(name="breaks"))
    model.layers[0].set_weights([np.eye(3, 4, dtype="float32"), np.zeros(4, "float32")])
    model.compile("sgd", "mse", debug_nans=True)
    with pytest.raises(FloatingPointError, match=r"Evaluation, batch 1 \(from 0\): the layer '.*breaks'"):
        model.evaluate(with_spike(11), Y, batch_size=8, verbose=0)
    with pytest.raises(FloatingPointError, match=r"Training: the layer '.*breaks'"):
        model.train_on_batch(with_spike(11), Y)
    assert np.isnan(model.predict(with_spike(11))).any()


def test_own_steps_with_several_optimizers():
    class Own(kerasish.Model):
        def __init__(self):
            super().__init__()
            self.one = layers.Dense(3, name="one")
            self.breaks = Breaks(name="breaks")

        def call(self, x):
            return self.breaks(self.one(x))

        def train_step(self, data):
            x, y = data
            (loss, _), gradients = kerasish.value_and_grad(
                lambda: (ops.mean((self(x, training=True) - y) ** 2), None), self.trainable_variables
            )
            self.optimizer.apply(gradients, self.trainable_variables)
            return {"loss": loss}

    model = Own()
    model(X)
    model.one.set_weights([np.eye(3, dtype="float32"), np.zeros(3, "float32")])
    message = trained(model, with_spike(20))
    assert "batch 2" in message and "own/breaks' (Breaks) returned NaN" in message.replace("own_1", "own")


def test_a_finite_training_is_that_without_it():
    histories = []
    for debug in (False, True):
        kerasish.utils.set_random_seed(0)
        model = small(layers.Dropout(0.2), layers.BatchNormalization())
        model.compile("adam", "mse", metrics=["mae"], debug_nans=debug)
        history = model.fit(X, Y, batch_size=16, epochs=2, verbose=0, validation_split=0.2).history
        histories.append(history)
    for name, values in histories[0].items():
        np.testing.assert_allclose(values, histories[1][name], rtol=1e-5)


def test_a_scaled_loss_may_overflow():
    model = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(1, dtype="mixed_float16")])
    model.compile(optimizers.LossScaleOptimizer(optimizers.SGD(0.01), initial_scale=2.0**100), "mse", debug_nans=True)
    model.fit(X, Y, verbose=0)


def test_it_is_no_part_of_the_saved_model(tmp_path):
    model = small()
    model.compile("sgd", "mse", debug_nans=True)
    assert "debug_nans" not in model.get_compile_config()
    model.save(tmp_path / "m.keras")
    assert not kerasish.models.load_model(tmp_path / "m.keras").setup.debug_nans
