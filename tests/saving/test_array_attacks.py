"""Attacks on `.safetensors` files and on a saved run: refused at every entry point, at once, with no memory taken."""

import os

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.models import clone_model
from kerasish.saving import CorruptModelError, UnsafeModelError
from kerasish.saving.run_file import BEFORE, NEWEST, RunState, load_run, save_run
from tests.conftest import IS_NUMPY
from tests.saving.array_attacks import HEADERS, STATE, STATES, TENSORS, run_file
from tests.saving.attacks import ARCHIVES, CONFIGS, TEXTS
from tests.saving.samples import SAVED, model_of
from tests.saving.test_attacks import (
    members as members,  # a fixture
    refused,
)
from tests.saving.test_more_attacks import ATTACKS

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
GOOD = {"version": 2} | STATE


def put_weights(place, content):
    (place / "m.safetensors").write_bytes(content)
    return lambda: kerasish.Sequential([layers.Input((4,)), layers.Dense(3)]).load_weights(place / "m.safetensors")


def put_run(place, content):
    (place / NEWEST).write_bytes(content)
    return lambda: load_run(place)


def put_run_before(place, content):
    (place / BEFORE).write_bytes(content)
    return lambda: load_run(place)


ENTRIES = {"load_weights": put_weights, "load_run": put_run, "load_run, the one before": put_run_before}
RUNS = [put_run, put_run_before]


@pytest.mark.parametrize("attack", HEADERS)
@pytest.mark.parametrize("name", ENTRIES)
def test_a_header_that_lies_is_refused_at_every_entry_point(tmp_path, name, attack):
    make, expected = HEADERS[attack]
    action = ENTRIES[name](tmp_path, make())
    # Of a run the error is always one: no file in the folder can be read, and why.
    refused(tmp_path, expected if name == "load_weights" else CorruptModelError, action)


def test_a_good_run_of_the_table_is_read(tmp_path):
    found = put_run(tmp_path, run_file(GOOD))()
    assert found.state == STATE
    assert set(found.arrays) == set(TENSORS)


@pytest.mark.parametrize("attack", STATES)
def test_a_hostile_state_of_a_run_is_refused(tmp_path, attack):
    change, expected = STATES[attack]
    action = put_run(tmp_path, run_file(GOOD | change))
    refused(tmp_path, CorruptModelError, action)
    with pytest.raises(CorruptModelError) as found:
        action()
    assert type(found.value.__cause__) is expected


@pytest.mark.parametrize("attack", TEXTS)
@pytest.mark.parametrize("put", RUNS)
def test_a_text_that_is_no_state_is_refused(tmp_path, put, attack):
    refused(tmp_path, CorruptModelError, put(tmp_path, run_file(TEXTS[attack][0])))


@pytest.mark.parametrize("attack", ARCHIVES)
def test_an_archive_is_no_run(tmp_path, members, attack):
    refused(tmp_path, CorruptModelError, put_run(tmp_path, ARCHIVES[attack][0](members)))


@pytest.mark.parametrize("attack", ATTACKS)
def test_hdf5_is_no_run(tmp_path, attack):
    SAVED["m.weights.h5"](model_of(1.0), tmp_path / "m.weights.h5")
    refused(tmp_path, CorruptModelError, put_run(tmp_path, (tmp_path / "m.weights.h5").read_bytes()))


@pytest.mark.parametrize("attack", CONFIGS)
def test_a_config_in_a_run_is_compared_and_never_made_anything(tmp_path, attack):
    facts = STATE["facts"] | {"model": CONFIGS[attack][0], "optimizer": CONFIGS[attack][0]}
    found, action = [], put_run(tmp_path, run_file(GOOD | {"facts": facts}))
    refused(tmp_path, None, lambda: found.append(action()))
    assert found[0].state["facts"] == facts


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_a_run_that_is_no_regular_file_is_refused(tmp_path, make):
    make(tmp_path / NEWEST)
    refused(tmp_path, CorruptModelError, lambda: load_run(tmp_path))


