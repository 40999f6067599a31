"""How much memory new variables may take while a file from a stranger is made a model, and what a call would take."""

from __future__ import annotations

import contextlib
import math
import os
import warnings
from collections.abc import Iterator, Sequence
from contextvars import ContextVar

import numpy as np

LARGE = 2**32
"""Bytes of one output for one sample that are worth a warning."""
_left: ContextVar[list[int] | None] = ContextVar("kerasish_budget", default=None)


class TooLargeError(ValueError):
    """A variable is larger than what may be taken."""


@contextlib.contextmanager
def limited(bytes_in_all: int) -> Iterator[None]:
    """Inside it, new variables may take so many bytes, all together."""
    token = _left.set([bytes_in_all])
    try:
        yield
    finally:
        _left.reset(token)


def of_machine() -> contextlib.AbstractContextManager[None]:
    """Inside it, new variables may take the memory that the machine has; less where less is allowed already."""
    if _left.get() is not None or os.name != "posix":
        return contextlib.nullcontext()
    return limited(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def take(shape: Sequence[int], dtype: str, path: str) -> None:
    """Count a variable that is about to be made.

    Raises:
        TooLargeError: it would be more than what is left.

    Example:
        >>> with limited(100):
        ...     take((5, 5), "float32", "dense/kernel")
        ...     take((1,), "float32", "dense/bias")
        Traceback (most recent call last):
        ...
        kerasish.core.budget.TooLargeError: The variable 'dense/bias' of shape (1,) would take 4 bytes; 0 are left.
    """
    left = _left.get()
    if left is None:
        return
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size > left[0]:
        raise TooLargeError(
            f"The variable {path!r} of shape {tuple(shape)} would take {size} bytes; {left[0]} are left."
        )
    left[0] -= size


def warn_if_large(shape: Sequence[int | None], dtype: str, what: str) -> None:
    """Warn of an output that would be huge for a single sample: a size in a config may be a mistake, or an attack.

    Args:
        shape: Unknown sizes are None, and count as 1.
        dtype: Of the numbers; texts are not counted.
        what: Whose output it is.
    """
    size = math.prod(1 if d is None else d for d in shape)
    if size <= LARGE // 16 or dtype == "string":
        return
    size *= np.dtype(dtype).itemsize
    if size > LARGE:
        warnings.warn(
            f"The output of {what!r:.100} has the shape {tuple(shape)!s:.100}: {size / 2**30:.1f} GiB for one sample, "
            "as soon as it is called. Look at the sizes in its config.",
            stacklevel=3,
        )
