"""Arrays of every kind become arrays that a model can take; what has no numbers is refused in plain words."""

import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest

import kerasish
from kerasish.backend import engine
from kerasish.data.conversion import convert, convert_tree, is_array_like, is_numbers

NUMBERS = [[1.0, 2.0], [3.0, 4.0]]


class Tensor:
    """Stands for a tensor of another library: it must be detached, and fetched, before it is an array."""

    shape = (2, 2)

    def __init__(self, fetched=False):
        self.fetched = fetched

    def detach(self):
        return self

    def cpu(self):
        return Tensor(fetched=True)

    def __array__(self, dtype=None, copy=None):
        assert self.fetched
        return np.array(NUMBERS, "float32")


@pytest.mark.parametrize(
    ("x", "dtype"),
    [
        (NUMBERS, "float32"),
        (((1.0, 2.0), (3.0, 4.0)), "float32"),
        ([[True, False]], "bool"),
        (np.zeros(2, "float64"), "float32"),
        (np.zeros(2, "float16"), "float16"),
        (np.zeros(2, ml_dtypes.bfloat16), "bfloat16"),
        (np.zeros(2, "int64"), "int64"),
        (np.zeros(2, "uint8"), "uint8"),
        (np.float64(3), "float32"),
        (Tensor(), "float32"),
    ],
    ids=lambda x: type(x).__name__,
)
def test_what_becomes_an_array_and_of_which_dtype(x, dtype):
    found = convert(x, "x")
    assert isinstance(found, np.ndarray)
    assert found.dtype.name == dtype


def test_the_float_type_is_the_program_s():
    kerasish.config.set_floatx("float16")
    try:
        assert convert(np.zeros(2), "x").dtype == "float16"
    finally:
        kerasish.config.set_floatx("float32")


def test_the_backend_s_arrays_stay_where_they_are():
    x = engine.asarray(np.ones(3, "float32"))
    assert convert(x, "x") is x
    y = np.ones(3, "float32")
    assert convert(y, "x") is y


def test_frames_and_columns():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    np.testing.assert_array_equal(convert(frame, "x"), [[1, 3], [2, 4]])
    np.testing.assert_array_equal(convert(frame["a"], "x"), [1, 2])
    with pytest.raises(TypeError, match=r"x\['a'\] has the dtype object"):
        convert(pandas.DataFrame({"a": ["red", "blue"]}).astype(object), "x")
    with pytest.raises(TypeError, match="dates or durations"):
        convert(pandas.Series(pandas.to_datetime(["2020-01-01"])), "x")


def test_a_sparse_matrix_is_made_dense():
    sparse = pytest.importorskip("scipy.sparse")
    assert is_array_like(sparse.eye(3))
    found = convert(sparse.eye(3).tocsr(), "x")
    assert found.dtype == "float32"
    np.testing.assert_array_equal(found, np.eye(3))


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.zeros(2, "complex64"), ValueError, r"x has complex numbers \(complex64\).*Use x.real"),
        (np.array([1.0, "a"], object), TypeError, r"x has the dtype object.*.astype\('float32'\)"),
        (np.array(["a", "b"]), TypeError, "x holds strings"),
        (np.array([b"a"]), TypeError, "x holds strings"),
        (np.array(["2020-01-01"], "datetime64[D]"), TypeError, r"x holds dates or durations \(datetime64"),
        (np.zeros(2, [("a", "f4"), ("b", "f4")]), TypeError, "x is a structured array, with the fields a, b"),
        (np.ma.masked_array([1.0, 2.0], [0, 1]), TypeError, r"x is a masked array, whose mask would be lost"),
        (np.array(["a", 1.0], object), TypeError, "x holds strings"),
        (np.array([{"a": 1.0}]), TypeError, "x holds dicts; give their values as arrays"),
        (np.array([[1.0], [1.0, 2.0]], object), TypeError, "x holds rows of different shapes .*; make them equal"),
        ([[1.0], [1.0, 2.0]], ValueError, r"x is a list whose rows have different lengths \(1, 2.*pad_sequences"),
    ],
)
def test_what_is_no_array_of_numbers_is_explained(x, error, message):
    with pytest.raises(error, match=message) as caught:
        convert(x, "x")
    assert len(str(caught.value)) <= 600


def test_an_array_of_rows_that_fit_together_is_one_array():
    rows = np.empty(3, object)
    rows[:] = [np.zeros(2), [1, 2], (3.0, 4.0)]
    found = convert(rows, "x")
    assert found.dtype == "float32"
    np.testing.assert_array_equal(found, [[0, 0], [1, 2], [3, 4]])


def test_trees_keep_their_structure_and_name_the_part_that_is_wrong():
    found = convert_tree({"a": NUMBERS, "b": [np.zeros(2), (np.zeros(3), None)]}, "x")
    assert found["a"].shape == (2, 2)
    assert found["b"][1][1] is None
    assert isinstance(found["b"][1], tuple)
    assert convert_tree(None, "y") is None
    with pytest.raises(TypeError, match=r"x\['b'\]\[1\] holds strings"):
        convert_tree({"a": NUMBERS, "b": [np.zeros(2), np.array(["s"])]}, "x")


def test_named_tuples_are_trees():
    import collections

    Pair = collections.namedtuple("Pair", "a b")
    found = convert_tree(Pair(np.zeros(2), np.zeros(3)), "x")
    assert type(found) is Pair
    assert found.b.dtype == "float32"


def test_lists_of_python_s_numbers():
    assert is_numbers([[1, 2], [3, 4]])
    assert is_numbers((1.0, True))
    assert not is_numbers([])
    assert not is_numbers([np.zeros(2)])
    assert not is_numbers(["a"])


NOTHING_ELSE = """
import sys
import kerasish
from kerasish import layers
model = kerasish.Sequential([kerasish.Input((1,)), layers.Dense(1)])
model.compile("sgd", "mse")
x = [[1.0], [2.0]]
model.predict(x)
if kerasish.config.backend() != "numpy":
    model.fit(x, x, verbose=0)
    model.fit(iter([([[1.0]], [[2.0]])]), verbose=0)
names = "torch pandas polars pyarrow zarr grain datasets tensorflow cupy PIL keras matplotlib optax".split()
print([name for name in names if name in sys.modules])
"""


def test_no_foreign_library_is_imported_to_recognise_its_arrays():
    done = subprocess.run([sys.executable, "-c", NOTHING_ELSE], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr[-500:]
    assert not is_array_like("text")
    assert not is_array_like([1.0])
