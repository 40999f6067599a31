"""Batches of single samples: of map-style datasets, of Hugging Face's tables, and of streams of samples."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from kerasish.backend.interface import Tree
from kerasish.data.arrays import RowBatches
from kerasish.data.conversion import is_plain, plain_array
from kerasish.data.dataset import PyDataset
from kerasish.data.iterables import converted_batch, unpack

Change = Callable[..., Any]
_ARRAYS = ("numpy", "torch", "jax", "tensorflow", "custom")
"""Formats of Hugging Face's tables that are kept; `custom` is a transform of the user's."""


def collate(samples: Sequence[Any]) -> Any:
    """Samples of one structure as one batch of that structure.

    Example:
        >>> collate([(np.zeros(3), 1), (np.ones(3), 2)])[1]
        array([1, 2])

    Raises:
        ValueError: they have different structures or shapes.
    """
    first = samples[0]
    if first is None:
        return None
    if isinstance(first, dict):
        return {key: collate([sample[key] for sample in samples]) for key in first}
    if isinstance(first, tuple) or (isinstance(first, list) and not is_plain(first)):
        if len({len(sample) for sample in samples}) > 1:
            raise ValueError(f"Samples of a batch have different lengths: {sorted({len(s) for s in samples})}.")
        parts = [collate(part) for part in zip(*samples, strict=True)]
        return type(first)(*parts) if "_fields" in dir(type(first)) else type(first)(parts)
    if isinstance(first, str | bytes):
        return np.array(samples, object)
    arrays = [plain_array(sample, "a sample") for sample in samples]
    shapes = {array.shape for array in arrays}
    if len(shapes) > 1:
        found = " and ".join(map(str, sorted(shapes)[:2]))
        raise ValueError(f"Samples of a batch have different shapes: {found}. Make them equal in the dataset.")
    return np.stack(arrays)


class Samples:
    """Some samples of a dataset, in an order.

    Args:
        dataset: It has `__getitem__`.
        numbers: Which samples.
    """

    def __init__(self, dataset: Any, numbers: np.ndarray) -> None:
        self.dataset = dataset
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, index: int) -> Any:
        return self.dataset[int(self.numbers[index])]

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def batch(self, batch_size: int, drop_remainder: bool = False) -> SampleDataset:
        """Batches of so many samples; the last may be smaller, unless it is dropped."""
        return SampleDataset(self, batch_size, drop_remainder)


class SampleDataset(PyDataset):
    """Samples as a `PyDataset` of batches.

    Args:
        samples: Anything with `__len__` and `__getitem__`.
        batch_size: Samples of a batch.
        drop_remainder: Whether a smaller last batch is left out.
    """

    def __init__(self, samples: Any, batch_size: int, drop_remainder: bool = False) -> None:
        super().__init__()
        self.samples = samples
        self.batch_size = batch_size
        self.drop_remainder = drop_remainder

    def __len__(self) -> int:
        whole, rest = divmod(len(self.samples), self.batch_size)
        return whole + (rest > 0 and not self.drop_remainder)

    def __getitem__(self, index: int) -> Any:
        first = index * self.batch_size
        numbers = range(first, min(first + self.batch_size, len(self.samples)))
        return _pair(collate([self.samples[number] for number in numbers]))


class SampleBatches(RowBatches):
    """Batches of a dataset that gives one sample for a number, such as one of PyTorch.

    Args:
        dataset: It has `__len__` and `__getitem__`; and may have `__getitems__`, which takes many numbers at once.
        batch_size, shuffle, seed: As of `RowBatches`.
        change: A function of `x, y, sample_weight` of a batch, which returns others.
        strings: Whether `x` may hold strings.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 32,
        shuffle: bool | str = False,
        seed: int | None = None,
        change: Change | None = None,
        strings: bool = False,
    ) -> None:
        super().__init__(len(dataset), batch_size, shuffle, seed)
        self.dataset = dataset
        self._change = change
        self._strings = strings
        if not self.rows:
            raise ValueError(f"The {type(dataset).__name__} has no sample at all.")

    def take(self, rows: np.ndarray) -> tuple[Tree, Tree, Tree]:
        """`(x, y, sample_weight)` of these samples."""
        numbers = rows.tolist()
        if "__getitems__" in dir(type(self.dataset)):
            samples = self.dataset.__getitems__(numbers)
        else:
            samples = [self._sample(number) for number in numbers]
        data = unpack(_pair(collate(samples)))
        return converted_batch(data, numbers[0], self._change, self._strings).data

    def _sample(self, number: int) -> Any:
        try:
            return self.dataset[number]
        except Exception as error:
            error.add_note(f"This happened while {type(self.dataset).__name__} made the sample {number}.")
            raise


