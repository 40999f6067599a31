"""What becomes of the memory that a program gives back."""

import contextlib
import ctypes
import functools
import os
import platform
import threading
from collections.abc import Iterator

# The numbers of glibc's mallopt(3), and what it does by itself once a program has freed a block of 32 MB.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -3, -4, -8
_USUAL = ((_MMAP_MAX, 65536), (_MMAP_THRESHOLD, 32 << 20), (_TRIM_THRESHOLD, 64 << 20))
_KEEPING = ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, 1 << 30))

_lock = threading.Lock()
_users = 0


@contextlib.contextmanager
def keeping_memory() -> Iterator[None]:
    # XLA's CPU programs allocate their scratch memory at each call. glibc fetches blocks above 32 MB from the system
    # and gives them back each time, and the system clears every page of them again: 10 ms for 43 MB, a third of a step
    # of an LSTM or of a ResNet. While a loop of calls runs, freed memory stays with the process; then it is given back.
    _enter(1)
    try:
        yield
    finally:
        _enter(-1)


def _enter(change: int) -> None:
    global _users
    if not _applies():
        return
    with _lock:
        before, _users = _users, _users + change
        if not before or not _users:
            libc = ctypes.CDLL(None)
            for option, value in _KEEPING if _users else _USUAL:
                libc.mallopt(option, value)
            if not _users:
                libc.malloc_trim(0)


@functools.cache
def _applies() -> bool:
    """Whether the process has glibc's allocator, and nobody has set it to their own taste. Costs nothing on a GPU."""
    own_taste = any(name.startswith("MALLOC_") or name in ("LD_PRELOAD", "GLIBC_TUNABLES") for name in os.environ)
    return platform.libc_ver()[0] == "glibc" and not own_taste


if _applies():
    # Only the first arena of glibc can keep large blocks, and a thread of XLA keeps the arena that it was born with.
    ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)
