"""A hostile pickle runs nothing; pickled arrays of every age are read."""

import io
import os
import pickle
import zipfile

import numpy as np
import pytest

from kerasish.datasets.safe_pickle import load_npz, load_pickle


def load(content, encoding="ASCII"):
    return load_pickle(io.BytesIO(content), encoding)


class Runs:
    """Its pickle calls `function(*arguments)`."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "make",
    [
        lambda path: Runs(os.system, f"touch {path}"),
        lambda path: Runs(eval, f"open({str(path)!r}, 'w')"),
        lambda path: {"data": [Runs(open, str(path), "w")]},
        lambda path: Runs(getattr, "text", "upper"),
        lambda path: np.array([Runs(open, str(path), "w")], object),
        lambda path: Runs(np.fromfile, str(path)),
    ],
)
def test_a_hostile_pickle_is_refused_before_it_runs(make, protocol, tmp_path):
    path = tmp_path / "owned"
    with pytest.raises(pickle.UnpicklingError, match="which a data set of numbers does not need"):
        load(pickle.dumps(make(path), protocol))
    assert not path.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"cnumpy\ndtype\n(X\x02\x00\x00\x00V8tR.", "has the type 'V8'"),
        (b"cnumpy\ndtype\n(X\x0d\x00\x00\x00O8,(1000000,)tR.", "has the type 'O8,"),
        (b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x03\x00\x00\x00hextR.", "encoding 'hex'"),
        (b"cnumpy\nload\n.", r"asks for numpy\.load"),
    ],
)
def test_odd_types_and_names_are_refused(content, message):
    with pytest.raises(pickle.UnpicklingError, match=message):
        load(content)


def test_bytes_of_any_length_can_not_be_asked_for():
    with pytest.raises(TypeError, match="takes 0 positional arguments"):
        load(b"c__builtin__\nbytes\n(I999999999999\ntR.")


def test_the_name_of_the_array_class_can_not_be_called():
    with pytest.raises(TypeError, match="not callable"):
        load(b"cnumpy\nndarray\n(I9\ntR.")


def test_an_array_that_declares_more_than_it_has_is_refused():
    content = pickle.dumps(np.arange(3, dtype="u1"), 2).replace(b"K\x03\x85", b"J\xff\xff\xff\x7f\x85")
    with pytest.raises(ValueError, match="do not fill the declared shape"):
        load(content)


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype="u1").reshape(2, 3),
        np.arange(6, dtype=">i4"),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array([True, False]),
        np.zeros((0, 3), "float32"),
        np.array(3, "int64"),
    ],
)
def test_pickled_arrays_come_out_as_they_were(array, protocol):
    found = load(pickle.dumps(array, protocol))
    assert found.dtype == array.dtype
    assert found.shape == array.shape
    assert np.array_equal(found, array)
    found[...] = 0  # may be written


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("lists", [[[1, 2], [3, 4]], [[1], [2, 3]], []])
def test_pickled_arrays_of_lists_come_out_as_they_were(lists, protocol):
    array = np.empty(len(lists), object)
    for position, item in enumerate(lists):
        array[position] = item
    found = load(pickle.dumps(array, protocol))
    assert found.shape == array.shape
    assert found.tolist() == lists


def test_arrays_inside_arrays_and_dictionaries_are_arrays():
    array = np.empty(1, object)
    array[0] = np.arange(2)
    found = load(pickle.dumps({"x": array, 1: "text"}, 3))
    assert found["x"][0].tolist() == [0, 1]
    assert found[1] == "text"


def test_arrays_pickled_by_python_2_are_read():
    # Strings of bytes: numpy.core.multiarray, 'b', 'u1', '|' and the content, as opcodes U (SHORT_BINSTRING).
    content = (
        b"\x80\x02}U\x04datacnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x02\x85cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89U\x02\x07\xfftbs."
    )
    assert load(content, "bytes")[b"data"].tolist() == [7, 255]
    assert load(content, "latin1")["data"].tolist() == [7, 255]


def test_an_npz_file_gives_plain_arrays_and_arrays_of_lists(tmp_path):
    lists = np.empty(2, object)
    lists[:] = [[1], [2, 3]]
    np.savez(tmp_path / "a.npz", x=lists, y=np.arange(4).reshape(2, 2, order="F"))
    x, y = load_npz(str(tmp_path / "a.npz"), ("x", "y"))
    assert x.tolist() == [[1], [2, 3]]
    assert y.tolist() == [[0, 2], [1, 3]]


def test_a_hostile_npz_file_runs_nothing(tmp_path):
    array = np.array([Runs(open, str(tmp_path / "owned"), "w")], object)
    np.savez(tmp_path / "a.npz", x=array)
    with pytest.raises(pickle.UnpicklingError, match="asks for"):
        load_npz(str(tmp_path / "a.npz"), ("x",))
    assert not (tmp_path / "owned").exists()


def test_an_npz_file_that_declares_more_than_it_has_is_refused(tmp_path):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"shape": (2**50,), "fortran_order": False, "descr": "<f8"})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", file.getvalue())
    with pytest.raises(ValueError, match=r"has 0 numbers, which do not fill the declared shape \(1125899906842624,\)"):
        load_npz(str(tmp_path / "a.npz"), ("x",))


def test_an_npz_file_without_the_array_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", y=np.zeros(1))
    with pytest.raises(ValueError, match="lacks the arrays x; it has y"):
        load_npz(str(tmp_path / "a.npz"), ("x",))
    np.save(tmp_path / "b.npy", np.zeros(1))
    with pytest.raises(ValueError, match="single array, not an .npz file"):
        load_npz(str(tmp_path / "b.npy"), ("x",))


def test_a_header_that_is_no_python_is_a_clear_error():
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2L, }".ljust(117) + b"\n"
    array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(8)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", array)
    file.seek(0)
    with pytest.raises(ValueError, match="the array x of .* has a header that is none of the .npy format"):
        load_npz(file, ("x",))
