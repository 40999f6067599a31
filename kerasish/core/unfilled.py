"""Variables of a model that is about to be loaded: they begin as zeros, which cost neither memory nor time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np

_ALIGNED = 64  # bytes: where an array of the backend may begin without a copy


class Waiting:
    """The variables that have not got their first value."""

    def __init__(self) -> None:
        self._initial: dict[int, tuple[Any, Callable[[], Any]]] = {}

    def add(self, variable: Any, initial: Callable[[], Any]) -> None:
        """Note a variable, and how its first value is made."""
        self._initial[id(variable)] = variable, initial

    def fill(self, loaded: Iterable[Any]) -> None:
        """Give their first value to the variables that are not among `loaded`."""
        done = set(map(id, loaded))
        for key, (variable, initial) in self._initial.items():
            if key not in done:
                variable.assign(initial())
        self._initial.clear()


_waiting: ContextVar[Waiting | None] = ContextVar("kerasish_waiting", default=None)


@contextlib.contextmanager
def unfilled() -> Iterator[Waiting]:
    """Inside it, initializers are not called: `Waiting.fill` does it later, for what was not in the file."""
    waiting = Waiting()
    token = _waiting.set(waiting)
    try:
        yield waiting
    finally:
        _waiting.reset(token)


def waiting() -> Waiting | None:
    """Where variables are noted now; None outside of `unfilled`."""
    return _waiting.get()


def empty_aligned(size: int, zeros: bool = False) -> np.ndarray:
    """So many bytes, which begin where an array of the backend may begin; zeros are given by the system when read."""
    memory = (np.zeros if zeros else np.empty)(size + _ALIGNED, np.uint8)
    start = -memory.ctypes.data % _ALIGNED
    return memory[start : start + size]


def zeros(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Zeros of that shape.

    Example:
        >>> zeros((2,), "float32")
        array([0., 0.], dtype=float32)
    """
    kind = np.dtype(dtype)
    return empty_aligned(int(np.prod(shape, dtype=np.int64)) * kind.itemsize, zeros=True).view(kind).reshape(shape)
