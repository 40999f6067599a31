"""Functional models: graphs of layers and ops."""

import numpy as np
import pytest

import kerasish
from kerasish import layers, ops


def rows(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def test_shared_layers_have_their_weights_once():
    a, b = kerasish.Input((3,)), kerasish.Input((3,))
    shared = layers.Dense(2)
    model = kerasish.Model([a, b], layers.Concatenate()([shared(a), shared(b)]))
    assert len(model.weights) == 2
    x = rows(4, 3)
    output = model.predict([x, x])
    np.testing.assert_array_equal(output[:, :2], output[:, 2:])


def test_ops_operators_and_indexing_are_part_of_the_graph():
    x = kerasish.Input((4,))
    y = ops.relu(1 - x * 2)[:, 1:] / ops.sum(ops.exp(x), axis=-1, keepdims=True)
    model = kerasish.Model(x, y)
    data = rows(5, 4)
    expected = np.maximum(1 - data * 2, 0)[:, 1:] / np.exp(data).sum(-1, keepdims=True)
    np.testing.assert_allclose(model.predict(data), expected, rtol=1e-5)


@pytest.mark.parametrize(
    "make",
    [lambda a, b: [a, b], lambda a, b: (a, b), lambda a, b: {"a": a, "b": b}],
    ids=["list", "tuple", "dict"],
)
def test_inputs_and_outputs_keep_their_structure(make):
    a, b = kerasish.Input((3,), name="a"), kerasish.Input((2,), name="b")
    model = kerasish.Model(make(a, b), make(layers.Dense(1)(a), layers.Dense(4)(b)))
    result = model.predict(make(rows(6, 3), rows(6, 2)))
    assert type(result) is type(make(0, 0))
    shapes = [r.shape for r in (result.values() if isinstance(result, dict) else result)]
    assert shapes == [(6, 1), (6, 4)]


def test_a_dict_by_input_names_works_where_a_list_is_expected():
    a, b = kerasish.Input((3,), name="a"), kerasish.Input((3,), name="b")
    model = kerasish.Model([a, b], a - b)
    x, y = rows(2, 3), rows(2, 3, seed=1)
    np.testing.assert_allclose(model.predict({"b": y, "a": x}), x - y, rtol=1e-6)


def test_a_model_is_a_layer_of_another_model():
    inner = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(2)])
    x = kerasish.Input((3,))
    outer = kerasish.Model(x, inner(x) + inner(2 * x))
    assert outer.weights == inner.weights
    data = rows(4, 3)
    np.testing.assert_allclose(outer.predict(data), inner.predict(data) + inner.predict(2 * data), rtol=1e-5)


def test_a_model_may_begin_in_the_middle_of_another():
    x = kerasish.Input((3,))
    hidden = layers.Dense(5)(x)
    output = layers.Dense(2)(hidden)
    tail = kerasish.Model(hidden, output)
    assert tail.predict(rows(2, 5)).shape == (2, 2)
    head = kerasish.Model(x, hidden)
    whole = kerasish.Model(x, output)
    data = rows(3, 3)
    np.testing.assert_allclose(tail.predict(head.predict(data)), whole.predict(data), rtol=1e-5)


def test_integers_are_cast_to_the_dtype_of_the_input():
    x = kerasish.Input((2,), dtype="float32")
    model = kerasish.Model(x, x / 2)
    assert model.predict(np.array([[1, 3]])).tolist() == [[0.5, 1.5]]


def test_deep_graphs_need_no_recursion():
    x = y = kerasish.Input((2,))
    for _ in range(1200):
        y = y + 1.0
    assert len(kerasish.Model(x, y).graph.nodes) == 1200


def random_graph(framework, seed):
    """The same random graph of layers in either library."""
    random = np.random.default_rng(seed)
    inputs = [framework.Input((3,), name=f"input{i}") for i in range(2)]
    dense = [framework.layers.Dense(3, name=f"dense{i}") for i in range(5)]
    tensors = list(inputs)
    for index in range(8):
        if random.random() < 0.6:
            tensors.append(dense[random.integers(5)](tensors[random.integers(len(tensors))]))
        else:
            pair = [tensors[random.integers(len(tensors))] for _ in range(2)]
            tensors.append(framework.layers.Add(name=f"add{index}")(pair))
    joined = framework.layers.Concatenate(name="joined")([tensors[-1], tensors[-2], *inputs])
    return framework.Model(inputs, [joined, tensors[-3]])


