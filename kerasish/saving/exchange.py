"""Two names in a folder are exchanged in one step, where the system can do that."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

_EXCHANGE, _HERE = 2, -100  # of Linux: RENAME_EXCHANGE, AT_FDCWD
_LACKING = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


def exchange(new: Path, place: Path) -> None:
    """Put the folder `new` at `place`; a folder that is there gets the name of the new one.

    On Linux there is a folder at `place` at each moment. Elsewhere there is none for an instant, between two renames;
    a kill in it leaves the old folder beside its place, and the name of that says of what.

    Raises:
        OSError: nothing has changed.
    """
    if not os.path.lexists(place):
        os.rename(new, place)
    elif not _exchanged(new, place):
        kept = place.with_name(f"{new.name}.old")
        os.rename(place, kept)
        try:
            os.rename(new, place)
        except OSError:
            os.rename(kept, place)
            raise
        os.rename(kept, new)


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
