"""`predict`: the same call again takes its program without a walk through the model, and sees every change of it."""

import pathlib
import subprocess
import sys
import threading

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.backend import backend, engine
from kerasish.models.repeated import REPEATED, Repeated


def model_of(*more):
    return kerasish.Sequential([kerasish.Input((3,)), layers.Dense(4, activation="tanh"), *more])


def rows(count=1, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 3)).astype("float32")


def forget(model):
    model.programs.pop(REPEATED, None)


def is_known(model):
    repeated = model.programs.get(REPEATED)
    return repeated is not None and repeated.holds() and bool(repeated.known)


@pytest.mark.parametrize("count", [1, 3, 5])
def test_the_same_call_again_gives_the_same(count):
    model, x = model_of(), rows(count)
    first = model.predict(x)
    model.predict(x)
    assert is_known(model)
    again = model.predict(x, verbose=0)
    assert again.shape == (count, 4) and again.dtype == np.float32
    np.testing.assert_array_equal(again, first)


def test_the_second_call_makes_no_walk(monkeypatch):
    model, x = model_of(), rows()
    for _ in range(2):
        model.predict(x)
    walks = []
    monkeypatch.setattr(type(model), "stateful_objects", lambda *args, **kwargs: walks.append(args) or iter(()))
    model.predict(x)
    assert not walks


@pytest.mark.skipif(backend() != "jax", reason="64-bit numbers are narrowed for JAX")
def test_other_dtypes_shapes_and_kinds_of_arrays_are_calls_of_their_own():
    model, x = model_of(), rows(2)
    expected = model.predict(x)
    for same in (x.astype("float64"), x[:, ::-1][:, ::-1], engine.asarray(x), np.asfortranarray(x)):
        for _ in range(3):
            np.testing.assert_allclose(model.predict(same), expected, rtol=1e-6)
    for _ in range(2):
        np.testing.assert_allclose(model.predict(rows(6)), model.predict(rows(6), batch_size=2), rtol=1e-5)


def test_an_argument_that_is_wrong_is_refused_again():
    model, x = model_of(), rows()
    for _ in range(2):
        model.predict(x, batch_size=1)
    with pytest.raises(ValueError, match="batch_size must be a whole number"):
        model.predict(x, batch_size=True)


def test_new_weights_are_seen():
    model, x = model_of(), rows()
    for _ in range(2):
        model.predict(x)
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    assert is_known(model)
    np.testing.assert_array_equal(model.predict(x), np.zeros((1, 4), "float32"))


class Doubled(kerasish.Model):
    def __init__(self):
        super().__init__()
        self.blocks = [layers.Dense(2, kernel_initializer="ones"), [layers.Dense(1, kernel_initializer="ones")]]
        self.extra = {"last": None}

    def call(self, x):
        x = self.blocks[1][0](self.blocks[0](x))
        return x if self.extra["last"] is None else self.extra["last"](x)


def replace_layer(model):
    model.blocks[1][0] = layers.Dense(1, kernel_initializer="zeros")


def replace_in_a_dict(model):
    model.extra["last"] = layers.Rescaling(0.0)


def replace_list(model):
    model.blocks = [model.blocks[0], [layers.Dense(1, kernel_initializer="zeros")]]


def replace_variable(model):
    layer = model.blocks[0]
    layer.kernel = kerasish.Variable(np.zeros((3, 2), "float32"), name="kernel")


@pytest.mark.parametrize("change", [replace_layer, replace_in_a_dict, replace_list, replace_variable])
def test_a_change_of_the_model_between_calls_is_noticed(change):
    model, x = Doubled(), np.ones((1, 3), "float32")
    for _ in range(3):
        assert model.predict(x) == 6
    assert is_known(model)
    change(model)
    for _ in range(3):
        assert model.predict(x) == 0


def test_freezing_a_layer_or_a_variable_and_a_new_layer_are_noticed():
    model, x = model_of(), rows()
    for change in (
        lambda: setattr(model.weights[0], "trainable", False),
        lambda: setattr(model.layers[0], "trainable", False),
        lambda: model.add(layers.Rescaling(0.0)),
    ):
        for _ in range(2):
            model.predict(x)
        assert is_known(model)
        change()
        assert not is_known(model)
    np.testing.assert_array_equal(model.predict(x), np.zeros((1, 4), "float32"))


def test_running_eagerly_after_a_call_is_noticed():
    seen = []

    class Prints(layers.Layer):
        def call(self, x):
            seen.append(x)
            return x

    model, x = model_of(Prints()), rows()
    model.compile("sgd", "mse")
    for _ in range(3):
        model.predict(x)
    seen.clear()
    model.run_eagerly = True
    model.predict(x)
    assert len(seen) == 1


def test_callbacks_are_called_after_calls_without():
    model, x, called = model_of(), rows(), []
    for _ in range(3):
        model.predict(x)

    class Counts(kerasish.callbacks.Callback):
        def on_predict_batch_end(self, batch, logs=None):
            called.append(logs["outputs"].shape)

    model.predict(x, callbacks=[Counts()])
    assert called == [(1, 4)]


