"""Weights in several files: Keras's layout, both ways; a set is whole or is refused."""

import json
import os
import shutil

import h5py
import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.saving import CorruptModelError, UnsafeModelError, shards

keras = pytest.importorskip("keras")
KB = 1e-6


def model_of(k=kerasish, value=None):
    rows = [k.layers.Dense(30, name="a"), k.layers.Dropout(0.5, name="b"), k.layers.Dense(20, name="c")]
    model = k.Sequential([k.Input((4,)), *rows], name="m")
    if value is not None:
        model.set_weights([np.full(w.shape, value, w.dtype) for w in model.get_weights()])
    return model


def values(model):
    return {float(x) for w in model.get_weights() for x in np.unique(w)}


def trained(k):
    model = model_of(k)
    model.compile("adam", "mse")
    model.train_on_batch(np.ones((2, 4), "float32"), np.ones((2, 20), "float32"))
    return model


def content(folder, name):
    index = json.loads((folder / f"{name}.weights.json").read_text())
    found = {}
    for path in sorted(folder.glob(f"{name}_*.weights.h5")):
        with h5py.File(path) as file:
            file.visititems(
                lambda key, x, path=path: (
                    found.update({(path.name, key): x.shape}) if isinstance(x, h5py.Dataset) else None
                )
            )
    places = {key: [value] if isinstance(value, str) else value for key, value in index["weight_map"].items()}
    return places, {key: shape for key, shape in found.items() if "seed_generator" not in key[1]}


def test_the_layout_is_keras_s_and_files_go_both_ways(tmp_path):
    ours, theirs = trained(kerasish), trained(keras)
    theirs.set_weights(ours.get_weights())
    for model, name in ((ours, "ours"), (theirs, "theirs")):
        model.save_weights(str(tmp_path / f"{name}.weights.json"), max_shard_size=2.5 * KB)
    (places, stored), (keras_places, keras_stored) = content(tmp_path, "ours"), content(tmp_path, "theirs")
    del places["/layers/dropout/seed_generator/vars"]
    renamed = {(name.replace("theirs", "ours"), key): shape for (name, key), shape in keras_stored.items()}
    assert stored == renamed
    assert places == {k: [name.replace("theirs", "ours") for name in v] for k, v in keras_places.items()}
    again, fresh = trained(kerasish), trained(keras)
    again.load_weights(tmp_path / "theirs.weights.json")
    fresh.load_weights(str(tmp_path / "ours.weights.json"))
    for a, b, c in zip(ours.get_weights(), again.get_weights(), fresh.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(a, c)
    for a, b in zip(ours.optimizer.variables, fresh.optimizer.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), np.asarray(b))


def test_a_name_of_weights_gives_an_index_beside_them(tmp_path):
    model_of(value=5.0).save_weights(tmp_path / "m.weights.h5", max_shard_size=2.5 * KB)
    assert (tmp_path / "m.weights.json").exists()
    model = model_of()
    model.load_weights(tmp_path / "m.weights.json")
    assert values(model) == {5.0}


def test_saving_again_leaves_the_new_shards_only_under_keras_s_names(tmp_path):
    path = tmp_path / "m.weights.json"
    model_of(value=1.0).save_weights(path, max_shard_size=2.5 * KB)
    before = set(os.listdir(tmp_path))
    for value, size in ((2.0, 2.5 * KB), (3.0, 1.0)):
        model_of(value=value).save_weights(path, max_shard_size=size)
        for k in (kerasish, keras):
            model = model_of(k)
            model.load_weights(str(path))
            assert values(model) == {value}
    assert set(os.listdir(tmp_path)) == {"m.weights.json", "m_00000.weights.h5"} < before


def test_after_an_error_the_old_set_is_there(tmp_path, monkeypatch):
    path = tmp_path / "m.weights.json"
    model_of(value=1.0).save_weights(path, max_shard_size=2.5 * KB)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    calls = []

    def fails(*args):
        calls.append(args)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(shards, "_write_shard", lambda *args: fails(*args) or {})
    with pytest.raises(OSError, match="No space"):
        model_of(value=2.0).save_weights(path, max_shard_size=2.5 * KB)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_k08_shards_of_different_saves_are_refused(tmp_path):
    for value, folder in ((1.0, "one"), (2.0, "two")):
        (tmp_path / folder).mkdir()
        model_of(value=value).save_weights(tmp_path / folder / "m.weights.json", max_shard_size=2.5 * KB)
    shutil.copy(tmp_path / "two" / "m_00001.weights.h5", tmp_path / "one" / "m_00001.weights.h5")
    model = model_of(value=7.0)
    with pytest.raises(CorruptModelError, match="SHA-256"):
        model.load_weights(tmp_path / "one" / "m.weights.json")
    assert values(model) == {7.0}


