"""Arrays in files, and sparse ones: only what a batch needs is read, in the order that files want."""

import subprocess
import sys

import numpy as np
import pytest

from kerasish.data.arrays import ArrayBatches, split
from kerasish.data.lazy import LazyRows, SparseRows, is_on_demand, is_sparse, lazy_rows

VALUES = np.arange(120.0).reshape(60, 2)


class File:
    """An array as h5py's: it reads what is asked for, and wants numbers that grow."""

    chunks = (4, 2)

    def __init__(self, values=VALUES):
        self.values = values
        self.shape = values.shape
        self.dtype = values.dtype
        self.most = 0

    def __getitem__(self, key):
        assert isinstance(key, slice) or (np.diff(key) > 0).all()
        found = self.values[key]
        self.most = max(self.most, len(found))
        return found


@pytest.mark.parametrize("shuffle", [False, True, "batch"])
def test_a_batch_reads_its_rows(shuffle):
    file = File()
    batches = ArrayBatches(file, None, None, 7, shuffle, seed=1)
    found = [batch.data[0] for batch in batches.epoch(3)]
    np.testing.assert_array_equal(np.concatenate(found), VALUES[batches.order(3)])
    assert found[0].dtype == "float32"
    assert file.most <= 4 * 7
    assert not batches.is_small


@pytest.mark.parametrize("rows", [[], [5], [3, 1, 2], [59, 0, 30], [4, 4, 1, 50]], ids=str)
def test_any_rows_in_any_order(rows):
    np.testing.assert_array_equal(LazyRows(File())[np.array(rows, int)], VALUES[rows])


def test_a_part_is_not_read_yet():
    file = File()
    rows = LazyRows(file)
    part = rows[10:40][5:10]
    assert (part.shape, part.ndim, part.dtype, part.nbytes, file.most) == ((5, 2), 2, "float64", 80, 0)
    np.testing.assert_array_equal(part[np.array([4, 0])], VALUES[[19, 15]])
    np.testing.assert_array_equal(np.asarray(part), VALUES[15:20])
    assert len(rows[50:90]) == 10
    assert len(rows[9:3]) == 0
    with pytest.raises(ValueError, match="slices without a step"):
        rows[::2]


def test_a_split_reads_nothing():
    file = File()
    (train, _, _), (validation, _, _) = split((file, None, None), 0.25)
    assert (len(train), len(validation), file.most) == (45, 15, 0)
    batches = ArrayBatches(validation, None, None, 4)
    np.testing.assert_array_equal(np.concatenate([b.data[0] for b in batches.epoch(0)]), VALUES[45:])


def test_what_is_read_on_demand():
    sparse = pytest.importorskip("scipy.sparse")
    h5py = pytest.importorskip("h5py")
    with h5py.File.in_memory() as file:
        assert is_on_demand(file.create_dataset("x", data=VALUES))
    assert not is_on_demand(VALUES)
    assert is_sparse(sparse.eye(3))
    assert not is_sparse(VALUES)
    assert isinstance(lazy_rows(sparse.eye(3)), SparseRows)
    assert lazy_rows(VALUES) is None


def test_numbers_are_asked_for_here_too():
    with pytest.raises(ValueError, match="x has complex numbers"):
        ArrayBatches(File(VALUES + 1j))


BOUNDED = """
import resource, sys
import numpy as np
import kerasish
from kerasish import layers

kind, folder, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
if kind == "h5py":
    import h5py
    x = h5py.File(folder + "/x.h5", "w").create_dataset("x", (rows, 1024), "float32", chunks=(256, 1024))
    x[5] = 1.0
else:
    x = np.memmap(folder + "/x.bin", "float32", "w+", shape=(rows, 1024))
    x[5] = 1.0
model = kerasish.Sequential([kerasish.Input((1024,)), layers.Dense(1, kernel_initializer="ones")])
model.predict(x[:512], batch_size=512)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = model.predict(x, batch_size=512)
assert found.shape == (rows, 1) and found[5] == 1024 and found.sum() == 1024
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("kind", ["h5py", pytest.param("memmap", marks=pytest.mark.slow)])
def test_predict_of_a_large_file_takes_little_memory(kind, tmp_path):
    code = [sys.executable, "-c", BOUNDED, kind, str(tmp_path), "65536"]  # 256 MiB of numbers, in a file with holes
    done = subprocess.run(code, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    # Pages of a memory map count as the process's, until the system wants them back.
    assert int(done.stdout) < (64 if kind == "h5py" else 300)
