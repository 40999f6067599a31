"""`.keras` files: ZIP archives of a config, of facts about the file, and of the weights."""

from __future__ import annotations

import concurrent.futures
import datetime
import hashlib
import io
import stat
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, NamedTuple, cast

from kerasish.saving.archive_write import ArchiveWriter
from kerasish.saving.errors import CorruptModelError, IncompatibleModelError, ModelFileError, UnsafeModelError
from kerasish.saving.hdf5 import SIGNATURE as HDF5_SIGNATURE
from kerasish.saving.strict_json import LARGEST, read_json, write_json
from kerasish.saving.windows import Window, crc_of, length_of

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
KERAS_VERSION = "3.15.1"
"""Whose format is written."""
FORMAT = 1
"""Of our part of the metadata."""
OURS = "kerasish"

_LOCAL_HEADER = struct.Struct("<4s22xHH")
_MOST_MEMBERS = 10_000
_UNPACKED_PER_BYTE = 20  # of the archive: more is a bomb
_UNPACKED_ALWAYS = 64 * 2**20
_ENCRYPTED = 0x41
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    struct.error,
    NotImplementedError,
    ValueError,
    RuntimeError,
)
"""What Python's reader of archives raises about damaged ones; names that are no UTF-8 are a `ValueError`."""
LARGEST_ASSETS = 2**29
_WORTH_A_THREAD = 2**20
ASSETS = "assets/"
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10))}
"""Names that mean no file to Windows."""


class Contents(NamedTuple):
    """What a `.keras` file holds.

    `weights` is an HDF5 file, of `size` bytes. It is read where it lies, so the archive must stay open; `finish` waits
    until all of its bytes have been compared with their checksum, and raises if they differ.
    """

    config: dict[str, Any]
    metadata: dict[str, Any]
    weights: BinaryIO
    size: int
    finish: Callable[[], None]
    assets: dict[str, bytes]

    @property
    def manifest(self) -> dict[str, str] | None:
        """The SHA-256 of each dataset by its path; None in a file that Keras wrote."""
        return self.metadata.get(OURS, {}).get("sha256")


def write_archive(
    file: BinaryIO,
    config: dict[str, Any],
    write_weights: Callable[[Window], Mapping[str, str]],
    name: str,
    assets: Mapping[str, bytes] | None = None,
) -> None:
    """Write a `.keras` file that Keras opens too.

    Args:
        file: Open for writing and reading.
        config: Of the model.
        write_weights: Writes an HDF5 file to the file it gets, and returns the SHA-256 of each of its datasets.
        name: The model's, for errors.
        assets: Further contents, by their paths below `assets/`.
    """
    text = write_json(config, name)
    archive = ArchiveWriter(file)
    archive.add(CONFIG, text)
    digests = archive.stream(WEIGHTS, write_weights)
    for path, content in (assets or {}).items():
        archive.add(ASSETS + path, content)
    archive.add(METADATA, metadata_of(text, digests, assets or {}, name))
    archive.close()


def metadata_of(config: bytes, digests: Mapping[str, str], assets: Mapping[str, bytes], name: str) -> bytes:
    """The member `metadata.json`: the version, and the SHA-256 of all that the file holds.

    Args:
        config: The text of the config.
        digests: Of the datasets.
        assets: Contents by path.
        name: The model's, for errors.
    """
    ours: dict[str, Any] = {"format": FORMAT, "config": hashlib.sha256(config).hexdigest(), "sha256": dict(digests)}
    if assets:
        ours["assets"] = {path: hashlib.sha256(content).hexdigest() for path, content in assets.items()}
    saved = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    return write_json({"keras_version": KERAS_VERSION, "date_saved": saved, OURS: ours}, name)


