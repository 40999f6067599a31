"""Which hooks are called, in which order, with which numbers and which logs: as Keras calls them, run live."""

import functools

import numpy as np
import pytest

import kerasish

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
Y = X[:, :1]
UNITS = ("train", "test", "predict", "epoch", "train_batch", "test_batch", "predict_batch")
HOOKS = [f"on_{unit}_{edge}" for unit in UNITS for edge in ("begin", "end")]
ARRAYS = {"x": X, "y": Y, "batch_size": 8}
BATCHES = {"x": [(X[:8], Y[:8]), (X[8:16], Y[8:16]), (X[16:], Y[16:])]}


def recorder(library, stop_at=None):
    """A callback with a list of `(hook, numbers, names of the logs)`; `stop_at` is `(hook, call)`."""
    seen = []

    def hook_of(name):
        def hook(self, *args, logs=None):
            numbers = [x for x in args if isinstance(x, int | np.integer)]
            found = next((x for x in args if not isinstance(x, int | np.integer)), logs)
            seen.append((name, tuple(numbers), tuple(sorted(found or ()))))
            if stop_at is not None and stop_at == (name, sum(entry[0] == name for entry in seen)):
                self.model.stop_training = True

        return hook

    return type("Recorder", (library.callbacks.Callback,), {name: hook_of(name) for name in HOOKS})(), seen


@functools.cache
def model_of(library):
    model = library.Sequential([library.Input((3,)), library.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def calls(library, stop_at=None, **fit):
    callback, seen = recorder(library, stop_at)
    options = {"epochs": 2, "verbose": 0, "callbacks": [callback]} | fit
    if library is not kerasish and isinstance(fit["x"], list):
        options["x"] = Replayed(library, fit["x"]).dataset
    model_of(library).fit(**options)
    params = {name: callback.params[name] for name in ("verbose", "epochs", "steps")}
    return seen, params


class Replayed:
    """Batches as Keras takes them again in each epoch."""

    def __init__(self, library, batches):
        class Dataset(library.utils.PyDataset):
            def __len__(self):
                return len(batches)

            def __getitem__(self, index):
                return batches[index]

        self.dataset = Dataset()


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


FITS = {
    "arrays": ARRAYS,
    "batches": BATCHES,
    "validation": ARRAYS | {"validation_data": (X, Y), "validation_batch_size": 10},
    "rare validation": ARRAYS | {"validation_data": (X, Y), "validation_freq": 2},
    "some steps": ARRAYS | {"steps_per_epoch": 2, "epochs": 1},
    "later": ARRAYS | {"initial_epoch": 1},
}


@pytest.mark.parametrize("fit", FITS)
def test_training(keras, fit):
    assert calls(kerasish, **FITS[fit]) == calls(keras, **FITS[fit])


@pytest.mark.parametrize("hook", [hook for hook in HOOKS if "predict" not in hook])
def test_training_that_is_stopped_in_a_hook(keras, hook):
    times = 2 if "batch" in hook or "epoch" in hook else 1
    given = FITS["validation"] | {"stop_at": (hook, times)}
    assert calls(kerasish, **given) == calls(keras, **given)


def test_evaluation_and_prediction(keras):
    found = []
    for library in (kerasish, keras):
        model = model_of(library)
        callback, seen = recorder(library)
        model.evaluate(X, Y, batch_size=8, verbose=0, callbacks=[callback])
        model.predict(X, batch_size=8, verbose=0, callbacks=[callback])
        model.predict(X, steps=2, batch_size=8, verbose=0, callbacks=[callback])
        model.evaluate(X, Y, steps=2, batch_size=8, verbose=0, callbacks=[callback])
        found.append(seen)
    assert found[0] == found[1]
