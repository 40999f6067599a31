"""Hashes of whole numbers, of the decimal digits that write them, on the device."""

from __future__ import annotations

from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.layers.preprocessing import farm_hash
from kerasish.layers.preprocessing.sip_hash import sip_hash
from kerasish.layers.preprocessing.wide import Wide, select

PAD = 8
"""Bytes of zero behind the digits, so that a word may be read from any of them on."""


def fingerprints_of_integers(x: Array) -> Wide:
    """FarmHash's fingerprint of each number's decimal digits."""
    s = _Digits(x)
    doubled = (Wide.of(s.length) << 1) + farm_hash.K2
    length = Wide.of(s.length)
    found = farm_hash.hash_1_to_3(s.take(0, 1), s.byte(s.length // _u32(2)), s.take_last(1), length)
    for least, value in (
        (4, farm_hash.hash_4_to_7(s.take(0, 4), s.take_last(4), length, doubled)),
        (8, farm_hash.hash_8_to_16(s.take(0), s.take_last(8), doubled)),
    ):
        found = select(s.length >= _u32(least), value, found)
    if s.longest > 16:
        value = farm_hash.hash_17_to_32(s.take(0), s.take(8), s.take_last(16, 8), s.take_last(8), doubled)
        found = select(s.length >= _u32(17), value, found)
    return found


def sip_hashes_of_integers(x: Array, key: tuple[int, int]) -> Wide:
    """SipHash of each number's decimal digits."""
    s = _Digits(x)
    end = Wide.of(s.length) << 56
    words = [s.take(8 * index) for index in range(s.longest // 8 + 1)]
    found = sip_hash([words[0] | end], key)
    for count in range(2, len(words) + 1):
        value = sip_hash([*words[: count - 1], words[count - 1] | end], key)
        found = select(s.length >= _u32(8 * (count - 1)), value, found)
    return found


def wide_integers(x: Array) -> Wide:
    """Whole numbers as they are, modulo 2⁶⁴."""
    if x.dtype.itemsize <= 4:
        low = x.astype("uint32")
        return Wide(xp.where(x < 0, _u32(0xFFFFFFFF), _u32(0)) if x.dtype.kind == "i" else xp.zeros_like(low), low)
    bits = x.astype("uint64")
    return Wide((bits >> xp.asarray(32, dtype="uint64")).astype("uint32"), bits.astype("uint32"))


class _Digits:
    """The characters of decimal numbers, the last one at the same place in all."""

    def __init__(self, x: Array) -> None:
        wide = x.dtype.itemsize > 4
        self.longest = 20 if wide else 11
        kind = "uint64" if wide else "uint32"
        negative = x < 0 if x.dtype.kind == "i" else xp.zeros(x.shape, "bool")
        rest = xp.where(negative, xp.asarray(0, dtype=kind) - x.astype(kind), x.astype(kind))
        ten, count = xp.asarray(10, dtype=kind), _u32(1)
        columns = []
        for place in range(self.longest):
            has_digit = (rest > xp.asarray(0, dtype=kind)) if place else xp.ones(x.shape, "bool")
            digit = (rest % ten).astype("uint32") + _u32(ord("0"))
            count = xp.where(has_digit, _u32(place + 1), count)
            sign = negative & (~has_digit) & (count == _u32(place))
            columns.append(xp.where(has_digit, digit, xp.where(sign, _u32(ord("-")), _u32(0))))
            rest = rest // ten
        self.length = xp.broadcast_to(count, x.shape) + negative.astype("uint32")
        padding = [xp.zeros(x.shape, "uint32")] * PAD
        self._bytes = xp.stack([*reversed(columns), *padding], axis=-1)
        self._start = _u32(self.longest) - self.length

    def byte(self, at: Array) -> Wide:
        """The byte at a place that differs from number to number."""
        return Wide.of(xp.take_along_axis(self._bytes, self._places(self._start + at), axis=-1)[..., 0])

    def take(self, start: int, size: int = 8) -> Wide:
        """The little-endian number in `size` bytes from `start`; bytes behind the end are 0."""
        return self._word(self._start + _u32(start), size)

    def take_last(self, back: int, size: int | None = None) -> Wide:
        """The same, from `back` bytes before the end."""
        return self._word(xp.zeros_like(self._start) + _u32(self.longest - back), back if size is None else size)

    def _word(self, begin: Array, size: int) -> Wide:
        places = self._places(begin)
        places = xp.minimum(places + xp.arange(size, dtype="int32"), self._bytes.shape[-1] - 1)
        found = xp.take_along_axis(self._bytes, places, axis=-1)
        shifted = found << (xp.arange(size, dtype="uint32") % _u32(4) * _u32(8))
        low = xp.sum(shifted[..., :4], axis=-1, dtype="uint32")
        return Wide(xp.sum(shifted[..., 4:], axis=-1, dtype="uint32"), low)

    def _places(self, at: Array) -> Array:
        return xp.minimum(at, _u32(self._bytes.shape[-1] - 1)).astype("int32")[..., None]


def _u32(x: int) -> Any:
    return xp.asarray(x, dtype="uint32")