@pytest.mark.parametrize("seed", range(12))
def test_layers_and_weights_stand_in_keras_order(seed):
    keras = pytest.importorskip("keras")
    ours, theirs = random_graph(kerasish, seed), random_graph(keras, seed)
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert [v.path for v in ours.weights] == [v.path for v in theirs.weights]


def test_a_missing_input_is_named():
    a, b = kerasish.Input((3,), name="a"), kerasish.Input((3,), name="b")
    with pytest.raises(ValueError, match="depend on the input 'b'"):
        kerasish.Model(a, a + b)


def test_a_wrong_shape_is_told_with_the_inputs_name():
    x = kerasish.Input((6,), name="features")
    model = kerasish.Model(x, layers.Dense(1)(x))
    with pytest.raises(ValueError, match=r"\(batch, 6\) for input 'features'; got \((batch|32), 7\)"):
        model.predict(rows(32, 7))
    with pytest.raises(ValueError, match=r"x\[None\]"):
        model(rows(6))


def test_a_wrong_key_is_an_error_and_not_a_number():
    a, b = kerasish.Input((3,), name="a"), kerasish.Input((3,), name="b")
    model = kerasish.Model({"a": a, "b": b}, a + b)
    with pytest.raises(ValueError, match="'b' is missing"):
        model.predict({"a": rows(2, 3), "c": rows(2, 3)})
    with pytest.raises(ValueError, match="takes 2 inputs"):
        model.predict([rows(2, 3)])


def test_a_symbolic_tensor_has_no_values():
    x = kerasish.Input((3,))
    for use in (bool, np.asarray, iter, len):
        with pytest.raises((TypeError, ValueError), match="stands for the data"):
            use(x)


def test_unknown_sizes_stay_unknown_through_the_graph():
    x = kerasish.Input((None, 4))
    y = layers.Dense(3)(x)
    assert y.shape == (None, None, 3)
    assert ops.mean(y, axis=1).shape == (None, 3)
    model = kerasish.Model(x, y)
    assert model.predict(rows(2, 5, 4)).shape == (2, 5, 3)
    assert model.predict(rows(2, 7, 4)).shape == (2, 7, 3)


def test_weights_that_depend_on_an_unknown_size_are_an_error_that_says_so():
    x = kerasish.Input((None,))
    with pytest.raises(ValueError, match="must be known"):
        layers.Dense(3)(x)


def test_get_layer_finds_by_name_and_place():
    x = kerasish.Input((3,))
    model = kerasish.Model(x, layers.Dense(2, name="head")(x))
    assert model.get_layer("head") is model.get_layer(index=1)
    with pytest.raises(ValueError, match="Did you mean 'head'"):
        model.get_layer("haed")


def test_config_round_trip_keeps_the_computation():
    a, b = kerasish.Input((3,), name="a"), kerasish.Input((3,), name="b")
    shared = layers.Dense(4, activation="tanh")
    y = ops.concatenate([shared(a), shared(b) * 2.0], axis=-1)[:, 1:5]
    model = kerasish.Model({"a": a, "b": b}, {"y": y, "z": layers.Dense(1)(y)})
    again = kerasish.Model.from_config(model.get_config())
    again.set_weights(model.get_weights())
    data = {"a": rows(4, 3), "b": rows(4, 3, seed=2)}
    for name, value in model.predict(data).items():
        np.testing.assert_array_equal(again.predict(data)[name], value)
    assert again.get_config() == model.get_config()


def test_a_text_that_is_an_option_of_an_op_is_no_input():
    x = kerasish.Input((6, 5, 1))
    model = kerasish.Model(x, kerasish.ops.image.resize(x, (3, 3), interpolation="bicubic"))
    assert model.predict(np.zeros((2, 6, 5, 1), "float32"), verbose=0).shape == (2, 3, 3, 1)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_tensors_of_another_library_are_inputs(dtype):
    torch = pytest.importorskip("torch")
    inputs = layers.Input((3,))
    model = kerasish.Model(inputs, layers.Dense(2)(inputs))
    x = np.arange(6, dtype=dtype).reshape(2, 3)
    np.testing.assert_array_equal(np.asarray(model(torch.from_numpy(x))), np.asarray(model(x)))
