"""Every attack at every entry point that can meet it: refused at once, with nothing run, read, written or allocated."""

import json
import os
import sys
import zipfile
from functools import partial

import h5py
import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.core import registry
from kerasish.models import clone_model, model_from_json
from kerasish.saving import (
    CorruptModelError,
    IncompatibleModelError,
    KerasFileEditor,
    UnsafeModelError,
    deserialize_keras_object,
    load_model,
)
from tests.saving.attacks import (
    ARCHIVES,
    CHANGES,
    CONFIGS,
    FOLDERS,
    LAMBDA,
    MARKER,
    TEXTS,
    activation,
    function,
    text_of,
    with_layer,
    zipped,
)
from tests.saving.audit import told
from tests.saving.costs import cheaply

ANY = (UnsafeModelError, CorruptModelError, IncompatibleModelError)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def model():
    return kerasish.Sequential([layers.Input((4,), name="i"), layers.Dense(3, name="d")], name="m")


@pytest.fixture(scope="module")
def members(tmp_path_factory):
    """Of a good archive, as Keras would have written it: without digests."""
    path = tmp_path_factory.mktemp("good") / "m.keras"
    model().save(path)
    with zipfile.ZipFile(path) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    return found | {"metadata.json": b'{"keras_version": "3.15.1"}'}


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    path = tmp_path_factory.mktemp("old") / "m.h5"
    model().save(path)
    return path.read_bytes()


def put_archive(place, members, text):
    (place / "m.keras").write_bytes(zipped(members | {"config.json": text}, compression=zipfile.ZIP_DEFLATED))
    return place / "m.keras"


def put_folder(place, members, text):
    (place / "m" / "assets").mkdir(parents=True)
    for name, content in (members | {"config.json": text}).items():
        (place / "m" / name).write_bytes(content)
    return place / "m"


def put_old(place, content, text):
    path = place / "m.h5"
    path.write_bytes(content)
    with h5py.File(path, "a") as file:
        del file.attrs["model_config"], file.attrs["kerasish_config_sha256"]
        file.attrs["model_config"] = np.bytes_(text[:60_000])  # more does not fit into an attribute
    return path


class Watch:
    """Fails if refusing takes a second, 200 MB, another file, a module, a program, or changes a setting of the process."""

    def __init__(self, folder):
        self.folder = folder

    def state(self):
        settings = (
            kerasish.config.floatx(),
            kerasish.config.dtype_policy().name,
            os.getcwd(),
            dict(os.environ),
            len(registry._custom),
        )
        files = sorted(os.listdir(self.folder)), sorted(os.listdir("."))
        modules = {name for name in sys.modules if name.startswith(("keras.", "keras_hub", "subprocess"))}
        return settings, files, modules, np.random.get_state()[1].tolist()

    def __enter__(self):
        self.before, self.told, self.cost = self.state(), told(), cheaply()
        self.events = self.told.__enter__()
        self.cost.__enter__()

    def __exit__(self, *exception):
        self.told.__exit__(*exception)
        self.cost.__exit__(*exception)
        assert not [(event, what) for event, what in self.events if event in PROGRAMS or is_elsewhere(event, what)]
        assert self.state() == self.before
        assert not os.path.exists(MARKER)


PROGRAMS = ("os.system", "subprocess.Popen", "pickle.find_class")


def is_elsewhere(event, what):
    """Whether it is a connection, or a file that the attacks name."""
    return event.startswith("socket.") or (event == "open" and what.startswith("/etc"))


def refused(folder, expected, action):
    """The error, if there is one where one is expected."""
    with Watch(folder):
        if expected is None:
            action()
            return
        with pytest.raises(ANY if expected is ... else expected) as found:
            action()
    assert len(str(found.value)) <= 900


# T-MATRIX: configs ---------------------------------------------------------------------------------------------------
def whole(read):
    """An entry point that takes the config of a model."""
    return lambda place, members, old, config: partial(read, config)


def file_of(put_text):
    """An entry point that takes a file with the config of a model in it."""
    return lambda place, members, old, config: put_text(place, members, old, text_of(config))


ENTRIES = {
    "load_model .keras": file_of(
        lambda place, members, _, text: partial(load_model, put_archive(place, members, text))
    ),
    "load_model folder": file_of(lambda place, members, _, text: partial(load_model, put_folder(place, members, text))),
    "load_model .h5": file_of(lambda place, _, old, text: partial(load_model, put_old(place, old, text))),
    "model_from_json": whole(lambda config: model_from_json(json.dumps(config))),
    "deserialize_keras_object": whole(deserialize_keras_object),
    "from_config": whole(lambda config: kerasish.Sequential.from_config(config["config"])),
    "layers.deserialize": whole(layers.deserialize),
}
NO_FILE = ("deserialize_keras_object", "from_config", "layers.deserialize")


