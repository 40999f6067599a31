"""Files from strangers: each is refused with the right error, nothing in it is run, and no other file is read.

The names of the cases are those of the project's list of attacks.
"""

import base64
import io
import json
import marshal
import os
import stat
import struct
import sys
import zipfile

import h5py
import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.core.configurable import serialize
from kerasish.saving import CorruptModelError, IncompatibleModelError, UnsafeModelError, load_model
from tests.saving.audit import told
from tests.saving.costs import cheaply

K = "layers/dense/vars/0"
CODE = base64.b64encode(marshal.dumps((lambda x: x).__code__)).decode()
LAMBDA = {"class_name": "__lambda__", "config": {"value": [CODE, None, None], "code": CODE}}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    path = tmp_path_factory.mktemp("base") / "base.keras"
    model = kerasish.Sequential([layers.Input((4,)), layers.Dense(3, name="d")])
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(members["metadata.json"])
    del metadata["kerasish"]  # as in a file of Keras's, which has no digests
    return members | {"metadata.json": json.dumps(metadata).encode(), "original": path.read_bytes()}


def write(path, base, config=None, weights=None, extra=(), compress=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compress) as archive:
        archive.writestr("metadata.json", base["metadata.json"])
        archive.writestr("config.json", config if config is not None else base["config.json"])
        archive.writestr("model.weights.h5", weights if weights is not None else base["model.weights.h5"])
        for name, data in extra:
            archive.writestr(name, data)
    return path


def with_layer(base, layer):
    config = json.loads(base["config.json"])
    config["config"]["layers"].append(layer)
    return json.dumps(config)


def activation(function):
    return {"module": "keras.layers", "class_name": "Activation", "config": {"name": "a", "activation": function}}


def function(module, name):
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def layer_of(module, kind, /, **config):
    return {"module": module, "class_name": kind, "config": config, "registered_name": None}


CONFIGS = {
    "A01 bytecode in a Lambda": (layer_of("keras.layers", "Lambda", name="l", function=LAMBDA), "bytecode"),
    "A03 a function of os": (
        layer_of("keras.layers", "Lambda", name="l", function=function("os", "system")),
        "not regis",
    ),
    "A05 Popen": (layer_of("subprocess", "Popen", args=["touch", "marker"]), "'Popen'.*not registered"),
    "A06 a switch of Keras's": (
        layer_of(
            "keras.layers", "Lambda", name="l", function=function("keras.config", "enable_unsafe_deserialization")
        ),
        "not registered",
    ),
    "A09 a download": (
        layer_of("keras.layers", "Lambda", name="l", function=function("keras.datasets.mnist", "load_data")),
        "not registered",
    ),
    "A11 a setting as an activation": (
        activation(function("keras.config", "disable_flash_attention")),
        "not registered",
    ),
    "A13 a module that is not imported": (layer_of("keras_hub.evil", "X"), "not registered"),
    "A13b a module of Keras's own": (layer_of("keras.src.backend.numpy.trainer", "NumpyTrainer"), "not registered"),
    "A18 a registered name that isn't": (
        layer_of("keras.layers", "Dense", units=2) | {"registered_name": "builtins.eval"},
        "builtins.eval",
    ),
    "A22 bytecode three levels deep": (
        layer_of("keras", "Sequential", name="s", layers=[layer_of("keras.layers", "Lambda", function=LAMBDA)]),
        "bytecode",
    ),
    "A27 an array of objects": (
        layer_of("keras.layers", "Dense", units={"class_name": "__numpy__", "config": {"value": [1], "dtype": "O"}}),
        "dtype 'O'",
    ),
}


@pytest.mark.parametrize(("layer", "message"), CONFIGS.values(), ids=CONFIGS)
def test_a_config_that_names_code_is_refused(tmp_path, base, layer, message):
    path = write(tmp_path / "m.keras", base, with_layer(base, layer))
    modules, files = set(sys.modules), os.listdir(tmp_path)
    with pytest.raises(UnsafeModelError, match=message):
        load_model(path)
    with pytest.raises(UnsafeModelError, match=message):
        load_model(path, safe_mode=False)
    assert not {name for name in set(sys.modules) - modules if name.startswith(("keras", "subprocess"))}
    assert os.listdir(tmp_path) == files


def test_a02_bytecode_as_the_loss_is_refused(tmp_path, base):
    config = json.loads(base["config.json"]) | {"compile_config": {"optimizer": "sgd", "loss": LAMBDA}}
    with pytest.raises(UnsafeModelError, match="bytecode"):
        load_model(write(tmp_path / "m.keras", base, json.dumps(config)))


def edited(base, edit):
    file = io.BytesIO(base["model.weights.h5"])
    with h5py.File(file, "a") as weights:
        edit(weights)
    return file.getvalue()