def test_a_weight_that_is_larger_than_a_shard_is_told(tmp_path):
    with pytest.raises(ValueError, match=r"layers/dense_1/vars/0 have 2400 bytes.*larger `max_shard_size`"):
        model_of().save_weights(tmp_path / "m.weights.json", max_shard_size=KB)
    with pytest.raises(ValueError, match="must end in"):
        model_of().save_weights(tmp_path / "m.weights.json")


def changed(path, change):
    index = json.loads(path.read_text())
    change(index)
    path.write_text(json.dumps(index))


def point_to(name):
    return lambda index: index["weight_map"].update({"/layers/dense/vars": [name]})


@pytest.mark.parametrize(
    "name",
    ["../good.weights.h5", "/etc/good.weights.h5", "a\\b.weights.h5", "C:x.weights.h5", "x\0.weights.h5", "secret.txt"],
)
def test_d03_a_shard_that_is_elsewhere_is_refused(tmp_path, name):
    folder = tmp_path / "in"
    folder.mkdir()
    model_of().save_weights(folder / "m.weights.json", max_shard_size=2.5 * KB)
    shutil.copy(folder / "m_00000.weights.h5", tmp_path / "good.weights.h5")
    changed(folder / "m.weights.json", point_to(name))
    with pytest.raises(UnsafeModelError, match=r"names the shard .*in the folder of the index"):
        model_of().load_weights(folder / "m.weights.json")


def test_shards_that_are_links_fifos_or_missing_are_refused(tmp_path):
    path = tmp_path / "m.weights.json"
    shard = tmp_path / "m_00001.weights.h5"
    model_of().save_weights(path, max_shard_size=2.5 * KB)
    shard.rename(tmp_path / "kept")
    with pytest.raises(CorruptModelError, match=r"m_00001\.weights\.h5.*missing"):
        model_of().load_weights(path)
    shard.symlink_to(tmp_path / "kept")
    with pytest.raises(UnsafeModelError, match="is a link"):
        model_of().load_weights(path)
    shard.unlink()
    os.mkfifo(shard)
    with pytest.raises(UnsafeModelError, match="regular file"):
        model_of().load_weights(path)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda index: index.pop("weight_map"), CorruptModelError, "no 'weight_map'"),
        (lambda index: index["weight_map"].update(x=3), CorruptModelError, "no list of names"),
        (
            lambda index: index["weight_map"].pop("/layers/dense_1/vars"),
            CorruptModelError,
            "does not have it|missing or added",
        ),
        (lambda index: index["metadata"].update(kerasish_sha256=[]), CorruptModelError, "no usable entry"),
        (
            lambda index: index["weight_map"].update({f"/{i}": [f"{i}.weights.h5"] for i in range(600)}),
            UnsafeModelError,
            "at most 500",
        ),
        (lambda index: index["metadata"]["kerasish_sha256"].popitem(), CorruptModelError, "missing or added"),
    ],
)
def test_an_index_that_is_none_is_refused(tmp_path, change, error, message):
    path = tmp_path / "m.weights.json"
    model_of().save_weights(path, max_shard_size=2.5 * KB)
    changed(path, change)
    with pytest.raises(error, match=message):
        model_of().load_weights(path)


def test_what_killed_processes_left_is_removed(tmp_path):
    orphan = tmp_path / "m_7fffffff-00000000_00000.weights.h5"
    own = tmp_path / f"m_{os.getpid():x}-00000000_00000.weights.h5"
    half = tmp_path / f".m_00000.weights.h5.2147483647.{'0' * 16}.tmp"
    for path in (orphan, own, half):
        path.write_bytes(b"")
    model_of().save_weights(tmp_path / "m.weights.json", max_shard_size=1)
    assert not orphan.exists()
    assert not half.exists()
    assert own.exists()


def test_layers_that_do_not_fit_are_left_out_on_request(tmp_path):
    model_of(value=5.0).save_weights(tmp_path / "m.weights.json", max_shard_size=2.5 * KB)
    model = kerasish.Sequential([layers.Input((4,)), layers.Dense(30), layers.Dropout(0.5), layers.Dense(2)])
    with pytest.warns(UserWarning, match="left out"):
        model.load_weights(tmp_path / "m.weights.json", skip_mismatch=True)
    assert values(model.layers[0]) == {5.0}
