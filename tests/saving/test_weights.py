"""Weights to and from files: a failed load changes nothing, and a failed save loses nothing."""

import os

import h5py
import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.saving import CorruptModelError, IncompatibleModelError, atomic, load_model, weights


def model_of(*units, names=None):
    rows = [layers.Dense(n, name=names[i] if names else None) for i, n in enumerate(units)]
    return kerasish.Sequential([layers.Input((3,)), *rows])


def filled(model, value):
    model.set_weights([np.full(w.shape, value, w.dtype) for w in model.get_weights()])
    return model


def values(model):
    return {float(x) for w in model.get_weights() for x in np.unique(w)}


@pytest.mark.parametrize("name", ["m.weights.h5", "m.keras"])
def test_weights_are_read_from_both_kinds_of_files(tmp_path, name):
    saved = filled(model_of(3, 2), 5)
    saved.save_weights(tmp_path / name) if name.endswith("h5") else saved.save(tmp_path / name)
    model = filled(model_of(3, 2), 1)
    model.load_weights(tmp_path / name)
    assert values(model) == {5}


def test_a_table_shows_what_does_not_fit_and_nothing_is_loaded(tmp_path):
    filled(model_of(3, 4, 2), 5).save_weights(tmp_path / "m.weights.h5")
    model = filled(model_of(3, 5, 2), 1)
    with pytest.raises(
        IncompatibleModelError, match=r"layers/dense_1/vars/0: \(3, 4\) float32 / \(3, 5\) float32"
    ) as error:
        model.load_weights(tmp_path / "m.weights.h5")
    assert len(str(error.value)) <= 600
    assert values(model) == {1}


def test_a_layer_too_few_or_too_many_is_told(tmp_path):
    filled(model_of(3, 3), 5).save_weights(tmp_path / "two.weights.h5")
    filled(model_of(3), 5).save_weights(tmp_path / "one.weights.h5")
    with pytest.raises(IncompatibleModelError, match=r"dense_1/vars/0: \(3, 3\) float32 / nothing"):
        model_of(3).load_weights(tmp_path / "two.weights.h5")
    with pytest.raises(IncompatibleModelError, match=r"dense_1/vars/0: nothing / \(3, 3\) float32"):
        model_of(3, 3).load_weights(tmp_path / "one.weights.h5")


def test_skip_mismatch_leaves_out_whole_layers_and_warns(tmp_path):
    filled(model_of(3, 4), 5).save_weights(tmp_path / "m.weights.h5")
    model = filled(model_of(3, 2), 1)
    with pytest.warns(UserWarning, match="left out"):
        model.load_weights(tmp_path / "m.weights.h5", skip_mismatch=True)
    assert values(model.layers[0]) == {5}
    assert values(model.layers[1]) == {1}


def test_exchanged_layers_of_equal_shapes_are_told(tmp_path):
    model_of(3, 3, names=["a", "b"]).save_weights(tmp_path / "m.weights.h5")
    with pytest.warns(UserWarning, match="another order.*'a' into 'b'"):
        model_of(3, 3, names=["b", "a"]).load_weights(tmp_path / "m.weights.h5")
    model_of(3, 3, names=["c", "d"]).load_weights(tmp_path / "m.weights.h5")


def test_weights_that_are_not_finite_are_told(tmp_path):
    filled(model_of(2), np.nan).save_weights(tmp_path / "m.weights.h5")
    with pytest.warns(UserWarning, match="not finite"):
        model_of(2).load_weights(tmp_path / "m.weights.h5")


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
def test_floats_of_any_width_are_read(tmp_path, dtype):
    path = tmp_path / "m.weights.h5"
    saved = kerasish.Sequential([layers.Input((3,)), layers.Dense(2, dtype=None if dtype == "float64" else dtype)])
    filled(saved, 5).save_weights(path)
    if dtype == "float64":
        with h5py.File(path, "a") as file:
            for name in ("0", "1"):
                old = file[f"layers/dense/vars/{name}"][()]
                del file[f"layers/dense/vars/{name}"]
                file[f"layers/dense/vars/{name}"] = old.astype("float64")
    for model in (model_of(2), saved):
        filled(model, 1).load_weights(path)
        assert values(model) == {5}


