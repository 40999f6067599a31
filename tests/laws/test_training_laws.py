"""Every layer of the table trains, and has Keras's gradients."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.core import tree
from kerasish.core.random import SeedGenerator
from tests.laws.examples import all_of, under

pytestmark = pytest.mark.slow  # two programs a row


def gradients(example, layer, x, weights, training):
    """The gradients of the sum of the output's cosine, in the weights and the input; by the call that Keras has too."""
    layer.set_weights(weights)
    fixed = [v.value for v in layer.non_trainable_variables]
    takes = isinstance(layer, kerasish.Layer) or "training" in inspect.signature(layer.call).parameters
    mode = {"training": training} if takes else {}  # Keras's layers refuse what their `call` doesn't name

    def total(trainable, x):
        given = x if example.several else [x]
        outputs, _ = layer.stateless_call(trainable, fixed, *given, **mode)
        return sum(jnp.sum(jnp.cos(leaf)) for leaf in jax.tree.leaves(outputs))

    whole = jax.tree.leaves(x)[0].dtype.kind == "i"
    trainable = [v.value for v in layer.trainable_variables]
    return jax.tree.leaves(jax.jit(jax.grad(total, 0 if whole else (0, 1)))(trainable, x))


@pytest.mark.filterwarnings("ignore:`fft_length` is recommended", "ignore:Explicitly requested dtype int64")
@all_of(under("keras gradients"))
def test_gradients_are_those_of_keras(example):
    keras = pytest.importorskip("keras")
    ours, theirs, x = example.make(layers), example.make(keras.layers), example.inputs(3)
    with jax.numpy_dtype_promotion("standard"):
        example.call(ours, x), example.call(theirs, x)
        random = np.random.default_rng(0)
        weights = [random.uniform(0.5, 1.5, v.shape).astype(str(v.dtype)) for v in ours.weights]
        training = "keras training" not in example.without and not is_random(ours, example)
        expected = gradients(example, theirs, x, weights, training)
    for one, other in zip(gradients(example, ours, x, weights, training), expected, strict=True):
        one, other = np.asarray(one), np.asarray(other)
        assert np.isfinite(one).all()
        known = np.isfinite(other)  # of the square root of 0, Keras has NaN
        np.testing.assert_allclose(
            one[known], other[known], rtol=2e-4, atol=2e-5 * max(1, np.abs(other[known]).max(initial=0))
        )


def is_random(layer, example):
    """Whether the layer draws numbers that Keras's does not."""
    return not example.fixed and any(isinstance(found, SeedGenerator) for _, found in layer.stateful_objects())


@pytest.mark.filterwarnings("ignore:Layer .* loses the mask")
@all_of(under("trains"))
def test_it_trains(example):
    inputs = example.over(lambda shape: kerasish.Input(shape[1:], dtype=example.dtype))
    layer = example.make(layers)
    flat = [layers.Flatten()(leaf) for leaf in tree.leaves(example.call(layer, inputs))]
    joined = layers.Concatenate()(flat) if len(flat) > 1 else flat[0]
    model = kerasish.Model(tree.leaves(inputs), layers.Dense(1)(joined))
    model.compile(kerasish.optimizers.Adam(0.01), "mse")
    before = model.get_weights()
    x, y = tree.leaves(example.inputs(8)), np.linspace(-1, 1, 8, dtype="float32")[:, None]
    random = is_random(layer, example)
    first = [model.evaluate(x, y, verbose=0)] if random else []  # what is random makes the loss of training jump
    history = model.fit(x, y, batch_size=5, epochs=8, verbose=0).history["loss"]
    assert np.isfinite(history).all()
    history = [*first, model.evaluate(x, y, verbose=0)] if random else history
    assert layer.mixes_samples or history[-1] < history[0]  # statistics of 5 and of 3 rows make the loss jump
    changed = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert any(changed)
