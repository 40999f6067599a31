"""Attention layers beside Keras's, with the same weights; and what Keras has wrong."""

import jax
import numpy as np
import pytest

from kerasish import layers, ops
from kerasish.backend import engine
from kerasish.core.context import masks
from kerasish.core.variable import value_and_grad

RANDOM = np.random.default_rng(0)
Q, V, K = (RANDOM.normal(size=(2, length, 4)).astype("float32") for length in (5, 3, 3))
QUERIES = np.array([[1, 1, 0, 1, 0], [1, 1, 1, 1, 1]], bool)
VALUES = np.array([[1, 0, 1], [1, 1, 0]], bool)
PAIRS = RANDOM.uniform(size=(2, 5, 3)) < 0.7
PAIRS[:, :, 0] = True


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


def close(ours, theirs, tolerance=1e-5):
    ours, theirs = jax.tree.leaves(ours), jax.tree.leaves(theirs)
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=tolerance, atol=tolerance)


def same_weights(make, keras, *shapes):
    ours, theirs = make(layers), make(keras.layers)
    ours.build(*shapes), theirs.build(*shapes)
    weights = [np.random.default_rng(i).normal(0, 0.5, v.shape).astype("float32") for i, v in enumerate(ours.weights)]
    ours.set_weights(weights), theirs.set_weights(weights)
    return ours, theirs


def both(ours, theirs, *args, tolerance=1e-5, **kwargs):
    with jax.numpy_dtype_promotion("standard"):
        close(ours(*args, **kwargs), theirs(*args, **kwargs), tolerance)


MAKERS = [
    lambda L: L.MultiHeadAttention(2, 3, name="a"),
    lambda L: L.MultiHeadAttention(
        2, 3, value_dim=5, output_shape=(2, 7), use_gate=True, dropout=0.1, seed=1, name="a"
    ),
    lambda L: L.MultiHeadAttention(1, 3, use_bias=False, kernel_regularizer="l2", name="a"),
    lambda L: L.GroupQueryAttention(3, 4, 2, name="a"),
    lambda L: L.GroupQueryAttention(3, 4, 1, use_gate=True, use_bias=False, name="a"),
]


@pytest.mark.parametrize("make", MAKERS, ids=["plain", "all", "no bias", "groups", "one group"])
def test_outputs_weights_paths_and_configs_are_those_of_keras(keras, make):
    ours, theirs = same_weights(make, keras, Q.shape, V.shape)
    assert [v.path for v in ours.weights] == [v.path for v in theirs.weights]
    assert [v.shape for v in ours.variables] == [v.shape for v in theirs.variables]
    expected = {k: list(v) if isinstance(v, tuple) else v for k, v in theirs.get_config().items()}
    assert {k: list(v) if isinstance(v, tuple) else v for k, v in ours.get_config().items()} == expected
    assert ours.get_build_config() == theirs.get_build_config()
    both(ours, theirs, Q, V, K, return_attention_scores=True)
    both(
        ours, theirs, Q, V, value_mask=VALUES, attention_mask=PAIRS, return_attention_scores=True, use_causal_mask=True
    )
    both(ours, theirs, Q, V, value_mask=VALUES, key_mask=VALUES, query_mask=QUERIES, return_attention_scores=True)
    twin = type(ours).from_config(ours.get_config())
    twin.build_from_config(ours.get_build_config())
    twin.set_weights(ours.get_weights())
    close(twin(Q, V), ours(Q, V), 0)


@pytest.mark.parametrize("kind, numbers", [("MultiHeadAttention", (2, 3)), ("GroupQueryAttention", (3, 4, 2))])
def test_a_sliding_window_is_that_of_keras(keras, kind, numbers):
    def make(module):
        return getattr(module, kind)(*numbers, sliding_window=2)

    ours, theirs = same_weights(make, keras, Q.shape, Q.shape)
    both(ours, theirs, Q, Q, return_attention_scores=True)
    both(ours, theirs, Q, Q, return_attention_scores=True, use_causal_mask=True)


@pytest.mark.parametrize("axes", [(2,), None])
def test_attention_over_other_axes_is_that_of_keras(keras, axes):
    x = RANDOM.normal(size=(2, 3, 4, 5)).astype("float32")
    y = RANDOM.normal(size=(2, 3, 4, 5)).astype("float32")
    ours, theirs = same_weights(lambda L: L.MultiHeadAttention(2, 3, attention_axes=axes), keras, x.shape, y.shape)
    both(ours, theirs, x, y, return_attention_scores=True)
    if axes == (2,):
        pairs = np.random.default_rng(1).uniform(size=(2, 3, 1, 4, 4)) < 0.8
        both(ours, theirs, x, y, attention_mask=pairs, return_attention_scores=True)


