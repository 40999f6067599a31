"""Which source of batches fits what the user gave."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from kerasish.core import tree
from kerasish.data.arrays import ArrayBatches
from kerasish.data.batches import Batch, Batches, Source
from kerasish.data.class_weights import weighted
from kerasish.data.conversion import is_array_like, is_plain
from kerasish.data.dataset import DatasetBatches, is_dataset
from kerasish.data.foreign import (
    batched,
    is_map_style,
    is_stream_of_rows,
    is_stream_of_samples,
    is_table,
    stream,
)
from kerasish.data.iterables import IterableBatches, is_batches, unpack
from kerasish.data.origin import check_dense
from kerasish.data.prepared import Prepare, prepared_rows
from kerasish.data.samples import Columns, SampleBatches, TableBatches
from kerasish.data.streaming import StreamedBatches

__all__ = ["adapt", "is_arrays", "unpack"]


def is_arrays(x: Any) -> bool:
    """Whether `x` is an array, or a tree of arrays, of any library; a list of lists of numbers is one too."""
    if is_array_like(x):
        return True
    if isinstance(x, list | tuple) and is_plain(x):
        return True
    if isinstance(x, list) and x and all(isinstance(item, tuple) for item in x):
        return False  # a list of batches (x, y)
    if isinstance(x, list | tuple | dict):
        return bool(x) and all(is_arrays(leaf) for leaf in (x.values() if isinstance(x, dict) else x))
    return tree.is_nested(x) and all(is_array_like(leaf) for leaf in tree.leaves(x))


def is_cut_here(x: Any) -> bool:
    """Whether `adapt` makes the batches of `x`, so that it needs their size; otherwise `x` has batches already."""
    return is_arrays(x) or is_table(x) or is_map_style(x) or is_stream_of_rows(x) or is_stream_of_samples(x)


def adapt(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    batch_size: int | None = None,
    steps: int | None = None,
    shuffle: bool | str = False,
    class_weight: dict[int, float] | None = None,
    prepare: Prepare | None = None,
) -> Batches:
    """Batches of what the user gave to `fit`, `evaluate` or `predict`.

    `prepare` is what the model does to its inputs on the host, such as turning strings into numbers.

    Raises:
        ValueError, TypeError: an argument doesn't fit the data; the error says which.
    """
    check_counts(batch_size=batch_size, steps=steps)
    if not isinstance(shuffle, bool | np.bool_) and shuffle != "batch":
        raise ValueError(f"shuffle must be True, False or 'batch'; got {shuffle!r}.")
    strings = prepare is not None
    change = None if class_weight is None else functools.partial(_weigh, class_weight)
    plain = isinstance(x, np.ndarray)
    table = not plain and is_table(x)
    if table or (not plain and is_map_style(x)):
        kind = functools.partial(TableBatches, x, Columns(y, sample_weight)) if table else _samples(x, y, sample_weight)
        found = kind(batch_size or 32, shuffle, change=change, strings=strings)
        return StreamedBatches(found if steps is None else Limited(found, steps), prepare)
    if is_arrays(x):
        weights = weighted(y, sample_weight, class_weight)
        batches = ArrayBatches(x, y, weights, batch_size or 32, shuffle, strings=strings)
        ready = batches if prepare is None and batches.is_small else _in_rows(batches, prepare)
        return ready if steps is None else Limited(ready, steps)
    return _streamed(x, y, sample_weight, batch_size, steps, shuffle, change, prepare)


def _in_rows(batches: ArrayBatches, prepare: Prepare | None) -> ArrayBatches | StreamedBatches:
    if prepare is not None:
        return prepared_rows(batches, prepare)
    return StreamedBatches(batches)


def _samples(x: Any, y: Any, sample_weight: Any) -> Callable[..., SampleBatches]:
    _refuse(x, "samples with their targets", y=y, sample_weight=sample_weight)
    return functools.partial(SampleBatches, x)


def _streamed(
    x: Any,
    y: Any,
    sample_weight: Any,
    batch_size: int | None,
    steps: int | None,
    shuffle: bool | str,
    change: Callable[..., Any] | None,
    prepare: Prepare | None,
) -> Batches:
    """Batches that come from somebody else's code: they are made on a thread."""
    strings = prepare is not None
    if isinstance(x, dict):
        _refuse_dict(x)
    if is_dataset(x):
        _refuse(x, "batches", y=y, sample_weight=sample_weight, batch_size=batch_size)
        made = DatasetBatches(x, steps, shuffle, change, strings)
        return StreamedBatches(made, prepare, on_thread=x.workers > 0)
    if is_stream_of_rows(x):
        found = batched(x, batch_size or 32, Columns(y, sample_weight))
    elif is_stream_of_samples(x):
        _refuse(x, "samples with their targets", y=y, sample_weight=sample_weight)
        found = batched(x, batch_size or 32)
    elif is_batches(x):
        _refuse(x, "batches", y=y, sample_weight=sample_weight, batch_size=batch_size)
        found = stream(x)
    else:
        check_dense(x, "x")
        raise TypeError(f"x is of type {type(x).__name__}; expected arrays, or an iterable of batches (x, y).")
    return StreamedBatches(IterableBatches(found.source, steps, change, strings, found.length), prepare)


def _refuse_dict(x: dict[Any, Any]) -> NoReturn:
    """Raise: a dict that is no dict of arrays."""
    for key, value in x.items():
        if is_table(value) or is_stream_of_rows(value):
            raise TypeError(f"x is a dict of datasets: {', '.join(map(repr, x))}; give one of them: x[{key!r}].")
        if not is_arrays(value):
            check_dense(value, f"x[{key!r}]")
            raise TypeError(f"x[{key!r}] is of type {type(value).__name__}; expected an array, or a tree of arrays.")
    raise ValueError("x is an empty dict; expected arrays.")


def _refuse(x: Any, what: str, **arguments: Any) -> None:
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(
                f"x already yields {what}, so `{name}` can't be given beside it; got {type(value).__name__}."
            )


def check_counts(**counts: Any) -> None:
    """Raise if one of the arguments, where given, is not a whole number of at least 1."""
    for name, value in counts.items():
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1; got {value!r}.")


def _weigh(class_weight: dict[int, float], x: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
    return x, y, weighted(y, sample_weight, class_weight)


class Limited(Source):
    """So many batches an epoch; the next epoch goes on where this one ended, as in Keras."""

    def __init__(self, batches: Source, steps: int) -> None:
        self._batches = batches
        self.batch_size = batches.batch_size
        self.steps = steps
        self.rows = batches.rows

    @property
    def waited(self) -> float:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Seconds for which the batches of this epoch have been waited for."""
        return self._batches.waited

    def get_state(self) -> dict[str, Any] | None:
        """What the order of the batches follows from."""
        return self._batches.get_state()

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up what `get_state` returned."""
        self._batches.set_state(state)

    def epoch(self, number: int, skip: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, without the first `skip`."""
        assert self.steps is not None
        done, end = number * self.steps + skip, (number + 1) * self.steps
        while done < end and self._batches.steps:
            passes, index = divmod(done, self._batches.steps)
            for batch in itertools.islice(self._batches.epoch(passes, skip=index), end - done):
                yield batch
                done += 1

    def example(self) -> Batch:
        """The first batch."""
        return self._batches.example()
