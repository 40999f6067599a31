"""A part of a file as a file of its own: an HDF5 file inside an archive is written and read where it lies."""

from __future__ import annotations

import concurrent.futures
import contextlib
import contextvars
import errno
import io
import os
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, TypeVar

T = TypeVar("T")

_PIECE = 4 * 2**20
_SMALL = 2**20  # stays in the cache of a core


class Window(io.RawIOBase):
    """The bytes of `file` from `start` on, counted from 0.

    The first error of the disk is kept in `error`, and after it nothing more is written: HDF5 does not survive errors
    in the middle of its work. Who writes looks at `error` at the end.

    Args:
        file: Open, and seekable.
        start: Its byte that is the first one here.
        size: How many there are; None while writing: up to the end of the file.
    """

    def __init__(self, file: BinaryIO, start: int = 0, size: int | None = None) -> None:
        self._file = file
        self._start = start
        self._size = size
        self._place = 0
        self.error: OSError | None = None

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return self._size is None

    def seekable(self) -> bool:
        return True

    def length(self) -> int:
        """How many bytes there are."""
        if self._size is not None:
            return self._size
        with self._noting():  # to seek is to write what waits in the buffer
            return max(self._file.seek(0, os.SEEK_END) - self._start, 0)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self.length() if whence == os.SEEK_END else 0}
        self._place = max(base[whence] + offset, 0)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        if self._size is not None:
            view = view[: max(self._size - self._place, 0)]
        count = 0
        with self._noting():
            self._file.seek(self._start + self._place)
            while count < len(view) and (got := self._file.readinto(view[count:])):  # pyright: ignore  all files have it
                count += got
        self._place += count
        return count

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        self._attempt(lambda: write_all(self._file, view, self._start + self._place))
        self._place += len(view)
        return len(view)

    def truncate(self, size: int | None = None) -> int:
        size = self._place if size is None else size
        self._attempt(lambda: self._file.truncate(self._start + size))
        return size

    def flush(self) -> None:
        if not self.closed and self._size is None:
            self._attempt(self._file.flush)

    @contextlib.contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.error = self.error or error
            raise

    def _attempt(self, action: Any) -> None:
        if self.error is None:
            try:
                action()
            except OSError as error:
                self.error = error

    def cancel(self) -> None:
        """Write nothing more: as if the disk had refused it."""
        self.error = self.error or OSError(errno.ECANCELED, os.strerror(errno.ECANCELED))


def apart(work: Callable[[], T], cancel: Callable[[], None] | None = None) -> T:
    """Do `work` on a thread: Ctrl-C raises in the main thread, and HDF5 would lose what is raised inside it.

    Args:
        work: Reads or writes a file by HDF5.
        cancel: Called when Ctrl-C comes, so that `work` ends soon; it is waited for.
    """
    context = contextvars.copy_context()
    with concurrent.futures.ThreadPoolExecutor(1) as worker:
        done = worker.submit(context.run, work)
        try:
            return done.result()
        except BaseException:
            if cancel is not None and not done.done():  # so the exception is not that of `work`
                cancel()
            raise


def write_all(file: BinaryIO, data: Any, place: int) -> None:
    """Write all of `data` at `place`, also where a write takes a part only."""
    file.seek(place)
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def length_of(file: BinaryIO) -> int:
    """How many bytes an open file has."""
    return file.seek(0, os.SEEK_END)


def fill(file: Any, start: int, target: memoryview, found: Any = None) -> int:
    """Read bytes of an open file into `target`, and add them to the digest `found`; how many there were.

    Reading and hashing go on side by side, where there is enough of both.

    Args:
        file: Open for reading.
        start: Where the first byte is.
        target: Is filled.
        found: A digest of `hashlib`; None: nothing is hashed.
    """
    file.seek(start)
    if found is None or len(target) <= _PIECE:
        count = _read_into(file, target)
        if found is not None:
            found.update(target[:count])
        return count
    count, waiting = 0, None
    with concurrent.futures.ThreadPoolExecutor(1) as worker:
        while count < len(target) and (got := _read_into(file, target[count : count + _PIECE])):
            waiting = worker.submit(found.update, target[count : count + got])
            count += got
    if waiting is not None:
        waiting.result()
    return count


def _read_into(file: Any, target: memoryview) -> int:
    count = 0
    while count < len(target) and (got := file.readinto(target[count:])):
        count += got
    return count


def crc_of(file: BinaryIO, start: int, size: int) -> int:
    """The CRC-32 of a part of an open file. Where the file is at stays as it is."""
    if isinstance(file, io.BytesIO):
        return zlib.crc32(file.getbuffer()[start : start + size])
    found, end, buffer = 0, start + size, memoryview(bytearray(min(_SMALL, size)))
    while start < end and (got := os.preadv(file.fileno(), [buffer[: end - start]], start)):
        found, start = zlib.crc32(buffer[:got], found), start + got
    return found
