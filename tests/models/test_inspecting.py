"""Activations of layers, and a model as a pure function."""

import jax
import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.backend import engine

pytestmark = pytest.mark.skipif(not engine.differentiable, reason="uses JAX")
X = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")


def encoder():
    return kerasish.Sequential([kerasish.Input((3,)), layers.Dense(5, "tanh", name="inner")], name="encoder")


def functional():
    x = kerasish.Input((3,))
    hidden = encoder()(x)
    return kerasish.Model(x, layers.Dense(2, name="head")(layers.Dropout(0.5, name="drop")(hidden)))


def sequential():
    return kerasish.Sequential([encoder(), layers.Dropout(0.5, name="drop"), layers.Dense(2, name="head")])


class Subclassed(kerasish.Model):
    def __init__(self):
        super().__init__()
        self.encoder, self.drop = encoder(), layers.Dropout(0.5, name="drop")
        self.head = layers.Dense(2, name="head")

    def call(self, x):
        return self.head(self.drop(self.encoder(x)))


@pytest.mark.parametrize("make", [functional, sequential, Subclassed])
def test_layers_are_found_by_name_by_path_and_as_objects(make):
    model = make()
    found = model.capture(["inner", "encoder/inner", "encoder", "head"], X)
    inner = model.get_layer("encoder").get_layer("inner")
    expected = np.tanh(X @ inner.kernel.numpy() + inner.bias.numpy())  # float32 NumPy, beside XLA's
    for name in ("inner", "encoder/inner", "encoder"):
        np.testing.assert_allclose(found[name], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["head"], model.predict(X), rtol=1e-5, atol=1e-6)
    assert np.array_equal(model.capture(inner, X), found["inner"]) and isinstance(found["head"], np.ndarray)


def test_a_capture_in_training_changes_nothing():
    model = kerasish.Sequential([layers.BatchNormalization(name="norm"), layers.Dropout(0.5, name="drop")])
    model.build((None, 3))
    before = [v.numpy() for v in model.every_variable()]
    first, second = (model.capture("drop", X, training=True) for _ in range(2))
    assert (first == 0).any() and np.array_equal(first, second)
    assert all(np.array_equal(a, v.numpy()) for a, v in zip(before, model.every_variable(), strict=True))
    assert not (model.capture("drop", X) == 0).any()


def test_a_second_capture_compiles_nothing_new_and_sees_new_weights():
    model = functional()
    before = model.capture("head", X)
    programs = len(model.programs)
    model.set_weights([w * 2 for w in model.get_weights()])
    assert len(model.programs) == programs and not np.allclose(model.capture("head", X), before)


def test_a_layer_that_is_called_several_times_has_several_outputs():
    x = kerasish.Input((3,))
    dense = layers.Dense(3, name="again")
    found = kerasish.Model(x, dense(dense(x))).capture("again", X)
    assert [one.shape for one in found] == [(4, 3), (4, 3)]


class Cell(layers.Layer):
    """A cell of a user's own, with a layer inside."""

    state_size = output_size = 3

    def build(self, input_shape):
        self.mix = layers.Dense(3, "tanh", name="mix")
        self.mix.build((None, 3))

    def call(self, x, states):
        new = self.mix(x + states[0])
        return new, [new]


def test_a_layer_in_a_loop_has_an_output_for_each_step():
    model = kerasish.Sequential([kerasish.Input((6, 3)), layers.RNN(Cell(name="cell"), name="rnn")])
    x = np.repeat(X[:, None], 6, axis=1)
    steps = model.capture("mix", x)
    assert len(steps) == 6
    np.testing.assert_allclose(steps[-1], model.predict(x), rtol=1e-5, atol=1e-6)


def test_capture_says_what_there_is():
    model = functional()
    with pytest.raises(ValueError, match="calls no layer named 'hed'. Did you mean 'head'?"):
        model.capture("hed", X)
    x = kerasish.Input((3,))
    two = [kerasish.Sequential([kerasish.Input((3,)), layers.Dense(2, name="d")], name=name) for name in "ab"]
    model = kerasish.Model(x, layers.Add()([one(x) for one in two]))
    with pytest.raises(ValueError, match=r"several layers named 'd': a/d, b/d\. Give a path"):
        model.capture("d", X)
    assert model.capture("b/d", X).shape == (4, 2)


def test_a_pure_model_meets_grad_jit_and_vmap():
    model = functional()
    params, apply = model.as_pure()
    output = jax.jit(apply)(params, X)
    np.testing.assert_allclose(output, model.predict(X), rtol=1e-5, atol=1e-6)
    gradients = jax.grad(lambda p: apply(p, X).sum())(params)
    np.testing.assert_allclose(gradients["head/bias"], [4.0, 4.0])
    assert all(g.shape == params[path].shape for path, g in gradients.items())
    pair = {path: np.stack([p, 2 * p]) for path, p in params.items()}
    both = jax.vmap(apply, (0, None))(pair, X)
    np.testing.assert_allclose(both[0], output, rtol=1e-5, atol=1e-6)


def test_a_pure_model_in_training_changes_nothing_and_wants_its_own_params():
    model = functional()
    before = [v.numpy() for v in model.every_variable()]
    params, apply = model.as_pure(training=True)
    assert not np.array_equal(apply(params, X), apply(params, X, training=False))
    assert all(np.array_equal(a, v.numpy()) for a, v in zip(before, model.every_variable(), strict=True))
    with pytest.raises(ValueError, match="these differ: head/bias"):
        apply({path: p for path, p in params.items() if path != "head/bias"}, X)
    with pytest.raises(ValueError, match="has no weights yet"):
        Subclassed().as_pure()
