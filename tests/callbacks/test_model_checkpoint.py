"""ModelCheckpoint saves when Keras does, where Keras does; NaN never replaces a good file."""

import os
import shutil

import ml_dtypes
import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.callbacks import Callback, ModelCheckpoint
from tests.conftest import IS_NUMPY

NAN = float("nan")
VALUES = [3.0, 2.0, 2.5, 2.0, 1.0]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("{epoch:02d}-{val_loss:.2f}.keras", {}),
        ("m.h5", {}),
        ("{epoch}.weights.h5", {"save_weights_only": True}),
        ("{epoch}.keras", {"save_best_only": True}),
        ("{epoch}.keras", {"save_best_only": True, "mode": "max", "initial_value_threshold": 2.2}),
        ("deep/{epoch}/m.keras", {"save_best_only": True, "initial_value_threshold": 2.2}),
        ("{epoch}-{batch}-{loss}.keras", {"save_freq": 3}),
        ("{epoch}-{batch}.keras", {"save_freq": 3, "save_best_only": True, "monitor": "loss"}),
        ("{epoch}-{batch}.keras", {"save_freq": 7}),
    ],
)
def test_it_saves_when_and_where_keras_does(name, arguments, run_epochs, tmp_path):
    keras = pytest.importorskip("keras")
    path = tmp_path / name
    theirs, _ = run_epochs(keras.callbacks.ModelCheckpoint(path, **arguments), VALUES, batches=4)
    ours, _ = run_epochs(ModelCheckpoint(path, **arguments), VALUES, batches=4)
    assert ours.saved == theirs.saved
    assert ours.saved


def test_the_best_value_outlives_one_fit(run_epochs, tmp_path):
    callback = ModelCheckpoint(tmp_path / "m.keras", save_best_only=True)
    first, _ = run_epochs(callback, [1.0])
    second, _ = run_epochs(callback, [2.0])
    assert (len(first.saved), len(second.saved)) == (1, 0)


def test_nan_is_never_the_best(run_epochs, tmp_path):
    model, _ = run_epochs(ModelCheckpoint(tmp_path / "{epoch}.keras", save_best_only=True), [NAN, 2.0, NAN, 1.0])
    assert [os.path.basename(path) for _, path in model.saved] == ["2.keras", "4.keras"]


@pytest.mark.parametrize("bad", [NAN, np.inf])
@pytest.mark.parametrize("dtype", ["float32", "float16", ml_dtypes.bfloat16])
def test_weights_that_are_not_finite_go_beside_the_good_file(bad, dtype, make_model, tmp_path):
    callback, model = ModelCheckpoint(tmp_path / "m.weights.h5", save_weights_only=True), make_model()
    model.weight = np.asarray([1.0, bad], dtype)
    callback.set_model(model)
    callback.on_train_begin()
    with pytest.warns(UserWarning, match="Epoch 3: some weights are NaN or infinite; saved as .*m.nan.weights.h5"):
        callback.on_epoch_end(2, {"loss": 1.0})
    assert os.listdir(tmp_path) == ["m.nan.weights.h5"]


def test_a_model_that_is_not_finite_is_never_the_best(make_model, tmp_path):
    callback, model = ModelCheckpoint(tmp_path / "m.keras", save_best_only=True), make_model()
    callback.set_model(model)
    callback.on_epoch_end(0, {"val_loss": 2.0})
    model.weight[0] = NAN
    with pytest.warns(UserWarning, match="Epoch 2: some weights are NaN or infinite"):
        callback.on_epoch_end(1, {"val_loss": 1.0})
    assert callback.best == 2.0
    assert sorted(os.listdir(tmp_path)) == ["m.keras", "m.nan.keras"]


@pytest.mark.parametrize("weight", [np.ones(2, "int32"), np.ones(2, bool), np.ones(2, ml_dtypes.bfloat16)])
def test_weights_of_other_types_are_finite(weight, make_model, tmp_path):
    callback, model = ModelCheckpoint(tmp_path / "m.keras"), make_model()
    model.weight = weight
    callback.set_model(model)
    callback.on_epoch_end(0, {"loss": 1.0})
    assert os.listdir(tmp_path) == ["m.keras"]


def test_a_failed_save_is_not_the_best(make_model, tmp_path):
    class FullDisk(make_model):
        def save(self, filepath, overwrite=True):
            raise OSError("no space left")

    callback = ModelCheckpoint(tmp_path / "m.keras", save_best_only=True)
    callback.set_model(FullDisk())
    with pytest.raises(OSError, match="no space left"):
        callback.on_epoch_end(0, {"val_loss": 1.0})
    assert callback.best is None


