"""Which library something of another library is from; nothing is imported."""

from __future__ import annotations

from typing import Any

_DENSE = {
    "RaggedTensor": "rows of different lengths (a RaggedTensor); make them equal: `x.to_tensor()`",
    "SparseTensor": "a SparseTensor; make it dense: `tf.sparse.to_dense(x)`",
}
"""What TensorFlow has beside arrays, and what to do with it."""


def is_from(x: Any, library: str, name: str | None = None) -> bool:
    """Whether the class of `x`, or one that it inherits from, is from this library, and has this name."""
    return any(cls.__module__.split(".")[0] == library and name in (None, cls.__name__) for cls in type(x).__mro__)


def is_column(x: Any) -> bool:
    """Whether `x` is a column of a dataset of Hugging Face, which is a list that is not read yet."""
    return is_from(x, "datasets", "Column")


def check_dense(x: Any, name: str) -> None:
    """Raise if `x` is a tensor of TensorFlow without an array in it, or the description of one.

    Raises:
        TypeError: it says how to make an array.
    """
    if not is_from(x, "tensorflow"):
        return
    kind = type(x).__name__.removesuffix("Spec")
    if kind in _DENSE:
        raise TypeError(f"{name} has {_DENSE[kind]}.")
