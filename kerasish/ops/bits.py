"""Whole numbers: their bits, their shifts, what divides them."""

from __future__ import annotations

from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.ops.promotion import Binary, Unary, integral, named, promoted, tensor


def _whole(name: str, *xs: Array) -> None:
    for x in xs:
        if x.dtype.kind not in "biu":
            raise TypeError(f"{name} takes integers or booleans; got {x.dtype}. Cast it first, with ops.cast.")


def _bits(name: str, fn: Binary, doc: str) -> Binary:
    def call(x: Any, y: Any) -> Any:
        x, y = promoted(x, y)
        _whole(name, x, y)
        return fn(x, y)

    return named(call, name, doc)


def _shift(name: str, fn: Binary, doc: str) -> Binary:
    def call(x: Any, y: Any) -> Any:
        x, y = map(integral, promoted(x, y))
        _whole(name, x, y)
        return fn(x, y)

    return named(call, name, doc)


def _divisor(name: str, fn: Binary, doc: str) -> Binary:
    def call(x1: Any, x2: Any) -> Any:
        x1, x2 = map(integral, promoted(x1, x2))
        _whole(name, x1, x2)
        return fn(x1, x2)

    return named(call, name, doc)


def _inverted(name: str, doc: str) -> Unary:
    def call(x: Any) -> Any:
        x = tensor(x)
        _whole(name, x)
        return xp.bitwise_not(x)

    return named(call, name, doc)


bitwise_and = _bits("bitwise_and", xp.bitwise_and, "The bits that both numbers have, element by element.")
bitwise_or = _bits("bitwise_or", xp.bitwise_or, "The bits that one of both numbers has, or both.")
bitwise_xor = _bits("bitwise_xor", xp.bitwise_xor, "The bits that exactly one of both numbers has.")
bitwise_not = _inverted("bitwise_not", "Each number with all its bits turned; of booleans, the opposite.")
bitwise_invert = _inverted("bitwise_invert", "Each number with all its bits turned: `bitwise_not`.")
left_shift = _shift("left_shift", xp.left_shift, "`x << y`: the bits of `x`, moved up by `y` places.")
right_shift = _shift("right_shift", xp.right_shift, "`x >> y`: the bits of `x`, moved down by `y` places.")
bitwise_left_shift = _shift("bitwise_left_shift", xp.left_shift, "`x << y`: `left_shift`.")
bitwise_right_shift = _shift("bitwise_right_shift", xp.right_shift, "`x >> y`: `right_shift`.")
gcd = _divisor("gcd", xp.gcd, "The greatest number that divides both, element by element.")
lcm = _divisor("lcm", xp.lcm, "The least positive number that both divide, element by element; 0 if one is 0.")


__all__ = [
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "gcd",
    "lcm",
    "left_shift",
    "right_shift",
]
