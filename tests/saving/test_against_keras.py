"""Files go both ways between Keras and us, for every architecture of the table."""

import io
import zipfile

import h5py
import jax
import numpy as np
import pytest

import kerasish
from tests.saving.architectures import (
    ARCHITECTURES,
    attention,
    data_for,
    dicts,
    layer_in_two_models,
    mlp,
    randomize,
    recurrent,
)

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # Keras's own, about models that it hasn't compiled


def leaves(x):
    return [np.asarray(a, "float32") for a in jax.tree.leaves(x)]


def datasets(path):
    """The paths and shapes of the weights in a file, without the seeds, which Keras does not save."""
    file = path
    if str(path).endswith(".keras"):
        with zipfile.ZipFile(path) as archive:
            file = io.BytesIO(archive.read("model.weights.h5"))
    found = {}
    with h5py.File(file) as weights:
        weights.visititems(lambda name, x: found.update({name: x.shape}) if isinstance(x, h5py.Dataset) else None)
    return {name: shape for name, shape in found.items() if "seed_generator" not in name}


@pytest.mark.parametrize("make", [make for make in ARCHITECTURES if make is not layer_in_two_models])
def test_files_go_there_and_back(make, tmp_path):
    ours = randomize(make(kerasish))
    ours.save(tmp_path / "ours.keras")
    theirs = keras.saving.load_model(tmp_path / "ours.keras")
    theirs.save(tmp_path / "theirs.keras")
    again = kerasish.saving.load_model(tmp_path / "theirs.keras")
    assert datasets(tmp_path / "ours.keras") == datasets(tmp_path / "theirs.keras")
    for a, b, c in zip(ours.get_weights(), theirs.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(b, a)
        np.testing.assert_array_equal(c, a)
    if make is not recurrent:  # its loops take 20 s to compile; that they agree is tested with the layers
        x = data_for(ours.input)
        expected = leaves(ours(x))
        for outputs in (theirs(x), again(x)):
            for a, b in zip(expected, leaves(outputs), strict=True):
                np.testing.assert_allclose(b, a, rtol=2e-5, atol=2e-5)


def test_a_layer_in_two_models_is_one_layer_again(tmp_path):
    # Keras can't load its own file of this model; so only theirs to ours.
    theirs = randomize(layer_in_two_models(keras))
    theirs.save(tmp_path / "theirs.keras")
    again = kerasish.saving.load_model(tmp_path / "theirs.keras")
    assert again.get_layer("shared") is again.get_layer("inner").get_layer("shared")
    x = data_for(again.input)
    for a, b in zip(leaves(theirs(x)), leaves(again(x)), strict=True):
        np.testing.assert_allclose(b, a, rtol=2e-5)


@pytest.mark.parametrize("make", ARCHITECTURES)
def test_what_we_save_comes_back(make, tmp_path):
    model = randomize(make(kerasish))
    model.save(tmp_path / "m.keras")
    again = kerasish.saving.load_model(tmp_path / "m.keras")
    for a, b in zip(model.variables, again.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=a.path)
    assert again.get_config() == model.get_config()


@pytest.mark.parametrize("make", [mlp, dicts, recurrent, attention])
def test_weights_go_both_ways(make, tmp_path):
    ours, theirs = randomize(make(kerasish)), make(keras)
    ours.save_weights(tmp_path / "ours.weights.h5")
    theirs.load_weights(tmp_path / "ours.weights.h5")
    theirs.save_weights(tmp_path / "theirs.weights.h5")
    again = make(kerasish)
    again.load_weights(tmp_path / "theirs.weights.h5")
    for a, b, c in zip(ours.get_weights(), theirs.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(a, c)
    assert datasets(tmp_path / "ours.weights.h5") == datasets(tmp_path / "theirs.weights.h5")
