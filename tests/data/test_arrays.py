"""Batches of arrays: orders, partial batches, splits, and arrays that are too large to be read at once."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import kerasish
from kerasish import layers
from kerasish.backend import engine
from kerasish.data import arrays
from kerasish.data.arrays import ArrayBatches, split, take_rows
from kerasish.data.batches import padded, rows_of

X = np.arange(14.0, dtype="float32").reshape(7, 2)
Y = np.arange(7)


def rows_in(batches, epoch=0, **kwargs):
    return [np.asarray(batch.data[1]).tolist() for batch in batches.epoch(epoch, **kwargs)]


def test_batches_are_rows_in_order_and_the_last_may_be_partial():
    batches = ArrayBatches(X, Y, None, 3)
    assert rows_in(batches) == [[0, 1, 2], [3, 4, 5], [6]]
    assert (batches.rows, batches.steps, batches.batch_size, batches.is_partial) == (7, 3, 3, True)
    x, y, weights = batches.example().data
    np.testing.assert_array_equal(x, X[:3])
    assert (y.tolist(), weights) == ([0, 1, 2], None)
    assert [batch.rows for batch in batches.epoch(0)] == [3, 3, 1]
    assert rows_in(batches, skip=2) == [[6]]
    assert not ArrayBatches(X, Y, None, 7).is_partial


def test_a_batch_may_be_larger_than_the_data_and_the_data_empty():
    assert rows_in(ArrayBatches(X, Y, None, 32)) == [Y.tolist()]
    empty = ArrayBatches(X[:0], Y[:0], None, 4)
    assert (empty.rows, empty.steps, rows_in(empty), empty.example().rows) == (0, 0, [], 0)


def test_trees_of_arrays():
    batches = ArrayBatches({"a": X, "b": (X, None)}, [Y, Y], None, 4)
    x, y, _ = batches.example().data
    assert x["a"].shape == x["b"][0].shape == (4, 2)
    assert x["b"][1] is None
    assert [part.shape for part in y] == [(4,), (4,)]


@given(st.integers(1, 40), st.integers(1, 9), st.integers(0, 2**63 - 1), st.integers(0, 1000))
def test_a_shuffled_order_is_a_permutation_that_follows_from_seed_and_epoch(rows, size, seed, epoch):
    data = np.zeros(rows, "float32")
    for shuffle in (True, "batch"):
        order = ArrayBatches(data, None, None, size, shuffle, seed).order(epoch)
        assert sorted(order) == list(range(rows))
        np.testing.assert_array_equal(order, ArrayBatches(data, None, None, size, shuffle, seed).order(epoch))


def test_epochs_and_seeds_have_different_orders():
    data = np.zeros(50, "float32")
    orders = {tuple(ArrayBatches(data, shuffle=True, seed=seed).order(epoch)) for seed in (0, 1) for epoch in (0, 1, 2)}
    assert len(orders) == 6


def test_orders_do_not_depend_on_which_epochs_came_before():
    batches = ArrayBatches(np.zeros(20, "float32"), shuffle=True, seed=3)
    fifth = batches.order(5).tolist()
    batches.order(0)
    assert batches.order(5).tolist() == fifth


def test_the_order_follows_from_the_program_s_seed():
    found = []
    for seed in (1, 1, 2):
        kerasish.utils.set_random_seed(seed)
        found.append(ArrayBatches(np.zeros(30, "float32"), shuffle=True).order(0).tolist())
    assert found[0] == found[1] != found[2]


@given(st.integers(1, 40), st.integers(1, 9), st.integers(0, 5))
def test_batches_shuffled_whole_stay_whole_and_the_partial_one_is_last(rows, size, epoch):
    batches = ArrayBatches(np.zeros(rows, "float32"), np.arange(rows), None, size, "batch", 1)
    *whole, last = rows_in(batches, epoch)
    starts = [batch[0] for batch in [*whole, last]]
    assert all(batch == list(range(batch[0], batch[0] + len(batch))) for batch in [*whole, last])
    assert all(start % size == 0 for start in starts)
    if rows % size:
        assert len(last) == rows % size


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((X, Y[:5], None), "same number of rows; x has 7, y has 5"),
        (({"a": X, "b": X[:3]}, Y, None), r"x\['a'\] has 7, x\['b'\] has 3, y has 7"),
        ((X, [Y, Y[:1]], None), r"y\[1\] has 1"),
        ((X, Y, np.ones(3)), "sample_weight has 3"),
        ((np.float32(3), None, None), "x is a single number; arrays need an axis of samples"),
    ],
)
def test_numbers_of_rows_must_agree(data, message):
    with pytest.raises(ValueError, match=message):
        ArrayBatches(*data)


@given(st.integers(2, 60), st.floats(0.02, 0.98))
def test_a_split_loses_no_row_and_keeps_the_order(rows, fraction):
    data = np.arange(float(rows), dtype="float32")
    cut = int(np.floor(rows * (1 - fraction)))
    if cut in (0, rows):
        with pytest.raises(ValueError, match="leaves nothing to train on, or to validate on"):
            split((data, None, None), fraction)
        return
    (train, _, _), (validation, _, _) = split((data, None, None), fraction)
    assert len(train) == cut
    np.testing.assert_array_equal(np.concatenate([train, validation]), data)


def test_a_split_cuts_all_parts_at_the_same_row():
    (x, y, w), (x2, y2, w2) = split(({"a": X.tolist()}, Y, np.ones(7)), 0.3)
    assert (len(x["a"]), len(y), len(w)) == (4, 4, 4)
    assert (len(x2["a"]), y2.tolist(), len(w2)) == (3, [4, 5, 6], 3)
    assert split((X, None, None), 0.5)[1][1] is None


@pytest.mark.parametrize("fraction", [0, 1, -0.5, 1.5])
def test_a_fraction_is_between_0_and_1(fraction):
    with pytest.raises(ValueError, match=f"validation_split must be a fraction between 0 and 1; got {fraction}"):
        split((X, Y, None), fraction)
    with pytest.raises(ValueError, match="same number of rows"):
        split((X, Y[:2], None), 0.5)


def test_small_arrays_live_on_the_device_once():
    batches = ArrayBatches(X, Y, None, 3)
    assert batches.is_small
    assert batches.resident() is batches.resident()
    x, y, weights = take_rows(batches.resident(), engine.asarray(np.array([5, 0], "int32")))
    np.testing.assert_array_equal(x, X[[5, 0]])
    np.testing.assert_array_equal(y, [5, 0])
    assert weights is None


# Arrays in files -------------------------------------------------------------------------------------------------------
class Watched(np.memmap):
    """Counts the rows that are read at once."""

    most = 0

    def __getitem__(self, key):
        found = super().__getitem__(key)
        if found._mmap is not None:  # a part of the file, not read yet
            return found
        Watched.most = max(Watched.most, len(found))
        return found.view(np.ndarray)  # as `np.memmap` itself does

    def __array__(self, *args, **kwargs):
        raise AssertionError("the file is read whole")

    def astype(self, *args, **kwargs):
        raise AssertionError("the file is converted whole")


@pytest.fixture(params=["float32", "float64", "int64"])
def mapped(request, tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "RESIDENT_BYTES", 100)
    monkeypatch.setattr(Watched, "most", 0)
    values = np.random.default_rng(0).integers(0, 9, (40, 3)).astype(request.param)
    values.tofile(tmp_path / "x.bin")
    return values, Watched(tmp_path / "x.bin", dtype=request.param, mode="r", shape=(40, 3))


@pytest.mark.parametrize("shuffle", [False, True, "batch"])
def test_a_large_file_is_read_batch_by_batch(mapped, shuffle):
    values, file = mapped
    batches = ArrayBatches(file, None, None, 6, shuffle, 1)
    assert not batches.is_small
    found = [batch.data[0] for batch in batches.epoch(2)]
    order = batches.order(2)
    np.testing.assert_array_equal(np.concatenate(found), values[order])
    assert all(not isinstance(batch, np.memmap) for batch in found)
    assert found[0].dtype == ("int64" if values.dtype == "int64" else "float32")
    assert Watched.most <= 6


def test_a_large_file_is_split_without_being_read(mapped):
    values, file = mapped
    (train, _, _), (validation, _, _) = split((file, None, None), 0.25)
    assert Watched.most == 0
    batches = ArrayBatches(validation, None, None, 4)
    np.testing.assert_array_equal(np.concatenate([b.data[0] for b in batches.epoch(0)]), values[30:])
    assert len(train) == 30


@pytest.mark.skipif(kerasish.config.backend() == "numpy", reason="NumPy has no gradients")
def test_a_model_trains_on_a_large_file_as_on_the_array(tmp_path, monkeypatch):
    values = np.random.default_rng(0).normal(size=(40, 3))
    values.tofile(tmp_path / "x.bin")
    y = values.sum(-1, keepdims=True).astype("float32")
    file = np.memmap(tmp_path / "x.bin", dtype="float64", mode="r", shape=(40, 3))
    found = []
    for x, limit in ((values, 2**30), (file, 2**30), (file, 100)):
        monkeypatch.setattr(arrays, "RESIDENT_BYTES", limit)
        kerasish.utils.set_random_seed(0)
        model = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(x, y, batch_size=16, epochs=2, verbose=0)
        found.append(model.predict(x, batch_size=16, verbose=0))
    for other in found[1:]:
        np.testing.assert_allclose(found[0], other, rtol=1e-5, atol=1e-6)


# Padding ---------------------------------------------------------------------------------------------------------------
@given(st.integers(1, 9), st.integers(0, 12))
def test_padding_repeats_the_last_row(rows, size):
    data = {"a": np.arange(rows * 2.0).reshape(rows, 2), "b": None}
    found = padded(data, size)
    assert found["b"] is None
    assert found["a"].shape == (max(rows, size), 2)
    np.testing.assert_array_equal(found["a"][:rows], data["a"])
    assert (found["a"][rows:] == data["a"][-1]).all()


def test_rows_of_a_tree():
    assert rows_of((None, {"a": X})) == 7
    assert rows_of((None, None)) == 0
    assert rows_of(np.float32(3)) == 0
