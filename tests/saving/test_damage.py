"""Damage to each format, in all the ways of the list: truncated anywhere, datasets exchanged, parts of different saves."""

import errno
import os
import shutil
import zipfile

import h5py
import pytest

from kerasish.saving import CorruptModelError, IncompatibleModelError, UnsafeModelError, load_model
from tests.saving.attacks import zipped
from tests.saving.samples import OPENED, WITH_FOLDER, model_in, model_of, save, weights_of
from tests.saving.test_integrity import IDS, damaged_file

REFUSED = (CorruptModelError, IncompatibleModelError, UnsafeModelError)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
SAYS = "truncat|is empty|damaged|digest|SHA-256|not all there|is no|not a|too short|missing|bytes"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "entry"), WITH_FOLDER, ids=IDS)
def test_b02_a_file_that_is_cut_anywhere_is_refused_and_the_error_says_so(tmp_path, name, entry):
    save(model_of(1.0), tmp_path / name)
    target = damaged_file(tmp_path, name)
    good = target.read_bytes()
    percents = {len(good) * part // 100 for part in range(100)}
    blocks = {block * len(good) // 64 // 512 * 512 for block in range(64)}
    for length in sorted(percents | blocks):
        target.write_bytes(good[:length])
        with pytest.raises(REFUSED, match=SAYS):
            entry(tmp_path / name)


def exchange_two(content):
    """Two datasets of equal shape, with all that HDF5 keeps of them but their digests, have each other's place."""
    with h5py.File(content, "a") as file:
        found = []
        file.visititems(lambda path, x: found.append(path) if isinstance(x, h5py.Dataset) and x.shape == (3,) else None)
        first, second = found[:2]
        file.move(first, "kept")
        file.move(second, first)
        file.move("kept", second)


@pytest.mark.parametrize(("name", "entry"), [("m.weights.h5", weights_of), ("m.h5", model_in), ("m", model_in)])
def test_b05_two_datasets_of_equal_shape_that_are_exchanged_are_noticed(tmp_path, name, entry):
    save(model_of(1.0), tmp_path / name)
    exchange_two(damaged_file(tmp_path, name))
    with pytest.raises(CorruptModelError, match="SHA-256|altered"):
        entry(tmp_path / name)


def test_b05_two_datasets_that_are_exchanged_in_an_archive_are_noticed(tmp_path):
    save(model_of(1.0), tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    (tmp_path / "w.h5").write_bytes(members["model.weights.h5"])
    exchange_two(tmp_path / "w.h5")
    (tmp_path / "m.keras").write_bytes(zipped(members | {"model.weights.h5": (tmp_path / "w.h5").read_bytes()}))
    for entry in (entry for name, entry in OPENED if name == "m.keras"):
        with pytest.raises(CorruptModelError, match="SHA-256"):
            entry(tmp_path / "m.keras")


def test_b05_two_tensors_that_are_exchanged_are_noticed(tmp_path):
    save(model_of(1.0), tmp_path / "m.safetensors")
    data = (tmp_path / "m.safetensors").read_bytes()
    swapped = data.replace(b'"d/bias":', b'"?/bias":').replace(b'"e/bias":', b'"d/bias":').replace(b'"?/', b'"e/')
    assert swapped != data
    (tmp_path / "m.safetensors").write_bytes(swapped)
    with pytest.raises(CorruptModelError, match="SHA-256"):
        weights_of(tmp_path / "m.safetensors")


@pytest.mark.parametrize("member", ["config.json", "model.weights.h5", "metadata.json"])
def test_b06_parts_of_two_saves_make_no_folder(tmp_path, member):
    for name, value in (("a", 1.0), ("b", 5.0)):
        model = model_of(value)
        model.name = name
        model.save(tmp_path / name, zipped=False)
    shutil.copy(tmp_path / "b" / member, tmp_path / "a" / member)
    with pytest.raises(CorruptModelError, match="not the one that was saved|SHA-256"):
        load_model(tmp_path / "a")


@pytest.mark.slow
def test_x04_after_a_hundred_times_a_file_is_what_it_was(tmp_path):
    path, sizes = tmp_path / "m.keras", set()
    model_of(1.0).save(path)
    first = load_model(path).get_config()
    for _ in range(100):
        model = load_model(path)
        model.save(path)
        sizes.add(path.stat().st_size)
    assert len(sizes) == 1
    assert model.get_config() == first
    assert model_in(path)[0] == first


@pytest.mark.parametrize("name", ["m.keras", "m.weights.h5", "m.weights.json", "m.h5", "m.safetensors", "m"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_e01_the_error_of_a_full_disk_names_the_path_the_step_and_the_bytes(tmp_path, monkeypatch, name, code):
    model = model_of(1.0)
    needs, written = sum(v.numpy().nbytes for v in model.variables), name
    if name.endswith(".json"):  # the first of two shards, which has all but the last weights
        needs, written = needs - model.weights[-1].numpy().nbytes, "m_00000.weights.h5"

    def fail(descriptor):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(
        OSError, match=rf"{os.strerror(code)} for {needs} bytes, while w.*unchanged.*{written}'"
    ) as found:
        save(model, tmp_path / name)
    assert found.value.errno == code
    assert not list(tmp_path.iterdir())
