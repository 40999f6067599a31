"""Datasets of other libraries, recognised by the module that their class is from; none is imported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from kerasish.core import tree
from kerasish.data.frames import PLAIN
from kerasish.data.origin import check_dense, is_from
from kerasish.data.samples import Batched, Columns, Samples, StatefulBatched

_ENDLESS = 2**60
"""Grain says of a dataset that repeats for ever that it has some 2**63 elements."""


class Stream(NamedTuple):
    """An iterable of batches, and how many it is known to have."""

    source: Any
    length: int | None


def is_table(x: Any) -> bool:
    """Whether `x` is a dataset of Hugging Face, of which rows can be read in any order."""
    return _is_hugging_face(x) and "__len__" in dir(type(x))


def is_stream_of_rows(x: Any) -> bool:
    """Whether `x` is a dataset of Hugging Face that is read from its beginning to its end."""
    return _is_hugging_face(x) and "__len__" not in dir(type(x))


def is_map_style(x: Any) -> bool:
    """Whether `x` is a part that `split_dataset` made, or a dataset of PyTorch that gives one sample for a number."""
    if isinstance(x, Samples):
        return True
    if isinstance(x, PLAIN):
        return False
    members = dir(type(x))
    return is_from(x, "torch", "Dataset") and "__getitem__" in members and "__len__" in members


def is_stream_of_samples(x: Any) -> bool:
    """Whether `x` is a dataset of PyTorch that is read from its beginning to its end."""
    return is_from(x, "torch", "IterableDataset")


def _is_hugging_face(x: Any) -> bool:
    if isinstance(x, PLAIN):
        return False
    members = dir(type(x))
    return "column_names" in members and "with_format" in members


def batched(x: Any, size: int, columns: Columns | None = None) -> Stream:
    """A stream of samples, in batches."""
    if columns is not None:
        x = x.with_format("numpy")
    members = dir(type(x))
    kind = StatefulBatched if "state_dict" in members and "load_state_dict" in members else Batched
    return Stream(kind(x, size, columns), None)


def stream(x: Any) -> Stream:
    """The batches of a loader or a pipeline of another library; `x` itself, if it is not one of these."""
    members = dir(type(x))
    if is_from(x, "torch", "DataLoader"):
        return Stream(_Passes(lambda: map(_as_pair, x)), _length(x))
    if is_from(x, "tensorflow") and "as_numpy_iterator" in members:
        _check_elements(x.element_spec)
        count = int(x.cardinality())
        return Stream(_Passes(x.as_numpy_iterator), count if count >= 0 else None)
    if is_from(x, "grain") and "to_iter_dataset" in members:
        return Stream(x.to_iter_dataset(), _length(x))
    return Stream(x, None)


def _check_elements(specs: Any) -> None:
    """Raise if what TensorFlow says of a dataset's elements shows that they aren't batches of arrays."""
    for spec in tree.leaves(specs):
        if not is_from(spec, "tensorflow", "SparseTensorSpec"):  # those it makes dense itself
            check_dense(spec, "Each element of the dataset")
        if is_from(spec, "tensorflow", "TensorSpec") and spec.shape.rank == 0:
            raise ValueError(
                "The dataset yields single samples, or numbers that are no batch: cut it into batches, "
                "`dataset.batch(32)`."
            )


class _Passes:
    """An iterable whose every pass is what a function returns."""

    def __init__(self, begin: Callable[[], Iterator[Any]]) -> None:
        self._begin = begin

    def __iter__(self) -> Iterator[Any]:
        return iter(self._begin())


def _as_pair(batch: Any) -> Any:
    """PyTorch's loaders make a list of the parts of a sample."""
    return tuple(batch) if isinstance(batch, list) and len(batch) <= 3 else batch


def _length(x: Any) -> int | None:
    try:
        count = len(x)
    except TypeError:  # a loader of a stream
        return None
    return count if count < _ENDLESS else None
