"""Windows of a time series as batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish.core.random import next_seed
from kerasish.data import PyDataset
from kerasish.data.conversion import convert
from kerasish.data.lazy import LazyRows
from kerasish.data.orders import permutation
from kerasish.utils.image_directory import check_format


class TimeseriesDataset(PyDataset):
    """Batches of windows. Each epoch has its own order, if they are shuffled.

    Args:
        data: The series, along its first axis.
        targets: One for each window, by the time at which the window begins; or None.
        starts: When each window begins, in the order of the first epoch.
        steps: `(sequence_length,)`: the times of a window, counted from its beginning.
        batch_size: Windows of a batch; None: an item is one window.
        seed: What the orders of later epochs follow from; None: they are the first.
    """

    def __init__(
        self, data: Any, targets: Any, starts: np.ndarray, steps: np.ndarray, batch_size: int | None, seed: int | None
    ) -> None:
        super().__init__()
        self.data = data
        self.targets = targets
        self.starts = starts
        self.steps = steps
        self.batch_size = batch_size
        self.epoch = 0
        self._seed = seed
        self._order = np.arange(len(starts))

    def __len__(self) -> int:
        """How many batches."""
        return -(-len(self.starts) // (self.batch_size or 1))

    def __getitem__(self, index: int) -> Any:
        """The batch of this number: `(x, y)`, or `x` alone if there are no targets."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"There are {len(self)} batches; got the number {index}.")
        size = self.batch_size or 1
        starts = self.starts[self._order[index % len(self) * size :][:size]]
        times = starts[:, None] + self.steps
        x = self.data[times.reshape(-1)].reshape((*times.shape, *self.data.shape[1:]))
        y = None if self.targets is None else self.targets[starts]
        if self.batch_size is None:
            x, y = x[0], None if y is None else y[0]
        return x if y is None else (x, y)

    def on_epoch_end(self) -> None:
        """Take up the order of the next epoch."""
        self.set_state({"epoch": self.epoch + 1})

    def get_state(self) -> dict[str, Any]:
        """Which epoch it is."""
        return {"epoch": self.epoch}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up what `get_state` returned."""
        self.epoch = int(state["epoch"])
        count = len(self.starts)
        shuffled = self._seed is not None and self.epoch
        self._order = permutation(count, self._seed, self.epoch) if shuffled else np.arange(count)


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> PyDataset:
    """Windows that slide over a series: `data[t], data[t + rate], …, data[t + (length - 1) rate]`, with `targets[t]`.

    To predict what comes after a window, give `data[:-length]` and `targets = data[length:]`.

    Args:
        data: The series: an array whose first axis is time, in memory or in a file, which is not read whole.
        targets: By the time at which a window begins; windows that have none are left out. None: no targets.
        sequence_length: Times of a window.
        sequence_stride: Times between the beginnings of windows.
        sampling_rate: Times between the times of a window.
        batch_size: Windows of a batch; None: single windows.
        shuffle: Whether each epoch has its own order.
        seed: What the orders follow from.
        start_index, end_index: Only this part of the series: from `start_index`, up to but without `end_index`.
        format: Accepted, and without effect: the dataset is a `PyDataset`.

    Raises:
        ValueError: a number doesn't fit the series; or no window does, of which Keras says nothing.

    Example:
        >>> windows = timeseries_dataset_from_array(np.arange(6), np.arange(6) * 10, 3, batch_size=2)
        >>> [(x.tolist(), y.tolist()) for x, y in windows][0]
        ([[0, 1, 2], [1, 2, 3]], [0, 10])
    """
    check_format(format)
    series = convert(data, "data", lazily=True)
    goals = None if targets is None else convert(targets, "targets", lazily=True)
    total = int(series.shape[0])
    first, last = start_index or 0, total if end_index is None else end_index
    _check(total, sequence_length, sequence_stride, sampling_rate, batch_size, first, last)
    count = last - first - (sequence_length - 1) * sampling_rate
    if goals is not None:
        count = min(count, int(goals.shape[0]) - first)
    if count < 1:
        raise ValueError(
            f"No window fits: {last - first} times{'' if goals is None else f' and {goals.shape[0]} targets'} for "
            f"windows of {sequence_length} with sampling_rate={sampling_rate}."
        )
    starts = np.arange(first, first + count, sequence_stride)
    if shuffle:
        seed = next_seed() % 2**32 if seed is None else seed
        np.random.RandomState(seed).shuffle(starts)
    steps = np.arange(sequence_length) * sampling_rate
    return TimeseriesDataset(_rows(series), _rows(goals), starts, steps, batch_size, seed if shuffle else None)


def _rows(x: Any) -> Any:
    return x if x is None or isinstance(x, np.ndarray | LazyRows) else np.asarray(x)


def _check(total: int, length: int, stride: int, rate: int, batch_size: int | None, first: int, last: int) -> None:
    counts = {"sequence_length": length, "sequence_stride": stride, "sampling_rate": rate, "batch_size": batch_size}
    for name, value in counts.items():
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not (name == "batch_size" and value is None) and (not whole or value < 1):
            raise ValueError(f"{name} must be a whole number of at least 1; got {value!r}.")
    for name, value in (("sequence_stride", stride), ("sampling_rate", rate)):
        if value >= total:
            raise ValueError(f"{name} must be less than the {total} times of the data; got {value}.")
    if not 0 <= first < total:
        raise ValueError(f"start_index must be at least 0 and less than {total}; got {first}.")
    if not first < last <= total:
        raise ValueError(f"end_index must be greater than start_index={first} and at most {total}; got {last}.")
