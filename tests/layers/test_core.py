"""`Dense`, `Embedding`, `Masking`, `Lambda`, `Wrapper`: special cases and errors."""

import numpy as np
import pytest

import kerasish
from kerasish import layers, ops
from kerasish.backend import engine
from kerasish.core.context import masks
from kerasish.core.registry import CustomObjectScope
from kerasish.core.symbolic import SymbolicTensor


def test_dense_is_the_formula_by_hand():
    layer = layers.Dense(2, "relu")
    layer.build((None, 2))
    layer.set_weights([np.array([[1, -1], [2, 0]], "float32"), np.array([0.5, 0.5], "float32")])
    assert np.asarray(layer(np.array([[1, 2]], "float32"))).tolist() == [[5.5, 0]]


@pytest.mark.parametrize("units", [0, -3, 3.5, "3", None, True])
def test_dense_wants_a_positive_number_of_units(units):
    with pytest.raises(ValueError, match=f"Dense's units must be a positive integer; got {units!r}"):
        layers.Dense(units)


@pytest.mark.parametrize("argument", ["lora_rank", "lora_alpha", "quantization_config"])
@pytest.mark.parametrize("make", [lambda **k: layers.Dense(2, **k), lambda **k: layers.Embedding(2, 2, **k)])
def test_lora_and_quantization_are_refused(make, argument):
    with pytest.raises(ValueError, match=f"does not support {argument}=4"):
        make(**{argument: 4})


def test_dense_refuses_other_features_than_it_was_built_for():
    layer = layers.Dense(2)
    layer.build((None, 4))
    with pytest.raises(ValueError, match=r"size 4 at axis -1, got 5"):
        layer(np.zeros((2, 5), "float32"))
    with pytest.raises(ValueError, match="at least 2 axes, got 1"):
        layers.Dense(2)(np.zeros(3, "float32"))
    with pytest.raises(ValueError, match="must be known"):
        layers.Dense(2)(SymbolicTensor((2, None)))


def test_integers_go_through_dense_as_floats():
    assert str(layers.Dense(2)(np.ones((2, 3), "int32")).dtype) == "float32"


TABLE = np.arange(6, dtype="float32").reshape(3, 2)


def test_embedding_rows_are_nan_outside_the_table():
    rows = np.asarray(layers.Embedding(3, 2, weights=[TABLE])(np.array([0, 2, -1, 3, -4])))
    assert rows[:2].tolist() == [[0, 1], [4, 5]] and np.isnan(rows[2:]).all()


def test_embedding_takes_whole_floats_and_all_integer_types():
    layer = layers.Embedding(3, 2, weights=TABLE, dtype="mixed_bfloat16")
    for dtype in ("float32", "float64", "int8", "int64", "uint16", "uint64"):
        rows = layer(np.array([2, 0]).astype(dtype))
        assert np.asarray(rows).tolist() == [[4, 5], [0, 1]] and str(rows.dtype) == "bfloat16"


def test_embedding_refuses_fractions_and_ids_that_would_wrap():
    layer = layers.Embedding(3, 2)
    with pytest.raises(ValueError, match=r"whole numbers as ids; got 2\.7"):
        layer(np.array([1, 2.7]))
    with pytest.raises(ValueError, match="ids from 4294967299 to 4294967299, which do not fit 32 bits"):
        layer(np.array([2**32 + 3]))
    with pytest.raises(ValueError, match=r"array of shape \(3, 2\); got the shape \(2, 2\)"):
        layers.Embedding(3, 2, weights=TABLE[:2])
    with pytest.raises(ValueError, match="input_dim must be a positive integer; got 0"):
        layers.Embedding(0, 2)
    with pytest.warns(UserWarning, match="no longer needs `input_length`"):
        layers.Embedding(3, 2, input_length=4)


def test_embedding_masks_id_zero():
    found = masks.get(rows := layers.Embedding(3, 2, mask_zero=True)(np.array([[0, 2]])))
    assert np.asarray(found).tolist() == [[False, True]] and rows.shape == (1, 2, 2)


@pytest.mark.parametrize("value", [2.0, float("nan")])
def test_masking_masks_steps_that_are_all_the_value_and_zeroes_them(value):
    x = np.array([[[value, value], [1, value]]], "float32")
    y = layers.Masking(value)(x)
    assert np.asarray(masks.get(y)).tolist() == [[False, True]]
    assert np.asarray(y)[0, 0].tolist() == [0, 0]


def scaled(x, mask=None, training=None, factor=2):
    return x * (factor if training else 1)


def test_lambda_gives_its_function_what_it_takes():
    x = np.ones((1, 2), "float32")
    assert np.asarray(layers.Lambda(scaled, arguments={"factor": 3})(x, training=True)).tolist() == [[3, 3]]
    assert np.asarray(layers.Lambda(scaled)(x)).tolist() == [[1, 1]]
    assert np.asarray(layers.Lambda(ops.negative)(x)).tolist() == [[-1, -1]]


def test_lambda_is_saved_by_the_name_of_its_function_and_a_lambda_is_not():
    layer = layers.Lambda(scaled, arguments={"factor": 3})
    with CustomObjectScope({"scaled": scaled}):
        twin = layers.deserialize(layers.serialize(layer))
    assert twin.function is scaled and twin.arguments == {"factor": 3}
    with pytest.raises(TypeError, match="its function is a lambda, and files hold no code"):
        layers.Lambda(lambda x: x).get_config()
    with pytest.raises(ValueError, match="not registered"):
        layers.deserialize(layers.serialize(layer))
    with pytest.raises(TypeError, match="Lambda takes a function; got 3"):
        layers.Lambda(3)


def test_lambda_loses_masks_with_a_warning_unless_it_makes_one():
    x = engine.asarray(np.ones((1, 2), "float32"))
    masks.set(x, engine.asarray(np.array([[True, False]])))
    with pytest.warns(UserWarning, match="a Lambda, loses the mask"):
        layers.Lambda(scaled)(x)
    y = layers.Lambda(scaled, mask=lambda inputs, mask: mask)(x)
    assert np.asarray(masks.get(y)).tolist() == [[True, False]]


def test_wrapper_builds_the_layer_inside_it():
    layer = layers.Wrapper(layers.Dense(2, name="inside"), name="around")
    layer.build((None, 3))
    assert [v.path for v in layer.weights] == ["around/inside/kernel", "around/inside/bias"]
    assert layers.Wrapper.from_config(layer.get_config()).layer.units == 2
    with pytest.raises(ValueError, match="Wrapper wraps a layer; got 3"):
        layers.Wrapper(3)


def test_identity_takes_any_structure():
    x = np.ones(2, "float32")
    assert set(layers.Identity()({"a": x, "b": [x]})) == {"a", "b"}


def test_an_op_as_a_function_is_found_again_in_a_file(tmp_path):
    made = [
        layers.Lambda(ops.negative),
        layers.Activation(ops.sin),
        layers.Lambda(ops.clip, arguments={"x_min": 0, "x_max": 1}),
    ]
    model = kerasish.Sequential([layers.Input((3,)), *made])
    model.save(tmp_path / "m.keras")
    x = np.linspace(-4, 4, 6, dtype="float32").reshape(2, 3)
    expected = np.clip(np.sin(-x), 0, 1)
    np.testing.assert_allclose(kerasish.saving.load_model(tmp_path / "m.keras").predict(x), expected, rtol=1e-6)
