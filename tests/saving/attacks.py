"""What strangers may put into configs, archives and folders, by the names of the project's list; every payload is benign.

`CONFIGS` are layers that are appended to a good model's, `CHANGES` are changes of its whole config, `TEXTS` replace the
text of the config, `ARCHIVES` and `FOLDERS` change what is around it. Each with the error that is expected.
"""

import base64
import copy
import io
import json
import marshal
import os
import stat
import struct
import zipfile

import numpy as np

from kerasish.saving import CorruptModelError, UnsafeModelError

MARKER = "marker-of-an-attack"
CODE = base64.b64encode(marshal.dumps((lambda x: x).__code__)).decode()
LAMBDA = {"class_name": "__lambda__", "config": {"value": [CODE, None, None], "code": CODE}}


def layer_of(module, kind, /, **config):
    return {"module": module, "class_name": kind, "config": config, "registered_name": None}


def function(module, name):
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def called(what, **arguments):
    return layer_of("keras.layers", "Lambda", name="l", function=what, **arguments)


def activation(what):
    return layer_of("keras.layers", "Activation", name="a", activation=what)


ARRAY = {"class_name": "__numpy__", "config": {"value": [1], "dtype": "O"}}
SETTING = function("keras.config", "enable_unsafe_deserialization")
NESTED = layer_of("keras", "Sequential", name="s", layers=[layer_of("keras", "Sequential", layers=[called(LAMBDA)])])
OLD_LAMBDA = layer_of("keras.layers", "Lambda", name="l", function=[CODE, None, None], function_type="lambda")
DENSE = layer_of("keras.layers", "Dense", units=2)


class Evil:
    """Runs a command when it is unpickled."""

    def __reduce__(self):
        return os.system, ("exit 1",)


def object_array():
    """An `.npz` file with such an object."""
    file = io.BytesIO()
    np.savez(file, a=np.array([Evil()], object))
    return file.getvalue()


CONFIGS = {
    "A01 bytecode in a Lambda": (called(LAMBDA), UnsafeModelError),
    "A03 a function of os": (called(function("os", "system")), UnsafeModelError),
    "A04 a builtin": (called(function("builtins", "eval")), UnsafeModelError),
    "A05 Popen": (layer_of("subprocess", "Popen", args=["touch", MARKER]), UnsafeModelError),
    "A06 a switch of Keras's": (called(SETTING), UnsafeModelError),
    "A07 a download": (
        called(function("keras.utils", "get_file"), arguments={"origin": "file:///etc/hostname", "cache_dir": MARKER}),
        UnsafeModelError,
    ),
    "A09 a data set": (called(function("keras.datasets.mnist", "load_data")), UnsafeModelError),
    "A10 an application": (
        called(function("keras.applications", "VGG16"), arguments={"weights": "/etc/hostname"}),
        UnsafeModelError,
    ),
    "A11 a setting as an activation": (
        activation(function("keras.config", "disable_flash_attention")),
        UnsafeModelError,
    ),
    "A13 a module that is not imported": (layer_of("keras_hub.evil", "X"), UnsafeModelError),
    "A13b a module of Keras's own": (layer_of("keras.src.backend.numpy.trainer", "NumpyTrainer"), UnsafeModelError),
    "A14 a vocabulary in a file": (
        layer_of("keras.layers", "StringLookup", name="v", vocabulary="/etc/hostname"),
        UnsafeModelError,
    ),
    "A15 a vocabulary of texts in a file": (
        layer_of("keras.layers", "TextVectorization", name="v", vocabulary="/etc/hostname"),
        UnsafeModelError,
    ),
    "A17 a module of torch": (layer_of("keras.layers", "TorchModuleWrapper", module="gASVAAAA"), ...),
    "A18 a registered name that isn't": (DENSE | {"registered_name": "builtins.eval"}, UnsafeModelError),
    "A19 bytecode as Keras 2 wrote it": (OLD_LAMBDA, ...),
    "A22 bytecode three levels deep": (NESTED, UnsafeModelError),
    "A23 bytecode in an op": (
        layer_of("keras.src.ops.core", "VectorizedMap", name="o", function=LAMBDA),
        UnsafeModelError,
    ),
    "A27 an array of objects": (layer_of("keras.layers", "Dense", units=ARRAY), UnsafeModelError),
    "A28 a method of a class": (called(function("keras.layers", "Dense.from_config")), UnsafeModelError),
    "A29 a path for an activation": (activation("os.system"), ...),
    "C01 a huge layer": (DENSE | {"config": {"units": 10**12}, "build_config": {"input_shape": [None, 3]}}, ...),
    "C07 an unknown key": (layer_of("keras.layers", "Dense", units=2, evil=1), ...),
    "C08 an array of an unknown dtype": (
        layer_of("keras.layers", "Dense", units={"class_name": "__numpy__", "config": {"value": [1], "dtype": "zz"}}),
        ...,
    ),
    "C13 a config that is a list": ({"module": "keras.layers", "class_name": "Dense", "config": []}, ...),
    "C13b a layer that is none": (3, ...),
    "C15 a name of 4,096 letters": (layer_of("keras.layers", "Dense", units=1, name="../" * 1400), ...),
    "C16 negative units": (layer_of("keras.layers", "Dense", units=-1), ...),
}
"""`...` is any of the three errors, None that it may be loaded."""


