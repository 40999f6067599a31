"""`split_dataset`: a dataset in two parts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from kerasish.core import tree
from kerasish.core.random import next_seed
from kerasish.data.adapters import is_arrays
from kerasish.data.arrays import ArrayBatches
from kerasish.data.foreign import is_map_style, is_table
from kerasish.data.orders import permutation
from kerasish.data.samples import Samples


def split_dataset(
    dataset: Any,
    left_size: float | int | None = None,
    right_size: float | int | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Samples, Samples]:
    """A dataset in a left and a right part, which begin where it begins, and end where it ends.

    The parts are sequences of samples: `len`, indexing, iteration; `fit`, `evaluate` and `predict` take them, with
    `batch_size`; `batch(size)` makes a `PyDataset` of one. Nothing is copied.

    Args:
        dataset: An array, or a tuple, list or dict of arrays; a dataset of PyTorch or Hugging Face; a list; or an
            iterable that ends, which is read whole.
        left_size: Samples of the left part, or the fraction of all that it gets; None: what the right one leaves.
        right_size: Likewise. What neither gets is left out.
        shuffle: Whether samples are shuffled before. (Keras 3.15.1 does so always with PyTorch.)
        seed: What their order follows from.
        preferred_backend: Accepted, and without effect: neither TensorFlow nor PyTorch is used.

    Raises:
        ValueError: the sizes don't fit.

    Example:
        >>> left, right = split_dataset(np.arange(10), left_size=0.8)
        >>> len(left), list(map(int, right))
        (8, [8, 9])
    """
    if preferred_backend not in (None, "tensorflow", "torch", "tf"):
        raise ValueError(f"preferred_backend must be 'tensorflow', 'torch' or None; got {preferred_backend!r}.")
    source = _indexed(dataset)
    total = len(source)
    left, right = _sizes(total, left_size, right_size)
    order = np.arange(total)
    if shuffle:
        order = permutation(total, next_seed() if seed is None else seed, 0)
    return Samples(source, order[:left]), Samples(source, order[total - right :])


def _indexed(dataset: Any) -> Any:
    """The dataset as something with a length, which gives the sample of a number."""
    if is_map_style(dataset) or is_table(dataset):
        return dataset
    if is_arrays(dataset):
        return _Rows(dataset)
    if isinstance(dataset, list):
        return dataset
    if isinstance(dataset, Iterable):
        return list(dataset)
    raise TypeError(f"split_dataset takes arrays, a dataset or an iterable; got {type(dataset).__name__}.")


class _Rows:
    """Arrays, sample by sample."""

    def __init__(self, data: Any) -> None:
        batches = ArrayBatches(data)
        self._arrays = batches.data[0]
        self._count = batches.rows

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Any:
        return tree.map(lambda x: x if x is None else x[np.array([index])][0], self._arrays)

    def __getitems__(self, rows: list[int]) -> Any:
        return [self[row] for row in rows]


def _sizes(total: int, left: Any, right: Any) -> tuple[int, int]:
    if left is None and right is None:
        raise ValueError("split_dataset needs left_size or right_size; got neither.")
    counts = [_count(total, name, value) for name, value in (("left_size", left), ("right_size", right))]
    first, second = counts
    first = total - (second or 0) if first is None else first
    second = total - first if second is None else second
    if first + second > total or first < 1 or second < 1:
        raise ValueError(
            f"left_size={left} and right_size={right} of {total} samples make parts of {first} and {second}; each "
            f"needs one at least, and both together have {total} at most."
        )
    return first, second


def _count(total: int, name: str, value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} must be a number of samples or a fraction; got {type(value).__name__}.")
    if isinstance(value, int | np.integer):
        fits = 0 < value < total
    else:
        fits = 0 < value < 1
    if not fits:
        raise ValueError(f"{name} must be a number of samples below {total}, or a fraction below 1; got {value!r}.")
    return int(value) if isinstance(value, int | np.integer) else round(value * total)
