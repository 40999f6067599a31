"""One small file of each format, the ways in which each can be opened, and what a model says about it."""

import numpy as np

import kerasish
from kerasish import layers
from kerasish.saving import KerasFileEditor, load_model


def model_of(value=None):
    rows = [layers.Dense(3, name="d"), layers.Dropout(0.5, seed=1, name="s"), layers.Dense(3, name="e")]
    model = kerasish.Sequential([layers.Input((4,), name="i"), *rows], name="m")
    if value is not None:
        model.set_weights([np.full(w.shape, value + i, w.dtype) for i, w in enumerate(model.get_weights())])
    return model


def weights_of(path):
    model = model_of(0.0)
    model.load_weights(path)
    return [w.copy() for w in model.get_weights()]


def model_in(path):
    model = load_model(path)
    return [model.get_config(), *model.get_weights()]


def edited(path):
    found = KerasFileEditor(path).weights_dict
    return [found["layers"][name][index] for name in ("dense", "dense_1") for index in ("0", "1")]


SAVED = {
    "m.keras": lambda m, p: m.save(p),
    "m.weights.h5": lambda m, p: m.save_weights(p),
    "m.h5": lambda m, p: m.save(p),
    "m.safetensors": lambda m, p: m.save_weights(p),
    "m.weights.json": lambda m, p: m.save_weights(p, max_shard_size=1e-7),
}
OPENED = [
    ("m.keras", model_in),
    ("m.keras", weights_of),
    ("m.keras", edited),
    ("m.weights.h5", weights_of),
    ("m.weights.h5", edited),
    ("m.h5", model_in),
    ("m.h5", weights_of),
    ("m.safetensors", weights_of),
    ("m.weights.json", weights_of),
]
"""Each format with each entry point that can meet it."""
WITH_FOLDER = [*OPENED, ("m", model_in)]


def save(model, path):
    """In the format that its name means; a folder if that is none."""
    SAVED.get(path.name, lambda model, path: model.save(path, zipped=False))(model, path)


def same(a, b):
    return all(np.array_equal(x, y) if isinstance(x, np.ndarray) else x == y for x, y in zip(a, b, strict=True))
