"""Checkpoints in folders of orbax, compared with Keras's, and read as files of strangers are."""

import json
import os
import shutil
import sys
import warnings

import numpy as np
import pytest

import kerasish
from kerasish import callbacks, layers
from kerasish.callbacks import BackupAndRestore, Callback, OrbaxCheckpoint
from kerasish.saving import CorruptModelError, IncompatibleModelError, UnsafeModelError

X = np.random.default_rng(0).random((16, 3), "float32")
Y = np.random.default_rng(1).random((16, 2), "float32")


@pytest.fixture
def orbax():
    return pytest.importorskip("orbax.checkpoint")


def model(optimizer="adam"):
    made = kerasish.Sequential(
        [kerasish.Input((3,)), layers.Dense(2, name="d"), layers.BatchNormalization(), layers.Dropout(0.3, seed=3)],
        name="m",
    )
    made.compile(optimizer, "mse", metrics=["mae"])
    return made


def train(made, *given, epochs=3, **kwargs):
    return made.fit(X, Y, batch_size=8, epochs=epochs, verbose=0, callbacks=list(given), **kwargs).history


def equal(one, other):
    pairs = zip([*one.variables, *one.optimizer.variables], [*other.variables, *other.optimizer.variables], strict=True)
    return all(np.array_equal(a.numpy(), b.numpy()) for a, b in pairs)


def steps(folder):
    return sorted(int(name) for name in os.listdir(folder))


def test_a_clear_error_where_orbax_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "orbax.checkpoint", None)
    with pytest.raises(ImportError, match="orbax-checkpoint.*pip install -U orbax-checkpoint"):
        train(model(), OrbaxCheckpoint(tmp_path))


@pytest.mark.parametrize(
    "given, message",
    [({"save_freq": 0}, "save_freq"), ({"save_freq": "batch"}, "'epoch'"), ({"max_to_keep": 0}, "max_to_keep")],
)
def test_wrong_arguments(given, message):
    with pytest.raises(ValueError, match=message):
        OrbaxCheckpoint("folder", **given)


def test_a_loaded_model_goes_on_as_the_saved_one(tmp_path, orbax):
    made = model()
    train(made, OrbaxCheckpoint(tmp_path, max_to_keep=2))
    assert steps(tmp_path) == [1, 2]
    loaded = kerasish.models.load_model(tmp_path)
    assert equal(made, loaded) and int(loaded.optimizer.iterations) == 6
    assert train(made, shuffle=False) == train(loaded, shuffle=False)
    other = model()
    other.load_weights(tmp_path / "1")
    assert int(other.optimizer.iterations) == 4
    assert kerasish.models.load_model(tmp_path, compile=False).optimizer is None


def test_weights_alone(tmp_path, orbax):
    made, other = model("sgd"), model("adam")
    train(made, OrbaxCheckpoint(tmp_path, save_weights_only=True, save_on_background=False))
    with pytest.raises(IncompatibleModelError, match="holds weights only"):
        kerasish.models.load_model(tmp_path)
    other.load_weights(tmp_path)
    assert all(map(np.array_equal, made.get_weights(), other.get_weights()))


def test_batches_are_counted_across_epochs_and_calls_of_fit(tmp_path, orbax):
    made, checkpoint = model("sgd"), OrbaxCheckpoint(tmp_path, save_freq=3, max_to_keep=None)
    train(made, checkpoint, epochs=2)  # 4 batches
    train(made, checkpoint, epochs=2)
    assert steps(tmp_path) == [3, 6]


