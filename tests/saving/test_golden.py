"""Files that were made once, by earlier versions and by Keras 2, must load for ever and mean the same."""

import importlib.util
import re
import shutil
from pathlib import Path

import jax
import numpy as np
import pytest

import kerasish
from kerasish.saving import load_model

GOLDEN = Path(__file__).parents[1] / "golden"
VERSIONS = sorted(re.fullmatch(r"ours_([\d.]+)", path.stem)[1] for path in GOLDEN.glob("ours_*.keras"))
KERAS_2 = ["functional", "sequential", "recurrent", "embedded"]


@pytest.fixture(autouse=True)
def compiled_as_the_files_were():
    """Adam makes whole steps of gradients that are 0 but for rounding, and programs round as they are compiled."""
    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.config.update("jax_disable_most_optimizations", True)


def maker():
    spec = importlib.util.spec_from_file_location("make_ours", GOLDEN / "make_ours.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def assert_goes_on(model, expected):
    np.testing.assert_allclose(model.predict(expected["x"]), expected["output"], rtol=1e-5, atol=1e-6)
    model.train_on_batch(expected["x"], expected["y"])
    for i, w in enumerate(model.get_weights()):
        np.testing.assert_allclose(w, expected[f"w{i}"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_a_model_of_an_earlier_version_loads_and_goes_on_training(version, ending):
    assert_goes_on(load_model(GOLDEN / f"ours_{version}{ending}"), np.load(GOLDEN / f"ours_{version}.npz"))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("ending", [".weights.h5", "_shards.weights.json", ".safetensors", ".h5"])
def test_weights_of_an_earlier_version_load(version, ending):
    expected = np.load(GOLDEN / f"ours_{version}.npz")
    model = maker().model_of()
    model.load_weights(GOLDEN / f"ours_{version}{ending}")
    np.testing.assert_allclose(model.predict(expected["x"]), expected["output"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_run_of_an_earlier_version_goes_on(tmp_path, version):
    expected = np.load(GOLDEN / f"ours_{version}_run.npz")
    folder = shutil.copytree(GOLDEN / f"ours_{version}_run", tmp_path / "run")
    model = maker().trained(expected["x"], expected["y"], folder)
    for i, w in enumerate(model.get_weights()):
        np.testing.assert_allclose(w, expected[f"w{i}"], rtol=1e-4, atol=1e-5)
    assert model.optimizer.iterations.numpy() == 8


@pytest.mark.filterwarnings("ignore:.*loses the mask")
@pytest.mark.parametrize("name", KERAS_2)
def test_a_model_of_keras_2_computes_and_trains_as_it_did_there(name):
    # The outputs are those of tf_keras 2.21.0; Keras 3.15.1 itself can't load three of these files.
    expected = np.load(GOLDEN / "keras2.npz")
    model = load_model(GOLDEN / f"keras2_{name}.h5")
    x = expected[f"{name}_x"]
    for index, output in enumerate(jax.tree.leaves(model.predict(x))):
        np.testing.assert_allclose(output, expected[f"{name}_y{index}"], rtol=1e-5, atol=1e-6)
    if model.optimizer is not None:
        model.train_on_batch(x, np.eye(2, dtype="float32")[[0, 1, 1, 0]])
        np.testing.assert_allclose(model.predict(x), expected[f"{name}_next"], rtol=1e-5, atol=1e-5)


def test_weights_of_keras_2_load_in_order_and_by_name():
    whole = load_model(GOLDEN / "keras2_functional.h5")
    for by_name in (False, True):
        model = kerasish.models.clone_model(whole)
        model.load_weights(GOLDEN / "keras2_functional_weights.h5", by_name=by_name)
        for a, b in zip(whole.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
