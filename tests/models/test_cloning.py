"""Models made anew have the same structure and their own weights."""

import json

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.models.cloning import clone_model, model_from_json
from kerasish.saving import CorruptModelError, UnsafeModelError
from tests.saving.architectures import (
    ARCHITECTURES,
    data_for,
    dicts,
    mlp,
    nested_sequential,
    ops_in_graph,
    shared_inner,
)


@pytest.mark.parametrize("make", ARCHITECTURES)
def test_json_describes_a_model(make):
    model = make(kerasish)
    assert model_from_json(model.to_json()).get_config() == model.get_config()


@pytest.mark.parametrize("make", [mlp, dicts, nested_sequential, ops_in_graph, shared_inner])
@pytest.mark.parametrize("recursive", [False, True])
def test_a_clone_with_the_same_weights_computes_the_same(make, recursive):
    model = make(kerasish)
    clone = clone_model(model, recursive=recursive)
    assert clone.get_config() == model.get_config()
    assert not {id(v) for v in clone.variables} & {id(v) for v in model.variables}
    clone.set_weights(model.get_weights())
    x = data_for(model.input)
    for a, b in zip(kerasish.tree.flatten(model(x)), kerasish.tree.flatten(clone(x)), strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


def test_a_function_makes_the_layers_of_the_clone():
    model = nested_sequential(kerasish)
    seen = []

    def wider(layer):
        seen.append(layer.name)
        if not isinstance(layer, layers.Dense):
            return type(layer).from_config(layer.get_config())
        return layers.Dense(layer.units, use_bias=False, name=layer.name)

    clone = clone_model(model, clone_function=wider)
    assert seen == [layer.name for layer in model.layers]
    assert not clone.layers[0].use_bias
    clone_model(model, clone_function=wider, recursive=True)
    assert len(seen) == 3 + 4


def test_a_clone_can_be_built_on_other_tensors():
    model = dicts(kerasish)
    inputs = {"a": kerasish.Input((3,), name="c"), "b": kerasish.Input((3,), name="d")}
    clone = clone_model(model, input_tensors=inputs)
    assert clone.input_names == ["c", "d"]


def test_a_subclass_is_cloned_by_its_config():
    class Own(kerasish.Model):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units

    assert clone_model(Own(3)).units == 3
    with pytest.raises(ValueError, match="written as a class"):
        clone_model(Own(3), clone_function=lambda layer: layer)


def test_json_holds_no_code():
    config = json.loads(mlp(kerasish).to_json())
    config["config"]["layers"][1]["config"]["activation"] = {"class_name": "__lambda__", "config": {"code": "x"}}
    with pytest.raises(UnsafeModelError, match="bytecode"):
        model_from_json(json.dumps(config))
    with pytest.raises(CorruptModelError, match="model_from_json is not JSON"):
        model_from_json("{")
