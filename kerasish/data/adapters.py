"""Which source of batches fits what the user gave."""

from __future__ import annotations

from typing import Any

from kerasish.core import tree
from kerasish.data.arrays import ArrayBatches
from kerasish.data.batches import Batches
from kerasish.data.iterables import IterableBatches, is_batches, unpack
from kerasish.data.class_weights import weighted
from kerasish.data.conversion import is_array_like, is_numbers

__all__ = ["adapt", "is_arrays", "unpack"]


def is_arrays(x: Any) -> bool:
    """Whether `x` is an array, or a tree of arrays, of any library; a list of lists of numbers is one too."""
    if is_array_like(x):
        return True
    if isinstance(x, list | tuple) and is_numbers(x):
        return True
    if isinstance(x, list) and x and all(isinstance(item, tuple) for item in x):
        return False  # a list of batches (x, y)
    if isinstance(x, list | tuple | dict):
        return bool(x) and all(is_arrays(leaf) for leaf in (x.values() if isinstance(x, dict) else x))
    return tree.is_nested(x) and all(is_array_like(leaf) for leaf in tree.leaves(x))


def adapt(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    batch_size: int | None = None,
    steps: int | None = None,
    shuffle: bool | str = False,
    class_weight: dict[int, float] | None = None,
) -> Batches:
    """Batches of what the user gave to `fit`, `evaluate` or `predict`.

    Raises:
        ValueError, TypeError: an argument doesn't fit the data; the error says which.
    """
    check_counts(batch_size=batch_size, steps=steps)
    if is_arrays(x):
        weights = weighted(y, sample_weight, class_weight)
        batches = ArrayBatches(x, y, weights, batch_size or 32, shuffle)
        return batches if steps is None else _Limited(batches, steps)
    if not is_batches(x):
        raise TypeError(f"x is of type {type(x).__name__}; expected arrays, or an iterable of batches (x, y).")
    for name, value in (("y", y), ("sample_weight", sample_weight), ("batch_size", batch_size)):
        if value is not None:
            raise ValueError(
                f"x already yields batches, so `{name}` can't be given beside it; got {type(value).__name__}."
            )
    source = x if class_weight is None else _Weighted(x, class_weight)
    return IterableBatches(source, steps)


def check_counts(**counts: Any) -> None:
    """Raise if one of the arguments, where given, is not a whole number of at least 1."""
    for name, value in counts.items():
        if value is None:
            continue
        if isinstance(value, bool) or int(value) != value or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1; got {value!r}.")
        if not isinstance(value, int) and type(value).__module__ != "numpy":
            raise ValueError(f"{name} must be a whole number, not a {type(value).__name__}; got {value!r}.")


class _Weighted:
    """An iterable of batches, with class weights in each."""

    def __init__(self, source: Any, class_weight: dict[int, float]) -> None:
        self._source = source
        self._class_weight = class_weight

    def __iter__(self) -> Any:
        return map(self._weigh, iter(self._source))

    def _weigh(self, item: Any) -> Any:
        x, y, sample_weight = unpack(item)
        return x, y, weighted(y, sample_weight, self._class_weight)


class _Limited:
    """The first batches of each epoch."""

    def __init__(self, batches: ArrayBatches, steps: int) -> None:
        self._batches = batches
        self.batch_size = batches.batch_size
        self.steps = min(steps, batches.steps)

    def epoch(self, number: int, skip: int = 0) -> Any:
        for index, batch in enumerate(self._batches.epoch(number, skip), start=skip):
            if index >= self.steps:
                return
            yield batch

    def example(self) -> Any:
        return self._batches.example()
