"""Every kind of source, with the real package: the same batches, and the same training curve, as of NumPy arrays."""

import itertools
import threading

import numpy as np
import pytest

import kerasish
from kerasish.data import StreamedBatches, adapt, arrays
from tests.data.rows import PAIRS, ROWS, SIZE, Batched, X, Y


def forever():
    return itertools.cycle(PAIRS)


def pandas_frame(folder):
    return pytest.importorskip("pandas").DataFrame(X, columns=["a", "b", "c"]), Y


def polars_frame(folder):
    return pytest.importorskip("polars").DataFrame(X, schema=["a", "b", "c"]), Y


def arrow_table(folder):
    arrow = pytest.importorskip("pyarrow")
    return arrow.table({name: X[:, n] for n, name in enumerate("abc")}), arrow.table({"y": Y[:, 0]})


def hdf5(folder):
    file = pytest.importorskip("h5py").File(folder / "data.h5", "w")
    return file.create_dataset("x", data=X, chunks=(4, 3)), file.create_dataset("y", data=Y)


def zarr_arrays(folder):
    zarr = pytest.importorskip("zarr")
    found = zarr.create_array(str(folder / "x.zarr"), shape=X.shape, chunks=(4, 3), dtype="float32")
    found[:] = X
    return found, Y


def memory_map(folder):
    X.tofile(folder / "x.bin")
    np.save(folder / "y.npy", Y)
    return np.memmap(folder / "x.bin", "float32", "r", shape=X.shape), np.load(folder / "y.npy", mmap_mode="r")


def sparse_matrix(folder):
    return pytest.importorskip("scipy.sparse").coo_array(X), Y


def torch_tensors(folder):
    torch = pytest.importorskip("torch")
    return torch.from_numpy(X), torch.from_numpy(Y)


def tensorflow_tensors(folder):
    tensorflow = pytest.importorskip("tensorflow")
    return tensorflow.constant(X), tensorflow.Variable(Y)


def cupy_arrays(folder):
    """CuPy's arrays. Without a GPU they can't copy what they have: their own class then gives it by its `get`."""
    cupy = pytest.importorskip("cupy")
    if cupy.cuda.is_available():
        return cupy.asarray(X), cupy.asarray(Y)

    class OnHost(cupy.ndarray):
        def __new__(cls, array):
            memory = cupy.cuda.UnownedMemory(array.ctypes.data, array.nbytes, array, 0)
            return super().__new__(cls, array.shape, array.dtype, cupy.cuda.MemoryPointer(memory, 0))

        def __init__(self, array):
            self.array = array

        def get(self, *arguments, **options):
            return self.array

    return OnHost(X), OnHost(Y)


def jax_arrays(folder):
    jnp = pytest.importorskip("jax.numpy")
    return jnp.asarray(X), jnp.asarray(Y)


def torch_dataset(folder):
    torch = pytest.importorskip("torch")
    return (torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y)),)


def table(folder):
    datasets = pytest.importorskip("datasets")
    return datasets.Dataset.from_dict({"x": X, "y": Y}), "y"


BY_ROW = {
    "lists": lambda folder: (X.tolist(), Y.tolist()),
    "pandas": pandas_frame,
    "polars": polars_frame,
    "pyarrow": arrow_table,
    "h5py": hdf5,
    "zarr": zarr_arrays,
    "memmap": memory_map,
    "sparse": sparse_matrix,
    "torch tensors": torch_tensors,
    "tensorflow tensors": tensorflow_tensors,
    "cupy": cupy_arrays,
    "jax": jax_arrays,
    "torch dataset": torch_dataset,
    "datasets": table,
    "split": lambda folder: (kerasish.utils.split_dataset((np.r_[X, X], np.r_[Y, Y]), left_size=ROWS)[0],),
}


def torch_loader():
    torch = pytest.importorskip("torch")
    return torch.utils.data.DataLoader(torch_dataset(None)[0], batch_size=SIZE)


def torch_stream():
    torch = pytest.importorskip("torch")

    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            return iter([(x, y) for x, y in zip(X, Y)])

    return torch.utils.data.DataLoader(Stream(), batch_size=SIZE)


def tensorflow_dataset():
    tensorflow = pytest.importorskip("tensorflow")
    return tensorflow.data.Dataset.from_tensor_slices((X, Y)).batch(SIZE)


def grain_dataset():
    return pytest.importorskip("grain").MapDataset.source(list(zip(X, Y))).batch(SIZE)


BY_BATCH = {
    "list": lambda: list(PAIRS),
    "dicts": lambda: [({"x": x}, {"y": y}) for x, y in PAIRS],
    "generator": forever,
    "PyDataset": Batched,
    "PyDataset on the thread that trains": lambda: Batched(workers=0),
    "PyDataset of three threads": lambda: Batched(workers=3, max_queue_size=2),
    "samples in batches": lambda: kerasish.utils.split_dataset((np.r_[X, X], np.r_[Y, Y]), ROWS)[0].batch(SIZE),
    "torch loader": torch_loader,
    "torch loader of a stream": torch_stream,
    "tf.data": tensorflow_dataset,
    "grain": grain_dataset,
    "grain iterable": lambda: grain_dataset().to_iter_dataset(),
}