def read_archive(file: BinaryIO, where: str, largest_weights: int | None = None, compares_sum: bool = True) -> Contents:
    """The contents of a `.keras` file, all of it checked; nothing is unpacked to the disk.

    Args:
        file: Open for reading.
        where: What errors call it.
        largest_weights: More bytes of weights than that are not read.
        compares_sum: Whether the ZIP checksum of the weights is compared too, beside their digests.

    Raises:
        UnsafeModelError: members that no model file has: links, folders outside, encryption, bombs.
        CorruptModelError: truncated or altered.
    """
    _check_start(file, where)
    try:
        with zipfile.ZipFile(file) as archive:
            members = _check_members(file, archive, where)
            text = archive.read(members[CONFIG])
            metadata = read_json(archive.read(members[METADATA]), f"{where}: {METADATA}")
            _check_budget(members[WEIGHTS], largest_weights, where)
            weights, finish = _open_weights(file, archive, members[WEIGHTS], where, compares_sum)
            config = read_json(text, f"{where}: {CONFIG}")
            assets = _read_assets(archive, members, where)
            contents = Contents(config, metadata, weights, members[WEIGHTS].file_size, finish, assets)
    except ModelFileError:
        raise
    except _BROKEN as error:
        raise CorruptModelError(
            f"{where} is truncated or damaged: {str(error) or type(error).__name__:.200}. Take another copy."
        ) from error
    check_contents(contents, text, where)
    return contents


def _read_assets(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], where: str) -> dict[str, bytes]:
    found = [info for name, info in members.items() if name.startswith(ASSETS) and not name.endswith("/")]
    total = sum(info.file_size for info in found)
    if total > LARGEST_ASSETS:
        raise UnsafeModelError(f"{where} has {total} bytes of assets; the limit is {LARGEST_ASSETS}.")
    return {info.filename[len(ASSETS) :]: archive.read(info) for info in found}


def _open_weights(
    file: BinaryIO, archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str, compares_sum: bool
) -> tuple[BinaryIO, Callable[[], None]]:
    if info.compress_type != zipfile.ZIP_STORED:
        return io.BytesIO(archive.read(info)), lambda: None  # whose checksum has been compared
    if info.file_size != info.compress_size:
        raise CorruptModelError(f"{where} is damaged: {WEIGHTS} has two sizes.")
    file.seek(info.header_offset)
    _, name_length, extra_length = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    start = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length
    window = cast(BinaryIO, Window(file, start, info.file_size))
    if not compares_sum:
        return window, lambda: None
    compared = _in_background(lambda: crc_of(file, start, info.file_size), info.file_size)

    def finish() -> None:
        if compared() != info.CRC:
            raise CorruptModelError(
                f"{where} is truncated or damaged: the checksum of {WEIGHTS} differs. Take another copy."
            )

    return window, finish


def _in_background(work: Callable[[], int], size: int) -> Callable[[], int]:
    """What `work` returns, computed beside other work if there is much of it."""
    if size < _WORTH_A_THREAD:
        return work
    worker = concurrent.futures.ThreadPoolExecutor(1)
    found = worker.submit(work)
    worker.shutdown(wait=False)
    return found.result


def _check_start(file: BinaryIO, where: str) -> None:
    file.seek(0)
    start = file.read(8)
    file.seek(0)
    if start == HDF5_SIGNATURE:
        raise IncompatibleModelError(
            f"{where} is an HDF5 file, not a `.keras` archive. If it holds weights only, make the model and call "
            "`model.load_weights(path)`; its name must end in `.weights.h5`."
        )
    if start[:4] != b"PK\x03\x04":
        what = "is empty" if not start else "is not a `.keras` file: a ZIP archive begins otherwise"
        raise CorruptModelError(f"{where} {what}.")


def _check_members(file: BinaryIO, archive: zipfile.ZipFile, where: str) -> dict[str, zipfile.ZipInfo]:
    infos = archive.infolist()
    if len(infos) > _MOST_MEMBERS:
        raise UnsafeModelError(f"{where} has {len(infos)} members; at most {_MOST_MEMBERS} are accepted.")
    if archive.comment:
        raise CorruptModelError(f"{where} has a comment after its end, which no `.keras` file has.")
    folded: set[str] = set()
    for info in infos:
        if info.filename.casefold() in folded:
            raise UnsafeModelError(
                f"{where} has a duplicate member, {info.filename!r}: which one is meant can't be known."
            )
        folded.add(info.filename.casefold())
        _check_member(info, where)
    _check_sizes(file, infos, where)
    _check_layout(file, archive, infos, where)
    members = {info.filename: info for info in infos}
    for name in (CONFIG, METADATA, WEIGHTS):
        if name not in members:
            raise CorruptModelError(f"{where} has no member {name!r}; a `.keras` file has it.")
    return members


