"""Cases of the list of attacks that belong to no table: huge layers, other names of a file, arrays, what fuzzing found."""

import io
import json
import os
import struct
import subprocess
import sys
import time
import warnings
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.lib import format as npy

import kerasish
from kerasish import layers
from kerasish.backend.numpy.programs import eval_shape
from kerasish.core.budget import warn_if_large
from kerasish.datasets.safe_pickle import load_npz
from kerasish.saving import CorruptModelError, load_model
from kerasish.saving.strict_json import LARGEST, MOST_MEMORY, read_json
from tests.saving.costs import cheaply
from tests.saving.samples import model_of

ROOT = Path(__file__).parents[2]


# C09 -----------------------------------------------------------------------------------------------------------------
def test_c09_a_layer_that_repeats_a_billion_times_is_loaded_with_a_warning(tmp_path):
    model = kerasish.Sequential([layers.Input((4,)), layers.Dense(3), layers.RepeatVector(2, name="r")])
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = members["config.json"].replace(b'"n": 2', b'"n": 1000000000')
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        for name, content in (members | {"config.json": config, "metadata.json": b"{}"}).items():
            archive.writestr(name, content)
    start = time.process_time()
    with pytest.warns(UserWarning, match=r"output of 'r' has the shape \(None, 1000000000, 3\): 11\.2 GiB for one"):
        loaded = load_model(tmp_path / "m.keras")
    assert time.process_time() - start < 5
    assert loaded.output_shape == (None, 10**9, 3)


def test_what_is_repeated_a_few_times_is_the_vector():
    x = np.arange(6, dtype="float32").reshape(2, 3)
    np.testing.assert_array_equal(layers.RepeatVector(4)(x), np.repeat(x[:, None], 4, axis=1))


@pytest.mark.parametrize(
    ("shape", "dtype", "warns"),
    [
        ((None, 2**30), "float32", False),
        ((None, 2**30 + 1), "float32", True),
        ((2, None, 2**30), "float16", False),
        ((None, 2**40), "string", False),
        ((None, 0, 2**40), "float32", False),
        ((), "float32", False),
    ],
)
def test_only_huge_outputs_are_warned_of(shape, dtype, warns):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        warn_if_large(shape, dtype, "x")
    assert bool(found) == warns


# D05 -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["m.keras", "m.weights.h5", "m.safetensors"])
def test_d05_a_file_with_two_names_is_loaded_by_each(tmp_path, name):
    model = model_of(3.0)
    (model.save if name == "m.keras" else model.save_weights)(tmp_path / name)
    os.link(tmp_path / name, tmp_path / f"other_{name}")
    assert (tmp_path / name).stat().st_nlink == 2
    found = load_model(tmp_path / f"other_{name}") if name == "m.keras" else model_of(0.0)
    if name != "m.keras":
        found.load_weights(tmp_path / f"other_{name}")
    np.testing.assert_array_equal(found.get_weights()[0], model.get_weights()[0])


def test_d05_saving_leaves_the_other_name_what_it_was(tmp_path):
    model_of(1.0).save_weights(tmp_path / "a.weights.h5")
    os.link(tmp_path / "a.weights.h5", tmp_path / "b.weights.h5")
    model_of(2.0).save_weights(tmp_path / "a.weights.h5")
    for name, value in (("a", 2.0), ("b", 1.0)):
        model = model_of(0.0)
        model.load_weights(tmp_path / f"{name}.weights.h5")
        assert model.get_weights()[0][0, 0] == value


def test_d05_what_hard_links_mean_is_said():
    assert "hard links" in load_model.__doc__


# N01, N03 ------------------------------------------------------------------------------------------------------------
def npy_of(header, version=2):
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(header)) + header


HUGE = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1125899906842624,), }\n"
LONG = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1,), '" + b"x" * 10**7 + b"': 1}\n"
OTHERS = {
    "N01 a shape of 2^50": npy_of(HUGE),
    "N01b a shape of 2^50 in version 1": npy_of(HUGE, 1),
    "N03 a header of 10 MB": npy_of(LONG, 3),
    "N03b a header of 10 MB in version 2": npy_of(LONG, 2),
    "N03c a header that is said to have 4 GB": b"\x93NUMPY\2\0\xff\xff\xff\xff{}",
}


@pytest.mark.parametrize("attack", OTHERS)
@pytest.mark.parametrize("name", ["x.npz", "x.npy"])
def test_n01_n03_arrays_of_numpy_are_no_weights(tmp_path, name, attack):
    (tmp_path / name).write_bytes(OTHERS[attack])
    with pytest.raises(ValueError, match=r"end in '\.weights\.h5'.*got '.*x\.np"):
        model_of().load_weights(tmp_path / name)
    with pytest.raises(CorruptModelError, match=r"is not a `\.keras` file"):
        load_model(tmp_path / name)


@pytest.mark.parametrize("attack", OTHERS)
def test_n01_n03_the_reader_of_data_sets_takes_no_memory_for_a_header(attack):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", OTHERS[attack])
    file.seek(0)
    with pytest.raises(ValueError, match=r"do not fill|version \(3, 0\)|[Hh]eader|EOF"):
        load_npz(file, ("x",))


def test_a_good_array_is_read_by_the_same_way():
    file = io.BytesIO()
    npy.write_array(file, np.arange(3.0))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("x.npy", file.getvalue())
    archive.seek(0)
    np.testing.assert_array_equal(load_npz(archive, ("x",))[0], np.arange(3.0))