def test_masks_over_several_axes_hide_what_they_should():
    x = RANDOM.normal(size=(2, 3, 4, 5)).astype("float32")
    for axes in ((2,), (1,), (1, 2)):
        layer = layers.MultiHeadAttention(2, 3, attention_axes=axes)
        mask = np.random.default_rng(1).uniform(size=(2, 3, 4)) < 0.7
        mask[:, 0], mask[:, :, 0] = True, True
        other = np.where(mask[..., None], x, np.float32(9))
        close(layer(x, x, value_mask=mask), layer(x, other, value_mask=mask), 1e-6)
        _, weights = layer(x, x, use_causal_mask=True, return_attention_scores=True)
        places = int(np.prod([x.shape[axis] for axis in axes]))
        flat = np.asarray(weights).reshape(-1, places, places)
        assert (np.triu(flat[0], 1) == 0).all() and (np.diagonal(flat, axis1=1, axis2=2) > 0).all()


def test_a_query_that_sees_nothing_has_zeros_with_and_without_scores():
    layer = layers.MultiHeadAttention(2, 3)
    nothing = np.zeros((2, 3), bool)
    output, weights = layer(Q, V, value_mask=nothing, return_attention_scores=True)
    assert (np.asarray(weights) == 0).all()
    # Keras: the mean of all values without dropout, zeros with it.
    close(output, np.zeros_like(Q))
    close(layer(Q, V, value_mask=nothing), output, 0)
    _, gradients = value_and_grad(lambda: (ops.sum(layer(Q, V, value_mask=nothing)), None), layer.trainable_variables)
    assert all(np.isfinite(np.asarray(g)).all() for g in gradients)


def test_values_may_have_another_size_than_keys_without_dropout():
    # Keras 3.15.1 raises here: its fused path takes only equal sizes.
    layer = layers.MultiHeadAttention(2, 3, value_dim=5)
    assert layer(Q, V).shape == Q.shape
    assert layer.value_dense.kernel.shape == (4, 2, 5)


def test_gradients_are_those_of_keras(keras):
    ours, theirs = same_weights(lambda L: L.MultiHeadAttention(2, 3), keras, Q.shape, V.shape)

    def loss_of_ours():
        return ops.sum(ours(Q, V, value_mask=VALUES, use_causal_mask=True) ** 2), None

    def loss_of_theirs(values):
        output, _ = theirs.stateless_call(values, [], Q, V, value_mask=VALUES, use_causal_mask=True)
        return (output**2).sum()

    _, gradients = value_and_grad(loss_of_ours, ours.trainable_variables)
    with jax.numpy_dtype_promotion("standard"):
        expected = jax.grad(loss_of_theirs)([v.value for v in theirs.trainable_variables])
    close(gradients, expected, 3e-5)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_takes_the_softmax_in_32_bits(dtype):
    layer = layers.MultiHeadAttention(2, 3, dtype=f"mixed_{dtype}")
    output, weights = layer(Q, V, return_attention_scores=True)
    assert str(output.dtype) == str(weights.dtype) == dtype
    close(np.asarray(weights, "float32").sum(-1), np.ones((2, 2, 5)), 1e-2)
    full = layers.MultiHeadAttention(2, 3)
    full.build(Q.shape, V.shape)
    full.set_weights(layer.get_weights())
    close(np.asarray(output, "float32"), full(Q, V), 3e-2)


def test_dropout_drops_weights_while_training_only_and_scores_are_those_before():
    layer = layers.MultiHeadAttention(2, 3, dropout=0.5, seed=1)
    still, weights = layer(Q, V, return_attention_scores=True)
    moved, same = layer(Q, V, return_attention_scores=True, training=True)
    close(weights, same, 0)
    assert np.abs(np.asarray(still) - np.asarray(moved)).max() > 1e-3


