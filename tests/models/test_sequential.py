"""Sequential models: with and without an Input; add and pop."""

import numpy as np
import pytest

import kerasish
from kerasish import layers


def test_weights_are_made_at_once_with_an_input_and_later_without():
    known = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(2)])
    assert known.built and len(known.weights) == 2
    unknown = kerasish.Sequential([layers.Dense(2)])
    assert not unknown.built and unknown.weights == []
    unknown(np.zeros((1, 3), "float32"))
    assert unknown.built and unknown.weights[0].shape == (3, 2)
    assert unknown.input_shape == (None, 3) and unknown.output_shape == (None, 2)


def test_build_makes_the_weights():
    model = kerasish.Sequential([layers.Dense(2), layers.Dense(1)])
    model.build((None, 4))
    assert model.count_params() == 4 * 2 + 2 + 2 + 1
    model.build((None, 4))
    assert len(model.weights) == 4


def test_add_and_pop():
    model = kerasish.Sequential()
    model.add(kerasish.Input((3,)))
    model.add(layers.Dense(4))
    model.add(layers.Dense(2))
    assert model.output_shape == (None, 2)
    dropped = model.pop()
    assert dropped.units == 2 and model.output_shape == (None, 4) and len(model.layers) == 1
    assert model.predict(np.zeros((5, 3))).shape == (5, 4)


def test_integer_input_of_a_deferred_model_stays_exact():
    model = kerasish.Sequential([layers.Lambda(lambda x: x + 1)])
    big = np.array([[2**24 + 1]], "int32")
    assert model.predict(big).tolist() == [[2**24 + 2]]


def test_the_name_of_a_layer_is_unique():
    with pytest.raises(ValueError, match="already has a layer named 'same'"):
        kerasish.Sequential([layers.Dense(1, name="same"), layers.Dense(1, name="same")])


def test_only_layers_can_be_added():
    with pytest.raises(ValueError, match=r"Write Dense\(...\)"):
        kerasish.Sequential([layers.Dense])
    with pytest.raises(ValueError, match="must be the first"):
        kerasish.Sequential([layers.Dense(1), kerasish.Input((2,))])
    with pytest.raises(ValueError, match="no layer to take away"):
        kerasish.Sequential().pop()


def test_input_shape_of_the_first_layer_is_an_input():
    model = kerasish.Sequential([layers.Dense(2, input_shape=(3,))])
    assert model.built and model.input_shape == (None, 3)


def test_config_round_trip():
    model = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(2, activation="relu", name="d")], name="m")
    again = kerasish.Sequential.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    unbuilt = kerasish.Sequential([layers.Dense(2)])
    assert not kerasish.Sequential.from_config(unbuilt.get_config()).built


def test_paths_are_keras_paths():
    keras = pytest.importorskip("keras")

    def make(framework):
        model = framework.Sequential(
            [framework.layers.Dense(3, name="a"), framework.layers.Dense(2, name="b")], name="m"
        )
        model.build((None, 4))
        return [v.path for v in model.weights]

    assert make(kerasish) == make(keras)
