"""FarmHash's 64-bit fingerprint of byte strings, many at a time; and how fingerprints are joined.

The same formulas run on NumPy's `uint64` (strings, on the host) and on `Wide` (digits of integers, on the device).

Source: Geoff Pike, FarmHash, 2014, https://github.com/google/farmhash (`Fingerprint64`)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

K0, K1, K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
JOIN = 0xC6A4A7935BD1E995
MASK = 2**64 - 1
U = Any
"""An array of unsigned 64-bit numbers: NumPy's, or `Wide`."""


def rotate(x: U, bits: int) -> U:
    """The bits of `x` moved right, those that fall out coming in at the left."""
    return (x >> bits) | (x << (64 - bits))


def shift_mix(x: U) -> U:
    """`x xor (x >> 47)`."""
    return x ^ (x >> 47)


def mix(u: U, v: U, multiplier: Any) -> U:
    """Two numbers into one."""
    a = shift_mix((u ^ v) * multiplier)
    b = shift_mix((v ^ a) * multiplier)
    return b * multiplier


def join(x: U, y: U) -> U:
    """One fingerprint from two, in order: what feature crossing uses."""
    found = (x ^ JOIN) ^ (shift_mix(y * JOIN) * JOIN)
    return shift_mix(shift_mix(found * JOIN) * JOIN)


def hash_1_to_3(first: U, middle: U, last: U, length: Any) -> U:
    """Of strings of 1 to 3 bytes: the first byte, that at `length // 2`, the last."""
    y = first + (middle << 8)
    z = (last << 2) + length
    return shift_mix(y * K2 ^ z * K0) * K2


def hash_4_to_7(first: U, last: U, length: Any, doubled: Any) -> U:
    """Of strings of 4 to 7 bytes: the first four, the last four; `doubled` is `K2 + 2 length`."""
    return mix((first << 3) + length, last, doubled)


def hash_8_to_16(first: U, last: U, doubled: Any) -> U:
    """Of strings of 8 to 16 bytes: the first eight, the last eight; `doubled` is `K2 + 2 length`."""
    a = first + K2
    c = rotate(last, 37) * doubled + a
    d = (rotate(a, 25) + last) * doubled
    return mix(c, d, doubled)


def hash_17_to_32(first: U, second: U, before: U, last: U, doubled: Any) -> U:
    """Of strings of 17 to 32 bytes: the first eight, the next eight, the last but eight, the last eight."""
    a, c = first * K1, last * doubled
    return mix(rotate(a + second, 43) + rotate(c, 30) + before * K2, a + rotate(second + K2, 18) + c, doubled)