def _check_member(info: zipfile.ZipInfo, where: str) -> None:
    name = info.orig_filename
    parts = name.split("/")
    known = name in (CONFIG, METADATA, WEIGHTS) or (parts[0] == "assets" and len(parts) > 1)
    strange = any(part in ("..", ".") for part in parts) or "" in parts[:-1] or any(c in name for c in '\\:\0"<>|?*')
    strange = strange or any(part.split(".")[0].upper() in _DEVICES for part in parts)
    if not known or strange or not name.isprintable() or len(name) > 1024:
        raise UnsafeModelError(f"{where} has a member named {name!r:.200}, which no `.keras` file has.")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise UnsafeModelError(f"{where}: the member {name!r} is a symlink entry.")
    if info.flag_bits & _ENCRYPTED:
        raise UnsafeModelError(f"{where}: the member {name!r} is encrypted.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnsafeModelError(f"{where}: the member {name!r} is compressed by method {info.compress_type}.")
    if name in (CONFIG, METADATA) and info.file_size > LARGEST:
        raise UnsafeModelError(f"{where}: {name} has {info.file_size} bytes; the limit is {LARGEST}.")


def _check_sizes(file: BinaryIO, infos: list[zipfile.ZipInfo], where: str) -> None:
    length = length_of(file)
    limit = length * _UNPACKED_PER_BYTE + _UNPACKED_ALWAYS
    total = sum(info.file_size for info in infos)
    if total > limit:
        raise UnsafeModelError(f"{where} has {length} bytes but would unpack to {total}; the limit is {limit}.")


def _check_layout(file: BinaryIO, archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], where: str) -> None:
    """Members lie one after the other from the first byte on: none inside another, nothing hidden between two names."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        file.seek(info.header_offset)
        mark, name_length, extra_length = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
        name = file.read(name_length)
        if mark != b"PK\x03\x04" or name != info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437"):
            raise CorruptModelError(f"{where}: the member {info.filename!r} does not begin where it should.")
        if info.header_offset < end:
            raise UnsafeModelError(f"{where}: the member {info.filename!r} overlaps another one.")
        end = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length + info.compress_size
    if not infos or min(info.header_offset for info in infos) != 0 or end > archive.start_dir:
        raise UnsafeModelError(f"{where} has data before its first member, or a member that overlaps the directory.")


def _warn_if_newer(version: Any, where: str) -> None:
    major = str(version).split(".")[0]
    if major.isdecimal() and int(major) > int(KERAS_VERSION.split(".")[0]):
        warnings.warn(f"{where} was written by Keras {version:.20}, a newer format than {KERAS_VERSION}.", stacklevel=5)


def _check_budget(info: zipfile.ZipInfo, largest: int | None, where: str) -> None:
    if largest is not None and info.file_size > largest:
        raise IncompatibleModelError(f"{where}: {WEIGHTS} has {info.file_size} bytes; this model's can have {largest}.")


def check_contents(contents: Contents, text: bytes, where: str) -> None:
    """Raise if the config, whose text is given, or the assets are not those that were saved; warn of a newer Keras."""
    _warn_if_newer(contents.metadata.get("keras_version"), where)
    ours = contents.metadata.get(OURS)
    if ours is None:
        return
    shaped = isinstance(ours, dict) and isinstance(ours.get("sha256"), dict) and isinstance(ours.get("format"), int)
    if not shaped:
        raise CorruptModelError(f"{where}: {METADATA} has no usable entry {OURS!r}.")
    if ours["format"] > FORMAT:
        raise IncompatibleModelError(
            f"{where} was written by a newer version, in format {ours['format']}; this version reads up to {FORMAT}. "
            "Update the package."
        )
    if ours.get("config") != hashlib.sha256(text).hexdigest():
        raise CorruptModelError(f"{where}: {CONFIG} is not the one that was saved (SHA-256 differs).")
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in contents.assets.items()}
    if digests != ours.get("assets", {}):
        raise CorruptModelError(f"{where}: the assets are not those that were saved (SHA-256 differs).")
