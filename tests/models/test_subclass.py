"""Subclassed models: deferred building, nesting, custom steps."""

import numpy as np
import pytest

import kerasish
from kerasish import layers, ops


def data(rows=64, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 4)).astype("float32")
    return x, (x @ np.array([[1.0], [-2.0], [0.5], [3.0]])).astype("float32")


class Block(layers.Layer):
    """A layer that meets its sub-layers at the first call."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.inner = layers.Dense(units, activation="tanh")
        self.norm = layers.BatchNormalization()

    def call(self, x, training=False):
        return self.norm(self.inner(x), training=training)


class Net(kerasish.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.blocks = [Block(8), Block(8)]
        self.named = {"head": layers.Dense(1)}

    def call(self, x, training=False):
        for block in self.blocks:
            x = block(x, training=training)
        return self.named["head"](x)


def test_sub_layers_first_met_in_a_compiled_step_get_real_weights():
    model = Net()
    model.compile("adam", "mse")
    x, y = data()
    history = model.fit(x, y, epochs=3, verbose=0)
    assert len(model.weights) == 2 * 6 + 2
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert all(isinstance(w, np.ndarray) and np.isfinite(w).all() for w in model.get_weights())


def test_a_variable_that_is_no_attribute_is_still_found():
    class Hidden(layers.Layer):
        def build(self, input_shape):
            self.get = (lambda v: lambda: v)(self.add_weight(shape=(input_shape[-1],), name="hidden"))

        def call(self, x):
            return x * self.get()

    layer = Hidden()
    layer(np.ones((1, 3), "float32"))
    assert [v.name for v in layer.weights] == ["hidden"]


def test_plain_custom_train_step():
    class Custom(Net):
        def train_step(self, batch):
            x, y = batch
            weights = self.trainable_variables

            def loss_of():
                y_pred = self(x, training=True)
                return self.compute_loss(x=x, y=y, y_pred=y_pred), y_pred

            (loss, y_pred), gradients = kerasish.value_and_grad(loss_of, weights)
            self.optimizer.apply(gradients, weights)
            return {"loss": loss, "spread": ops.std(y_pred)}

    model = Custom()
    model.compile("adam", "mse")
    history = model.fit(*data(), epochs=2, verbose=0).history
    assert set(history) == {"loss", "spread"}
    assert int(model.optimizer.iterations) == 4


def test_keras_signature_of_train_step_gives_the_same_weights():
    jax = pytest.importorskip("jax")

    class Stateless(kerasish.Sequential):
        def train_step(self, state, data):
            trainable, fixed, optimizer, metrics = state
            x, y = data

            def loss_of(trainable, fixed):
                y_pred, fixed = self.stateless_call(trainable, fixed, x, training=True)
                return self.compute_loss(x, y, y_pred), fixed

            (loss, fixed), gradients = jax.value_and_grad(loss_of, has_aux=True)(trainable, fixed)
            trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)
            return {"loss": loss}, (trainable, fixed, optimizer, metrics)

    results = []
    for cls in (Stateless, kerasish.Sequential):
        kerasish.utils.set_random_seed(1)
        model = cls(
            [kerasish.Input((4,)), layers.Dense(8, activation="tanh"), layers.BatchNormalization(), layers.Dense(1)]
        )
        model.compile("sgd", "mse")
        model.fit(*data(), epochs=2, verbose=0)
        results.append(model.get_weights())
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_two_optimizers_in_one_step():
    class Duel(kerasish.Model):
        def __init__(self):
            super().__init__()
            self.left, self.right = layers.Dense(1), layers.Dense(1)

        def compile(self, left, right):
            super().compile()
            self.left_optimizer, self.right_optimizer = left, right

        def call(self, x):
            return self.left(x) - self.right(x)

        def train_step(self, batch):
            x, y = batch
            for part, optimizer in ((self.left, self.left_optimizer), (self.right, self.right_optimizer)):
                variables = part.trainable_variables
                (loss, _), gradients = kerasish.value_and_grad(
                    lambda: (ops.mean(ops.square(self(x) - y)), None), variables
                )
                optimizer.apply(gradients, variables)
            return {"loss": loss}

    model = Duel()
    model.compile(kerasish.optimizers.SGD(0.05), kerasish.optimizers.Adam(0.01))
    history = model.fit(*data(), epochs=4, verbose=0).history
    assert history["loss"][-1] < 0.5 * history["loss"][0]


def test_a_stray_variable_is_named():
    loose = kerasish.Variable(np.zeros((), "float32"), name="loose")

    class Stray(layers.Layer):
        def call(self, x):
            loose.assign(loose + 1.0)
            return x

    model = kerasish.Sequential([layers.Dense(1), Stray()])
    model.compile("sgd", "mse")
    with pytest.raises(RuntimeError, match="assigned loose"):
        model.fit(*data(), verbose=0)


def test_a_model_without_call_says_so():
    model = kerasish.Model()
    with pytest.raises(NotImplementedError, match="write one"):
        model(np.zeros((1, 2)))


def test_forgotten_super_init_says_so():
    class Forgetful(layers.Layer):
        def __init__(self):
            self.units = 3

        def call(self, x):
            return x

    with pytest.raises(RuntimeError, match="super"):
        Forgetful()(np.zeros((1, 2)))


def test_an_argument_that_was_not_kept_is_named():
    class Forgetful(layers.Layer):
        def __init__(self, size, **kwargs):
            super().__init__(**kwargs)

    with pytest.raises(TypeError, match=r"Write `self.size = size`"):
        Forgetful(3).get_config()


def test_stateless_call_has_no_side_effects():
    model = Net()
    x, _ = data(8)
    model(x)
    trainable = [v.value for v in model.trainable_variables]
    fixed = [v.value for v in model.non_trainable_variables]
    before = model.get_weights()
    output, new = model.stateless_call(trainable, fixed, x, training=True)
    assert output.shape == (8, 1) and len(new) == len(fixed)
    assert any(not np.array_equal(a, b) for a, b in zip(new, fixed, strict=True))
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
