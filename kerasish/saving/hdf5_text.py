"""The texts among the attributes of an HDF5 file, read byte by byte.

HDF5 itself reads texts of any length into memory, as often as a file names them: a file of 1 MB can ask for terabytes.
Here each length is checked first. Only what Keras writes is understood: attributes in the header of their object.
"""

from __future__ import annotations

import contextlib
import math
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from kerasish.saving.errors import CorruptModelError, UnsafeModelError
from kerasish.saving.windows import length_of

_LONGEST_HEADER = 2**20
_MOST_BLOCKS = 256
_NOWHERE = 2**64 - 1
_STRING, _VARIABLE = 3, 9
_ATTRIBUTE, _CONTINUATION, _SYMBOL_TABLE, _ATTRIBUTE_INFO = 0x0C, 0x10, 0x11, 0x15
_MOST_FREE, _NO_MORE = 10_000, 1
_SHARED = 3  # the flags of an attribute whose type or shape lies elsewhere


class Attribute(NamedTuple):
    """An attribute as it lies in the file: of texts that follow each other, or of places of texts."""

    kind: str
    shape: tuple[int, ...]
    size: int
    data: bytes


class Texts:
    """Reads attributes that are texts, or lists of texts.

    Args:
        file: Open for reading; a bare HDF5 file from its first byte.
        where: What errors call it.
    """

    def __init__(self, file: BinaryIO, where: str) -> None:
        self._file = file
        self.where = where
        self._length = length_of(file)
        self._known: tuple[int, dict[str, Attribute]] = (-1, {})
        self._heaps: dict[int, dict[int, tuple[int, int]]] = {}
        self.root = 0
        """Where the header of the first group is."""
        with self._parsing():
            self._check_sizes()

    @contextlib.contextmanager
    def _parsing(self) -> Iterator[None]:
        try:
            yield
        except (struct.error, IndexError, OverflowError, UnicodeDecodeError) as error:
            raise CorruptModelError(f"{self.where} is damaged: an attribute can't be read: {error!s:.100}.") from error

    def attributes(self, address: int) -> dict[str, Attribute]:
        """The attributes of the object whose header is at `address`."""
        if self._known[0] != address:
            with self._parsing():
                messages = list(self._messages(address))
                for data in (data for kind, data in messages if kind == _ATTRIBUTE_INFO):
                    self._check_compact(data)
                found = dict(self._attribute(data) for kind, data in messages if kind == _ATTRIBUTE)
            self._known = address, found
        return self._known[1]

    def values(self, attribute: Attribute, most_bytes: int) -> list[str] | None:
        """The texts of an attribute; None if it holds none.

        Args:
            attribute: One of `attributes`.
            most_bytes: All of them together may have so many.
        """
        if math.prod(attribute.shape) == 0:
            return []
        if attribute.kind == "other":
            return None
        with self._parsing():
            count = math.prod(attribute.shape)
            if count * max(attribute.size, 1) > len(attribute.data):
                raise CorruptModelError(f"{self.where} is damaged: an attribute of {count} texts is too short.")
            size, data = attribute.size, attribute.data
            pieces = [data[start : start + size] for start in range(0, count * size, size)]
            if attribute.kind == "variable":
                pieces = self._far(pieces, most_bytes)
            if sum(map(len, pieces)) > most_bytes:
                raise self._too_long(most_bytes)
            return [piece.rstrip(b"\0").decode() for piece in pieces]

    def _too_long(self, most_bytes: int) -> UnsafeModelError:
        return UnsafeModelError(f"{self.where}: an attribute is too long: at most {most_bytes} bytes are read.")

    # The file --------------------------------------------------------------------------------------------------------
    def _read(self, address: int, size: int) -> bytes:
        if address + size > self._length:
            raise CorruptModelError(f"{self.where} is truncated or damaged: it ends before an attribute does.")
        self._file.seek(address)
        return self._file.read(size)

    def _check_sizes(self) -> None:
        start = self._read(0, 96)
        sizes, place = (start[13:15], 64 if start[8] == 0 else 68) if start[8] < 2 else (start[9:11], 36)
        base = struct.unpack_from("<Q", start, {0: 24, 1: 28}.get(start[8], 12))[0]
        if bytes(sizes) != b"\x08\x08" or base:
            raise CorruptModelError(f"{self.where} is damaged, or HDF5 of a kind that Keras does not write.")
        self.root = struct.unpack_from("<Q", start, place)[0]
        cached = start[8] < 2 and struct.unpack_from("<I", start, place + 8)[0] == 1
        if cached:  # a copy of what the root's header says about its names
            self._check_names(struct.unpack("<Q", self._read(place + 24, 8))[0])

    def check_object(self, address: int) -> None:
        """Raise if HDF5 would walk for ever through the names in the object whose header is at `address`."""
        with self._parsing():
            for kind, data in self._messages(address):
                if kind == _SYMBOL_TABLE:
                    self._check_names(struct.unpack_from("<8xQ", data)[0])

    def _check_names(self, heap: int) -> None:
        """Follow the list of the free places among the names of a group, in which there may be a circle."""
        mark, size, place = struct.unpack("<4s4xQQ", self._read(heap, 24))
        values = struct.unpack("<Q", self._read(heap + 24, 8))[0]
        if mark != b"HEAP":
            raise CorruptModelError(f"{self.where} is damaged: the names of a group do not begin where they should.")
        for _ in range(min(size // 16, _MOST_FREE)):
            if place == _NO_MORE:
                return
            place = struct.unpack("<Q", self._read(values + place, 8))[0]
        if place != _NO_MORE:
            raise CorruptModelError(f"{self.where} is damaged: the free places among names go in a circle.")

    # Headers of objects ----------------------------------------------------------------------------------------------
    def _messages(self, address: int) -> Iterator[tuple[int, bytes]]:
        start = self._read(address, 16)
        modern = start[:4] == b"OHDR"
        tracked = modern and bool(start[5] & 4)
        if modern:
            width = 1 << (start[5] & 3)
            before = 6 + (16 if start[5] & 0x20 else 0) + (4 if start[5] & 0x10 else 0)
            size = int.from_bytes(self._read(address + before, width), "little")
            blocks = [(address + before + width, size)]
        elif start[0] == 1:
            blocks = [(address + 16, struct.unpack_from("<I", start, 8)[0])]
        else:
            raise CorruptModelError(f"{self.where} is damaged: an object has no header.")
        left = _LONGEST_HEADER
        for number, (place, size) in enumerate(blocks):  # grows
            left -= size
            if left < 0 or number > _MOST_BLOCKS:
                raise UnsafeModelError(f"{self.where}: an object's header is too long.")
            for kind, data in _split(self._read(place, size), modern, tracked):
                if kind == _CONTINUATION:
                    there, length = struct.unpack_from("<QQ", data)
                    blocks.append((there + 4, length - 8) if modern else (there, length))
                else:
                    yield kind, data

    def _check_compact(self, data: bytes) -> None:
        heap = struct.unpack_from("<Q", data, 4 if data[1] & 1 else 2)[0]
        if heap != _NOWHERE:
            raise UnsafeModelError(f"{self.where}: attributes are kept outside of their object, as Keras never does.")

    def _attribute(self, data: bytes) -> tuple[str, Attribute]:
        version, flags, *sizes = struct.unpack_from("<BBHHH", data)
        if version not in (1, 2, 3) or (version > 1 and flags & _SHARED):
            raise UnsafeModelError(f"{self.where}: an attribute is of a kind that Keras does not write.")
        place, parts = 9 if version == 3 else 8, []
        for size in sizes:
            parts.append(data[place : place + size])
            place += size if version > 1 else -(-size // 8) * 8
        name, kind, shape = parts
        size = struct.unpack_from("<I", kind, 4)[0]
        group = kind[0] & 15
        known = {_STRING: "fixed", _VARIABLE: "variable" if kind[1] & 15 == 1 and size == 16 else "other"}
        found = Attribute(known.get(group, "other"), _shape(shape), size, data[place:])
        return name.rstrip(b"\0").decode(), found

    # Texts that lie in the heaps of the file --------------------------------------------------------------------------
    def _far(self, places: list[bytes], most_bytes: int) -> list[bytes]:
        found, left = [], most_bytes
        for place in places:
            length, address, index = struct.unpack("<IQI", place)
            if not length:
                found.append(b"")
                continue
            start, size = self._heap(address).get(index, (0, -1))
            if size < length:
                raise CorruptModelError(f"{self.where} is damaged: an attribute's text is not where it should be.")
            left -= length
            if left < 0:
                raise self._too_long(most_bytes)
            found.append(self._read(start, length))
        return found

    def _heap(self, address: int) -> dict[int, tuple[int, int]]:
        """Where each text of a heap lies, by its number."""
        if address in self._heaps:
            return self._heaps[address]
        mark, version, size = struct.unpack("<4sB3xQ", self._read(address, 16))
        if mark != b"GCOL" or version != 1:
            raise CorruptModelError(f"{self.where} is damaged: a heap of texts does not begin where it should.")
        found: dict[int, tuple[int, int]] = {}
        place = address + 16
        while place + 16 <= address + size:
            index, length = struct.unpack("<H6xQ", self._read(place, 16))
            if not index or index in found:
                break
            found[index] = place + 16, length
            place += 16 + -(-length // 8) * 8
        self._heaps[address] = found
        return found


def _split(block: bytes, modern: bool, tracked: bool) -> Iterator[tuple[int, bytes]]:
    """The messages of a block of an object's header."""
    place, head = 0, (6 if tracked else 4) if modern else 8
    while place + head <= len(block):
        if modern:
            kind, size = struct.unpack_from("<BH", block, place)
        else:
            kind, size = struct.unpack_from("<HH", block, place)
        yield kind, block[place + head : place + head + size]
        place += head + size


def _shape(data: bytes) -> tuple[int, ...]:
    version, rank, _, kind = struct.unpack_from("<BBBB", data)
    if version == 2 and kind == 2:
        return (0,)  # no value at all
    return struct.unpack_from(f"<{rank}Q", data, 8 if version == 1 else 4)
