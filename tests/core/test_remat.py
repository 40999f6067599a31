"""Rematerialization: the same numbers, losses and assignments; only less is kept."""

import numpy as np
import pytest

import kerasish
from kerasish import layers, ops
from kerasish.backend import engine
from kerasish.core.remat import RematScope, applies_to, remat
from kerasish.core.symbolic import SymbolicTensor
from kerasish.core.variable import Variable

pytestmark = pytest.mark.skipif(not engine.differentiable, reason="gradients")


def test_the_gradient_is_the_same_and_less_is_kept():
    def slow(x):
        return ops.sin(ops.sin(x))

    def gradient(fn):
        return engine.value_and_grad(lambda x: (ops.sum(fn(x)), None))(np.arange(3, dtype="float32"))[1]

    np.testing.assert_allclose(gradient(remat(slow)), gradient(slow), rtol=1e-6)


def test_assignments_and_losses_come_out_of_it():
    total = Variable(np.float32(0), name="total")

    def fn(x, scale):
        total.assign_add(ops.sum(x))
        return x * scale

    assert np.asarray(remat(fn)(np.ones(2, "float32"), scale=3)).tolist() == [3, 3]
    assert float(total) == 2
    layer = layers.Dense(2, activity_regularizer="l2")
    (_, loss), _ = kerasish.value_and_grad(
        lambda: ((ops.sum(remat(layer)(np.ones((1, 2), "float32"))) + sum(layer.losses)), layer.losses[0]),
        layer.trainable_variables,
    )
    assert np.isfinite(float(loss))


def test_masks_go_in_and_come_out():
    embedding, recurrent = layers.Embedding(5, 3, mask_zero=True), layers.SimpleRNN(2)
    ids = np.array([[1, 2, 0], [3, 0, 0]])
    words = embedding(ids)
    plain, other = recurrent(words), recurrent(np.asarray(words))
    assert not np.allclose(plain, other)  # the mask counts
    np.testing.assert_allclose(remat(lambda x: recurrent(x))(words), plain, rtol=1e-6)
    np.testing.assert_allclose(recurrent(remat(embedding)(ids)), plain, rtol=1e-6)


def test_a_symbolic_call_is_recorded():
    assert remat(ops.relu)(SymbolicTensor((None, 2))).node is not None


def test_a_scope_says_which_layers():
    assert not applies_to("a")
    with RematScope("larger_than", output_size_threshold=10):
        assert (applies_to("a", 11), applies_to("a", 10)) == (True, False)
        with RematScope(mode=None):
            assert not applies_to("a", 11)
    with pytest.raises(ValueError, match="mode must be one of 'full'"):
        RematScope("all")


@pytest.mark.parametrize("mode", ["full", "activations", "larger_than", "list_of_layers"])
def test_layers_made_in_a_scope_train_as_others_do(mode):
    def gradient(**scope):
        with RematScope(**scope):
            model = kerasish.Sequential(
                [layers.Dense(4, "tanh", kernel_initializer="ones", name="first"), layers.BatchNormalization()]
            )
        model.build((None, 3))
        x = np.linspace(0, 1, 6, dtype="float32").reshape(2, 3)
        _, found = kerasish.value_and_grad(
            lambda: (ops.sum(model(x, training=True) ** 3), 0), model.trainable_variables
        )
        return [*found, model.layers[1].moving_mean.value]

    kept = gradient(mode=mode, output_size_threshold=2, layer_names=["first"])
    for mine, other in zip(kept, gradient(mode=None), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)
