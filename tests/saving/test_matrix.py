"""Cases of the list of attacks at the entry points that the tables don't reach: old files, graphs, names, huge attributes."""

import json

import h5py
import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.saving import CorruptModelError, UnsafeModelError, load_model
from tests.saving.attacks import CODE, LAMBDA, function, text_of
from tests.saving.samples import model_in, model_of, save, weights_of
from tests.saving.test_attacks import (
    ENTRIES,
    NO_FILE,
    READERS,
    members as members,  # fixtures
    old as old,
    refused,
)
from tests.saving.test_hostile_files import cycle, functional_config, missing_output, same_name

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


# Old files -----------------------------------------------------------------------------------------------------------
def old_file(path, **attributes):
    """A `.h5` file without digests, as Keras 2 wrote it, with these attributes."""
    model = model_of(1.0)
    model.compile("sgd", "mse")
    model.save(path)
    with h5py.File(path, "a") as file:
        del file.attrs["kerasish_config_sha256"]
        for name, value in attributes.items():
            file.attrs[name] = json.dumps(value)


def test_a19_bytecode_as_keras_2_wrote_it_is_refused_as_such(tmp_path):
    lambda_ = {
        "class_name": "Lambda",
        "config": {"name": "l", "function": [CODE, None, None], "function_type": "lambda"},
    }
    first = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "name": "i"}}
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": [first, lambda_]}}
    old_file(tmp_path / "m.h5", model_config=config)
    with pytest.raises(UnsafeModelError, match="bytecode"):
        load_model(tmp_path / "m.h5")


STRANGERS = {
    "A02 bytecode": LAMBDA,
    "A02b a function of os": function("os", "system"),
    "A21 a setting": function("keras.utils", "set_random_seed"),
    "A24 a class": {"module": "subprocess", "class_name": "Popen", "config": {"args": "x"}, "registered_name": None},
}


@pytest.mark.parametrize("key", ["loss", "metrics", "weighted_metrics", "optimizer_config"])
@pytest.mark.parametrize("attack", STRANGERS)
def test_a02_a21_the_state_of_training_of_an_old_file_names_no_code(tmp_path, attack, key):
    value = STRANGERS[attack]
    training = {"optimizer_config": {"class_name": "SGD", "config": {}}, "loss": "mse", "metrics": None}
    training[key] = [value] if "metrics" in key else value
    old_file(tmp_path / "m.h5", training_config=training)
    refused(tmp_path, UnsafeModelError, lambda: load_model(tmp_path / "m.h5"))


def huge_attribute(path, value):
    """`layer_names` has this value, kept outside of the group: only so may it be larger than 64 kB."""
    model_of(1.0).save(path.with_name("good.h5"))
    with h5py.File(path, "w", libver="latest") as file, h5py.File(path.with_name("good.h5")) as good:
        file.attrs.update(good.attrs)
        creation = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
        creation.set_attr_phase_change(0, 0)
        h5py.h5g.create(file.id, b"model_weights", gcpl=creation)
        for name in good["model_weights"]:
            good.copy(f"model_weights/{name}", file["model_weights"])
        file["model_weights"].attrs.update({**good["model_weights"].attrs, "layer_names": value})


@pytest.mark.parametrize("value", [np.full(10**6, b"x"), np.zeros(2**26, "i1")], ids=["a million names", "64 MiB"])
def test_h26_an_attribute_of_any_size_is_not_read(tmp_path, value):
    huge_attribute(tmp_path / "m.h5", value)
    for entry in (model_in, weights_of):
        refused(tmp_path, UnsafeModelError, lambda entry=entry: entry(tmp_path / "m.h5"))


def test_h14_a_filter_that_nobody_has_and_nothing_stored(tmp_path):
    save(model_of(1.0), tmp_path / "m.weights.h5")
    with h5py.File(tmp_path / "m.weights.h5", "a") as file:
        del file["layers/dense/vars/0"]
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        creation.set_chunk((4, 3))
        creation.set_filter(32099, h5py.h5z.FLAG_OPTIONAL, ())
        space = h5py.h5s.create_simple((4, 3))
        h5py.h5d.create(file["layers/dense/vars"].id, b"0", h5py.h5t.IEEE_F32LE, space, creation)
    with pytest.raises(UnsafeModelError, match="filter 32099"):
        weights_of(tmp_path / "m.weights.h5")


# Graphs and names ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("change", [cycle, same_name, missing_output])
@pytest.mark.parametrize("entry", [*ENTRIES, "Model.from_config"])
def test_c04_c05_graphs_that_are_none_are_refused_at_every_entry_point(tmp_path, members, old, entry, change):
    config = functional_config()
    change(config)
    if entry in ("Model.from_config", "from_config"):
        refused(tmp_path, ValueError, lambda: kerasish.Model.from_config(config["config"]))
        return
    expected = ValueError if entry in NO_FILE else CorruptModelError
    refused(tmp_path, expected, ENTRIES[entry](tmp_path, members, old, config))


def named(config, name):
    config = json.loads(json.dumps(config))
    config["config"]["layers"][1]["config"]["name"] = name
    return config


@pytest.mark.parametrize("name", ["a\0b", "\u202egpj.exe", "\x1b[2J", "a\nb", "\u2066a"])
@pytest.mark.parametrize("entry", [entry for entry in READERS if "weights" not in entry and entry != "KerasFileEditor"])
def test_z17_names_that_control_how_text_is_shown_are_refused(tmp_path, members, old, entry, name):
    text = text_of(named(json.loads(members["config.json"]), name))
    refused(tmp_path, UnsafeModelError, READERS[entry](tmp_path, members, old, text))


@pytest.mark.parametrize("name", ["..", "a\\..\\b", "C:x", "CON", "x" * 4096])
def test_z17_a_layer_s_name_is_no_path_whatever_it_is(tmp_path, members, name):
    text = text_of(named(json.loads(members["config.json"]), name))
    (tmp_path / "in").mkdir()
    model = READERS["load_model .keras"](tmp_path / "in", members, None, text)()
    assert model.layers[0].name == name
    for ending in (".keras", ".weights.h5", ".safetensors"):
        (model.save if ending == ".keras" else model.save_weights)(tmp_path / "in" / f"n{ending}")
    assert {path.name for path in tmp_path.iterdir()} == {"in"}
    assert {path.name for path in (tmp_path / "in").iterdir()} == {
        "m.keras",
        "n.keras",
        "n.weights.h5",
        "n.safetensors",
    }


def test_c07_an_unknown_key_is_refused_at_every_depth_of_a_nested_model():
    inner = kerasish.Sequential([layers.Input((4,)), layers.Dense(3)])
    config = json.loads(json.dumps(kerasish.Sequential([layers.Input((4,)), inner]).get_config()))
    config["layers"][1]["config"]["layers"][1]["config"]["evil"] = 1
    with pytest.raises((ValueError, TypeError), match="evil"):
        kerasish.Sequential.from_config(config)


# Files that are none -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("device", ["/proc/self/mem", "/proc/self/environ", "/dev/zero", "/dev/null"])
@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("m.keras", model_in),
        ("m.h5", model_in),
        *((f"m.{e}", weights_of) for e in ("weights.h5", "safetensors", "weights.json")),
    ],
)
def test_d06_what_the_system_makes_up_is_no_file(tmp_path, name, entry, device):
    (tmp_path / name).symlink_to(device)
    refused(tmp_path, UnsafeModelError, lambda: entry(tmp_path / name))
