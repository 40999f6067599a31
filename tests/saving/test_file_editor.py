"""`KerasFileEditor`: what it shows, changes and refuses."""

import inspect
import zlib

import h5py
import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.saving import CorruptModelError, KerasFileEditor, UnsafeModelError

keras = pytest.importorskip("keras")


def model_of(units=2, names=("d", "e")):
    rows = [layers.Dense(3, name=names[0]), layers.Dense(units, name=names[1])]
    return kerasish.Sequential([layers.Input((4,)), *rows])


@pytest.fixture(params=["m.keras", "m.weights.h5"])
def path(request, tmp_path):
    model = model_of()
    path = tmp_path / request.param
    model.save(path) if request.param.endswith(".keras") else model.save_weights(path)
    return path


def test_it_has_keras_s_methods_with_keras_s_arguments():
    for name, theirs in inspect.getmembers(keras.saving.KerasFileEditor, inspect.isfunction):
        if not name.startswith("_"):
            ours = getattr(KerasFileEditor, name)
            assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)


def test_the_summary_shows_objects_and_weights(path, capsys):
    KerasFileEditor(path).summary()
    assert [line.strip() for line in capsys.readouterr().out.splitlines()] == [
        "Weights structure",
        "layers",
        "dense",
        "0: shape=(4, 3), dtype=float32",
        "1: shape=(3,), dtype=float32",
        "dense_1",
        "0: shape=(3, 2), dtype=float32",
        "1: shape=(2,), dtype=float32",
    ]


def test_what_is_saved_loads_here_and_in_keras(path, tmp_path):
    editor = KerasFileEditor(path)
    for method in (editor.save, editor.resave_weights):
        method(tmp_path / "new.weights.h5")
        theirs = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(2)])
        theirs.load_weights(tmp_path / "new.weights.h5")
        ours = model_of()
        ours.load_weights(tmp_path / "new.weights.h5")
        for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
            assert (a != 0).any() or a.ndim == 1
    with h5py.File(tmp_path / "new.weights.h5") as file:
        assert file["layers/dense/vars"].attrs["name"] == "d"


def test_objects_and_weights_are_changed(path, tmp_path):
    editor = KerasFileEditor(path)
    editor.rename_object("dense", "first")
    editor.delete_object("layers/dense_1")
    editor.add_object("layers/more", {"0": np.ones((2, 2))})
    editor.add_weights("more", {"1": np.zeros(2), "0": np.full(3, 7.0)})
    editor.delete_weight("first", "1")
    editor.save(tmp_path / "new.weights.h5")
    found = {}
    with h5py.File(tmp_path / "new.weights.h5") as file:
        file.visititems(lambda name, x: found.update({name: x.shape}) if isinstance(x, h5py.Dataset) else None)
        assert file["layers/first/vars"].attrs["name"] == "d"
    assert found == {"layers/first/vars/0": (4, 3), "layers/more/vars/0": (3,), "layers/more/vars/1": (2,)}


def test_a_file_is_compared_with_a_model(path, capsys):
    editor = KerasFileEditor(path)
    assert editor.compare(model_of()) == {"status": "success", "error_count": 0, "match_count": 4}
    assert editor.compare(model_of(units=5)) == {"status": "error", "error_count": 2, "match_count": 2}
    assert "(3, 5) in the reference model, (3, 2) in the file" in capsys.readouterr().out
    other = kerasish.Sequential([layers.Input((4,)), layers.Dense(3)])
    assert editor.compare(other) == {"status": "error", "error_count": 2, "match_count": 2}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: e.rename_object("dense", "a/b"), "without slashes"),
        (lambda e: e.rename_object("dense", "dense_1"), "already"),
        (lambda e: e.rename_object("nothing", "x"), "no object 'nothing'"),
        (lambda e: e.delete_object("nothing"), "no object 'nothing'"),
        (lambda e: e.add_object("layers/no/thing", {}), "no object 'layers/no'"),
        (lambda e: e.add_object("layers/dense", {}), "already"),
        (lambda e: e.add_object("layers/x", np.ones(3)), "must be a dict"),
        (lambda e: e.add_object("layers/x", {"0": "text"}), "arrays of numbers"),
        (lambda e: e.add_weights("dense", {"a/b": 1.0}), "no slashes"),
        (lambda e: e.add_weights("layers", {"dense": 1.0}), "has an object 'dense'"),
        (lambda e: e.delete_weight("dense", "9"), "no weight '9'; it has 0, 1"),
        (lambda e: e.save("m.keras"), r"must end in '\.weights\.h5'"),
        (lambda e: (e.add_object("dense", {}), e.delete_object("layers"), e.rename_object("x", "y")), "no object 'x'"),
    ],
)
def test_wrong_calls_are_told_and_change_nothing(path, change, message):
    with pytest.raises(ValueError, match=message):
        change(KerasFileEditor(path))


def test_a_name_that_is_there_twice_is_told(path):
    editor = KerasFileEditor(path)
    editor.add_object("other", {})
    editor.add_object("other/dense", {"0": 1.0})
    with pytest.raises(ValueError, match="several objects 'dense': layers/dense, other/dense"):
        editor.delete_object("dense")
    editor.delete_object("other/dense")
    editor.delete_object("dense")


def test_other_files_are_refused(tmp_path):
    with pytest.raises(ValueError, match="must end in"):
        KerasFileEditor(tmp_path / "m.txt")
    with pytest.raises(FileNotFoundError, match="no such file"):
        KerasFileEditor(tmp_path / "m.keras")
    (tmp_path / "m.keras").write_bytes(b"abc")
    with pytest.raises(CorruptModelError, match="begins otherwise"):
        KerasFileEditor(tmp_path / "m.keras")
    with h5py.File(tmp_path / "m.weights.h5", "w") as file:
        data = file.create_dataset("layers/d/vars/0", (2**20, 64), "f4", chunks=(2**18, 64), compression="gzip")
        zeros = zlib.compress(bytes(2**26))
        for start in range(0, 2**20, 2**18):
            data.id.write_direct_chunk((start, 0), zeros)
    with pytest.raises(UnsafeModelError, match="describes 268435456 bytes"):
        KerasFileEditor(tmp_path / "m.weights.h5")