@pytest.mark.parametrize("attack", CONFIGS)
@pytest.mark.parametrize("entry", ENTRIES)
def test_a25_a_config_is_refused_at_every_entry_point(tmp_path, members, old, entry, attack):
    layer, expected = CONFIGS[attack]
    config = with_layer(json.loads(members["config.json"]), layer)
    if entry in NO_FILE and expected is ...:
        expected = (ValueError, TypeError, NotImplementedError)
    refused(tmp_path, expected, ENTRIES[entry](tmp_path, members, old, config))


@pytest.mark.parametrize("attack", CHANGES)
@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry not in NO_FILE])
def test_a_changed_config_is_refused_at_every_entry_point(tmp_path, members, old, entry, attack):
    change, expected = CHANGES[attack]
    if entry == "load_model .h5" and attack.startswith("A2"):
        pytest.skip("has its state of training elsewhere")
    config = change(json.loads(members["config.json"]))
    refused(tmp_path, expected, ENTRIES[entry](tmp_path, members, old, config))


READERS = {
    "load_model .keras": lambda place, members, old, text: partial(load_model, put_archive(place, members, text)),
    "load_model folder": lambda place, members, old, text: partial(load_model, put_folder(place, members, text)),
    "load_model .h5": lambda place, members, old, text: partial(load_model, put_old(place, old, text)),
    "load_weights .keras": lambda place, members, old, text: partial(
        model().load_weights, put_archive(place, members, text)
    ),
    "KerasFileEditor": lambda place, members, old, text: partial(KerasFileEditor, put_archive(place, members, text)),
    "model_from_json": lambda place, members, old, text: partial(model_from_json, text.decode("latin-1")),
}


@pytest.mark.parametrize("attack", TEXTS)
@pytest.mark.parametrize("entry", READERS)
def test_a_text_that_is_no_config_is_refused_at_every_entry_point(tmp_path, members, old, entry, attack):
    text, expected = TEXTS[attack]
    if attack.startswith("C14"):
        expected = ...
    refused(tmp_path, expected, READERS[entry](tmp_path, members, old, text))


# T-MATRIX: archives and folders --------------------------------------------------------------------------------------
OPENERS = {"load_model": load_model, "load_weights": lambda path: model().load_weights(path), "editor": KerasFileEditor}


@pytest.mark.parametrize("attack", ARCHIVES)
@pytest.mark.parametrize("entry", OPENERS)
def test_an_archive_is_refused_at_every_entry_point(tmp_path, members, entry, attack):
    make, expected = ARCHIVES[attack]
    (tmp_path / "m.keras").write_bytes(make(members))
    refused(tmp_path, expected, lambda: OPENERS[entry](tmp_path / "m.keras"))


@pytest.mark.parametrize("attack", FOLDERS)
def test_a_folder_is_refused(tmp_path, members, attack):
    (tmp_path / "outside").mkdir()
    folder = put_folder(tmp_path, members, members["config.json"])
    load_model(folder)
    FOLDERS[attack](folder, tmp_path / "outside")
    refused(tmp_path, ANY, lambda: load_model(folder))


# What has its own way ------------------------------------------------------------------------------------------------
HOSTILE = {"bytecode": LAMBDA, "a function of os": function("os", "system"), "a builtin": function("builtins", "eval")}


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    "family", ["activations", "initializers", "losses", "metrics", "optimizers", "regularizers", "constraints"]
)
def test_a25_every_family_refuses_what_is_not_registered(family, payload):
    module = getattr(kerasish, family)
    with pytest.raises(UnsafeModelError, match=r"never run|not\s+registered|bytecode"):
        module.deserialize(payload)
    with pytest.raises((UnsafeModelError, ValueError, TypeError)):
        module.get(payload)


def test_a25_a_layer_that_lies_about_its_config_can_not_be_cloned():
    class Liar(layers.Dense):
        def get_config(self):
            return super().get_config() | {"activation": LAMBDA}

    inner = kerasish.Sequential([layers.Input((2,)), Liar(2)])
    with pytest.raises(UnsafeModelError, match="bytecode"):
        clone_model(inner)


def test_a26_a_registered_name_means_the_registered_class_only(tmp_path, members):
    opened = []

    @kerasish.saving.register_keras_serializable("pkg")
    class Reader(layers.Layer):
        def __init__(self, place, **kwargs):
            super().__init__(**kwargs)
            self.place = place
            opened.append(place)

        def call(self, x):
            return x

    named = {"module": "evil", "class_name": "Reader", "config": {"place": "p"}, "registered_name": "pkg>Reader"}
    path = put_archive(tmp_path, members, text_of(with_layer(json.loads(members["config.json"]), named)))
    assert type(load_model(path).layers[-1]) is Reader
    assert opened == ["p"]


def test_a_hostile_state_of_a_training_is_refused(tmp_path, members):
    config = with_layer(json.loads(members["config.json"]), activation(LAMBDA))
    path = put_archive(tmp_path, members, text_of(config))
    with pytest.raises(UnsafeModelError):
        load_model(path, compile=False)
