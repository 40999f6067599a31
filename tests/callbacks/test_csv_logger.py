"""CSVLogger writes Keras's files."""

import json

import numpy as np
import pytest

from kerasish.callbacks import CSVLogger
from kerasish.callbacks.logs import LazyLogs

ROWS = [
    [{"loss": 1.5}, {"loss": 1.25}],
    [{"loss": 1.5, "accuracy": 0.5, "val_loss": 2.0}, {"loss": 1.0}],
    [{"loss": 1.5}, {"loss": 1.25, "val_loss": 2.0}],
    [{"loss": 1.5, "vector": [1.0, 2.0], "array": np.ones((2, 2)), "text": 'a,"b', "val_loss": np.float32(0.5)}],
]


def write(callback, rows, make_model):
    callback.set_model(make_model())
    callback.on_train_begin()
    for epoch, logs in enumerate(rows):
        callback.on_epoch_end(epoch, dict(logs))
    callback.on_train_end()


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("separator", [",", ";"])
def test_the_file_is_keras_s(rows, separator, make_model, tmp_path):
    keras = pytest.importorskip("keras")
    write(keras.callbacks.CSVLogger(str(tmp_path / "theirs"), separator), rows, make_model)
    write(CSVLogger(tmp_path / "ours", separator), rows, make_model)
    assert (tmp_path / "ours").read_text() == (tmp_path / "theirs").read_text()


def test_appending_writes_no_second_header_and_keeps_the_columns(make_model, tmp_path):
    path = tmp_path / "log.csv"
    write(CSVLogger(path, append=True), [{"loss": 1.5, "val_loss": 2.0}], make_model)
    write(CSVLogger(path, append=True), [{"accuracy": 0.5, "loss": 1.0}], make_model)
    assert path.read_text() == "epoch,loss,val_loss\n0,1.5,2.0\n0,1.0,NA\n"


def test_without_appending_the_old_file_is_replaced_by_the_first_line(make_model, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("old\n")
    callback = CSVLogger(path)
    callback.on_train_begin()
    assert path.read_text() == "old\n"
    callback.on_epoch_end(0, LazyLogs({"loss": np.float32(0.5)}))
    assert path.read_text() == "epoch,loss,val_loss\n0,0.5,NA\n"


def test_a_second_fit_starts_a_new_file(make_model, tmp_path):
    callback = CSVLogger(tmp_path / "log.csv")
    write(callback, [{"loss": 1.0, "val_loss": 2.0}], make_model)
    write(callback, [{"mae": 1.0, "val_mae": 2.0}], make_model)
    assert (tmp_path / "log.csv").read_text() == "epoch,mae,val_mae\n0,1.0,2.0\n"


def test_a_resumed_run_goes_on_below(make_model, tmp_path):
    path = tmp_path / "log.csv"
    first, second = CSVLogger(path), CSVLogger(path)
    write(first, [{"loss": 1.0, "val_loss": 2.0}], make_model)
    second.on_train_begin()
    second.set_state(json.loads(json.dumps(first.get_state())))
    second.on_epoch_end(1, {"loss": 0.5, "val_loss": 1.5})
    assert path.read_text() == "epoch,loss,val_loss\n0,1.0,2.0\n1,0.5,1.5\n"


def test_the_folder_is_made_and_a_file_that_cannot_be_written_is_known_at_the_start(tmp_path):
    CSVLogger(tmp_path / "new" / "log.csv").on_train_begin()
    assert (tmp_path / "new" / "log.csv").exists()
    with pytest.raises(IsADirectoryError, match="new"):
        CSVLogger(tmp_path / "new").on_train_begin()