@pytest.mark.parametrize("name", BY_ROW)
@pytest.mark.parametrize("shuffle", [False, True, "batch"])
def test_rows_of_any_kind_train_as_numpy_s(curve, streamed, name, shuffle, tmp_path):
    wanted = curve(X, Y, batch_size=SIZE, shuffle=shuffle)
    assert curve(*BY_ROW[name](tmp_path), batch_size=SIZE, shuffle=shuffle) == wanted


@pytest.mark.parametrize("name", BY_BATCH)
def test_batches_of_any_kind_train_as_numpy_s(curve, streamed, name):
    steps = {"steps_per_epoch": len(PAIRS)} if name == "generator" else {}
    wanted = curve(X, Y, batch_size=SIZE, shuffle=False)
    assert curve(BY_BATCH[name](), shuffle=False, **steps) == wanted


def test_processes_train_as_numpy_s(curve, streamed):
    wanted = curve(X, Y, batch_size=SIZE, shuffle=False)
    assert curve(Batched(workers=2, use_multiprocessing=True), shuffle=False) == wanted


def test_what_is_small_trains_the_same_on_the_device(curve, monkeypatch):
    resident = curve(X, Y, batch_size=SIZE)
    monkeypatch.setattr(arrays, "RESIDENT_BYTES", 0)
    streamed = curve(X, Y, batch_size=SIZE)
    np.testing.assert_allclose(resident[0], streamed[0], rtol=1e-6)  # another program: another order of a sum


@pytest.mark.parametrize("name", BY_ROW)
def test_rows_go_on_from_epoch_to_epoch_with_steps(name, tmp_path):
    found = adapt(*BY_ROW[name](tmp_path), batch_size=SIZE, steps=2)
    rows = [np.asarray(batch.data[0]) for epoch in range(3) for batch in found.epoch(epoch)]
    np.testing.assert_allclose(np.concatenate(rows), np.concatenate([X, X]), rtol=1e-6)
    assert len(list(found.epoch(0, skip=1))) == 1


@pytest.mark.parametrize("name", BY_BATCH)
def test_no_thread_is_left_when_an_epoch_ends_or_is_cut_short(name):
    source = BY_BATCH[name]()
    found = adapt(source, steps=2)
    found.example()
    running = found.epoch(0)
    next(running)
    running.close()
    assert not [t.name for t in threading.enumerate() if t.name.startswith("kerasish")]


def test_batches_of_streams_are_on_the_device_and_are_copies():
    buffer = np.zeros((4, 2), "float32")

    def refilled():
        for number in range(5):
            buffer[:] = number
            yield buffer

    found = adapt(refilled())
    assert isinstance(found, StreamedBatches)
    found.example()
    seen = [batch.data[0] for batch in found.epoch(0)]
    assert [float(x[0, 0]) for x in seen] == [0, 1, 2, 3, 4]
    assert all(kerasish.ops.is_tensor(x) for x in seen)


# Samples, tables, and what goes wrong ---------------------------------------------------------------------------------
def test_samples_of_dicts_and_lists_are_put_together():
    left, _ = kerasish.utils.split_dataset([({"a": row, "b": [1, 2]}, n) for n, row in enumerate(X)], 5)
    x, y, _ = adapt(left, batch_size=5).example().data
    np.testing.assert_array_equal(x["a"], X[:5])
    np.testing.assert_array_equal(x["b"], [[1, 2]] * 5)
    assert y.tolist() == [0, 1, 2, 3, 4]


def test_samples_that_do_not_fit_together_are_refused():
    left, _ = kerasish.utils.split_dataset([(np.zeros(2), 0), (np.zeros(3), 0), (np.zeros(2), 0)], 2)
    with pytest.raises(ValueError, match=r"different shapes: \(2,\) and \(3,\)"):
        adapt(left).example()


@pytest.mark.parametrize("argument", ["y", "sample_weight"])
def test_samples_have_their_targets_with_them(argument):
    left, _ = kerasish.utils.split_dataset((X, Y), 1)
    with pytest.raises(ValueError, match=f"already yields samples with their targets, so `{argument}`"):
        adapt(left, **{argument: Y})


@pytest.mark.parametrize("name", ["grain", "grain iterable"])
def test_grain_goes_on_at_its_place(name):
    found = adapt(BY_BATCH[name]())
    found.example()
    running = found.epoch(0)
    next(running)
    state = found.get_state()
    wanted = next(running).data[1]
    again = adapt(BY_BATCH[name]())
    again.example()
    again.set_state(state)
    np.testing.assert_array_equal(next(again.epoch(0, skip=1)).data[1], wanted)
    again.set_state(state)
    assert len(list(again.epoch(1))) == len(PAIRS), "an epoch that begins does so at the beginning"