def with_layer(config, layer):
    config = copy.deepcopy(config)
    config["config"]["layers"].append(layer)
    return config


def compiled(**arguments):
    return lambda config: config | {"compile_config": {"optimizer": "sgd", "loss": "mse", **arguments}}


def shared(config):
    """An optimizer where a layer of the same id is expected."""
    config = with_layer(config, DENSE | {"shared_object_id": 7})
    return with_layer(config, layer_of("keras.optimizers", "SGD") | {"shared_object_id": 7})


CHANGES = {
    "A02 bytecode as the loss": (compiled(loss=LAMBDA), UnsafeModelError),
    "A02b a function of os as the loss": (compiled(loss=function("os", "system")), UnsafeModelError),
    "A21 a function as a metric": (compiled(metrics=[function("keras.utils", "set_random_seed")]), UnsafeModelError),
    "A24 a class as the optimizer": (compiled(optimizer=layer_of("subprocess", "Popen", args="x")), UnsafeModelError),
    "C12 one id for two kinds": (shared, ...),
    "C12b a whole model that is an optimizer": (lambda config: layer_of("keras.optimizers", "SGD"), ...),
    "C17 layers that are a dict": (lambda config: config | {"config": {"layers": {}}}, ...),
}
TEXTS = {
    "Z01 64 MiB of spaces": (b" " * (64 * 2**20), ...),
    "Z02 deep nesting": (b'{"a":' + b"[" * 200_000, CorruptModelError),
    "C03 NaN": (b'{"class_name": NaN, "config": {}}', CorruptModelError),
    "C03b a number that is infinite": (b'{"class_name": 1e999, "config": {}}', CorruptModelError),
    "C11 a key twice": (b'{"module": "keras.layers", "module": "os"}', CorruptModelError),
    "C13 a list": (b"[]", CorruptModelError),
    "C13c a text of 10 MB": (b'"' + b"x" * 10**7 + b'"', CorruptModelError),
    "C13d no JSON": (b"{", CorruptModelError),
    "C14 no UTF-8": (b'{"a": "\xff"}', CorruptModelError),
}


