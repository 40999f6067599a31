"""Attacks by links, filters and huge names in HDF5 files; loading opens nothing else; what is saved is all, and stable."""

import gc
import io
import itertools
import os
import pickle
import struct
import threading
import time
import zipfile

import h5py
import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.core.random import SeedGenerator
from kerasish.core.variable import Variable
from kerasish.models import model_from_json
from kerasish.saving import CorruptModelError, IncompatibleModelError, KerasFileEditor, UnsafeModelError, load_model
from tests.saving.attacks import zipped
from tests.saving.audit import told
from tests.saving.costs import cheaply
from tests.saving.samples import OPENED, WITH_FOLDER, model_of, same, save
from tests.saving.test_integrity import a_weight, hdf5_part

ANY = (UnsafeModelError, CorruptModelError, IncompatibleModelError)
IDS = [f"{name}-{entry.__name__}" for name, entry in WITH_FOLDER]


def unknown_filter(file):
    place = a_weight(file)
    del file[place]
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_chunk((4, 3))
    creation.set_filter(h5py.h5z.FILTER_NBIT, h5py.h5z.FLAG_OPTIONAL, ())
    space = h5py.h5s.create_simple((4, 3))
    parent, _, name = place.rpartition("/")
    h5py.h5d.create(file[parent].id, name.encode(), h5py.h5t.IEEE_F32LE, space, creation)


def user_link(file):
    """A link of a class that nobody has registered: an external one, whose class is overwritten below."""
    place = a_weight(file)
    del file[place]
    file[place] = h5py.ExternalLink("USER-DEFINED", "/a")


def all_elsewhere(file):
    top = a_weight(file).partition("/")[0]
    del file[top]
    file[top] = h5py.ExternalLink("good.h5", "/" + top)


def in_between(file):
    """A link in the middle of a path with slashes."""
    parts = a_weight(file).split("/")
    middle = "/".join(parts[: max(len(parts) - 2, 1)])
    del file[middle]
    file[middle] = h5py.SoftLink("/nowhere")


def huge_name(file):
    file.create_dataset("x" * 60_000, data=np.zeros(1))