def test_a_hostile_run_is_left_for_the_one_before_it(tmp_path):
    for number in (0, 1):
        save_run(tmp_path, RunState({"a": np.full(3, number, "float32")}, {"n": number}))
    (tmp_path / NEWEST).write_bytes(run_file(GOOD | {"version": 1, "data": {"array": [1], "dtype": "O"}}))
    with pytest.warns(UserWarning, match="array of dtype 'O'.*goes on from the file before it"):
        assert load_run(tmp_path).state == {"n": 0}


# clone_model ---------------------------------------------------------------------------------------------------------
def changed(config):
    """A layer that says of itself what a stranger's config says: all that a clone is made of."""

    class Liar(layers.Dense):
        def get_config(self):
            return super().get_config() | config

    Liar.from_config = classmethod(lambda cls, given: layers.Dense.from_config(given))
    return Liar(2, name="liar")


LIES = {
    attack: row[0]
    for attack, row in CONFIGS.items()
    if isinstance(row[0], dict) and attack[:3] not in ("C01", "C13", "C15", "C16", "A18")
}
NUMBERS = {
    "C01 a huge layer": {"units": 10**14},
    "C07 an unknown key": {"evil": 1},
    "C08 an array of an unknown dtype": {"units": CONFIGS["C08 an array of an unknown dtype"][0]["config"]["units"]},
    "C13b units that are a text": {"units": "2"},
    "C15 a name of 4,096 letters": {"name": "../" * 1400},
    "C16 negative units": {"units": -1},
    "A14 a path for an initializer": {"kernel_initializer": "/etc/hostname"},
}


@pytest.mark.parametrize("functional", [False, True])
@pytest.mark.parametrize("attack", LIES)
def test_a_layer_whose_config_names_a_stranger_s_object_is_not_cloned(tmp_path, attack, functional):
    liar, inputs = changed({"activation": LIES[attack]}), layers.Input((2,))
    model = kerasish.Model(inputs, liar(inputs)) if functional else kerasish.Sequential([inputs, liar])
    with pytest.raises((ValueError, TypeError, NotImplementedError)) as found:
        clone_model(model)
    if CONFIGS[attack][1] is UnsafeModelError and LIES[attack]["class_name"] in ("Popen", "X", "NumpyTrainer"):
        assert isinstance(found.value, UnsafeModelError)


@pytest.mark.parametrize("attack", NUMBERS)
def test_a_layer_whose_config_is_no_layer_s_is_not_cloned(tmp_path, attack):
    model = kerasish.Sequential([layers.Input((2,)), changed(NUMBERS[attack])])
    refused(tmp_path, (ValueError, TypeError, MemoryError), lambda: clone_model(model))


# As a whole: `fit` meets a hostile run -------------------------------------------------------------------------------
def other_state(change):
    def edit(folder):
        found = load_run(folder)
        save_run(folder, RunState(found.arrays, {**found.state, **change}))
        (folder / BEFORE).unlink()

    return edit


def other_arrays(folder):
    found = load_run(folder)
    names = list(found.arrays)
    turned = {name: found.arrays[other] for name, other in zip(names, reversed(names), strict=True)}
    save_run(folder, RunState(turned, found.state))
    (folder / BEFORE).unlink()


HOSTILE = {
    "an array of objects": other_state({"version": 1, "data": {"array": [1], "dtype": "O"}}),
    "an array that is not there": other_state({"data": {"array": "state/99"}}),
    "an epoch before the first": other_state({"epoch": -1}),
    "arrays in another order": other_arrays,
}


@pytest.mark.skipif(IS_NUMPY, reason="trains")
@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_fit_refuses_a_hostile_run_and_the_model_is_as_it_was(tmp_path, hostile):
    x = np.ones((8, 4), "float32")
    model = model_of(1.0)
    model.compile("adam", "mse")
    model.fit(x, x[:, :3], batch_size=4, verbose=0, resume="auto", run_dir=tmp_path)
    hostile(tmp_path)
    before = model.get_weights()
    with pytest.raises(CorruptModelError, match="can be read to go on from"):
        model.fit(x, x[:, :3], batch_size=4, epochs=2, verbose=0, resume="auto", run_dir=tmp_path)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