def fingerprints(strings: Sequence[bytes]) -> np.ndarray:
    """The fingerprint of each string, `uint64`.

    Example:
        >>> fingerprints([b"abc", b""])
        array([ 2640714258260161385, 11160318154034397263], dtype=uint64)
    """
    lengths = np.fromiter(map(len, strings), np.int64, len(strings))
    found = np.full(len(strings), K2, np.uint64)
    # A group: the blocks of 64 bytes before the last, and one of the formulas for short strings.
    groups = np.where(lengths <= 64, np.searchsorted([0, 3, 7, 16, 32, 64], lengths), 6 + (lengths - 1) // 64)
    with np.errstate(over="ignore"):
        for group in np.unique(groups):
            if group:
                rows = np.flatnonzero(groups == group)
                data = _Bytes([strings[row] for row in rows.tolist()], lengths[rows])
                found[rows] = _SHORT[group](data) if group < 6 else _long(data)
    return found


class _Bytes:
    """Strings of like length as a matrix of bytes."""

    def __init__(self, strings: Sequence[bytes], lengths: np.ndarray) -> None:
        width = int(lengths.max())
        padded = b"".join(s.ljust(width, b"\0") for s in strings)
        self._matrix = np.frombuffer(padded, np.uint8).reshape(len(strings), width)
        self.lengths = lengths
        self.length = lengths.astype(np.uint64)
        self.doubled = self.length * _u(2) + _u(K2)

    def take(self, start: Any, size: int = 8) -> np.ndarray:
        """The little-endian number in `size` bytes from `start` (negative: from the end)."""
        begin = np.broadcast_to(start, self.lengths.shape)
        begin = np.where(begin < 0, self.lengths + begin, begin)
        found = np.take_along_axis(self._matrix, begin[:, None] + np.arange(size), axis=1).astype(np.uint64)
        return (found << (np.arange(size, dtype=np.uint64) * _u(8))).sum(axis=1, dtype=np.uint64)


def _u(x: int) -> np.uint64:
    return np.uint64(x)


def _1_to_3(s: _Bytes) -> np.ndarray:
    return hash_1_to_3(s.take(0, 1), s.take(s.lengths // 2, 1), s.take(-1, 1), s.length)


def _4_to_7(s: _Bytes) -> np.ndarray:
    return hash_4_to_7(s.take(0, 4), s.take(-4, 4), s.length, s.doubled)


def _8_to_16(s: _Bytes) -> np.ndarray:
    return hash_8_to_16(s.take(0), s.take(-8), s.doubled)


def _17_to_32(s: _Bytes) -> np.ndarray:
    return hash_17_to_32(s.take(0), s.take(8), s.take(-16), s.take(-8), s.doubled)


def _33_to_64(s: _Bytes) -> np.ndarray:
    a, b, c, d = s.take(0) * _u(K2), s.take(8), s.take(-8) * s.doubled, s.take(-16) * _u(K2)
    y = rotate(a + b, 43) + rotate(c, 30) + d
    z = mix(y, a + rotate(b + _u(K2), 18) + c, s.doubled)
    e, f = s.take(16) * s.doubled, s.take(24)
    g, h = (y + s.take(-32)) * s.doubled, (z + s.take(-24)) * s.doubled
    return mix(rotate(e + f, 43) + rotate(g, 30) + h, e + rotate(f + a, 18) + g, s.doubled)


_SHORT = {1: _1_to_3, 2: _4_to_7, 3: _8_to_16, 4: _17_to_32, 5: _33_to_64}


def _long(s: _Bytes) -> np.ndarray:
    """Of strings of more than 64 bytes, all with the same number of blocks."""
    zero = np.zeros(s.lengths.shape, np.uint64)
    x = s.take(0) + _u(81 * K2 & MASK)
    y = zero + _u((81 * K1 + 113) & MASK)
    z = shift_mix(y * _u(K2) + _u(113)) * _u(K2)
    v, w = (zero, zero), (zero, zero)
    for block in range(int(s.lengths[0] - 1) // 64):
        x, y, z, v, w = _block(s, 64 * block, x, y, z, v, w, _u(K1), (_u(1), _u(1)))
    multiplier = _u(K1) + ((z & _u(0xFF)) << _u(1))
    w = (w[0] + ((s.length - _u(1)) & _u(63)), w[1])
    v = (v[0] + w[0], v[1])
    w = (w[0] + v[0], w[1])
    x, y, z, v, w = _block(s, s.lengths - 64, x, y, z, v, w, multiplier, (_u(9), _u(9)))
    first = mix(v[0], w[0], multiplier) + shift_mix(y) * _u(K0) + z
    return mix(first, mix(v[1], w[1], multiplier) + x, multiplier)


def _block(s: _Bytes, at: Any, x: U, y: U, z: U, v: Any, w: Any, multiplier: Any, weights: Any) -> Any:
    """Take in 64 bytes; `x` and `z` come back exchanged."""
    x = rotate(x + y + v[0] + s.take(at + 8), 37) * multiplier
    y = rotate(y + v[1] + s.take(at + 48), 42) * multiplier
    x = x ^ (w[1] * weights[0])
    y = y + v[0] * weights[1] + s.take(at + 40)
    z = rotate(z + w[0], 33) * multiplier
    v = _weak(s, at, v[1] * multiplier, x + w[0])
    w = _weak(s, at + 32, z + w[1], y + s.take(at + 16))
    return z, y, x, v, w


def _weak(s: _Bytes, at: Any, a: U, b: U) -> tuple[U, U]:
    first, second, third, fourth = (s.take(at + 8 * index) for index in range(4))
    a = a + first
    b = rotate(b + a + fourth, 21)
    total = a + second + third
    return total + fourth, b + rotate(total, 44) + a