def test_it_tells_what_it_did(run_epochs, tmp_path, capsys):
    path = tmp_path / "m.keras"
    run_epochs(ModelCheckpoint(path, save_best_only=True, verbose=1), [2.0, 3.0, 1.0])
    run_epochs(ModelCheckpoint(path, verbose=1), [2.0])
    assert capsys.readouterr().out == (
        f"Epoch 1: val_loss improved from None to 2.00000\nEpoch 1: saving to {path}\n"
        "Epoch 2: val_loss did not improve from 2.00000\n"
        f"Epoch 3: val_loss improved from 2.00000 to 1.00000\nEpoch 3: saving to {path}\n"
        f"Epoch 1: saving to {path}\n"
    )


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("m", {}, "filepath must end in '.keras', .* got 'm'"),
        ("m.h5", {"save_weights_only": True}, "must end in '.weights.h5'; got 'm.h5'"),
        ("m.keras", {"save_freq": "batch"}, "save_freq must be 'epoch' or a number of batches, .* got 'batch'"),
        ("m.keras", {"save_freq": 0}, "got 0"),
        ("m.keras", {"save_freq": 1.5}, "got 1.5"),
        ("m.keras", {"save_freq": True}, "got True"),
    ],
)
def test_bad_arguments_are_refused(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        ModelCheckpoint(name, **arguments)


def test_a_name_that_is_not_known_is_told_with_those_that_are(run_epochs, tmp_path):
    with pytest.raises(KeyError, match="names 'epoc', which is not known here; known are val_loss, epoch"):
        run_epochs(ModelCheckpoint(tmp_path / "{epoc}.keras"), [1.0])
    with pytest.raises(KeyError, match="names 'batch', which is not known here"):
        run_epochs(ModelCheckpoint(tmp_path / "{batch}.keras"), [1.0])


def test_a_folder_that_cannot_be_written_is_known_before_training(make_model, tmp_path):
    (tmp_path / "file").write_text("")
    callback = ModelCheckpoint(tmp_path / "file" / "m.keras")
    callback.set_model(make_model())
    with pytest.raises(OSError, match="ModelCheckpoint cannot write to the folder"):
        callback.on_train_begin()


def test_a_folder_is_no_file(make_model, tmp_path):
    (tmp_path / "m.keras").mkdir()
    with pytest.raises(IsADirectoryError, match="is a folder; name a file in it"):
        ModelCheckpoint(tmp_path / "m.keras").on_train_begin()


def test_the_folder_is_made_before_training(tmp_path):
    ModelCheckpoint(tmp_path / "new" / "{epoch}" / "m.keras").on_train_begin()
    assert os.listdir(tmp_path) == ["new"]
    assert os.listdir(tmp_path / "new") == []


def test_validation_is_needed_only_for_the_best(run_epochs, tmp_path):
    run_epochs(ModelCheckpoint(tmp_path / "m.keras"), [None], params={"validation": False})
    with pytest.raises(ValueError, match="ModelCheckpoint watches 'val_loss', but .* no validation data"):
        run_epochs(ModelCheckpoint(tmp_path / "m.keras", save_best_only=True), [None], params={"validation": False})


def test_batch_hooks_are_used_only_to_save_between_batches(tmp_path):
    class Mine(ModelCheckpoint):
        def on_train_batch_end(self, batch, logs=None):
            pass

    assert not ModelCheckpoint("m.keras").overrides("on_train_batch_end")
    assert ModelCheckpoint("m.keras", save_freq=5).overrides("on_train_batch_end")
    assert Mine("m.keras").overrides("on_train_batch_end")


def test_its_state_is_the_best_value(run_epochs, tmp_path):
    callback = ModelCheckpoint(tmp_path / "m.keras", save_best_only=True, monitor="loss", save_freq=3)
    run_epochs(callback, [2.0], batches=4)
    again = ModelCheckpoint(tmp_path / "m.keras", save_best_only=True, monitor="loss", save_freq=3)
    again.set_state(callback.get_state())
    assert again.get_state() == {"best": 2.0}


# E07: the folder goes while `fit` runs -------------------------------------------------------------------------------
X = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")


class Taking(Callback):
    """After the fifth batch the folder is gone; what the weights are after each batch is kept."""

    def __init__(self, folder, put):
        super().__init__()
        self.folder, self.put, self.weights = folder, put, []

    def on_train_batch_end(self, batch, logs=None):
        self.weights.append(self.model.get_weights())
        if len(self.weights) == 5:
            shutil.rmtree(self.folder)
            self.put(self.folder)


def assert_whole(model, weights, place):
    """The model has these weights, and can be saved elsewhere."""
    model.save(place / "m.keras")
    again = kerasish.saving.load_model(place / "m.keras")
    for a, b, c in zip(weights, model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(b, c)


def trained(callbacks, epochs=3):
    kerasish.utils.set_random_seed(0)
    model = kerasish.Sequential([layers.Input((4,)), layers.Dropout(0.2, seed=1), layers.Dense(1)])
    model.compile("adam", "mse")
    fit = lambda: model.fit(X, X[:, :1], batch_size=4, epochs=epochs, verbose=0, callbacks=callbacks)  # noqa: E731
    return model, fit


@pytest.mark.skipif(IS_NUMPY, reason="trains")
@pytest.mark.parametrize("name", ["{epoch}.keras", "deep/{epoch}.weights.h5"])
@pytest.mark.parametrize(("save_freq", "batches"), [("epoch", 8), (2, 6)])
def test_e07_a_folder_that_can_not_be_made_again_is_told_and_the_model_is_as_after_the_last_step(
    tmp_path, name, save_freq, batches
):
    folder = tmp_path / "saved"
    taking = Taking(folder, lambda path: path.write_text("a file in its place"))
    only = name.endswith(".weights.h5")
    model, fit = trained([taking, ModelCheckpoint(folder / name, save_freq=save_freq, save_weights_only=only)])
    with pytest.raises(OSError, match="saved"):
        fit()
    assert len(taking.weights) == batches
    assert_whole(model, taking.weights[-1], tmp_path)
    assert model.fit(X, X[:, :1], verbose=0).history["loss"]


@pytest.mark.skipif(IS_NUMPY, reason="trains")
def test_e07_a_folder_that_can_be_made_again_is_and_holds_whole_files(tmp_path):
    folder = tmp_path / "saved"
    taking = Taking(folder, lambda path: None)
    model, fit = trained([taking, ModelCheckpoint(folder / "{epoch}.keras")])
    fit()
    assert sorted(os.listdir(folder)) == ["2.keras", "3.keras"]  # Keras too makes it again
    found = kerasish.saving.load_model(folder / "3.keras")
    for a, b in zip(model.get_weights(), found.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
