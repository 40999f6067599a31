"""`Bidirectional` and `TimeDistributed` beside Keras's."""

import jax
import numpy as np
import pytest

from kerasish import layers
from kerasish.backend import engine
from kerasish.core.context import masks

X = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")
MASK = np.array([[1, 1, 0, 1, 0], [1, 1, 0, 0, 0]], bool)
H = np.full((2, 3), 0.5, "float32")


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


def close(ours, theirs, tolerance=1e-5):
    ours, theirs = jax.tree.leaves(ours), jax.tree.leaves(theirs)
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=tolerance, atol=tolerance)


def same_weights(ours, theirs, shape=X.shape):
    ours.build(shape), theirs.build(shape)
    weights = [np.random.default_rng(i).normal(0, 0.5, v.shape).astype("float32") for i, v in enumerate(ours.weights)]
    ours.set_weights(weights), theirs.set_weights(weights)
    return ours, theirs


@pytest.mark.parametrize("merge_mode", ["concat", "mul", "ave", None])
def test_merges_masks_and_states_are_those_of_keras(keras, merge_mode):
    def make(module):
        gru = module.GRU(3, return_sequences=merge_mode != "ave", return_state=True)
        return module.Bidirectional(gru, merge_mode=merge_mode)

    ours, theirs = same_weights(make(layers), make(keras.layers))
    with jax.numpy_dtype_promotion("standard"):
        close(ours(X, initial_state=[H, -H], mask=MASK), theirs(X, initial_state=[H, -H], mask=MASK))


def test_the_backward_layer_may_be_another_one(keras):
    def make(module):
        backward = module.GRU(3, name="b", go_backwards=True)
        return module.Bidirectional(module.LSTM(3, name="a"), backward_layer=backward, name="c")

    ours, theirs = same_weights(make(layers), make(keras.layers))
    assert [v.path for v in ours.weights] == [v.path for v in theirs.weights]
    with jax.numpy_dtype_promotion("standard"):
        close(ours(X), theirs(X))


def test_a_copy_made_of_the_config_has_the_same_names_and_given_weights_are_set():
    layer = layers.Bidirectional(layers.LSTM(3, stateful=True, name="a"))
    layer(X)
    twin = layers.Bidirectional.from_config(layer.get_config())
    assert (twin.forward_layer.name, twin.backward_layer.name) == ("forward_a", "backward_a")
    given = layers.Bidirectional(layers.LSTM(3, stateful=True), weights=layer.get_weights())
    given(X)
    close(given(X), layer(X), 0)
    assert len(layer.states) == 4
    layer.reset_state()
    assert all((v.numpy() == 0).all() for v in layer.states)


def masked(x, mask):
    x = engine.asarray(x)
    masks.set(x, engine.asarray(mask))
    return x


def test_masks_are_passed_on():
    both = layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode=None)(masked(X, MASK))
    assert [(np.asarray(masks.get(y)) == MASK).all() for y in both] == [True, True]
    assert masks.get(layers.LSTM(3)(masked(X, MASK))) is None
    output, state = layers.GRU(3, return_sequences=True, return_state=True)(masked(X, MASK))
    assert (np.asarray(masks.get(output)) == MASK).all() and masks.get(state) is None
    inner = layers.TimeDistributed(layers.LSTM(3))
    words = np.broadcast_to(MASK[:, None], (2, 3, 5)).copy()
    words[0, 1] = False
    y = inner(masked(np.broadcast_to(X[:, None], (2, 3, 5, 4)), words))
    assert np.asarray(masks.get(y)).tolist() == [[True, False, True], [True, True, True]]
    assert (np.asarray(y)[0, 1] == 0).all()


def test_a_layer_that_mixes_rows_is_called_step_by_step(keras):
    ours, theirs = (m.TimeDistributed(m.BatchNormalization(momentum=0.5)) for m in (layers, keras.layers))
    with jax.numpy_dtype_promotion("standard"):
        close(ours(X, training=True), theirs(X, training=True), 1e-4)
        close(ours.layer.moving_mean, theirs.layer.moving_mean.value)
        close(ours(X), theirs(X), 1e-4)


def test_time_distributed_takes_structures_and_images():
    pair = layers.TimeDistributed(layers.Add())([X, X])
    close(pair, 2 * X)
    assert layers.TimeDistributed(layers.Conv2D(2, 3))(np.ones((2, 3, 5, 5, 1), "float32")).shape == (2, 3, 3, 3, 2)
    assert layers.TimeDistributed(layers.Dense(3))(layers.Input((None, 4))).shape == (None, None, 3)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: layers.Bidirectional(layers.Dense(3)), "takes recurrent layers"),
        (lambda: layers.Bidirectional(layers.LSTM(3), merge_mode="foo"), "merge_mode must be 'sum'"),
        (lambda: layers.Bidirectional(layers.LSTM(3), backward_layer=layers.LSTM(3)), "both have go_backwards=False"),
        (
            lambda: layers.Bidirectional(
                layers.LSTM(3), backward_layer=layers.LSTM(3, return_state=True, go_backwards=True)
            ),
            "must have the same return_state; got False and True",
        ),
        (lambda: layers.Bidirectional(layers.GRU(3))(X, initial_state=[H]), "an odd number"),
        (lambda: layers.TimeDistributed(layers.Dense(3))(X[:, 0]), "three axes at least"),
        (lambda: layers.TimeDistributed(3), "wraps a layer"),
    ],
)
def test_mistakes_are_explained(call, message):
    with pytest.raises(ValueError, match=message):
        call()
