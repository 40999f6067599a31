"""Damage is noticed, or does no harm; and the same rules hold at every entry point."""

import io
import json
import os
import zipfile

import h5py
import numpy as np
import pytest

from kerasish.saving import CorruptModelError, IncompatibleModelError, UnsafeModelError
from tests.saving.costs import cheaply
from tests.saving.samples import SAVED, WITH_FOLDER, edited, model_in, model_of, same, save, weights_of

REFUSED = (CorruptModelError, IncompatibleModelError, UnsafeModelError)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
IDS = [f"{name}-{entry.__name__}" for name, entry in WITH_FOLDER]


def damaged_file(folder, name):
    """The file of a set whose damage counts most: the index has a test of its own."""
    return folder / {"m.weights.json": "m_00000.weights.h5", "m": "m/model.weights.h5"}.get(name, name)


def is_noticed_or_harmless(entry, path, expected):
    try:
        return same(entry(path), expected)
    except REFUSED:
        return True


def flips(tmp_path, name, entry, count, seed):
    save(model_of(1.0), tmp_path / name)
    expected = entry(tmp_path / name)
    target = damaged_file(tmp_path, name)
    good = target.read_bytes()
    random = np.random.default_rng(seed)
    for position, bit in zip(random.integers(0, len(good), count), random.integers(0, 8, count), strict=True):
        bad = bytearray(good)
        bad[position] ^= 1 << bit
        target.write_bytes(bad)
        assert is_noticed_or_harmless(entry, tmp_path / name, expected), f"bit {bit} of byte {position}"


@pytest.mark.parametrize(("name", "entry"), WITH_FOLDER, ids=IDS)
def test_a_flipped_bit_is_noticed_or_harmless(tmp_path, name, entry):
    flips(tmp_path, name, entry, 15, 0)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "entry"), WITH_FOLDER, ids=IDS)
def test_b01_each_of_many_flipped_bits_is_noticed_or_harmless(tmp_path, name, entry):
    flips(tmp_path, name, entry, 500, 1)