def test_outputs_are_the_callers_own():
    """An identity's output may share the memory of its input inside XLA."""
    model = kerasish.Sequential([kerasish.Input((1024,)), layers.Activation("linear")])
    x = np.ones((1, 1024), "float32")
    for _ in range(3):
        output = model.predict(x)
    x[:] = 2
    assert (output == 1).all()
    output[:] = 3
    assert (x == 2).all() and (model.predict(x) == 2).all()


def test_states_that_a_prediction_changes_are_kept():
    class Counts(layers.Layer):
        def build(self, input_shape):
            self.count = self.add_weight(shape=(), initializer="zeros", trainable=False, name="count")

        def call(self, x):
            self.count.assign(self.count + 1)
            return x + self.count

    model, x = kerasish.Sequential([kerasish.Input((3,)), Counts()]), np.zeros((1, 3), "float32")
    assert [float(model.predict(x)[0, 0]) for _ in range(4)] == [1, 2, 3, 4]
    assert is_known(model) and float(model.weights[0]) == 4


def test_nested_inputs_and_outputs():
    a, b = kerasish.Input((3,), name="a"), kerasish.Input((3,), name="b")
    model = kerasish.Model({"a": a, "b": b}, {"sum": layers.Add()([a, b]), "a": layers.Activation("linear")(a)})
    x = {"a": rows(2), "b": rows(2, seed=1)}
    for _ in range(3):
        found = model.predict(x)
        np.testing.assert_allclose(found["sum"], x["a"] + x["b"], rtol=1e-6)
        np.testing.assert_array_equal(found["a"], x["a"])
    assert is_known(model)


def test_strings_are_prepared_at_each_call():
    model = kerasish.Sequential([kerasish.Input((1,), dtype="string"), layers.StringLookup(vocabulary=["a", "b"])])
    for _ in range(3):
        np.testing.assert_array_equal(model.predict(np.array([["b"], ["a"]])), [[2], [1]])
    mixed = kerasish.Sequential([*model.layers, layers.Rescaling(10.0)])
    for word, number in (("b", 20), ("a", 10), ("b", 20)):
        assert mixed.predict(np.array([[word]], object)) == number


def test_one_batch_by_predict_on_batch():
    model, x = model_of(), rows(3)
    for _ in range(3):
        np.testing.assert_allclose(model.predict_on_batch(x), model.predict(x), rtol=1e-6)
    model.layers[0].trainable = False
    assert not is_known(model)
    np.testing.assert_allclose(model.predict_on_batch(x), model.predict(x), rtol=1e-6)


def test_a_copy_and_a_new_compile_forget():
    model, x = model_of(), rows()
    for _ in range(2):
        model.predict(x)
    model.compile("sgd", "mse")
    assert not is_known(model)
    np.testing.assert_array_equal(kerasish.models.clone_model(model).predict(x).shape, (1, 4))


def test_eight_threads_predict_at_once():
    model, x = model_of(layers.Dense(1)), rows(8)
    model.compile("sgd", "mse")
    y = np.zeros((8, 1), "float32")
    expected = model.predict(x[:1])
    wrong = []

    def work():
        for _ in range(50):
            if not np.allclose(model.predict(x[:1]), expected, rtol=1e-5):
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    model.evaluate(x, y, verbose=0)


def test_what_is_kept_says_whether_it_holds():
    model = model_of()
    kept = Repeated(model, model.programs)
    assert kept.holds()
    model.note = "new"
    assert not kept.holds()


LARGE = """
import pathlib, sys
import numpy as np
import kerasish

x = np.lib.format.open_memmap(sys.argv[1], mode="w+", dtype="float32", shape=(2 * 2**20 // 16, 16 * 64))
model = kerasish.Sequential([kerasish.Input((1024,)), kerasish.layers.Dense(1)])
model.predict(x[:8192], batch_size=1024)


def anonymous():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("RssAnon"))


class Memory(kerasish.callbacks.Callback):
    most = 0

    def on_predict_batch_end(self, batch, logs=None):
        self.most = max(self.most, anonymous())


memory, before = Memory(), anonymous()
assert model.predict(x, batch_size=1024, callbacks=[memory]).shape == (len(x), 1)
print(x.nbytes >> 20, memory.most - before)
"""


@pytest.mark.skipif(not pathlib.Path("/proc/self/status").exists(), reason="memory is read from Linux's /proc")
def test_a_file_is_predicted_in_bounded_memory(tmp_path):
    """Half a GiB, sparse, of which a few batches of 4 MiB are in memory; mapped pages are the system's to take back."""
    command = [sys.executable, "-c", LARGE, str(tmp_path / "x.npy")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    size, grown = map(int, done.stdout.split())
    assert size == 512 and grown < 100