# What fuzzing found --------------------------------------------------------------------------------------------------
ASKED = """
import contextlib, pathlib, sys, warnings
warnings.simplefilter("ignore")
from kerasish.saving.errors import ModelFileError
from tests.saving.costs import cheaply
from tests.saving.samples import OPENED
for name, entry in OPENED:
    path = pathlib.Path(sys.argv[1], name)
    if path.exists():
        with contextlib.suppress(ModelFileError):
            entry(path)
        print(name, entry.__name__)
"""


def circles(data):
    """Every node of HDF5's trees is said to be its own neighbour to the right."""
    data = bytearray(data)
    place = data.find(b"TREE")
    assert place >= 0
    while place >= 0:
        struct.pack_into("<Q", data, place + 16, place)
        place = data.find(b"TREE", place + 1)
    return bytes(data)


def test_h32_a_damaged_object_is_not_asked_about_itself(tmp_path):
    # Found by fuzzing: to tell an object's address, HDF5 adds up the sizes of its nodes, in a circle for ever. In a
    # process of its own, because nothing stops HDF5 in the middle of a call.
    model_of(1.0).save_weights(tmp_path / "m.weights.h5")
    model_of(1.0).save(tmp_path / "m.h5")
    for path in tmp_path.iterdir():
        path.write_bytes(circles(path.read_bytes()))
    env = os.environ | {"KERASISH_BACKEND": "numpy", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", ASKED, str(tmp_path)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(done.stdout.split("\n")) == 5  # two ways to open each of the two, and the end


def test_h32_a_circle_among_the_pieces_of_an_array_is_no_loop(tmp_path):
    path = tmp_path / "m.weights.h5"
    model_of(1.0).save_weights(path)
    with h5py.File(path, "a") as file:
        place = "layers/dense/vars/0"
        values = file[place][()]
        del file[place]
        file.create_dataset(place, data=values, chunks=(2, 3))
    path.write_bytes(circles(path.read_bytes()))
    env = os.environ | {"KERASISH_BACKEND": "numpy", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", ASKED, str(tmp_path)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_numpy_backend_finds_no_shape_of_a_batch_of_2_31_rows():
    # Found by fuzzing: it finds shapes by computing values, and a config may name any fixed batch.
    called = []
    with pytest.raises(ValueError, match=r"an input of 8589934592 numbers is too large.*KERASISH_BACKEND=jax"):
        eval_shape(called.append, ((2**31, 4), "float32"))
    assert not called
    assert eval_shape(lambda x: x[:, :1], ((2**10, 4), "float32")).shape == (2**10, 1)


def test_a_config_with_a_batch_of_2_31_rows_takes_no_memory_on_numpy():
    config = json.loads(model_of().to_json())
    config["config"]["layers"][0]["config"]["batch_shape"] = [2**31, 4]
    program = (
        "import resource, sys\nfrom kerasish.models import model_from_json\n"
        "from kerasish.saving import IncompatibleModelError\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    model_from_json(sys.argv[1])\nexcept IncompatibleModelError as error:\n    print(error)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000)"
    )
    env = os.environ | {"KERASISH_BACKEND": "numpy", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "ignore", "-c", program, json.dumps(config)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert "too large for that" in done.stdout, done.stderr[-2000:]
    assert done.stdout.endswith("True\n")


# JSON with millions of values, found while the table of headers was written ------------------------------------------
@pytest.mark.parametrize("piece", [b"[],", b"{},", b'"",', b"1,", b'{"a":1},', b'"\\"",'])
def test_a_text_of_millions_of_values_is_refused_before_it_is_parsed(piece):
    text = b'{"a":[' + piece * (MOST_MEMORY // 20) + b"0]}"
    with cheaply(), pytest.raises(CorruptModelError, match="so many values.*at most 144 MiB are read"):
        read_json(text[: 2**25], "x")


def test_a_vocabulary_of_a_million_words_may_be_in_a_config():
    words = [f"w{n}" for n in range(10**6)]
    assert read_json(json.dumps({"a": words}).encode(), "x") == {"a": words}


def test_a_key_that_is_twice_among_many_is_found_at_once():
    text = json.dumps({str(n): n for n in range(100_000)}).encode()[:-1] + b', "99999": 1}'
    with cheaply(), pytest.raises(CorruptModelError, match="'99999' twice"):  # comparing each with each took minutes
        read_json(text, "x")


LONGEST = b'"' + b"a" * (LARGEST - 40)
FULL = {
    "keys, one of them twice": b"{" + b",".join(b'"%x":1' % n for n in range(730_000)) + b',"1":2}',
    "objects": b'{"a":[' + b'{"a":1},' * 370_000 + b"}",
    "lists": b'{"a":[' + b"[]," * 930_000 + b"}",
    "lists in lists": b'{"a":[' + b"[[]]," * 530_000 + b"}",
    "texts": b'{"a":[' + b'"ab",' * 1_440_000 + b"}",
    "numbers": b'{"a":[' + b"123456789," * 3_350_000 + b"}",
    "ends of lists": b'{"a":' + b"]" * (LARGEST - 40),
    "a text that is never over": b'{"a":' + LONGEST,
    "a text of backslashes": b'{"a":"' + b"\\" * (LARGEST - 40),
    "letters of four bytes": b'{"a":' + LONGEST + "\U0001f600".encode() + b'"',
    "another encoding": '{"a": "\u0122[", "b":'.encode("utf-16"),
}


@pytest.mark.parametrize("text", FULL.values(), ids=FULL)
def test_what_is_just_not_too_much_is_refused_cheaply_too(text):
    with cheaply(), pytest.raises(CorruptModelError, match="a key twice|not JSON|are read"):
        read_json(text, "x")


def test_a_key_in_a_text_is_none():
    assert read_json(b'{"a:{": "\\": [[\\\\", "b": {"c": "\\\\\\""}}', "x") == {"a:{": '": [[\\', "b": {"c": '\\"'}}
