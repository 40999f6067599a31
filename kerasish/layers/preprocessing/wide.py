"""`Wide`: unsigned integers of 64 bits as pairs of 32 bits, for devices that keep no wider ones."""

from __future__ import annotations

from typing import Any

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array

LOW16 = 0xFFFF
LOW32 = 0xFFFFFFFF


class Wide:
    """`high * 2³² + low`, modulo 2⁶⁴, element by element; the operators are those of NumPy's `uint64`.

    Args:
        high, low: Arrays of `uint32`.

    Example:
        >>> import numpy as np
        >>> x = Wide.of(np.array([3], "uint32")) * 2**40
        >>> int(x.high[0]), int(x.low[0])
        (768, 0)
    """

    def __init__(self, high: Array, low: Array) -> None:
        self.high = high
        self.low = low

    @classmethod
    def of(cls, low: Array) -> Wide:
        """Numbers below 2³²."""
        low = xp.asarray(low, dtype="uint32")
        return cls(xp.zeros_like(low), low)

    def _pair(self, other: Any) -> tuple[Any, Any]:
        if isinstance(other, Wide):
            return other.high, other.low
        high, low = divmod(int(other) & (2**64 - 1), 2**32)
        return _constant(high), _constant(low)

    def __add__(self, other: Any) -> Wide:
        high, low = self._pair(other)
        total = self.low + low
        return Wide(self.high + high + (total < low).astype("uint32"), total)

    __radd__ = __add__

    def __xor__(self, other: Any) -> Wide:
        high, low = self._pair(other)
        return Wide(self.high ^ high, self.low ^ low)

    __rxor__ = __xor__

    def __or__(self, other: Any) -> Wide:
        high, low = self._pair(other)
        return Wide(self.high | high, self.low | low)

    def __mul__(self, other: Any) -> Wide:
        high, low = self._pair(other)
        product = _product(self.low, low)
        return Wide(product.high + self.low * high + self.high * low, product.low)

    __rmul__ = __mul__

    def __lshift__(self, bits: int) -> Wide:
        if bits >= 32:
            return Wide(_shifted(self.low, bits - 32), xp.zeros_like(self.low))
        if bits == 0:
            return self
        return Wide((self.high << _constant(bits)) | (self.low >> _constant(32 - bits)), self.low << _constant(bits))

    def __rshift__(self, bits: int) -> Wide:
        if bits >= 32:
            low = self.high >> _constant(bits - 32) if bits > 32 else self.high
            return Wide(xp.zeros_like(self.high), low)
        if bits == 0:
            return self
        return Wide(self.high >> _constant(bits), (self.low >> _constant(bits)) | (self.high << _constant(32 - bits)))

    def __mod__(self, divisor: int) -> Array:
        """The remainder by a number below 2³¹, as `uint32`: long division, bit by bit."""

        def step(index: Any, remainder: Array) -> Array:
            bit = (self.low >> (_constant(31) - xp.asarray(index, dtype="uint32"))) & _constant(1)
            remainder = (remainder << _constant(1)) | bit
            return xp.where(remainder >= _constant(divisor), remainder - _constant(divisor), remainder)

        return engine.fori_loop(0, 32, step, self.high % _constant(divisor))


def _constant(x: int) -> Any:
    return xp.asarray(x, dtype="uint32")


def _shifted(x: Array, bits: int) -> Array:
    return x << _constant(bits) if bits else x


def _product(a: Array, b: Array) -> Wide:
    """The whole product of two numbers of 32 bits, by halves of 16."""
    low16, bits16 = _constant(LOW16), _constant(16)
    a0, a1, b0, b1 = a & low16, a >> bits16, b & low16, b >> bits16
    low, middle, other = a0 * b0, a1 * b0, a0 * b1
    carry = (low >> bits16) + (middle & low16) + (other & low16)
    high = a1 * b1 + (middle >> bits16) + (other >> bits16) + (carry >> bits16)
    return Wide(high, (low & low16) | (carry << bits16))


def select(condition: Array, x: Wide, y: Wide) -> Wide:
    """`x` where `condition`, else `y`."""
    return Wide(xp.where(condition, x.high, y.high), xp.where(condition, x.low, y.low))
