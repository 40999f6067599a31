"""Strings: data of the host, in NumPy arrays of Python's `str`, which no device takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish.core import tree
from kerasish.core.symbolic import SymbolicTensor

STRING = "string"
"""The dtype of symbolic tensors of strings."""
_KINDS = "OUST"


def is_strings(x: Any) -> bool:
    """Whether `x` is a NumPy array of strings (or of objects, which may be strings)."""
    return isinstance(x, np.ndarray | np.generic) and x.dtype.kind in _KINDS


def is_symbolic_strings(x: Any) -> bool:
    """Whether `x` has the dtype of strings."""
    return isinstance(x, SymbolicTensor) and x.dtype == STRING


def has_strings(x: Any) -> bool:
    """Whether strings, real or symbolic, are among the leaves of `x`."""
    return any(
        isinstance(leaf, str | bytes) or is_strings(leaf) or is_symbolic_strings(leaf) for leaf in tree.leaves(x)
    )


def to_strings(x: Any, name: str = "The input", encoding: str = "utf-8") -> np.ndarray:
    """`x` as an array of Python's `str`; bytes are decoded.

    Raises:
        TypeError: something in it is no string, such as a missing value.

    Example:
        >>> to_strings([b"a", "b"])
        array(['a', 'b'], dtype=object)
    """
    if isinstance(x, list | tuple) and not _is_rectangular(x):
        raise ValueError(f"{name} is a list whose rows have different lengths; make them equal, for example with ''.")
    array = np.asarray(x)
    if array.dtype.kind in "UT":
        return array.astype(object)
    if array.dtype.kind not in "OS":
        raise TypeError(f"{name} has the dtype {array.dtype}; strings are expected.")
    flat = array.astype(object).reshape(-1)
    found = np.empty(flat.size, object)
    for index, value in enumerate(flat):
        if isinstance(value, bytes):
            value = value.decode(encoding)
        elif not isinstance(value, str):
            raise TypeError(
                f"{name} holds {value!r:.40} of type {type(value).__name__} at position {index}, among strings. "
                "Replace missing values, for example by ''."
            )
        found[index] = value
    return found.reshape(array.shape)


def _is_rectangular(x: Any) -> bool:
    if not isinstance(x, list | tuple) or not any(isinstance(item, list | tuple) for item in x):
        return True
    sizes = {len(item) if isinstance(item, list | tuple) else -1 for item in x}
    return len(sizes) == 1 and all(map(_is_rectangular, x))
