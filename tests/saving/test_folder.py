"""`zipped=False`: a model as a folder, as Keras has it; exchanged as a whole."""

import os
import subprocess
import sys
import threading

import h5py
import numpy as np
import pytest

from kerasish.saving import CorruptModelError, load_model
from tests.saving.samples import model_of


def test_a_folder_is_replaced_as_a_whole_and_nothing_is_left(tmp_path):
    for value in (1.0, 5.0):
        model_of(value).save(tmp_path / "m", zipped=False)
        assert float(load_model(tmp_path / "m").get_weights()[0][0, 0]) == value
        assert os.listdir(tmp_path) == ["m"]
        assert set(os.listdir(tmp_path / "m")) == {"config.json", "metadata.json", "model.weights.h5", "assets"}


def test_keras_opens_ours_and_we_open_keras_s(tmp_path):
    keras = pytest.importorskip("keras")
    ours = model_of(1.0)
    ours.save(tmp_path / "ours", zipped=False)
    for a, b in zip(ours.get_weights(), keras.saving.load_model(tmp_path / "ours").get_weights(), strict=True):
        np.testing.assert_array_equal(a, np.asarray(b))
    theirs = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    theirs.save(tmp_path / "theirs", zipped=False)
    for a, b in zip(theirs.get_weights(), load_model(tmp_path / "theirs").get_weights(), strict=True):
        np.testing.assert_array_equal(np.asarray(a), b)


def test_after_an_error_the_old_folder_is_there(tmp_path, monkeypatch):
    model_of(1.0).save(tmp_path / "m", zipped=False)

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match=r"while writing.*unchanged"):
            model_of(5.0).save(tmp_path / "m", zipped=False)
    assert os.listdir(tmp_path) == ["m"]
    assert float(load_model(tmp_path / "m").get_weights()[0][0, 0]) == 1.0


def test_what_is_no_model_is_not_replaced(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="holds more than a model"):
        model_of(1.0).save(tmp_path / "mine", zipped=False)
    with pytest.raises(FileExistsError, match="overwrite"):
        model_of(1.0).save(tmp_path / "mine", zipped=False, overwrite=False)
    with pytest.raises(ValueError, match="a folder is written"):
        model_of(1.0).save(tmp_path / "m.keras", zipped=False)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_changed_values_are_noticed(tmp_path):
    model_of(1.0).save(tmp_path / "m", zipped=False)
    with h5py.File(tmp_path / "m" / "model.weights.h5", "a") as file:
        file["layers/dense/vars/0"][0] = 9
    with pytest.raises(CorruptModelError, match="SHA-256"):
        load_model(tmp_path / "m")


def test_what_killed_saves_left_goes_and_what_they_had_set_aside_comes_back(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    name = "m" * 230  # the names of temporary folders have only the first 200 letters
    left = f".{name[:200]}.{ended.pid}.{'0' * 16}.tmp"
    model_of(1.0).save(tmp_path / f"{left}.old", zipped=False)
    (tmp_path / left).mkdir()
    assert float(load_model(tmp_path / name).get_weights()[0][0, 0]) == 1.0
    with pytest.raises(FileExistsError, match="There is such"):
        model_of(5.0).save(tmp_path / f"{left}.old", zipped=False, overwrite=False)
    model_of(5.0).save(tmp_path / name, zipped=False)
    assert os.listdir(tmp_path) == [name]
    assert float(load_model(tmp_path / name).get_weights()[0][0, 0]) == 5.0


def test_what_only_the_owner_may_read_stays_so(tmp_path):
    model_of(1.0).save(tmp_path / "m", zipped=False)
    (tmp_path / "m").chmod(0o750)
    (tmp_path / "m" / "model.weights.h5").chmod(0o600)
    model_of(5.0).save(tmp_path / "m", zipped=False)
    assert (tmp_path / "m").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "m" / "model.weights.h5").stat().st_mode & 0o777 == 0o600
    assert float(load_model(tmp_path / "m").get_weights()[0][0, 0]) == 5.0


def test_without_descriptors_the_error_is_no_link(tmp_path, monkeypatch):
    model_of(1.0).save(tmp_path / "m", zipped=False)
    opened = os.open

    def full(path, flags, *args, **kwargs):
        if path == "model.weights.h5":
            raise OSError(24, "Too many open files")
        return opened(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(OSError, match="Too many open files"):
        load_model(tmp_path / "m")


def test_two_first_saves_at_once_are_one_of_the_two(tmp_path):
    errors = []

    def save(value):
        try:
            model_of(value).save(tmp_path / "m", zipped=False)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=save, args=(value,)) for value in (1.0, 5.0, 9.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert os.listdir(tmp_path) == ["m"]
    assert float(load_model(tmp_path / "m").get_weights()[0][0, 0]) in (1.0, 5.0, 9.0)