def test_integers_that_do_not_fit_are_refused(tmp_path):
    class Counting(layers.Layer):
        def build(self, input_shape):
            self.count = self.add_weight(shape=(), dtype="int32", trainable=False, name="count")

        def call(self, x):
            return x

    model = kerasish.Sequential([layers.Input((3,)), Counting()])
    model.save_weights(tmp_path / "m.weights.h5")
    for value, fits in ((7, True), (2**40, False)):
        with h5py.File(tmp_path / "m.weights.h5", "a") as file:
            del file["layers/counting/vars/0"]
            file["layers/counting/vars/0"] = np.int64(value)
        if fits:
            model.load_weights(tmp_path / "m.weights.h5")
            assert int(model.layers[0].count) == 7
        else:
            with pytest.raises(IncompatibleModelError, match="integers that int32 does not hold"):
                model.load_weights(tmp_path / "m.weights.h5")


def test_a_file_without_optimizer_leaves_the_optimizer_alone_and_one_of_another_kind_is_told(tmp_path):
    x, y = np.ones((4, 3), "float32"), np.ones((4, 2), "float32")
    plain = model_of(2)
    plain.save_weights(tmp_path / "plain.weights.h5")
    model = model_of(2)
    model.compile("adam", "mse")
    model.train_on_batch(x, y)
    before = [v.numpy() for v in model.optimizer.variables]
    model.load_weights(tmp_path / "plain.weights.h5")
    for a, b in zip(before, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(a, b.numpy())
    model.save_weights(tmp_path / "adam.weights.h5")
    plain.load_weights(tmp_path / "adam.weights.h5")
    other = model_of(2)
    other.compile("sgd", "mse")
    other.train_on_batch(x, y)
    with pytest.warns(UserWarning, match="state of the optimizer does not fit"):
        other.load_weights(tmp_path / "adam.weights.h5")


def test_a_full_disk_costs_neither_the_old_file_nor_the_model(tmp_path, monkeypatch):
    path = tmp_path / "m.keras"
    model = filled(model_of(2), 1)
    model.save(path)
    filled(model, 2)

    def full(*args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(atomic.os, "fsync", full)
        for save, name in ((model.save, "m.keras"), (model.save_weights, "m.weights.h5")):
            with pytest.raises(OSError, match=f"No space left.*{name}"):
                save(tmp_path / name)
    assert values(load_model(path)) == {1}
    assert values(model) == {2}
    assert os.listdir(tmp_path) == ["m.keras"]


def test_what_was_written_is_verified_before_the_old_file_goes(tmp_path, monkeypatch):
    path = tmp_path / "m.weights.h5"
    model = filled(model_of(2), 1)
    model.save_weights(path)
    original = weights.write_state

    def flip(file, *args, **kwargs):
        manifest = original(file, *args, **kwargs)
        file.seek(-3, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([last[0] ^ 1]))
        return manifest

    monkeypatch.setattr(weights, "write_state", flip)
    with pytest.raises(CorruptModelError):
        filled(model, 2).save_weights(path)
    monkeypatch.undo()
    model.load_weights(path)
    assert values(model) == {1}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m, p: m.save(p / "m"), ValueError, "must end in '.keras' or '.h5'"),
        (lambda m, p: m.save(p / "m.weights.h5"), ValueError, "save_weights"),
        (lambda m, p: m.save(p / "m.keras", zipped=False), ValueError, "a folder is written"),
        (lambda m, p: m.save_weights(p / "m.h5"), ValueError, "must end in '.weights.h5'"),
        (lambda m, p: m.load_weights(p / "m.weights.h5"), FileNotFoundError, "no such file"),
        (lambda m, p: m.load_weights(p / "m.txt"), ValueError, "end in"),
        (lambda m, p: m.load_weights(p / "m.keras", by_name=True), ValueError, "by_name"),
        (lambda m, p: m.load_weights(p / "m.keras", strange=True), TypeError, "strange"),
        (lambda m, p: m.save(p / "missing" / "m.keras"), FileNotFoundError, "no such folder"),
    ],
)
def test_wrong_calls_say_what_is_wrong(tmp_path, call, error, message):
    with pytest.raises(error, match=message):
        call(model_of(2), tmp_path)


def test_a_file_is_not_replaced_without_leave(tmp_path):
    model = model_of(2)
    model.save(tmp_path / "m.keras")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        model.save(tmp_path / "m.keras", overwrite=False)


def test_the_first_name_of_layers_in_files_is_understood(tmp_path):
    path = tmp_path / "m.weights.h5"
    filled(model_of(2), 5).save_weights(path)
    with h5py.File(path, "a") as file:
        file.move("layers", "_layer_checkpoint_dependencies")
        file.visititems(lambda name, x: x.attrs.pop("sha256", None))
    model = filled(model_of(2), 1)
    model.load_weights(path)
    assert values(model) == {5}
