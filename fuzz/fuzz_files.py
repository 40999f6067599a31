"""Fuzzes the readers of files with atheris; see README.md in this folder.

The first byte of an input says which reader gets the rest: a `.keras` archive, HDF5 in the layout of Keras 3, HDF5 in
the old layout, `.safetensors`, the JSON text of a config, changes of a good config, the texts among HDF5's attributes,
an index of shards, or a training's saved state. Everything happens in memory, on one small model; a whole model is
loaded from an archive or an old file only when its reader has found nothing wrong with it.
"""

import contextlib
import io
import json
import os
import pathlib
import sys
import tempfile
import warnings

os.environ.setdefault("KERASISH_BACKEND", "numpy")  # no compilations, and no threads of JAX

import atheris

with atheris.instrument_imports(include=["kerasish.saving"]):
    from kerasish import layers
    from kerasish.core.budget import limited
    from kerasish.models import Sequential, model_from_json
    from kerasish.saving.archive import read_archive
    from kerasish.saving.configs import refuse_code, revive_model
    from kerasish.saving.errors import ModelFileError
    from kerasish.saving.hdf5_text import Texts
    from kerasish.saving.legacy_models import load_legacy_model
    from kerasish.saving.model_files import load_open_archive
    from kerasish.saving.run_file import RunState, parse_run
    from kerasish.saving.safetensors import load_safetensors, write_arrays
    from kerasish.saving.shards import parse_index
    from kerasish.saving.state import load_state
    from kerasish.utils import clear_session

MODEL = Sequential([layers.Input((2,)), layers.Dense(1, name="d")], name="m")
CONFIG = json.loads(MODEL.to_json())
VALUES = [
    None,
    True,
    False,
    -1,
    0,
    1,
    2,
    2**31,
    2**62,
    0.5,
    "",
    "relu",
    "d",
    "keras",
    "Dense",
    "os",
    "eval",
    [],
    {},
    [1],
]
"""What is put anywhere into a good config."""


def copied(x):
    """What `x` is, and no part of it."""
    return json.loads(json.dumps(x))


def spots(x, path=()):
    """The path to each value in a config."""
    yield path
    for key, item in x.items() if isinstance(x, dict) else enumerate(x) if isinstance(x, list) else ():
        yield from spots(item, (*path, key))


SPOTS = list(spots(CONFIG))[1:]


def put(config, path, value):
    """Change a value, if there still is such a place."""
    with contextlib.suppress(KeyError, IndexError, TypeError):
        for key in path[:-1]:
            config = config[key]
        config[path[-1]] = value


def changed_config(data):
    """A good config with some values exchanged, by three bytes for each: the place, the kind, the value."""
    config = copied(CONFIG)
    for place, kind, value in zip(data[0:24:3], data[1:24:3], data[2:24:3], strict=False):
        new = copied(VALUES[value % len(VALUES)])
        if kind % 3 == 0:
            new = {"class_name": new, "config": copied(VALUES[kind % len(VALUES)]), "module": "keras.layers"}
        elif kind % 3 == 1:
            new = copied(CONFIG["config"]["layers"][value % 2])
        put(config, SPOTS[place % len(SPOTS)], new)
    refuse_code(config, "fuzz")
    revive_model(config, "fuzz", None)


def archive(data):
    contents = read_archive(io.BytesIO(data), "fuzz")
    contents.finish()
    load_open_archive(io.BytesIO(data), "fuzz", {}, True)


def texts(data):
    found = Texts(io.BytesIO(data), "fuzz")
    for address in (48, 96, 800):
        for attribute in found.attributes(address).values():
            found.values(attribute, 2**20)


READERS = [
    archive,
    lambda data: load_state(MODEL, io.BytesIO(data), "fuzz"),
    lambda data: load_legacy_model(io.BytesIO(data), "fuzz", {}, True),
    lambda data: load_safetensors(MODEL, io.BytesIO(data), "fuzz", False, None),
    lambda data: model_from_json(data.decode("utf-8", "replace")),
    texts,
    lambda data: parse_index(data, "fuzz"),
    changed_config,
    lambda data: parse_run(io.BytesIO(data), "fuzz"),
]
count = [0]


def one_input(data):
    """Anything but one of our errors is a find."""
    count[0] += 1
    if count[0] % 4096 == 0:
        clear_session()  # names are counted, and kept
    if data:
        with limited(2**26), contextlib.suppress(ModelFileError):  # of a text the budget is the machine's memory
            READERS[data[0] % len(READERS)](data[1:])


def make_corpus(folder):
    """One good file for each reader."""
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        paths = [os.path.join(place, name) for name in ("g.keras", "g.weights.h5", "g.h5", "g.safetensors")]
        MODEL.save(paths[0])
        MODEL.save_weights(paths[1])
        MODEL.save(paths[2])
        MODEL.save_weights(paths[3])
        MODEL.save_weights(os.path.join(place, "m.weights.json"), max_shard_size=1e-6)
        contents = [pathlib.Path(path).read_bytes() for path in paths]
        index = pathlib.Path(place, "m.weights.json").read_bytes()
    run = io.BytesIO()
    arrays = {"a": MODEL.get_weights()[0], "state/1": MODEL.get_weights()[1]}
    state = RunState(arrays, {"epoch": 1, "callbacks": [{"best": {"float": "nan"}, "weights": {"array": "state/1"}}]})
    write_arrays(run, *state.written())
    contents += [MODEL.to_json().encode(), contents[2], index, bytes(range(9)), run.getvalue()]
    for number, content in enumerate(contents):
        pathlib.Path(folder, f"good_{number}").write_bytes(bytes([number]) + content)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:2] == ["--make-corpus"]:
        make_corpus(sys.argv[2])
    else:
        atheris.Setup(sys.argv, one_input)
        atheris.Fuzz()
