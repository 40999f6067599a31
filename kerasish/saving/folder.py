"""Models as folders, Keras's `zipped=False`: the members of a `.keras` file as files of their own."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

from kerasish.saving.archive import (
    ASSETS,
    CONFIG,
    LARGEST_ASSETS,
    METADATA,
    WEIGHTS,
    Contents,
    check_contents,
    metadata_of,
)
from kerasish.saving.atomic import Step, is_running, mode_of, sync_folder, temporaries, temporary_name
from kerasish.saving.errors import CorruptModelError, ModelFileError, UnsafeModelError
from kerasish.saving.exchange import ASIDE, exchange
from kerasish.saving.hdf5 import Reader
from kerasish.saving.strict_json import LARGEST, read_json, write_json
from kerasish.saving.windows import length_of

_MEMBERS = {CONFIG, METADATA, WEIGHTS, ASSETS.rstrip("/")}
_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)  # Windows has the one, others the other
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | _BINARY if os.name == "posix" else os.O_RDONLY | _BINARY
_NOT_REGULAR = (errno.ELOOP, errno.ENXIO, errno.ENODEV, errno.ENOTDIR, errno.EISDIR)
_MOST_ASSETS, _DEEPEST = 10_000, 32
_TRIES, _SURE = 100, 5
_in_use: set[str] = set()  # the temporary folders of this process


# Writing -------------------------------------------------------------------------------------------------------------
def write_folder(
    path: str,
    config: dict[str, Any],
    write_weights: Callable[[BinaryIO], Mapping[str, str]],
    assets: Mapping[str, bytes],
    needs: int = 0,
) -> None:
    """Write a folder that Keras opens too. A model's folder that is there is exchanged for it in one step.

    Args:
        path: The folder.
        config: Of the model.
        write_weights: Writes an HDF5 file, and returns the SHA-256 of each of its datasets.
        assets: Further contents, by their paths below `assets/`.
        needs: How many bytes it takes, for the error of a full disk.

    Raises:
        FileExistsError: there is a file of that name, or a folder that holds something else.
        OSError: with the path and the step that failed; what was there before is unchanged.
    """
    target = Path(os.path.realpath(path))
    _refuse_others(target)
    _remove_stale(target)
    waiting = target.with_name(temporary_name(target.name))
    with Step(target, "making a temporary folder beside it", needs) as step:
        try:
            _in_use.add(waiting.name)
            waiting.mkdir(0o700 if target.exists() else 0o777)
            step.doing = "writing"
            _write_members(waiting, target, config, write_weights, assets)
            step.doing = "reading back what was written"
            _verify(os.fspath(waiting))
            step.doing = "putting the new folder in its place"
            if target.exists():
                waiting.chmod(mode_of(target))
            exchange(waiting, target)
        finally:
            _remove(waiting)  # the old one, or after an error what there is of the new one
            _in_use.discard(waiting.name)
        step.doing = "waiting for the disk to note the new name"
        step.left = "The new folder is in its place."
        sync_folder(target.parent)


def _refuse_others(target: Path) -> None:
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "There is no such folder to save a model in", str(target.parent))
    if os.path.lexists(target) and not (target.is_dir() and set(os.listdir(target)) <= _MEMBERS):
        why = "There is a file of this name, or a folder that holds more than a model; it is not replaced"
        raise FileExistsError(errno.EEXIST, why, str(target))


def _remove_stale(target: Path) -> None:
    """Remove what saves that are over have left beside this folder, where they were killed or could not remove it.

    What they had set aside is put back.
    """
    for entry, pid in temporaries(target):
        is_over = entry.name.removesuffix(ASIDE) not in _in_use if pid == os.getpid() else not is_running(pid)
        if not is_over or not entry.is_dir(follow_symlinks=False):
            continue
        if entry.name.endswith(ASIDE) and not os.path.lexists(target):
            with contextlib.suppress(OSError):  # another process was faster
                os.rename(entry.path, target)
        _remove(Path(entry.path))


def _remove(folder: Path) -> None:
    """Remove a folder, if it is there, also if Ctrl-C or an error of the disk comes meanwhile."""
    try:
        with contextlib.suppress(OSError):
            folder.chmod(0o700)
            shutil.rmtree(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_members(
    folder: Path,
    target: Path,
    config: dict[str, Any],
    write_weights: Callable[[BinaryIO], Mapping[str, str]],
    assets: Mapping[str, bytes],
) -> None:
    """The files of a model in `folder`; each with the permissions that it has in `target`, which is replaced."""
    name = f"the model for {target.name!r}"
    text = write_json(config, name)
    digests: dict[str, str] = {}

    def write(member: str, writer: Callable[[BinaryIO], object]) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY
        with open(os.open(folder / member, flags, mode_of(target / member)), "w+b") as file:
            writer(file)
            file.flush()
            os.fsync(file.fileno())

    write(WEIGHTS, lambda file: digests.update(write_weights(file)))
    (folder / ASSETS).mkdir()
    for path, content in assets.items():
        (folder / ASSETS / path).parent.mkdir(parents=True, exist_ok=True)
        write(f"{ASSETS}{path}", lambda file, content=content: file.write(content))
    write(CONFIG, lambda file: file.write(text))
    write(METADATA, lambda file: file.write(metadata_of(text, digests, assets, name)))
    for place, _, _ in os.walk(folder):
        sync_folder(Path(place))


def _verify(path: str) -> None:
    with open_folder(path) as contents, Reader(contents.weights, path) as reader:
        for dataset in reader.datasets:
            reader.verify_dataset(dataset, (contents.manifest or {}).get(dataset))


# Reading -------------------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def open_folder(path: str) -> Iterator[Contents]:
    """What a model's folder holds, all of it checked. Links in it are refused, and nothing outside it is opened.

    Args:
        path: The folder; it may be a link itself, for the caller names it.

    Raises:
        UnsafeModelError: there is a link, or a member that is no regular file, or a second file of weights.
        CorruptModelError: a member is missing, or altered.
    """
    for attempt in range(_TRIES):
        with contextlib.ExitStack() as stack:
            place, folder = folder_at(path) or path, None
            try:
                folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                stack.callback(os.close, folder)
                contents = _contents(folder, path, stack)
            except (ModelFileError, OSError):
                if attempt < _TRIES - 1 and (_is_replaced(folder, place) if folder is not None else folder_at(path)):
                    continue
                raise
            if attempt < _TRIES - 1 and contents.manifest is None and _is_replaced(folder, place):
                continue  # no digests say whether all of it was there still
            yield contents
            return


def folder_at(path: str) -> str | None:
    """The folder of that name, or the one that a save has set aside for a moment, or for ever if it was killed then.

    Only where the system can't exchange two folders in one step.
    """
    target, nothing = Path(path), 0
    for _ in range(_TRIES):
        try:
            return path if stat.S_ISDIR(os.stat(path).st_mode) else None
        except OSError:
            if not target.parent.is_dir():
                return None
        found = temporaries(target)
        aside = [entry.path for entry, _ in found if entry.name.endswith(ASIDE)]
        if aside:
            return aside[0]
        nothing += not found and not os.path.lexists(path)
        if nothing == _SURE:  # once may be a look between two saves
            return None
    return None


def _is_replaced(folder: int, path: str) -> bool:
    """Whether another process has saved meanwhile: then the old folder is gone, or on its way."""
    try:
        return not os.path.samestat(os.fstat(folder), os.stat(path))
    except FileNotFoundError:
        return True


def _contents(folder: int, where: str, stack: contextlib.ExitStack) -> Contents:
    other = [name for name in os.listdir(folder) if name.startswith("model.weights.") and name != WEIGHTS]
    if other:
        raise UnsafeModelError(f"{where} has weights in {other[0]!r:.80} too: which ones are meant can't be known.")
    files = {name: stack.enter_context(_open(folder, name, where)) for name in (CONFIG, METADATA, WEIGHTS)}
    text = files[CONFIG].read(LARGEST + 1)
    metadata = read_json(files[METADATA].read(LARGEST + 1), f"{where}: {METADATA}")
    config = read_json(text, f"{where}: {CONFIG}")
    budget = [LARGEST_ASSETS, _MOST_ASSETS]
    assets = dict(_assets(folder, ASSETS.rstrip("/"), where, budget, 0))
    size = length_of(files[WEIGHTS])
    contents = Contents(config, metadata, files[WEIGHTS], size, lambda: None, assets)
    check_contents(contents, text, where)
    return contents


def _open(folder: int, name: str, where: str) -> BinaryIO:
    try:
        descriptor = os.open(name, _FLAGS, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ESTALE):
            raise CorruptModelError(f"{where} has no {name!r}; the folder of a model has it.") from error
        if error.errno in _NOT_REGULAR:
            raise _unsafe(name, where) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _unsafe(name, where)
    return cast(BinaryIO, open(descriptor, "rb"))


def _unsafe(name: str, where: str) -> ModelFileError:
    return UnsafeModelError(f"{where}: {name!r:.200} is a link, or no regular file: the folder of a model holds none.")


def _assets(folder: int, name: str, where: str, budget: list[int], depth: int) -> Iterator[tuple[str, bytes]]:
    """The files below a folder in an open one, by their paths from there."""
    try:
        inner = os.open(name, _FLAGS | os.O_DIRECTORY, dir_fd=folder)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno in _NOT_REGULAR:
            raise _unsafe(name, where) from error
        raise
    try:
        for entry in sorted(os.listdir(inner)):
            budget[1] -= 1
            if stat.S_ISDIR(os.stat(entry, dir_fd=inner, follow_symlinks=False).st_mode):
                found = _assets(inner, entry, where, budget, depth + 1) if depth < _DEEPEST else iter(())
                yield from ((f"{entry}/{path}", content) for path, content in found)
                continue
            with _open(inner, entry, where) as file:
                content = file.read(max(budget[0], 0) + 1)
            budget[0] -= len(content)
            if min(budget) < 0:
                raise UnsafeModelError(f"{where} has more assets than {_MOST_ASSETS}, or {LARGEST_ASSETS} bytes.")
            yield entry, content
    finally:
        os.close(inner)
