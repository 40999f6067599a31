"""Fuzzes the readers of files with atheris; see README.md in this folder.

The first byte of an input says which reader gets the rest: a `.keras` archive, HDF5 in the layout of Keras 3, HDF5 in
the old layout, `.safetensors`, the JSON text of a config, the texts among HDF5's attributes, or an index of shards.
"""

import contextlib
import io
import os
import pathlib
import sys
import tempfile
import warnings

os.environ.setdefault("KERASISH_BACKEND", "numpy")  # no compilations, and no threads of JAX

import atheris

with atheris.instrument_imports(include=["kerasish.saving", "kerasish.models", "kerasish.core", "zipfile", "json"]):
    from kerasish import layers
    from kerasish.models import Sequential, model_from_json
    from kerasish.saving import load_model
    from kerasish.saving.errors import ModelFileError
    from kerasish.saving.hdf5_text import Texts
    from kerasish.saving.safetensors import read_header

FOLDER = tempfile.mkdtemp(prefix="kerasish-fuzz-")
MODEL = Sequential([layers.Input((4,)), layers.Dense(3, name="d")], name="m")


def from_file(name, load):
    def attempt(data):
        path = os.path.join(FOLDER, name)
        with open(path, "wb") as file:
            file.write(data)
        load(path)

    return attempt


def texts(data):
    found = Texts(io.BytesIO(data), "fuzz")
    for address in (48, 96, 800):
        for attribute in found.attributes(address).values():
            found.values(attribute, 2**20)


READERS = [
    from_file("m.keras", load_model),
    from_file("m.weights.h5", MODEL.load_weights),
    from_file("m.h5", load_model),
    from_file("m.safetensors", MODEL.load_weights),
    lambda data: model_from_json(data.decode("utf-8", "replace")),
    texts,
    from_file("m.weights.json", MODEL.load_weights),
    lambda data: read_header(io.BytesIO(data), "fuzz"),
]


def one_input(data):
    """Anything but one of our errors is a find."""
    if data:
        with contextlib.suppress(ModelFileError):
            READERS[data[0] % len(READERS)](data[1:])


def make_corpus(folder):
    """One good file for each reader."""
    os.makedirs(folder, exist_ok=True)
    paths = [os.path.join(FOLDER, name) for name in ("g.keras", "g.weights.h5", "g.h5", "g.safetensors")]
    MODEL.save(paths[0])
    MODEL.save_weights(paths[1])
    MODEL.save(paths[2])
    MODEL.save_weights(paths[3])
    MODEL.save_weights(os.path.join(FOLDER, "m.weights.json"), max_shard_size=1e-6)
    contents = [pathlib.Path(path).read_bytes() for path in paths]
    contents += [MODEL.to_json().encode(), contents[2]]
    contents += [pathlib.Path(FOLDER, "m.weights.json").read_bytes(), contents[3]]
    for number, content in enumerate(contents):
        with open(os.path.join(folder, f"good_{number}"), "wb") as file:
            file.write(bytes([number]) + content)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:2] == ["--make-corpus"]:
        make_corpus(sys.argv[2])
    else:
        atheris.Setup(sys.argv, one_input)
        atheris.Fuzz()
