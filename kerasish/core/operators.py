"""Python's operators on variables and symbolic tensors: each is the op of that name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

OPS: dict[str, Callable[..., Any]] = {}
"""Every op, by name; filled by `op`, read by the operators and by the reader of model files."""


def _unary(name: str) -> Callable[[Any], Any]:
    return lambda self: OPS[name](self)


def _binary(name: str) -> Callable[[Any, Any], Any]:
    return lambda self, other: OPS[name](self, other)


def _reflected(name: str) -> Callable[[Any, Any], Any]:
    return lambda self, other: OPS[name](other, self)


class Operators:
    """`+`, `-`, `*`, `@`, `<`, `[...]` and the others, through the ops."""

    __array_priority__ = 1000  # NumPy arrays leave `array + variable` to us

    __neg__ = _unary("negative")
    __pos__ = _unary("positive")
    __abs__ = _unary("absolute")
    __invert__ = _unary("logical_not")
    __add__ = _binary("add")
    __radd__ = _reflected("add")
    __sub__ = _binary("subtract")
    __rsub__ = _reflected("subtract")
    __mul__ = _binary("multiply")
    __rmul__ = _reflected("multiply")
    __truediv__ = _binary("true_divide")
    __rtruediv__ = _reflected("true_divide")
    __floordiv__ = _binary("floor_divide")
    __rfloordiv__ = _reflected("floor_divide")
    __mod__ = _binary("mod")
    __rmod__ = _reflected("mod")
    __pow__ = _binary("power")
    __rpow__ = _reflected("power")
    __matmul__ = _binary("matmul")
    __rmatmul__ = _reflected("matmul")
    __and__ = _binary("logical_and")
    __rand__ = _reflected("logical_and")
    __or__ = _binary("logical_or")
    __ror__ = _reflected("logical_or")
    __xor__ = _binary("logical_xor")
    __rxor__ = _reflected("logical_xor")
    __lt__ = _binary("less")
    __le__ = _binary("less_equal")
    __gt__ = _binary("greater")
    __ge__ = _binary("greater_equal")

    def __round__(self, ndigits: int | None = None) -> Any:
        return OPS["round"](self, ndigits or 0)

    def __getitem__(self, key: Any) -> Any:
        return OPS["get_item"](self, key)