def external(place):
    def edit(weights):
        del weights[place]
        weights[place] = h5py.ExternalLink("good.h5", "/" + place)

    return edit


def replaced(**dataset):
    def edit(weights):
        del weights[K]
        weights.create_dataset(K, **dataset)

    return edit


def soft(weights):
    del weights[K]
    weights[K] = h5py.SoftLink("/layers/dense/vars/1")


def virtual(weights):
    layout = h5py.VirtualLayout((4, 3), "f4")
    layout[:] = h5py.VirtualSource("secret.h5", "secret", (4, 3))
    del weights[K]
    weights.create_virtual_dataset(K, layout)


def half(weights):
    del weights[K]
    weights.create_dataset(K, shape=(4, 3), dtype="f4", chunks=(2, 3), compression="gzip")[:2] = 1


def loop(weights):
    weights["layers/loop"] = weights["/"]


def opaque(weights):
    del weights[K]
    weights[K] = np.zeros((4, 3), "V4")


WEIGHTS = {
    "H01 an external link": (external(K), UnsafeModelError, f"{K}.*external link"),
    "H02 a group that is elsewhere": (external("layers/dense/vars"), UnsafeModelError, "external link"),
    "H03 all layers elsewhere": (external("layers"), UnsafeModelError, "external link"),
    "H04 a soft link": (soft, UnsafeModelError, "soft link"),
    "H05 data in another file": (
        replaced(shape=(4, 3), dtype="f4", external=[("secret.bin", 0, 48)]),
        UnsafeModelError,
        "another file",
    ),
    "H06 a view of another file": (virtual, UnsafeModelError, "virtual"),
    "H07 a huge shape with nothing stored": (
        replaced(shape=(2**50,), dtype="f8", chunks=(2**16,), compression="gzip"),
        CorruptModelError,
        "no data stored",
    ),
    "H09 transposed": (replaced(data=np.zeros((3, 4), "f4")), IncompatibleModelError, r"\(3, 4\) float32 / \(4, 3\)"),
    "H10 texts": (replaced(data=np.full((4, 3), b"x", object), dtype=h5py.string_dtype()), UnsafeModelError, "String"),
    "H11 records": (replaced(data=np.zeros((4, 3), "f4,f4")), UnsafeModelError, "Compound"),
    "H12 opaque bytes": (opaque, UnsafeModelError, "Opaque"),
    "H13 a loop": (loop, UnsafeModelError, "two ways"),
    "H15 another kind of number": (replaced(data=np.zeros((4, 3), "i1")), IncompatibleModelError, "int8 / .*float32"),
    "H17 weights of no layer": (
        lambda w: w.create_dataset("layers/evil/vars/0", data=np.zeros(3)),
        IncompatibleModelError,
        "layers/evil/vars/0: .* / nothing",
    ),
    "H18 a dataset for a group": (
        lambda w: (w.pop("layers/dense/vars"), w.create_dataset("layers/dense/vars", data=np.zeros(3))),
        IncompatibleModelError,
        "layers/dense/vars",
    ),
    "H19 no shape": (replaced(data=h5py.Empty("f4")), CorruptModelError, "no shape"),
    "H20 half of the chunks": (
        half,
        CorruptModelError,
        "no data stored",
    ),
}


@pytest.mark.parametrize(("edit", "error", "message"), WEIGHTS.values(), ids=WEIGHTS)
def test_weights_that_reach_out_or_do_not_fit_are_refused(tmp_path, base, edit, error, message):
    (tmp_path / "secret.bin").write_bytes(b"CANARY" * 10)
    weights = edited(base, edit)
    with pytest.raises(error, match=message):
        load_model(write(tmp_path / "m.keras", base, weights=weights))
    (tmp_path / "m.weights.h5").write_bytes(weights)
    model = kerasish.Sequential([layers.Input((4,)), layers.Dense(3, name="d")])
    before = model.get_weights()
    with pytest.raises(error, match=message):
        model.load_weights(tmp_path / "m.weights.h5")
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def link_entry(name):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


MEMBERS = {
    "Z04 an absolute name": [("/etc/evil", b"")],
    "Z04b a name that leads out": [("assets/../../evil", b"")],
    "Z04c a drive": [("C:\\evil", b"")],
    "Z05 a link": [(link_entry("assets/l"), b"/etc/passwd")],
    "Z06 the same name in other letters": [("CONFIG.json", b"{}")],
    "Z07 a member that no model has": [("model.weights.npz", b"")],
    "Z17 a name that turns the text around": [("assets/\u202egpj.exe", b"")],
}


@pytest.mark.parametrize("extra", MEMBERS.values(), ids=MEMBERS)
def test_members_that_no_model_file_has_are_refused(tmp_path, base, extra):
    with pytest.raises(UnsafeModelError, match="member"):
        load_model(write(tmp_path / "m.keras", base, extra=extra))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_z06_two_configs_are_refused(tmp_path, base):
    with pytest.raises(UnsafeModelError, match="duplicate member"):
        load_model(write(tmp_path / "m.keras", base, extra=[("config.json", b"{}")]))


