"""E07: the folder of a callback goes while `fit` runs: the error says when, where, and what to do; the model is whole."""

import pytest

import kerasish
from kerasish import layers
from kerasish.callbacks import BackupAndRestore, ModelCheckpoint
from kerasish.callbacks.failed_save import saving
from tests.callbacks.test_model_checkpoint import Taking, X, assert_whole
from tests.conftest import IS_NUMPY

TOLD = "can be saved elsewhere by `model.save`; `fit` can be called again. The reason: .*saved"


@pytest.mark.skipif(IS_NUMPY, reason="trains")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda f: ModelCheckpoint(f / "{epoch}.keras"),
            r"ModelCheckpoint can't save to '.*2\.keras' after epoch 2\. ",
        ),
        (
            lambda f: ModelCheckpoint(f / "m.weights.h5", save_freq=2, save_weights_only=True),
            r"ModelCheckpoint can't save to '.*m\.weights\.h5' after batch 2 of epoch 2\. ",
        ),
        (BackupAndRestore, "BackupAndRestore can't save to '.*saved' after epoch 2. "),
        (
            lambda f: BackupAndRestore(f, save_freq=3),
            "BackupAndRestore can't save to '.*saved' after batch 2 of epoch 2. ",
        ),
    ],
)
def test_e07_the_error_says_when_where_and_what_to_do_and_the_model_is_whole(tmp_path, make, message):
    taking = Taking(tmp_path / "saved", lambda path: path.write_text("in its place"))
    model = kerasish.Sequential([layers.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(OSError, match=message + ".*" + TOLD) as found:
        model.fit(X, X[:, :1], batch_size=4, epochs=3, verbose=0, callbacks=[taking, make(tmp_path / "saved")])
    assert len(str(found.value)) <= 600
    assert_whole(model, taking.weights[-1], tmp_path)


def test_an_error_without_a_number_is_told_too():
    with pytest.raises(OSError, match=r"after epoch 1\. .*The reason: no space left"), saving("X", "m", 0):
        raise OSError("no space left")


@pytest.mark.parametrize("name", ["x" * 300 + ".keras", "d" * 300 + "/m.keras", "file/m.keras", "folder.keras"])
def test_e06_what_can_not_be_saved_is_known_before_training(tmp_path, name):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.keras").mkdir()
    with pytest.raises(OSError, match=r"ModelCheckpoint.*(cannot write to the folder|is a folder)"):
        ModelCheckpoint(tmp_path / name).on_train_begin()