@pytest.mark.parametrize(("name", "entry"), WITH_FOLDER, ids=IDS)
def test_b02_b03_b04_truncated_zeroed_and_longer_files_are_noticed_or_harmless(tmp_path, name, entry):
    save(model_of(1.0), tmp_path / name)
    expected = entry(tmp_path / name)
    target = damaged_file(tmp_path, name)
    good = target.read_bytes()
    for part in range(0, 100, 7):
        target.write_bytes(good[: len(good) * part // 100])
        with pytest.raises(REFUSED):
            entry(tmp_path / name)
    for start in range(0, len(good), max(len(good) // 6, 1)):
        target.write_bytes(good[:start] + bytes(min(4096, len(good) - start)) + good[start + 4096 :])
        assert is_noticed_or_harmless(entry, tmp_path / name, expected)
    target.write_bytes(good + b"garbage" * 100)
    assert is_noticed_or_harmless(entry, tmp_path / name, expected)


# HDF5 ----------------------------------------------------------------------------------------------------------------
def hdf5_part(folder, name):
    """The HDF5 file in a file of this format, and how a changed one is put back."""
    target = damaged_file(folder, name)
    if name == "m":
        (folder / "m" / "metadata.json").write_text("{}")
    if name != "m.keras":
        return target.read_bytes(), target.write_bytes
    with zipfile.ZipFile(target) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    metadata = json.loads(members["metadata.json"])
    del metadata["kerasish"]

    def put(content):
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr("metadata.json", json.dumps(metadata))
            archive.writestr("config.json", members["config.json"])
            archive.writestr("model.weights.h5", content)

    return members["model.weights.h5"], put


def a_weight(file):
    found = []
    file.visititems(lambda name, x: found.append(name) if isinstance(x, h5py.Dataset) and x.ndim == 2 else None)
    return sorted(found)[0]


def linked(link):
    def edit(file):
        place = a_weight(file)
        del file[place]
        file[place] = link

    return edit


def group_elsewhere(file):
    group = a_weight(file).rpartition("/")[0]
    del file[group]
    file[group] = h5py.ExternalLink("good.h5", "/" + group)


def replaced(**dataset):
    def edit(file):
        place = a_weight(file)
        del file[place]
        file.create_dataset(place, **dataset)

    return edit


def virtual(file):
    layout = h5py.VirtualLayout((4, 3), "f4")
    layout[:] = h5py.VirtualSource("secret.h5", "secret", (4, 3))
    place = a_weight(file)
    del file[place]
    file.create_virtual_dataset(place, layout)


def looped(file):
    file["loop"] = file["/"]


def half_stored(file):
    place = a_weight(file)
    del file[place]
    file.create_dataset(place, shape=(4, 3), dtype="f4", chunks=(2, 3), compression="gzip")[:2] = 1


def committed(file):
    place = a_weight(file)
    file["kind"] = np.dtype("f4")
    del file[place]
    file.create_dataset(place, (4, 3), dtype=file["kind"])


def unexpected(file):
    parent = a_weight(file).split("/")[0]
    file.create_dataset(f"{parent}/evil/vars/0", data=np.zeros(3))


def script(content):
    return b"#!/bin/sh\n".ljust(512) + content


ATTACKS = {
    "H01": linked(h5py.ExternalLink("good.h5", "/a")),
    "H02": group_elsewhere,
    "H04": linked(h5py.SoftLink("/")),
    "H05": replaced(shape=(4, 3), dtype="f4", external=[("secret.bin", 0, 48)]),
    "H06": virtual,
    "H07": replaced(shape=(2**50,), dtype="f8", chunks=(2**16,), compression="gzip"),
    "H09": replaced(data=np.zeros((3, 5), "f4")),
    "H10": replaced(data=np.full((4, 3), b"x", object), dtype=h5py.string_dtype()),
    "H11": replaced(data=np.zeros((4, 3), "f4,f4")),
    "H12": committed,
    "H13": looped,
    "H15": replaced(data=np.zeros((4, 3), "i1")),
    "H17": unexpected,
    "H18": lambda file: (file.pop(a_weight(file)), file.create_group("x")),
    "H19": replaced(data=h5py.Empty("f4")),
    "H20": half_stored,
    "H27": lambda file: None,
}
ALLOWED = {("H09", edited), ("H15", edited), ("H17", edited), ("H18", edited)}
"""An editor knows no model that they don't fit."""


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize(
    ("name", "entry"),
    [pair for pair in WITH_FOLDER if "safetensors" not in pair[0]],
    ids=[i for i in IDS if "safet" not in i],
)
def test_the_rules_for_hdf5_hold_at_every_entry_point(tmp_path, name, entry, attack):
    save(model_of(1.0), tmp_path / name)
    (tmp_path / "secret.bin").write_bytes(b"CANARY" * 10)
    content, put = hdf5_part(tmp_path, name)
    file = io.BytesIO(content)
    with h5py.File(file, "a") as opened:
        opened.visititems(lambda _, x: x.attrs.pop("sha256", None) and None)
        ATTACKS[attack](opened)
    put(script(file.getvalue()) if attack == "H27" else file.getvalue())
    before = set(os.listdir(tmp_path))
    if (attack, entry) in ALLOWED:
        return
    with cheaply(), pytest.raises(REFUSED):
        entry(tmp_path / name)
    assert set(os.listdir(tmp_path)) == before


@pytest.mark.parametrize("name", ["m.weights.h5", "m.h5"])
def test_h27_a_script_before_the_file_is_refused(tmp_path, name):
    save(model_of(1.0), tmp_path / name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(b"#!/bin/sh\n".ljust(512) + content)
    with pytest.raises(CorruptModelError, match="does not begin with HDF5's signature"):
        weights_of(tmp_path / name)


def test_h26_texts_that_are_named_again_and_again_are_not_read(tmp_path):
    # 4,000 names of layers, which are all the same text of 8 MB: 32 GB, in a file of 8 MB.
    path = tmp_path / "m.h5"
    SAVED["m.h5"](model_of(1.0), path)
    with h5py.File(path, "a") as file:
        group = file["model_weights"]
        del group.attrs["layer_names"]
        group.attrs["layer_names"] = np.array(["x" * 8 * 2**20] + ["y"] * 4000, h5py.string_dtype())
    data = bytearray(path.read_bytes())
    first = data.find((8 * 2**20).to_bytes(4, "little"))
    while data[first + 16 : first + 20] != b"\x01\0\0\0":
        first = data.find((8 * 2**20).to_bytes(4, "little"), first + 1)
    data[first + 16 : first + 16 * 4001] = data[first : first + 16] * 4000
    path.write_bytes(data)
    for entry in (weights_of, model_in):
        with cheaply(), pytest.raises(UnsafeModelError, match="an attribute is too long"):
            entry(path)


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize(("name", "opened"), [row for row in WITH_FOLDER if row[0] in ("m.keras", "m.weights.h5", "m")])
def test_h21_refusing_a_file_of_many_groups_takes_little(tmp_path, name, opened, alone):
    save(model_of(1.0), tmp_path / name)
    content, put = hdf5_part(tmp_path, name)
    file_of = io.BytesIO(b"" if alone else content)
    with h5py.File(file_of, "w" if alone else "a") as file:
        for number in range(4000):
            file.create_dataset(f"layers/x{number}", (2**18,), "f4")  # 1 MB each, of which nothing is there
    put(file_of.getvalue())
    with cheaply(), pytest.raises(REFUSED):
        opened(tmp_path / name)


@pytest.mark.parametrize("name", ["m.h5", "m.weights.h5", "m.safetensors", "m.weights.json"])
def test_d02_d06_what_is_no_regular_file_is_refused_at_once(tmp_path, name):
    entry = weights_of
    os.mkfifo(tmp_path / name)
    with pytest.raises(UnsafeModelError, match="regular file"):
        entry(tmp_path / name)
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    with pytest.raises(UnsafeModelError, match="folder"):
        entry(tmp_path / name)
