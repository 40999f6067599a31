"""Windows of a time series."""

import numpy as np
import pytest

from kerasish.data import adapt
from kerasish.utils import timeseries_dataset_from_array

SERIES = np.arange(20)


def parts(batches):
    return [tuple(np.asarray(part).tolist() for part in (b if isinstance(b, tuple) else (b,))) for b in batches]


@pytest.mark.parametrize(
    "arguments",
    [
        {"sequence_length": 4, "batch_size": 4},
        {"sequence_length": 4, "sequence_stride": 3},
        {"sequence_length": 3, "sampling_rate": 2, "batch_size": 5},
        {"sequence_length": 3, "start_index": 2, "end_index": 12, "batch_size": 5},
        {"sequence_length": 3, "sampling_rate": 2, "sequence_stride": 2, "start_index": 3, "end_index": 17},
        {"sequence_length": 3, "batch_size": None},
    ],
    ids=str,
)
@pytest.mark.parametrize("targets", [SERIES * 10, SERIES[:5], None], ids=["targets", "few targets", "none"])
def test_windows_are_those_of_keras(arguments, targets):
    keras = pytest.importorskip("keras")
    pytest.importorskip("grain")
    if targets is not None and len(targets) == 5 and "start_index" in arguments:
        pytest.skip("Keras 3.15.1 reads past the end of the targets")
    theirs = keras.utils.timeseries_dataset_from_array(SERIES, targets, format="grain", **arguments)
    assert parts(timeseries_dataset_from_array(SERIES, targets, **arguments)) == parts(theirs)


def test_windows_without_a_target_are_left_out():
    windows = timeseries_dataset_from_array(SERIES, SERIES[:5] * 10, 3, start_index=2)
    assert parts(windows) == [([[2, 3, 4], [3, 4, 5], [4, 5, 6]], [20, 30, 40])]


def test_windows_of_several_features_and_of_files(tmp_path):
    values = np.arange(40.0).reshape(20, 2)
    values.tofile(tmp_path / "x.bin")
    file = np.memmap(tmp_path / "x.bin", "float64", "r", shape=(20, 2))
    h5py = pytest.importorskip("h5py")
    with h5py.File.in_memory() as store:
        stored = store.create_dataset("x", data=values)
        for data in (values, file, stored):
            x, y = timeseries_dataset_from_array(data, values[3:], 3)[0]
            assert x.shape == (17, 3, 2)
            np.testing.assert_array_equal(x[2], values[2:5])
            np.testing.assert_array_equal(y[2], values[5])


def test_epochs_have_their_own_order_and_a_state():
    windows = timeseries_dataset_from_array(SERIES, SERIES, 3, shuffle=True, seed=1)
    found = adapt(windows)
    first, second = ([b.data[1].tolist() for b in found.epoch(epoch)] for epoch in range(2))
    assert first != second
    assert sorted(first[0]) == sorted(second[0]) == list(range(18))
    assert found.get_state()["dataset"] == {"epoch": 2}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"start_index": -1}, "start_index must be at least 0 and less than 20; got -1"),
        ({"start_index": 25}, "start_index must be at least 0 and less than 20; got 25"),
        ({"end_index": 30}, "end_index must be greater than start_index=0 and at most 20; got 30"),
        ({"end_index": 0}, "end_index must be greater"),
        ({"start_index": 10, "end_index": 5}, "end_index must be greater than start_index=10"),
        ({"sequence_length": 0}, "sequence_length must be a whole number of at least 1; got 0"),
        ({"sampling_rate": 0}, "sampling_rate must be a whole number"),
        ({"sampling_rate": 30}, "sampling_rate must be less than the 20 times of the data; got 30"),
        ({"sequence_stride": 20}, "sequence_stride must be less than"),
        ({"batch_size": 0}, "batch_size must be a whole number"),
        ({"sequence_length": 30}, "No window fits: 20 times and 20 targets for windows of 30"),
    ],
    ids=str,
)
def test_numbers_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        timeseries_dataset_from_array(SERIES, SERIES, **{"sequence_length": 3, **arguments})
