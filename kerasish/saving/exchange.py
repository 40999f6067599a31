"""Two names in a folder are exchanged in one step, where the system can do that."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
from pathlib import Path

ASIDE = ".old"
_EXCHANGE, _HERE = 2, -100  # of Linux: RENAME_EXCHANGE, AT_FDCWD
_LACKING = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)
_OTHERS = (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST)  # another process has put a folder there, or has taken it away
_TRIES = 100


def exchange(new: Path, place: Path) -> None:
    """Put the folder `new` at `place`; a folder that is there gets the name of the new one, or is removed.

    On Linux there is a folder at `place` at each moment. Elsewhere there is none for an instant, between two renames:
    then the old one is beside it, under the name of `new` and `ASIDE`, and stays there if the process is killed.

    Raises:
        OSError: nothing has changed.
    """
    for attempt in range(_TRIES):
        try:
            _exchange(new, place)
            return
        except OSError as error:
            if error.errno not in _OTHERS or attempt == _TRIES - 1 or not new.is_dir():
                raise


def _exchange(new: Path, place: Path) -> None:
    if not os.path.lexists(place):
        os.rename(new, place)
    elif not _exchanged(new, place):
        kept = new.with_name(new.name + ASIDE)
        os.rename(place, kept)
        try:
            os.rename(new, place)
        except BaseException:
            _put_back(kept, place)
            raise
        with contextlib.suppress(OSError):
            os.rename(kept, new)
            return
        shutil.rmtree(kept, ignore_errors=True)


def _put_back(kept: Path, place: Path) -> None:
    try:
        os.rename(kept, place)
    except OSError:
        if not os.path.lexists(place):
            raise
        shutil.rmtree(kept)  # another process has put its folder there: a newer one


def _exchanged(one: Path, other: Path) -> bool:
    """Whether the system has done it; False if it can't."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    if rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), ctypes.c_uint(_EXCHANGE)) == 0:
        return True
    code = ctypes.get_errno()
    if code in _LACKING:
        return False
    raise OSError(code, os.strerror(code), os.fspath(other))
