"""How many programs are compiled, and when: one for full and partial batches where that is exact."""

import threading

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.backend import backend

jax = pytest.importorskip("jax")
pytestmark = pytest.mark.skipif(backend() != "jax", reason="only JAX compiles")


@pytest.fixture
def compiled():
    """The names of the threads on which programs are compiled from now on."""
    found, on = [], [True]

    def note(event, seconds, **_):
        if on[0] and event == "/jax/core/compile/backend_compile_duration":
            found.append(threading.current_thread().name)

    jax.monitoring.register_event_duration_secs_listener(note)
    yield found
    on[0] = False


def model_of(*middle):
    kerasish.utils.set_random_seed(3)
    model = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(4, "tanh"), *middle, layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def data(rows=19):
    x = np.random.default_rng(0).normal(size=(rows, 3)).astype("float32")
    return x, x.sum(-1, keepdims=True)


class Stream(kerasish.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return tuple(part[8 * index : 8 * index + 8] for part in data())


@pytest.mark.parametrize("source", ["arrays", "batches"])
def test_one_program_for_full_and_partial_batches(compiled, source):
    model, (x, y) = model_of(), data()
    given = {"x": x, "y": y, "batch_size": 8} if source == "arrays" else {"x": Stream()}
    model.fit(**given, epochs=2, verbose=0)
    assert len(compiled) == 1
    model.evaluate(**given, verbose=0)
    assert len(compiled) == 2
    model.predict(x, batch_size=8)
    assert len(compiled) == 3
    model.fit(**given, verbose=0)
    model.predict(x[:5], batch_size=8)
    assert len(compiled) == 3


def weights_of_a_fit(model, x, y, **kwargs):
    model.fit(x, y, batch_size=8, shuffle=False, epochs=2, verbose=0, **kwargs)
    return model.get_weights()


def test_where_rows_depend_on_each_other_the_partial_batch_is_compiled_while_the_first_steps_run(compiled):
    model, (x, y) = model_of(layers.BatchNormalization()), data()
    found = weights_of_a_fit(model, x, y)
    assert sorted(compiled) == ["MainThread", "kerasish-compile"]
    compiled.clear()
    model.fit(x, y, batch_size=8, verbose=0)
    assert not compiled
    expected = weights_of_a_fit(model_of(layers.BatchNormalization()), x, y, steps_per_epoch=3)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_likewise_for_a_stream_of_known_length(compiled, tmp_path):
    x, y = data()
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    model = model_of(layers.BatchNormalization())
    found = weights_of_a_fit(model, mapped, y)
    assert sorted(compiled) == ["MainThread", "kerasish-compile"]
    expected = weights_of_a_fit(model_of(layers.BatchNormalization()), x, y)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


def test_no_thread_is_left(compiled):
    model, (x, y) = model_of(layers.BatchNormalization()), data()

    class Stops(kerasish.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = True

    model.fit(x, y, batch_size=8, verbose=0, callbacks=[Stops()])
    for thread in threading.enumerate():
        if thread.name == "kerasish-compile":
            thread.join(60)
    model.fit(x, y, batch_size=8, verbose=0)
    assert compiled.count("kerasish-compile") == 1 and len(compiled) == 2
