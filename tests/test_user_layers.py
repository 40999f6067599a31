"""Small programs as users write them, run here and under Keras: what differed once."""

import copy
import importlib
import os
import pickle

import jax
import numpy as np
import pytest

from kerasish import layers, models, ops

IDS = np.array([[1, 2, 0, 0], [3, 4, 5, 0], [0, 0, 0, 0]])
OTHER_IDS = np.array([[1, 0, 3, 0], [3, 0, 5, 1], [2, 0, 0, 0]])
X = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


def filled(layer):
    """`layer` with weights that are the same under both libraries."""
    random = np.random.default_rng(7)
    layer.set_weights([random.normal(0, 0.5, w.shape).astype(w.dtype) for w in layer.get_weights()])
    return layer


def same(program, keras, tolerance=1e-5):
    """The results of `program(library)` under both agree."""
    with jax.numpy_dtype_promotion("standard"):
        expected = jax.tree.leaves(program(keras))
    found = jax.tree.leaves(program(importlib.import_module("kerasish")))
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert np.shape(one) == np.shape(other)
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), tolerance, tolerance)


def shape_of(y):
    return [-1 if d is None else d for d in y.shape]


# Operators and ops on symbolic tensors -------------------------------------------------------------------------------
GRAPHS = {
    "!=": lambda K, x: x != 0,
    "round": lambda K, x: round(x),
    "round to decimals": lambda K, x: round(x, 1),
    "map": lambda K, x: K.ops.map(lambda row: row * 2, x),
    "vectorized_map": lambda K, x: K.ops.vectorized_map(lambda row: row + 1, x),
    "scan": lambda K, x: K.ops.scan(lambda c, row: (c + row, c), K.ops.zeros((4, 3)), x)[1],
    "fori_loop": lambda K, x: K.ops.fori_loop(0, 3, lambda i, v: v * 2, x),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_operators_and_loops_are_recorded_in_graphs(keras, name):
    def program(K):
        x = K.Input((4, 3))
        y = GRAPHS[name](K, x)
        return shape_of(y), K.Model(x, y)(X)

    same(program, keras)


def test_a_variable_is_compared_by_value_with_numbers_and_by_identity_with_variables(keras):
    def program(K):
        v = K.Variable(np.array([1, 2], "float32"))
        return v == 1.0, v != 1.0, v == np.array([1, 3], "float32"), round(v)

    same(program, keras)
    one, other = (layers.Dense(2).add_weight(shape=(), initializer="ones") for _ in range(2))
    assert one in [other, one] and one not in [other] and one != other and one is not None and (one == None) is False  # noqa: E711


@pytest.mark.parametrize("indices", [-1, [[-1, 2], [0, -3]], [5, -4], np.array([-1], "int8"), np.array([255], "uint8")])
def test_take_counts_negative_indices_from_the_end(keras, indices):
    same(lambda K: K.ops.take(X, indices, axis=2), keras)
    same(lambda K: K.ops.take(X, indices), keras)
    assert np.isnan(layers.Embedding(3, 2)(np.array([-1]))).all()  # a negative id is no word; Keras: the last one


AGREEING = {
    "constant": lambda K: K.Input((None, 3)) + np.ones((4, 3), "float32"),
    "operator": lambda K: K.Input((None, 3)) + K.Input((4, 3)),
    "where": lambda K: K.ops.where(K.Input((None, 3), dtype="bool"), np.ones((4, 3), "float32"), 0.0),
    "batch": lambda K: K.layers.Multiply()([K.Input((4,)), K.Input(batch_shape=(5, 4))]),
}


@pytest.mark.parametrize("name", AGREEING)
def test_an_unknown_size_is_taken_from_what_it_must_agree_with(keras, name):
    same(lambda K: shape_of(AGREEING[name](K)), keras)


def test_layers_merge_a_known_and_an_unknown_length():
    x, y = layers.Input((None, 3)), layers.Input((4, 3))
    assert layers.Concatenate()([x, y]).shape == (None, 4, 6)  # Keras: (None, None, 6)
    assert layers.Add()([x, y]).shape == (None, 4, 3)
    assert layers.Add()([layers.Input((None, None)), layers.Input((1, 3))]).shape == (None, None, 3)


def test_reshape_says_that_only_one_size_may_be_open():
    x = layers.Input((4, 3))
    with pytest.raises(ValueError, match="may leave one size open"):
        ops.reshape(x, (ops.shape(x)[0], -1))


# Masks ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"])
def test_merging_masked_inputs_is_as_in_keras(keras, kind):
    def program(K):
        masked, plain = K.layers.Embedding(8, 3, mask_zero=True), K.layers.Embedding(8, 3)
        masked(IDS), plain(IDS), filled(masked), plain.set_weights([-masked.get_weights()[0]])
        merge, pairs = getattr(K.layers, kind)(), [(masked(IDS), masked(OTHER_IDS)), (masked(IDS), plain(OTHER_IDS))]
        return [merge(list(pair)) for pair in pairs] + [merge(list(pair[::-1])) for pair in pairs]

    same(program, keras)


def test_extremes_of_several_masked_inputs_of_different_ranks(keras):
    def program(K):
        masked = K.layers.Embedding(8, 3, mask_zero=True)
        masked(IDS), filled(masked)
        flat = K.ops.convert_to_tensor(X[0, :3])
        return K.layers.Maximum()([masked(IDS), masked(OTHER_IDS), masked(IDS[::-1])]), K.layers.Minimum()(
            [masked(IDS), flat]
        )

    same(program, keras)


def test_a_query_masked_by_its_embedding_sees_nothing(keras):
    def program(K):
        masked, plain = K.layers.Embedding(8, 3, mask_zero=True), K.layers.Embedding(8, 3)
        masked(IDS), plain(IDS), filled(masked), filled(plain)
        attention = K.layers.MultiHeadAttention(2, 3, dropout=0.1)
        attention(masked(IDS), plain(OTHER_IDS))
        filled(attention)
        return (
            attention(masked(IDS), plain(OTHER_IDS)),
            attention(masked(IDS), masked(OTHER_IDS), use_causal_mask=True, return_attention_scores=True),
            attention(plain(IDS), plain(OTHER_IDS), query_mask=IDS != 0),  # only the output's mask
        )

    same(program, keras)


# Layers of users -----------------------------------------------------------------------------------------------------
def test_self_may_have_another_name(keras):
    def program(K):
        class Odd(K.layers.Layer):
            def build(this, shape):  # noqa: N805
                this.scale = this.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

            def call(this, x, training=False):  # noqa: N805
                return x * this.scale * (3.0 if training else 1.0)

        layer = Odd()
        layer(X)
        assert layer.get_build_config() == {"input_shape": X.shape}
        return layer(X), layer(X, training=True)

    same(program, keras)


def test_stateless_call_takes_variables_too(keras):
    def program(K):
        layer = K.layers.BatchNormalization()
        layer.build((None, 3))
        given = layer.trainable_variables, layer.non_trainable_variables
        outputs, updated = layer.stateless_call(*given, X[0], training=True)
        return outputs, [np.asarray(v) for v in updated]

    same(program, keras)


def test_the_dtype_policy_may_be_set_by_name(keras):
    def program(K):
        layer = K.layers.Dense(2)
        layer.dtype_policy = "mixed_float16"
        assert (layer.compute_dtype, layer.variable_dtype) == ("float16", "float32")
        assert str(layer(X[0]).dtype).endswith("float16")
        return np.zeros(1)

    same(program, keras)


def test_the_output_of_a_layer_is_that_of_its_first_symbolic_call(keras):
    def program(K):
        model = K.Sequential([K.Input((3,)), K.layers.Dense(4)])
        model.add(K.layers.Dense(2))  # calls the first layer again
        filled(model)
        return K.Model(model.inputs[0], model.layers[0].output)(X[0])

    same(program, keras)
    with pytest.raises(AttributeError, match="has not been called on symbolic tensors"):
        _ = layers.Dense(2).output


def test_input_takes_numpy_sizes_and_symbolic_tensors():
    assert layers.Input((np.int64(3), None)).shape == (None, 3, None)
    tensor = layers.Input((2,), batch_size=5)
    assert layers.Input(tensor=tensor).shape == (5, 2)


# Models --------------------------------------------------------------------------------------------------------------
def test_two_layers_of_one_name_are_refused():
    x = layers.Input((3,))
    y = layers.Dense(2, name="q")(layers.Dense(2, name="q")(x))
    with pytest.raises(ValueError, match="Two layers of the model are named 'q'"):
        models.Model(x, y)


def test_a_sequential_may_use_one_layer_twice(keras, tmp_path):
    def program(K):
        shared = K.layers.Dense(3)
        model = filled(K.Sequential([K.Input((3,)), shared, shared]))
        return model(X[0]), model.get_weights()

    same(program, keras)
    model = models.Sequential([layers.Input((3,)), shared := layers.Dense(3), shared])
    model.save(tmp_path / "twice.keras")
    loaded = models.load_model(tmp_path / "twice.keras")  # in Keras 3.15 the second use loses its weights
    np.testing.assert_allclose(loaded(X[0]), model(X[0]), 1e-6)
    assert len(loaded.weights) == 2


@pytest.mark.skipif(os.environ.get("KERASISH_BACKEND") == "numpy", reason="NumPy has no gradients")
@pytest.mark.parametrize("make_copy", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_of_a_trained_model_computes_and_learns_the_same(make_copy):
    x, shared = layers.Input((3,)), layers.Dense(3)
    model = models.Model(x, shared(models.Sequential([layers.Input((3,)), layers.Dense(3)])(shared(x))))
    model.compile("adam", "mse")
    model.fit(X[0], X[0], verbose=0)
    twin = make_copy(model)
    np.testing.assert_array_equal(twin(X[0]), model(X[0]))
    before = model.get_weights()
    history = twin.fit(X[0], X[0], shuffle=False, verbose=0).history
    np.testing.assert_array_equal(before[0], model.get_weights()[0])
    assert history == model.fit(X[0], X[0], shuffle=False, verbose=0).history