def test_only_the_best_is_saved(tmp_path, orbax, capsys):
    class Pretend(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["score"] = [3.0, 1.0, float("nan"), 2.0, 0.5][epoch]

    checkpoint = OrbaxCheckpoint(
        tmp_path, monitor="score", mode="min", save_best_only=True, max_to_keep=None, verbose=1,
        initial_value_threshold=2.5,
    )  # fmt: skip
    train(model("sgd"), Pretend(), checkpoint, epochs=5)
    assert steps(tmp_path) == [1, 4]
    assert checkpoint.get_state()["best"] == 0.5
    assert "Epoch 4: score did not improve from 1" in capsys.readouterr().out


def test_weights_that_are_not_finite_replace_nothing(tmp_path, orbax):
    class Poison(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                self.model.set_weights([np.full_like(w, np.nan) for w in self.model.get_weights()])

    with (
        pytest.warns(UserWarning, match="Epoch 2: some weights are NaN"),
        pytest.warns(UserWarning, match="The loss is nan"),
    ):
        train(model("sgd"), Poison(), OrbaxCheckpoint(tmp_path), epochs=2)
    assert steps(tmp_path) == [0]


def test_another_run_does_not_write_over_the_checkpoints_of_the_first(tmp_path, orbax):
    made = model("sgd")
    checkpoint = OrbaxCheckpoint(tmp_path, max_to_keep=None)
    train(made, checkpoint, epochs=2)
    with pytest.raises(FileExistsError, match="up to 1; this run would begin with 0"):
        train(made, OrbaxCheckpoint(tmp_path), epochs=2)
    train(made, OrbaxCheckpoint(tmp_path, max_to_keep=None), epochs=3, initial_epoch=2)
    assert steps(tmp_path) == [0, 1, 2]


def test_a_run_that_is_taken_up_writes_its_checkpoints_again(tmp_path, orbax):
    class Stop(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    def given():
        return [OrbaxCheckpoint(tmp_path / "o", max_to_keep=None, save_freq=2), BackupAndRestore(tmp_path / "b")]

    with pytest.raises(KeyboardInterrupt):
        train(model("sgd"), *given(), Stop(), epochs=3)
    shutil.copytree(tmp_path / "o" / "2", tmp_path / "o" / "6")  # as if the run had been killed later
    made = model("sgd")
    train(made, *given(), epochs=3)
    assert steps(tmp_path / "o") == [2, 4, 6]
    assert equal(made, kerasish.models.load_model(tmp_path / "o"))


def test_vocabularies_are_saved_too(tmp_path, orbax):
    x = kerasish.Input((1,), dtype="string")
    lookup = layers.StringLookup(vocabulary=["a", "b"], name="words")
    made = kerasish.Model(x, layers.Dense(1)(layers.Embedding(3, 2)(lookup(x))))
    made.compile("sgd", "mse")
    made.fit(np.array([["a"], ["b"]]), np.zeros((2, 1, 1)), verbose=0, callbacks=[OrbaxCheckpoint(tmp_path)])
    loaded = kerasish.models.load_model(tmp_path)
    words = np.array([["b"], ["?"]])
    assert np.array_equal(made.predict(words), loaded.predict(words))


def test_what_does_not_fit_is_shown_and_changes_nothing(tmp_path, orbax):
    train(model("sgd"), OrbaxCheckpoint(tmp_path), epochs=1)
    other = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(5, name="d")], name="m")
    before = other.get_weights()
    with pytest.raises(IncompatibleModelError, match=r"d/kernel: \(3, 2\) float32 / \(3, 5\) float32"):
        other.load_weights(tmp_path)
    assert all(map(np.array_equal, before, other.get_weights()))


@pytest.mark.parametrize(
    "change, error, message",
    [
        (lambda c: c.update(class_name="Popen", module="subprocess"), UnsafeModelError, "subprocess"),
        (lambda c: c["config"]["layers"].append({"class_name": "__lambda__"}), UnsafeModelError, "bytecode"),
        (lambda c: c["config"]["layers"][1]["config"].update(units=10**12), IncompatibleModelError, "."),
        (lambda c: c["config"]["layers"][1]["config"].update(units=7), IncompatibleModelError, "must have size 2"),
    ],
    ids=["module", "bytecode", "huge", "other"],
)
def test_configs_of_strangers_are_refused(tmp_path, orbax, change, error, message):
    train(model("sgd"), OrbaxCheckpoint(tmp_path), epochs=1)
    path = tmp_path / "0" / "model_config" / "_strings.json"
    config = json.loads(json.loads(path.read_text())["config"])
    change(config)
    path.write_text(json.dumps({"config": json.dumps(config)}))
    with pytest.raises(error, match=message):
        kerasish.models.load_model(tmp_path)


def test_damaged_checkpoints_are_refused(tmp_path, orbax):
    train(model("sgd"), OrbaxCheckpoint(tmp_path), epochs=1)
    (tmp_path / "0" / "pytree" / "_METADATA").write_text("{}")
    with pytest.raises(CorruptModelError, match="can't be read"):
        kerasish.models.load_model(tmp_path)


@pytest.mark.parametrize(
    "wanted, stored, model",
    [
        (["d_4/kernel", "d_5/kernel"], ["d/kernel", "d_1/kernel"], "m"),
        (["a_7/d_9/k", "a_8/d_9/k", "a_8/d_10/k"], ["a/d/k", "a_1/d/k", "a_1/d_1/k"], "m"),
        (
            ["sgd_3/sub_d_9_k_momentum", "sgd_3/sub_d_10_k_momentum"],
            ["sgd/sub_d_k_momentum", "sgd/sub_d_2_k_momentum"],
            "m",
        ),
        (["d/kernel", "sgd/d_kernel_momentum"], ["m/d/kernel", "sgd/m_d_kernel_momentum"], "m_4"),
        (["d/kernel", "d_1/kernel"], ["d/kernel", "d_1/kernel"], "m"),
    ],
)
def test_paths_that_differ_in_automatic_names_are_found(wanted, stored, model):
    from kerasish.saving.orbax import _places

    assert _places(wanted[::-1], stored, model) == dict(zip(wanted, stored, strict=True))


def test_state_trees(tmp_path):
    made = model()
    train(made, epochs=1)
    state = made.get_state_tree("numpy_array")
    before = [v.numpy() for v in [*made.variables, *made.optimizer.variables]]
    train(made, epochs=2)
    made.set_state_tree(state)
    assert all(map(np.array_equal, before, [*made.variables, *made.optimizer.variables]))
    with pytest.raises(ValueError, match="has no variable 'nope'"):
        made.set_state_tree({"trainable_variables": {"nope": np.zeros(1)}})
    with pytest.raises(ValueError, match=r"has the shape \(2,\)"):
        made.set_state_tree({"trainable_variables": {"m": {"d": {"bias": np.zeros(3)}}}})
    with pytest.raises(ValueError, match="it got weights"):
        made.set_state_tree({"weights": {}})
    with pytest.raises(ValueError, match="value_format"):
        made.get_state_tree("list")
    assert all(map(np.array_equal, before, [*made.variables, *made.optimizer.variables]))


def keras_model(keras):
    made = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2, name="d"), keras.layers.BatchNormalization()], name="m"
    )
    made.compile("adam", "mse", metrics=["mae"])
    return made


def test_keras_reads_ours_and_we_read_keras(tmp_path, orbax):
    keras = pytest.importorskip("keras")
    theirs = keras_model(keras)
    theirs.fit(X, Y, verbose=0, callbacks=[keras.callbacks.OrbaxCheckpoint(str(tmp_path / "theirs"))])
    loaded = kerasish.models.load_model(tmp_path / "theirs")
    np.testing.assert_allclose(loaded.predict(X), theirs.predict(X, verbose=0), rtol=1e-6, atol=1e-6)
    assert int(loaded.optimizer.iterations) == 1
    loaded.fit(X, Y, verbose=0, callbacks=[callbacks.OrbaxCheckpoint(tmp_path / "ours")])
    with warnings.catch_warnings(action="ignore"):  # orbax's, about sharding
        back = keras.saving.load_model(str(tmp_path / "ours"))
    np.testing.assert_allclose(loaded.predict(X), back.predict(X, verbose=0), rtol=1e-6, atol=1e-6)
    assert int(back.optimizer.iterations) == 2
