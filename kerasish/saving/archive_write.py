"""A `.keras` file is written: a ZIP archive of stored members, in which the weights are written where they stay."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from typing import BinaryIO, NamedTuple, TypeVar

from kerasish.saving.windows import Window, crc_of, write_all

T = TypeVar("T")
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_LARGE = struct.Struct("<HHQQ")
_END_LARGE = struct.Struct("<4sQHHIIQQQQ")
_LOCATOR = struct.Struct("<4sIQI")
_END = struct.Struct("<4sHHHHIIH")
_MOST, _VERSION = 0xFFFFFFFF, 45


class _Member(NamedTuple):
    name: bytes
    start: int
    size: int
    crc: int


class ArchiveWriter:
    """Writes members one after the other.

    Args:
        file: Open for writing and reading, and empty.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._end = 0
        self._members: list[_Member] = []
        now = time.localtime()
        self._time = now.tm_hour << 11 | now.tm_min << 5 | now.tm_sec // 2
        self._date = max(now.tm_year - 1980, 0) << 9 | now.tm_mon << 5 | now.tm_mday

    def add(self, name: str, content: bytes) -> None:
        """Add a member."""
        self.stream(name, lambda window: window.write(content))

    def stream(self, name: str, write: Callable[[Window], T]) -> T:
        """Add a member that `write` writes, in any order, to the file that it gets; what it returns is returned."""
        raw = name.encode()
        content = self._end + _LOCAL.size + len(raw) + _LARGE.size
        window = Window(self._file, content)
        result = write(window)
        if window.error is not None:
            raise window.error
        self._file.flush()
        member = _Member(raw, self._end, window.length(), 0)
        member = member._replace(crc=crc_of(self._file, content, member.size))
        head = _LOCAL.pack(
            b"PK\x03\x04", _VERSION, 0, 0, self._time, self._date, member.crc, _MOST, _MOST, len(raw), _LARGE.size
        )
        write_all(self._file, head + raw + _LARGE.pack(1, 16, member.size, member.size), member.start)
        self._file.flush()  # here, where an error is raised, and not when the window goes
        self._members.append(member)
        self._end = content + member.size
        return result

    def close(self) -> None:
        """Write the directory of the members."""
        entries = b"".join(self._entry(member) for member in self._members)
        count, start, end = len(self._members), self._end, self._end + len(entries)
        tail = b""
        if end > _MOST:
            tail = _END_LARGE.pack(b"PK\x06\x06", 44, _VERSION, _VERSION, 0, 0, count, count, len(entries), start)
            tail += _LOCATOR.pack(b"PK\x06\x07", 0, end, 1)
        tail += _END.pack(b"PK\x05\x06", 0, 0, count, count, len(entries), min(start, _MOST), 0)
        write_all(self._file, entries + tail, start)

    def _entry(self, member: _Member) -> bytes:
        large = [value for value in (member.size, member.size, member.start) if value >= _MOST]
        extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
        size, start = min(member.size, _MOST), min(member.start, _MOST)
        made_by, permissions = 3 << 8 | _VERSION, 0o100600 << 16
        head = _CENTRAL.pack(
            b"PK\x01\x02",
            made_by,
            _VERSION,
            0,
            0,
            self._time,
            self._date,
            member.crc,
            size,
            size,
            len(member.name),
            len(extra),
            0,
            0,
            0,
            permissions,
            start,
        )
        return head + member.name + extra
