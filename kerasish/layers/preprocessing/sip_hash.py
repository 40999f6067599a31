"""SipHash-2-4 of byte strings, many at a time: a hash with a key, whose values nobody can guess without it.

Source: Aumasson and Bernstein, 2012, https://www.aumasson.jp/siphash/siphash.pdf
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

START = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
U = Any
"""An array of unsigned 64-bit numbers: NumPy's, or `Wide`."""


def sip_hash(words: Sequence[U], key: tuple[int, int]) -> U:
    """The hash of strings that are given as words of eight bytes, little-endian.

    Args:
        words: The last one holds the rest of the string, and its length modulo 256 in the highest byte.
        key: Two numbers of 64 bits; negative ones count from 2⁶⁴ down.
    """
    keys = [part & (2**64 - 1) for part in key]
    zero = words[0] ^ words[0]
    state = [zero ^ (start ^ keys[index % 2]) for index, start in enumerate(START)]
    for word in words:
        state[3] = state[3] ^ word
        state = _round(_round(state))
        state[0] = state[0] ^ word
    state[2] = state[2] ^ 0xFF
    for _ in range(4):
        state = _round(state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _left(x: U, bits: int) -> U:
    return (x << bits) | (x >> (64 - bits))


def _round(state: list[U]) -> list[U]:
    a, b, c, d = state
    a, c = a + b, c + d
    b, d = _left(b, 13) ^ a, _left(d, 16) ^ c
    a = _left(a, 32)
    c, a = c + b, a + d
    b, d = _left(b, 17) ^ c, _left(d, 21) ^ a
    return [a, b, _left(c, 32), d]


def sip_hashes(strings: Sequence[bytes], key: tuple[int, int]) -> np.ndarray:
    """The hash of each string, `uint64`.

    Example:
        >>> bytes15, key = bytes(range(15)), (0x0706050403020100, 0x0F0E0D0C0B0A0908)
        >>> hex(sip_hashes([bytes15], key)[0])  # the paper's test value
        '0xa129ca6149be45e5'
    """
    found = np.zeros(len(strings), np.uint64)
    blocks = np.fromiter((len(s) // 8 + 1 for s in strings), np.int64, len(strings))
    with np.errstate(over="ignore"):
        for count in np.unique(blocks):
            rows = np.flatnonzero(blocks == count)
            filled = b"".join(_filled(strings[row], int(count)) for row in rows.tolist())
            words = np.frombuffer(filled, "<u8").reshape(len(rows), count)
            found[rows] = sip_hash(list(words.T), key)
    return found


def _filled(s: bytes, blocks: int) -> bytes:
    return s.ljust(8 * blocks - 1, b"\0") + bytes([len(s) % 256])