TEXTS = {
    "Z01 64 MiB of spaces": (b" " * 64 * 2**20, UnsafeModelError, "limit"),
    "Z02 deep nesting": (b'{"a":' + b"[" * 200_000, CorruptModelError, "nesting"),
    "C03 NaN": (b'{"class_name": NaN}', CorruptModelError, "NaN"),
    "C03b a number that is infinite": (b'{"class_name": 1e999}', CorruptModelError, "1e999"),
    "C11 a key twice": (b'{"module": "keras.layers", "module": "os"}', CorruptModelError, "'module' twice"),
    "C13 a list": (b"[]", CorruptModelError, "must hold an object"),
    "C13b no JSON": (b"{", CorruptModelError, "not JSON"),
    "C13c another object": (b'{"a": 1}', CorruptModelError, "no 'class_name'"),
    "C14 no UTF-8": (b'{"a": "\xff"}', CorruptModelError, "not JSON"),
}


@pytest.mark.parametrize(("text", "error", "message"), TEXTS.values(), ids=TEXTS)
def test_configs_that_are_bombs_or_no_json_are_refused(tmp_path, base, text, error, message):
    path = write(tmp_path / "m.keras", base, text, compress=zipfile.ZIP_DEFLATED)
    with cheaply(), pytest.raises(error, match=message):
        load_model(path)


def test_z08_z09_bombs_of_members_are_refused(tmp_path, base):
    zeros = [(f"assets/{i}", bytes(10 * 2**20)) for i in range(12)]
    with pytest.raises(UnsafeModelError, match="unpack to"):
        load_model(write(tmp_path / "a.keras", base, extra=zeros, compress=zipfile.ZIP_DEFLATED))
    with pytest.raises(UnsafeModelError, match="10004 members"):
        load_model(write(tmp_path / "b.keras", base, extra=[(f"assets/{i}", b"") for i in range(10_001)]))