ATTACKS = {
    "H14 an unknown filter, and nothing stored": unknown_filter,
    "H22 all weights elsewhere": all_elsewhere,
    "H23 a link inside a path": in_between,
    "H25 a link of a class of its own": user_link,
    "H30 a name of 60,000 letters": huge_name,
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize(
    ("name", "entry"), [pair for pair in WITH_FOLDER if "safe" not in pair[0]], ids=[i for i in IDS if "safe" not in i]
)
def test_links_and_filters_are_refused_at_every_entry_point(tmp_path, name, entry, attack):
    save(model_of(1.0), tmp_path / name)
    content, put = hdf5_part(tmp_path, name)
    file = io.BytesIO(content)
    with h5py.File(file, "a") as opened:
        ATTACKS[attack](opened)
    data = file.getvalue()
    if attack.startswith("H25"):
        data = data.replace(b"\x40\x00USER-DEFINED", b"\x46\x00USER-DEFINED")
    put(data)
    if attack.startswith("H30") and entry.__name__ == "edited":
        return  # an editor shows any name
    if attack.startswith("H30") and name == "m.h5":
        return  # what no list of layers names is not read
    with pytest.raises(ANY):
        entry(tmp_path / name)


@pytest.mark.parametrize("part", ["superblock", "tree", "heap", "values"])
def test_h29_a_flipped_bit_of_each_part_is_noticed(tmp_path, part):
    path = tmp_path / "m.weights.h5"
    model = model_of(1.0)
    model.save_weights(path)
    data = bytearray(path.read_bytes())
    first = model.get_weights()[0].tobytes()
    places = {"superblock": 40, "tree": data.find(b"TREE") + 6, "heap": data.find(b"HEAP") + 24}
    data[places.get(part, data.find(first) + 5)] ^= 4
    path.write_bytes(data)
    with pytest.raises(ANY):
        model_of(0.0).load_weights(path)


def test_h31_names_whose_free_places_go_in_a_circle_are_refused(tmp_path):
    # Found by fuzzing: HDF5 follows the list for ever, and takes memory at each step.
    path = tmp_path / "m.weights.h5"
    model_of(1.0).save_weights(path)
    data = bytearray(path.read_bytes())
    heap = data.find(b"HEAP")
    first, values = struct.unpack_from("<QQ", data, heap + 16)
    struct.pack_into("<Q", data, values + first, first)
    path.write_bytes(data)
    with pytest.raises(CorruptModelError, match="in a circle"):
        model_of(0.0).load_weights(path)
    with pytest.raises(CorruptModelError, match="in a circle"):
        KerasFileEditor(path)


@pytest.mark.parametrize("random", [False, True])
def test_z12_compressed_weights_of_64_mb_are_loaded_at_once(tmp_path, random):
    model = kerasish.Sequential([kerasish.Input((4096,)), layers.Dense(4096, kernel_initializer="zeros")])
    if random:
        values = np.random.default_rng(0).integers(0, 2**16, 2**24, "uint16").astype("float32").reshape(4096, 4096)
        model.set_weights([values, np.ones(4096, "float32")])
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "c.keras", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members(tmp_path / "m.keras").items():
            archive.writestr(name, content)
    start = time.process_time()
    found = load_model(tmp_path / "c.keras")
    assert time.process_time() - start < 2  # seconds, as the list says
    np.testing.assert_array_equal(found.get_weights()[0], model.get_weights()[0])


def test_z12_what_unpacks_to_more_than_a_bomb_s_limit_is_refused_before_it_is_unpacked(tmp_path):
    model_of(1.0).save(tmp_path / "m.keras")
    content = members(tmp_path / "m.keras")
    content["model.weights.h5"] += bytes(200 * 2**20)
    (tmp_path / "c.keras").write_bytes(zipped(content, compression=zipfile.ZIP_DEFLATED))
    with cheaply(), pytest.raises(UnsafeModelError, match="would unpack to"):
        load_model(tmp_path / "c.keras")


@pytest.mark.slow  # to make it takes 7 s
def test_z08_twenty_assets_of_100_mib_are_refused_before_they_are_unpacked(tmp_path):
    model_of(1.0).save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "c.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members(tmp_path / "m.keras").items():
            archive.writestr(name, content)
        for number in range(20):
            archive.writestr(f"assets/{number}", bytes(100 * 2**20))
    for action in (load_model, lambda path: model_of(2.0).load_weights(path)):
        with cheaply(), pytest.raises(UnsafeModelError, match="assets"):
            action(tmp_path / "c.keras")


@pytest.mark.parametrize(("name", "opened"), [row for row in OPENED if row[0] != "m.weights.json"])
def test_d07_a_file_that_is_exchanged_while_it_is_loaded_is_one_of_the_two(tmp_path, name, opened):
    path, over, contents, expected = tmp_path / name, threading.Event(), [], []
    for value in (1.0, 5.0):
        save(model_of(value), path)
        contents.append(path.read_bytes())
        expected.append(opened(path))

    def swap():
        for content in itertools.cycle(contents):
            (tmp_path / "next").write_bytes(content)
            os.replace(tmp_path / "next", path)
            if over.is_set():
                return

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(10):
            found = opened(path)
            assert any(same(found, one) for one in expected)
    finally:
        over.set()
        thread.join()


def test_p01_a_pickled_model_comes_back_through_the_safe_loader():
    model = model_of(1.0)
    assert b"Dense" in pickle.dumps(model)
    again = pickle.loads(pickle.dumps(model))
    for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


# T-AUDIT, T-GLOBAL ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "entry"), WITH_FOLDER)
def test_t_audit_every_entry_point_opens_its_files_and_nothing_else(tmp_path, name, entry):
    save(model_of(1.0), tmp_path / name)
    entry(tmp_path / name)  # what is imported at the first use has been imported now
    before = kerasish.config.floatx(), kerasish.config.dtype_policy().name, os.getcwd(), dict(os.environ)
    with told() as events:
        entry(tmp_path / name)
    files = {"config.json", "metadata.json", "model.weights.h5", "assets"}
    strange = [
        (event, what)
        for event, what in events
        if event != "open" or not (what.startswith(str(tmp_path)) or what.isdecimal() or what in files)
    ]
    assert not strange
    assert (kerasish.config.floatx(), kerasish.config.dtype_policy().name, os.getcwd(), dict(os.environ)) == before


# X04, X05 ------------------------------------------------------------------------------------------------------------
def test_x04_a_model_that_is_saved_again_and_again_stays_what_it_is(tmp_path):
    path, sizes = tmp_path / "m.keras", set()
    kerasish.utils.clear_session()
    model = model_of(1.0)
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    model.save(path)
    first = {name: content for name, content in members(path).items() if name != "metadata.json"}
    for _ in range(10):
        kerasish.utils.clear_session()  # automatic names are given anew
        model = load_model(path)
        model.save(path)
        sizes.add(path.stat().st_size)
        assert {name: content for name, content in members(path).items() if name != "metadata.json"} == first
    assert len(sizes) == 1


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_x05_every_variable_of_a_model_is_in_its_file(tmp_path):
    before = {id(x) for x in gc.get_objects() if issubclass(type(x), Variable)}
    inputs = kerasish.Input((6, 4))
    x = layers.Bidirectional(layers.GRU(3))(inputs)
    x = layers.GaussianNoise(0.1, seed=1)(layers.BatchNormalization()(x))
    model = kerasish.Model(inputs, layers.Dropout(0.5, seed=2)(layers.Dense(2)(x)))
    model.compile(kerasish.optimizers.Adam(use_ema=True), "mse")
    model.optimizer.build(model.trainable_variables)
    made = [x for x in gc.get_objects() if issubclass(type(x), Variable) and id(x) not in before]
    made = [v for v in made if "metric" not in v.path and "loss" not in v.path]
    for number, v in enumerate(made):
        if "seed" not in v.path and v.dtype == "float32" and v.shape:
            v.assign(np.full(v.shape, 1000.0 + number, v.dtype))
    model.save_weights(tmp_path / "m.weights.h5")
    stored: list[np.ndarray] = []
    with h5py.File(tmp_path / "m.weights.h5") as file:
        file.visititems(lambda _, x: stored.append(x[()]) if isinstance(x, h5py.Dataset) else None)
    for v in made:
        value = v.numpy()
        assert any(value.shape == s.shape and np.array_equal(value, s) for s in stored), v.path
    assert sum(isinstance(x, SeedGenerator) for _, x in model.stateful_objects()) >= 2


def test_a25_an_editor_shows_a_hostile_config_and_runs_nothing(tmp_path):
    model = model_of(1.0)
    model.save(tmp_path / "m.keras")
    content = {name: data for name, data in members(tmp_path / "m.keras").items() if name != "metadata.json"}
    text = content["config.json"].replace(b'"linear"', b'"os.system"')
    hostile = content | {"config.json": text, "metadata.json": b"{}"}
    (tmp_path / "m.keras").write_bytes(zipped(hostile))
    assert "dense" in KerasFileEditor(tmp_path / "m.keras").weights_dict["layers"]
    with pytest.raises(ANY):
        load_model(tmp_path / "m.keras")
    with pytest.raises(ANY):
        model_from_json(text.decode())