# Archives ------------------------------------------------------------------------------------------------------------
def zipped(members, extra=(), compression=zipfile.ZIP_STORED):
    """A `.keras` file of these members, as Keras would write it, and of others."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in [*members.items(), *extra]:
            archive.writestr(name, content)
    return file.getvalue()


def more(*extra, **options):
    return lambda members: zipped(members, extra, **options)


def link(name):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


def central(data, number=-1):
    """Where the entry of that number is in the directory."""
    found = []
    place = data.find(b"PK\x01\x02")
    while place >= 0:
        found.append(place)
        place = data.find(b"PK\x01\x02", place + 1)
    return found[number]


def patched(offset, value, extra=()):
    """Overwrite a field of the last entry of the directory."""

    def change(members):
        data = bytearray(zipped(members, extra))
        place = central(data) + offset
        data[place : place + len(value)] = value
        return bytes(data)

    return change


def overlapping(members):
    data = bytearray(zipped(members, [("assets/a", b"1"), ("assets/b", b"1")]))
    last, before = central(data), central(data, -2)
    data[last + 42 : last + 46] = data[before + 42 : before + 46]
    return bytes(data)


def huge(members):
    """ZIP64: the last member says that it has 2^63 bytes."""
    data = zipped(members)
    place = central(data)
    name, extra = struct.unpack_from("<HH", data, place + 28)
    sizes = struct.pack("<HHQQ", 1, 16, 2**63, 2**63)
    entry = bytearray(data[place : place + 46 + name]) + sizes
    entry[20:28], entry[30:32] = b"\xff" * 8, struct.pack("<H", len(sizes))
    rest = data[place + 46 + name + extra :]
    end = bytearray(rest)
    end[12:16] = struct.pack("<I", struct.unpack_from("<I", rest, 12)[0] + len(sizes) - extra)
    return bytes(data[:place] + entry + end)


def second_end(members):
    """The comment holds another end of the directory, of another archive."""
    data = bytearray(zipped(members))
    other = zipped({"config.json": b"{}"})
    data[-2:] = struct.pack("<H", len(other))
    return bytes(data) + other


def twice(members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in [*members.items(), ("config.jsoN", b"{}")]:
            archive.writestr(name, content)
    return file.getvalue().replace(b"config.jsoN", b"config.json")


def bomb(name):
    return lambda members: zipped(members | {name: bytes(100 * 2**20)}, compression=zipfile.ZIP_DEFLATED)


ARCHIVES = {
    "Z03 a bomb of weights": (bomb("model.weights.h5"), UnsafeModelError),
    "Z04 an absolute name": (more(("/etc/evil", b"")), UnsafeModelError),
    "Z04b a name that leads out": (more(("assets/../../evil", b"")), UnsafeModelError),
    "Z05 a link": (more((link("assets/l"), b"/etc"), ("assets/l/x", b"")), UnsafeModelError),
    "Z06 two configs": (twice, UnsafeModelError),
    "Z06b the same name in other letters": (more(("CONFIG.json", b"{}")), UnsafeModelError),
    "Z08 2 times 100 MiB": (
        more(*((f"assets/{i}", bytes(100 * 2**20)) for i in range(2)), compression=zipfile.ZIP_DEFLATED),
        UnsafeModelError,
    ),
    "Z09 50,000 empty members": (lambda members: zipped(members, [(f"assets/{i}", b"") for i in range(50_000)]), ...),
    "Z10 encrypted": (patched(8, b"\1"), UnsafeModelError),
    "Z11 an unknown method": (patched(10, b"\x0c"), UnsafeModelError),
    "Z13 two kinds of weights": (more(("model.weights.npz", b"")), UnsafeModelError),
    "Z14 an object array": (
        lambda members: zipped(
            {k: v for k, v in members.items() if "h5" not in k} | {"model.weights.npz": object_array()}
        ),
        UnsafeModelError,
    ),
    "Z17 a backslash": (more(("assets/a\\..\\b", b"")), UnsafeModelError),
    "Z17b a drive": (more(("C:\\x", b"")), UnsafeModelError),
    "Z17c a device of Windows": (more(("assets/CON", b"")), UnsafeModelError),
    "Z17d 4,096 letters": (more(("assets/" + "x" * 4096, b"")), UnsafeModelError),
    "Z17e a text that turns around": (more(("assets/\u202egpj.exe", b"")), UnsafeModelError),
    "Z17f a name with a NUL": (lambda members: zipped(members, [("assets/a#b", b"")]).replace(b"a#b", b"a\0b"), ...),
    "Z18 members that share their bytes": (overlapping, ...),
    "Z19 a script before it": (lambda members: b"#!/bin/sh\n" + zipped(members), CorruptModelError),
    "Z20 2^63 bytes": (huge, ...),
    "Z21 a second end in the comment": (second_end, ...),
    "Z22 no weights": (lambda members: zipped({k: v for k, v in members.items() if "h5" not in k}), CorruptModelError),
    "Z23 truncated": (lambda members: zipped(members)[:-30], CorruptModelError),
    "Z24 weights that are none": (lambda members: zipped(members | {"model.weights.h5": b"no"}), CorruptModelError),
}


# Folders -------------------------------------------------------------------------------------------------------------
def replaced(name, make):
    def change(folder, outside):
        path = folder / name
        if path.exists():
            path.rename(outside / path.name)
        make(path, outside)

    return change


def to_outside(path, outside):
    path.symlink_to(outside / path.name)


FOLDERS = {
    "D01 weights that are a link": replaced("model.weights.h5", to_outside),
    "D01b a config that is a link": replaced("config.json", to_outside),
    "D01c assets that are a link": (
        lambda folder, outside: ((folder / "assets").rmdir(), (folder / "assets").symlink_to(outside))
    ),
    "D01d an asset that is a link": lambda folder, outside: (folder / "assets" / "x").symlink_to("/etc/hostname"),
    "D02 weights that are a FIFO": replaced("model.weights.h5", lambda path, _: os.mkfifo(path)),
    "D02b an asset that is a FIFO": lambda folder, outside: os.mkfifo(folder / "assets" / "x"),
    "D06 a folder for a file": replaced("config.json", lambda path, _: path.mkdir()),
    "Z13 two kinds of weights": lambda folder, outside: (folder / "model.weights.npz").write_bytes(b""),
    "Z22 no weights": lambda folder, outside: (folder / "model.weights.h5").unlink(),
    "Z24 weights that are none": lambda folder, outside: (folder / "model.weights.h5").write_bytes(b"no"),
}


def text_of(config):
    return json.dumps(config).encode()