def test_z10_an_encrypted_member_is_refused(tmp_path, base):
    path = write(tmp_path / "m.keras", base)
    data = bytearray(path.read_bytes())
    data[data.find(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(UnsafeModelError, match="encrypted"):
        load_model(path)


def test_data_before_the_archive_and_a_comment_after_it_are_refused(tmp_path, base):
    path = write(tmp_path / "m.keras", base)
    good = path.read_bytes()
    path.write_bytes(b"#!/bin/sh\n" + good)
    with pytest.raises(CorruptModelError, match="begins otherwise"):
        load_model(path)
    path.write_bytes(good[:-2] + struct.pack("<H", 4) + b"more")
    with pytest.raises(CorruptModelError, match="comment"):
        load_model(path)


def test_a_member_whose_name_is_no_text_is_refused(tmp_path, base):
    path = write(tmp_path / "m.keras", base)
    data = bytearray(path.read_bytes())
    place = data.rfind(b"PK\x01\x02")  # found by fuzzing: UTF-8 is promised, and is not there
    data[place + 9] |= 8
    data[place + 46] = 0x80
    path.write_bytes(data)
    with pytest.raises(CorruptModelError, match="truncated or damaged"):
        load_model(path)


def test_z18_members_that_share_their_bytes_are_refused(tmp_path, base):
    path = write(tmp_path / "m.keras", base, extra=[("assets/a", b"1"), ("assets/b", b"1")])
    data = bytearray(path.read_bytes())
    last = data.rfind(b"PK\x01\x02")
    before = data.rfind(b"PK\x01\x02", 0, last)
    data[last + 42 : last + 46] = data[before + 42 : before + 46]
    path.write_bytes(data)
    with pytest.raises((UnsafeModelError, CorruptModelError), match="overlaps|does not begin"):
        load_model(path)


def test_d02_d06_a_fifo_a_device_and_a_folder_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "fifo.keras")
    (tmp_path / "folder.keras").mkdir()
    (tmp_path / "zero.keras").symlink_to("/dev/zero")
    for name in ("fifo", "folder", "zero"):
        with pytest.raises(UnsafeModelError, match="regular file"):
            load_model(tmp_path / f"{name}.keras")


def test_missing_empty_truncated_and_foreign_files_have_their_own_errors(tmp_path, base):
    path = tmp_path / "m.keras"
    with pytest.raises(FileNotFoundError, match=r"no such file.*m\.keras"):
        load_model(path)
    for content, message in ((b"", "is empty"), (b"hello", "begins otherwise"), (base["original"][:900], "truncated")):
        path.write_bytes(content)
        with pytest.raises(CorruptModelError, match=message):
            load_model(path)
    path.write_bytes(base["model.weights.h5"])
    with pytest.raises(IncompatibleModelError, match="load_weights"):
        load_model(path)
    with pytest.raises(ValueError, match="holds weights only"):
        load_model(tmp_path / "m.weights.h5")


def test_every_flipped_bit_of_the_weights_is_noticed(tmp_path, base):
    data = base["original"]
    start = data.find(b"\x89HDF")
    for position in np.random.default_rng(0).integers(start, len(data) - 1, 40):
        flipped = bytearray(data)
        flipped[position] ^= 4
        (tmp_path / "m.keras").write_bytes(flipped)
        with pytest.raises((CorruptModelError, UnsafeModelError)):
            load_model(tmp_path / "m.keras")


def test_two_datasets_that_are_exchanged_are_noticed(tmp_path):
    model = kerasish.Sequential([layers.Input((3,)), layers.Dense(3), layers.Dense(3)])
    model.save_weights(tmp_path / "m.weights.h5")
    with h5py.File(tmp_path / "m.weights.h5", "a") as file:
        first, second = "layers/dense/vars/0", "layers/dense_1/vars/0"
        file.move(first, "kept")
        file.move(second, first)
        file.move("kept", second)
    with pytest.raises(CorruptModelError, match="SHA-256"):
        model.load_weights(tmp_path / "m.weights.h5")


def test_b06_a_config_with_the_weights_of_another_save_is_noticed(tmp_path, base):
    with zipfile.ZipFile(io.BytesIO(base["original"])) as archive:
        metadata = archive.read("metadata.json")
    config = json.loads(base["config.json"])
    config["config"]["name"] = "other"
    with pytest.raises(CorruptModelError, match="not the one that was saved"):
        load_model(write(tmp_path / "m.keras", base | {"metadata.json": metadata}, json.dumps(config)))


def functional_config():
    x = kerasish.Input((3,), name="x")
    config = serialize(kerasish.Model(x, layers.Dense(2, name="q")(layers.Dense(3, name="p")(x))))
    return json.loads(json.dumps(config))


def cycle(config):
    config["config"]["layers"][1]["inbound_nodes"][0]["args"][0]["config"]["keras_history"][0] = "q"


def same_name(config):
    config["config"]["layers"][2]["name"] = "p"


def missing_output(config):
    config["config"]["output_layers"] = ["q", 0, 7]


@pytest.mark.parametrize(
    ("change", "message"),
    [(cycle, "cycle.*'p'"), (same_name, "'p' twice"), (missing_output, "output 7 of call 0 of 'q'")],
)
def test_c04_c05_graphs_that_are_none_are_refused(tmp_path, base, change, message):
    config = functional_config()
    change(config)
    with pytest.raises(CorruptModelError, match=message):
        load_model(write(tmp_path / "m.keras", base, json.dumps(config)))


def test_an_op_that_is_unknown_is_refused(tmp_path, base):
    config = functional_config()
    config["config"]["layers"].append(
        {
            "module": "keras.src.ops.numpy",
            "class_name": "Load",
            "config": {"name": "z"},
            "inbound_nodes": [],
            "name": "z",
        }
    )
    with pytest.raises(UnsafeModelError, match="'Load'.*not known"):
        load_model(write(tmp_path / "m.keras", base, json.dumps(config)))


def test_c07_an_unknown_key_of_a_layer_is_refused(tmp_path, base):
    layer = layer_of("keras.layers", "Dense", units=2, evil=1)
    with pytest.raises(IncompatibleModelError, match="evil"):
        load_model(write(tmp_path / "m.keras", base, with_layer(base, layer)))


@pytest.mark.parametrize("units", [10**12, 10**9])
def test_c01_weights_that_are_larger_than_the_file_are_not_made(tmp_path, base, units):
    layer = layer_of("keras.layers", "Dense", units=units) | {"build_config": {"input_shape": [None, 3]}}
    with pytest.raises(IncompatibleModelError, match="would take .* bytes"):
        load_model(write(tmp_path / "m.keras", base, with_layer(base, layer)))


def test_loading_opens_the_file_and_nothing_else(tmp_path, base):
    path = tmp_path / "m.keras"
    path.write_bytes(base["original"])
    load_model(path)  # what is imported at the first use has been imported now
    with told() as events:
        load_model(path)
    allowed = {("open", str(path))} | {event for event in events if event[0] == "open" and event[1].isdecimal()}
    assert set(events) <= allowed  # opening a descriptor that is open already has its number


def test_z16_a_newer_keras_is_told(tmp_path, base):
    metadata = {"metadata.json": json.dumps({"keras_version": "99.0"}).encode()}
    with pytest.warns(UserWarning, match=r"Keras 99\.0"):
        load_model(write(tmp_path / "m.keras", base | metadata))
