"""Models of more than sixty architectures, written by Keras and loaded by us, and the reverse: they train on alike."""

import jax
import numpy as np
import pytest

import kerasish
from tests.saving.architectures import ARCHITECTURES, data_for, randomize
from tests.saving.architectures_more import MORE

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")

NOT_THERE_AND_BACK = {"layer_in_two_models"}  # Keras can't load its own file of it
MODELS = {make.__name__: make for make in ARCHITECTURES if make.__name__ not in NOT_THERE_AND_BACK} | MORE
FEW = ["residual", "frozen"]
NOT_TRAINED = {"cnn", "ops_in_graph", "more_ops", "mixed_precision", "nested_structure", "training_given"}


def leaves(x):
    return [np.asarray(a, "float32") for a in jax.tree.leaves(x)]


def one_way(make, save, load, path, is_trained):
    model = randomize(make(save))
    if is_trained:
        model.compile(save.optimizers.SGD(0.05, momentum=0.9), "mse")
    model.save(path)
    again = load.saving.load_model(path)
    x = data_for((model if save is kerasish else again).input, batch=2)
    expected = leaves(model(x))
    for a, b in zip(expected, leaves(again(x)), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-5, atol=1e-5)
    if is_trained and len(expected) == 1:
        y = np.zeros_like(expected[0])
        for one in (model, again):
            one.train_on_batch(x, y)
        for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
            np.testing.assert_allclose(np.asarray(b), np.asarray(a), rtol=1e-4, atol=2e-5)


def both_ways(name, tmp_path):
    for save, load in ((keras, kerasish), (kerasish, keras)):
        one_way(MODELS[name], save, load, tmp_path / f"{save.__name__}.keras", name not in NOT_TRAINED)


def test_there_are_sixty():
    assert len(MODELS) >= 60


@pytest.mark.parametrize("name", FEW)
def test_a_model_computes_and_trains_alike_in_both(name, tmp_path):
    both_ways(name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in MODELS if name not in FEW])
def test_each_model_computes_and_trains_alike_in_both(name, tmp_path):
    both_ways(name, tmp_path)
