"""Files that are written whole or not at all, and opened only if they are regular files."""

from __future__ import annotations

import concurrent.futures
import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from kerasish.saving.errors import UnsafeModelError

if os.name == "posix":
    import fcntl
else:
    fcntl = None

PathLike = str | os.PathLike[str]


def atomic_write(
    path: PathLike,
    writer: Callable[[BinaryIO], object],
    verify: Callable[[BinaryIO], None] | None = None,
    durable: bool = True,
    needs: int = 0,
) -> None:
    """Write a file so that at each moment either the old one or the new one is there, whole.

    The bytes go to a temporary file in the same folder, which takes the name of the old file when all of them are on
    the disk. After an error the temporary file is removed and the old one is untouched. A link is followed, and stays
    a link.

    Args:
        path: Where.
        writer: Writes to the open file it gets.
        verify: Reads the open file it gets, and raises if the file isn't what was meant; before the old one goes.
        durable: Whether to wait until the disk has the bytes, so that a power cut costs nothing either.
        needs: How many bytes it takes, if that is known; for the error of a full disk.

    Raises:
        OSError: with the path and the step that failed.

    Example:
        >>> import tempfile
        >>> target = Path(tempfile.mkdtemp(), "numbers.bin")
        >>> atomic_write(target, lambda file: file.write(b"123"))
        >>> target.read_bytes()
        b'123'
    """
    target = Path(os.path.realpath(path))
    _refuse_folder(target)
    _remove_stale(target)
    temporary = target.with_name(temporary_name(target.name))
    with Step(target, "making a temporary file beside it", needs) as step:
        try:  # Ctrl-C may come at any moment, also when the file has just been made
            descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | _FLAGS, mode_of(target))
            with open(descriptor, "w+b") as file:
                step.doing = "writing"
                writer(file)
                file.flush()
                step.doing = "reading back what was written"
                with _syncing(file, step) if durable else contextlib.nullcontext():
                    _verify(file, verify)
            step.doing = "putting the new file in its place"
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        step.doing = "waiting for the disk to note the new name"
        step.left = "The new file is in its place."
        if durable:
            sync_folder(target.parent)


_FLAGS = os.O_CLOEXEC | getattr(os, "O_BINARY", 0)  # O_BINARY exists on Windows only
_TEMPORARY = re.compile(r"\.(?P<name>.+)\.(?P<pid>\d+)\.[0-9a-f]{16}\.tmp(\.old)?", re.DOTALL)
_LONGEST_NAME = 200
_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))  # Windows has no quota of this kind


class Step:
    """Adds the path, the step, and on a full disk the bytes to an `OSError`."""

    def __init__(self, target: Path, doing: str, needs: int = 0) -> None:
        self.target = target
        self.doing = doing
        self.needs = needs
        self.left = "What was there before is unchanged."

    def __enter__(self) -> Step:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError) and error.errno is not None:
            room = f" for {self.needs} bytes" if self.needs and error.errno in _FULL else ""
            message = f"{os.strerror(error.errno)}{room}, while {self.doing}. {self.left} The file is"
            raise type(error)(error.errno, message, str(self.target)) from error


def _refuse_folder(target: Path) -> None:
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "A file can't be saved under the name of a folder", str(target))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "There is no such folder to save a file in", str(target.parent))


def temporary_name(name: str) -> str:
    """A name that nobody else has, and that says whose it is."""
    return f".{name[:_LONGEST_NAME]}.{os.getpid()}.{secrets.token_hex(8)}.tmp"


def mode_of(target: Path) -> int:
    """The permissions of the file that is replaced; those of a new file, which the umask narrows, if there is none."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        return 0o666


@contextlib.contextmanager
def _syncing(file: BinaryIO, step: Step) -> Iterator[None]:
    """Inside it, the disk writes what the file has; at its end, all of it is there."""
    with concurrent.futures.ThreadPoolExecutor(1) as worker:
        synced = worker.submit(os.fsync, file.fileno())
        yield
        step.doing = "waiting for the disk"
        synced.result()


def _verify(file: BinaryIO, verify: Callable[[BinaryIO], None] | None) -> None:
    if verify is not None:
        file.seek(0)
        verify(file)


def sync_folder(folder: Path) -> None:
    """Wait until the disk knows the names in a folder."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Inside it, no other process is inside it for the same folder; where the system can't do that, nothing is done."""
    if fcntl is None or not folder.is_dir():
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):  # some file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # not by closing: a process that was forked inside has it too
        os.close(descriptor)


def _remove_stale(target: Path) -> None:
    """Remove what processes that were killed while saving this file have left."""
    for entry, pid in temporaries(target):
        if not is_running(pid) and not entry.is_dir(follow_symlinks=False):
            Path(entry.path).unlink(missing_ok=True)


def temporaries(target: Path) -> list[tuple[os.DirEntry[str], int]]:
    """What processes have beside this file, or folder, while they save it; and the numbers of these processes."""
    with os.scandir(target.parent) as entries:
        found = [(entry, _TEMPORARY.fullmatch(entry.name)) for entry in entries]
    return [(entry, int(f["pid"])) for entry, f in found if f and f["name"] == target.name[:_LONGEST_NAME]]


def is_running(pid: int) -> bool:
    """Whether there is a process of this number; True where that can't be known."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def open_regular(path: PathLike, follow: bool = True) -> BinaryIO:
    """The file, open for reading. A FIFO, a device or a folder is refused, without waiting for it.

    Args:
        path: The file.
        follow: Whether a link is followed: one that the caller names, not one that a file names.

    Raises:
        FileNotFoundError: there is no such file.
        UnsafeModelError: it is not a regular file.
    """
    resolved = os.path.realpath(path) if follow else os.fspath(path)
    flags = os.O_RDONLY | _FLAGS | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)  # POSIX only
    try:
        descriptor = os.open(resolved, flags)
    except FileNotFoundError as error:
        raise FileNotFoundError(errno.ENOENT, "There is no such file", str(path)) from error
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.EISDIR, errno.ENODEV, errno.ELOOP):
            raise _not_regular(path) from error
        raise
    if not _is_regular(descriptor):
        os.close(descriptor)
        raise _not_regular(path)
    return open(descriptor, "rb")


def _is_regular(descriptor: int) -> bool:
    """Whether it is a file on a disk: those of `/proc` say that they are, and of size 0, but have bytes."""
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_size or os.name != "posix":
        return stat.S_ISREG(found.st_mode)
    try:
        return not os.pread(descriptor, 1, 0)
    except OSError:
        return False


def _not_regular(path: PathLike) -> UnsafeModelError:
    kind = "a folder" if os.path.isdir(path) else "a link" if os.path.islink(path) else "not a regular file"
    return UnsafeModelError(f"{os.fspath(path)!r} is {kind}: a model is loaded from a regular file only.")