class Columns:
    """How the columns of a table become `x`, `y` and `sample_weight`.

    Args:
        y: The name, or a list of the names, of the targets; None: there are none.
        sample_weight: The name of the weights; None: there are none.
    """

    def __init__(self, y: Any = None, sample_weight: Any = None) -> None:
        for name, value in (("y", y), ("sample_weight", sample_weight)):
            if not (value is None or isinstance(value, str) or _is_names(value)):
                raise TypeError(
                    f"x is a table, so {name} must be the name of its column, or a list of names; "
                    f"got {type(value).__name__}."
                )
        self.y = y
        self.sample_weight = sample_weight

    def parts(self, table: dict[str, Any]) -> tuple[Any, Any, Any]:
        """`(x, y, sample_weight)`: `x` has the other columns; one alone is an array, several are a dict.

        Raises:
            ValueError: the table lacks a column.
        """
        taken = [*_names(self.y), *_names(self.sample_weight)]
        lost = [name for name in taken if name not in table]
        if lost:
            raise ValueError(f"The table has no column {lost[0]!r}; it has {', '.join(map(repr, table))}.")
        rest = {name: value for name, value in table.items() if name not in taken}
        x = next(iter(rest.values())) if len(rest) == 1 else rest
        return x, _chosen(table, self.y), _chosen(table, self.sample_weight)


class TableBatches(RowBatches):
    """Batches of a table of Hugging Face, which reads the rows that it is asked for.

    Args:
        table: It.
        columns: Which columns are what.
        batch_size, shuffle, seed: As of `RowBatches`.
        change, strings: As of `SampleBatches`.
    """

    def __init__(
        self,
        table: Any,
        columns: Columns,
        batch_size: int = 32,
        shuffle: bool | str = False,
        seed: int | None = None,
        change: Change | None = None,
        strings: bool = False,
    ) -> None:
        super().__init__(len(table), batch_size, shuffle, seed)
        self.table = _in_arrays(table)
        self.columns = columns
        self._change = change
        self._strings = strings
        if not self.rows:
            raise ValueError(f"The {type(table).__name__} has no row at all.")

    def take(self, rows: np.ndarray) -> tuple[Tree, Tree, Tree]:
        """`(x, y, sample_weight)` of these rows."""
        numbers = rows.tolist()
        data = self.columns.parts({name: _stacked(column) for name, column in self.table[numbers].items()})
        return converted_batch(data, numbers[0] if numbers else 0, self._change, self._strings).data


def _in_arrays(table: Any) -> Any:
    """`table`, whose columns come as arrays, or as the user's own transform makes them."""
    chosen = dict(table.format)
    if chosen.pop("type") in _ARRAYS:
        return table
    del chosen["format_kwargs"]  # of a format that has no arrays
    return table.with_format("numpy", **chosen)


def _stacked(column: Any) -> Any:
    """A transform may give a list with an array for each row."""
    return collate(column) if isinstance(column, list) and column else column


class Batched:
    """An iterable of samples, as an iterable of batches.

    Args:
        samples: The samples; every pass over them is an epoch.
        size: Samples of a batch.
        columns: Which columns of a sample are what, if samples are rows of a table.
    """

    def __init__(self, samples: Any, size: int, columns: Columns | None = None) -> None:
        self.samples = samples
        self._size = size
        self._columns = columns

    def __iter__(self) -> Iterator[Any]:
        samples = iter(self.samples)
        while part := list(itertools.islice(samples, self._size)):
            batch = collate(part)
            yield _pair(batch) if self._columns is None else self._columns.parts(batch)


class StatefulBatched(Batched):
    """One whose samples know where they are: they have `state_dict` and `load_state_dict`.

    Rows of Hugging Face's would begin every pass at a state that was loaded; here only the next pass does.
    """

    def __init__(self, samples: Any, size: int, columns: Columns | None = None) -> None:
        super().__init__(samples, size, columns)
        self._beginning = None if columns is None else copy.deepcopy(samples.state_dict())
        self._pending: Any = None
        self._is_moved = False

    def __iter__(self) -> Iterator[Any]:
        begin = self._beginning if self._pending is None and self._is_moved else self._pending
        self._is_moved, self._pending = self._pending is not None, None
        if begin is not None:
            self.samples.load_state_dict(copy.deepcopy(begin))
        yield from super().__iter__()

    def get_state(self) -> Any:
        """Where the samples are."""
        return copy.deepcopy(self.samples.state_dict() if self._pending is None else self._pending)

    def set_state(self, state: Any) -> None:
        """Let the next pass begin there."""
        self._pending = state


def _pair(batch: Any) -> Any:
    """A sample `[x, y]` means what `(x, y)` does."""
    return tuple(batch) if isinstance(batch, list) and 2 <= len(batch) <= 3 else batch


def _is_names(x: Any) -> bool:
    return isinstance(x, list | tuple) and bool(x) and all(isinstance(name, str) for name in x)


def _names(x: Any) -> list[str]:
    return [] if x is None else [x] if isinstance(x, str) else list(x)


def _chosen(table: dict[str, Any], names: Any) -> Any:
    if names is None or isinstance(names, str):
        return None if names is None else table[names]
    return {name: table[name] for name in names}


__all__ = [
    "Batched",
    "Columns",
    "SampleBatches",
    "SampleDataset",
    "Samples",
    "StatefulBatched",
    "TableBatches",
    "collate",
]