def test_masks_come_from_embeddings_and_the_querys_goes_on():
    embed = layers.Embedding(9, 4, mask_zero=True)
    ids = np.array([[1, 2, 0], [3, 0, 0]])
    layer = layers.MultiHeadAttention(2, 3)
    x = embed(ids)
    y = layer(x, x)
    assert (np.asarray(masks.get(y)) == (ids != 0)).all()
    unmasked = np.asarray(layer(np.asarray(x), np.asarray(x), value_mask=ids != 0))
    close(y, unmasked * (ids != 0)[..., None], 0)  # a masked query sees nothing
    attended = layers.Attention()([x, x])
    assert (np.asarray(masks.get(attended)) == (ids != 0)).all()


@pytest.mark.parametrize("kind, numbers", [("MultiHeadAttention", (2, 3)), ("GroupQueryAttention", (3, 4, 2))])
def test_the_activity_of_each_projection_is_penalized_once(keras, kind, numbers):
    def make(module):
        return getattr(module, kind)(*numbers, activity_regularizer="l2")

    ours, theirs = same_weights(make, keras, Q.shape, V.shape)
    ours(Q, V, return_attention_scores=True), theirs(Q, V)
    assert ours.get_config()["activity_regularizer"] == theirs.get_config()["activity_regularizer"]
    expected = {round(float(loss), 6) for loss in theirs.losses}  # a set: Keras counts the output of groups twice
    assert len(ours.losses) == 4
    np.testing.assert_allclose(sorted(map(float, ours.losses)), sorted(expected), rtol=1e-4)


def test_functional_models_and_unknown_lengths_have_shapes():
    x, y = layers.Input((None, 4)), layers.Input((7, 4))
    assert layers.MultiHeadAttention(2, 3)(x, y, use_causal_mask=True).shape == (None, None, 4)
    _, weights = layers.GroupQueryAttention(3, 4, 2)(x, y, return_attention_scores=True)
    assert weights.shape == (None, 4, None, 7)


ATTENTIONS = [
    lambda L: L.Attention(),
    lambda L: L.Attention(use_scale=True, score_mode="concat"),
    lambda L: L.AdditiveAttention(),
    lambda L: L.AdditiveAttention(use_scale=False, dropout=0.5, seed=1),
]


@pytest.mark.parametrize("make", ATTENTIONS)
def test_attention_without_projections_is_that_of_keras(keras, make):
    shapes = [Q.shape, V.shape, K.shape]
    ours, theirs = same_weights(make, keras, shapes)
    both(ours, theirs, [Q, V, K], return_attention_scores=True)
    both(ours, theirs, [Q, V], mask=[QUERIES, VALUES], return_attention_scores=True, use_causal_mask=True)
    both(ours, theirs, [Q, V], mask=[None, VALUES])
    if ours.dropout:
        _, weights = ours([Q, V], training=True, return_attention_scores=True)
        assert (np.asarray(weights) == 0).any()
        assert not (np.asarray(ours([Q, V], return_attention_scores=True)[1]) == 0).any()


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: layers.MultiHeadAttention(0, 3), "num_heads must be a positive integer; got 0"),
        (lambda: layers.MultiHeadAttention(2, 3, value_dim=0), "value_dim must be a positive integer; got 0"),
        (lambda: layers.MultiHeadAttention(2, 3, sliding_window=-1), "sliding_window must be a positive integer"),
        (lambda: layers.MultiHeadAttention(2, 3, dropout=0.1, flash_attention=True), "can't drop weights"),
        (lambda: layers.MultiHeadAttention(2, 3, output_shape="a"), "output_shape must be"),
        (lambda: layers.MultiHeadAttention(2, 3, attention_axes=7)(Q, V), "only 3 axes"),
        (lambda: layers.MultiHeadAttention(2, 3)(Q, V, Q), "value and key must agree in all but the last"),
        (lambda: layers.MultiHeadAttention(2, 3)(Q, V, value_mask=VALUES[0]), "value_mask of 'multi_head_attention"),
        (lambda: layers.MultiHeadAttention(2, 3)(Q, V, attention_mask=np.ones((1,) * 5)), "4 axes at most"),
        (lambda: layers.GroupQueryAttention(2, 3, 2), "must divide num_query_heads=3; got 2"),
        (lambda: layers.GroupQueryAttention(2, 4, 2)(Q[None], V), "takes .batch, length, features."),
        (lambda: layers.Attention(score_mode="foo"), "score_mode must be one of 'dot', 'concat'"),
        (lambda: layers.Attention()(engine.asarray(Q)), "must be called on a list"),
        (lambda: layers.Attention()([Q, V], mask=QUERIES), "must be a list"),
    ],
)
def test_mistakes_are_explained(call, message):
    with pytest.raises(ValueError, match=message):
        call()
