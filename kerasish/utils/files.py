"""Download a file once, check it, keep it in a cache folder, and unpack it without leaving that folder."""

import hashlib
import ntpath
import os
import secrets
import shutil
import string
import tarfile
import urllib.error
import urllib.parse
import urllib.request
import warnings
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

_CHUNK = 1 << 20
_TIMEOUT = 60
_DIGITS = {"md5": 32, "sha256": 64}
_ARCHIVE_ENDINGS = (".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".tbz2", ".txz", ".tar", ".zip")


def get_file(
    fname: str | os.PathLike[str] | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str | Sequence[str] | None = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """The path of the file at the address `origin`, downloaded unless it is in the cache already.

    The download goes to a temporary file beside its destination, is checked, and then takes its name: an
    interrupted or wrong download leaves what was there before. Stricter than Keras: only `http` and `https`, no
    fallback to a shared folder in `/tmp`, a truncated download and an archive that can't be unpacked are errors,
    and members of an archive that would land outside of its folder are refused.

    Args:
        fname: The file's name in the cache, without folders. By default, the last part of `origin`.
        origin: The address, `https://...` or `http://...`.
        untar: The same as `extract`.
        md5_hash: The file's MD5, in hexadecimal; `file_hash` is preferred to it.
        file_hash: The file's hash, in hexadecimal. A cached file with another hash is downloaded again.
        cache_subdir: The folder under `cache_dir`; or an absolute path.
        hash_algorithm: `"sha256"`, `"md5"`, or `"auto"`: by the length of the hash.
        extract: Whether the file is an archive to unpack. The folder it is unpacked to is returned: `fname`, the
            archive itself being `fname` and `_archive`; or, if `fname` ends as archives do (`words.tar.gz`), the
            folder is `words_extracted`.
        archive_format: `"tar"`, `"zip"`, several of these, or `"auto"`: both are tried.
        cache_dir: By default the environment variable `KERASISH_HOME`, else `~/.kerasish`.
        force_download: Whether to download even what is in the cache.

    Raises:
        ValueError: no `origin`, a name with folders in it, a wrong hash, or an archive that is unsafe or unreadable.
        OSError: the download failed.

    Example:
        >>> import tempfile
        >>> cache = tempfile.mkdtemp()
        >>> Path(cache, "datasets").mkdir()
        >>> Path(cache, "datasets", "greeting.txt").write_text("hello")
        5
        >>> path = get_file(
        ...     origin="https://example.com/greeting.txt", md5_hash="5d41402abc4b2a76b9719d911017c592", cache_dir=cache
        ... )
        >>> Path(path).read_text()
        'hello'
    """
    origin = _checked_origin(origin)
    expected = _expected_hash(file_hash, md5_hash, hash_algorithm)
    extract = extract or untar
    formats = _formats(archive_format) if extract else ()
    name, folder_name = _names(fname, origin, extract)
    folder = _folder(cache_dir, cache_subdir)
    path = folder / name
    fresh = force_download or not _is_right(path, expected)
    if fresh:
        _download(origin, path, expected)
    if not extract:
        return str(path)
    if fresh or not (folder / folder_name).is_dir():
        _extract(path, folder / folder_name, formats)
    return str(folder / folder_name)


def cache_home() -> Path:
    """The folder for downloaded files: the environment variable `KERASISH_HOME`, else `~/.kerasish`.

    Example:
        >>> isinstance(cache_home(), Path)
        True
    """
    return Path(os.environ.get("KERASISH_HOME") or "~/.kerasish").expanduser()


def _checked_origin(origin: str | None) -> str:
    if not origin:
        raise ValueError("get_file needs `origin`, the address of the file: 'https://...'.")
    scheme = urllib.parse.urlsplit(origin).scheme.lower()
    if scheme not in ("http", "https"):
        raise ValueError(
            f"get_file downloads from 'https://' and 'http://' addresses only; got {origin[:200]!r}. "
            "A file on this machine needs no download: use its path."
        )
    return origin


def _expected_hash(file_hash: str | None, md5_hash: str | None, algorithm: str) -> tuple[str, str] | None:
    """`(algorithm, hexadecimal digits)`, or None if no hash is known."""
    if file_hash is None and md5_hash is not None:
        file_hash, algorithm = md5_hash, "md5"
    if algorithm not in ("auto", *_DIGITS):
        raise ValueError(f"hash_algorithm must be 'auto', 'md5' or 'sha256'; got {algorithm!r}.")
    if file_hash is None:
        return None
    digits = file_hash.strip().lower()
    if algorithm == "auto":
        algorithm = "md5" if len(digits) == _DIGITS["md5"] else "sha256"
    if len(digits) != _DIGITS[algorithm] or not set(digits) <= set(string.hexdigits):
        raise ValueError(
            f"A hash must be 64 hexadecimal digits (SHA-256) or 32 (MD5); got {file_hash[:100]!r}, "
            f"with hash_algorithm {algorithm!r}."
        )
    return algorithm, digits


def _formats(archive_format: str | Sequence[str] | None) -> tuple[str, ...]:
    if archive_format == "auto":
        return tuple(_EXTRACTORS)
    formats = (archive_format,) if isinstance(archive_format, str) else tuple(archive_format or ())
    if not formats or not set(formats) <= set(_EXTRACTORS):
        raise ValueError(f"archive_format must be 'auto', 'tar', 'zip' or a list of these; got {archive_format!r}.")
    return formats


def _names(fname: str | os.PathLike[str] | None, origin: str, extract: bool) -> tuple[str, str]:
    """The name of the downloaded file, and the name of the folder it is unpacked to."""
    if fname is None:
        name = urllib.parse.unquote(urllib.parse.urlsplit(origin).path.rsplit("/", 1)[-1])
        where = f"the end of the address {origin[:200]!r}"
    else:
        name, where = os.fspath(fname), "fname"
    # ntpath: a backslash or a drive is as dangerous as a slash, if only on Windows.
    if name in ("", ".", "..") or ntpath.basename(name) != name or not name.isprintable():
        raise ValueError(
            f"The name of a cached file must be a plain name, without folders; {where} gives {name[:100]!r}. "
            "Give fname='...', and the folder as cache_dir and cache_subdir."
        )
    if not extract:
        return name, name
    ending = next((e for e in _ARCHIVE_ENDINGS if fname is not None and name.lower().endswith(e)), "")
    if ending and len(name) > len(ending):
        return name, name[: -len(ending)] + "_extracted"
    return name + "_archive", name


def _folder(cache_dir: str | os.PathLike[str] | None, cache_subdir: str) -> Path:
    if ".." in Path(cache_subdir).parts:
        raise ValueError(f"cache_subdir must not contain '..'; got {cache_subdir!r}. Give cache_dir instead.")
    folder = (cache_home() if cache_dir is None else Path(cache_dir).expanduser()) / cache_subdir
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _is_right(path: Path, expected: tuple[str, str] | None) -> bool:
    return path.is_file() and (expected is None or _digest(path, expected[0]) == expected[1])


def _digest(path: Path, algorithm: str) -> str:
    digest = hashlib.new(algorithm, usedforsecurity=algorithm != "md5")
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _download(origin: str, path: Path, expected: tuple[str, str] | None) -> None:
    """Bring `origin` to `path`, in one step: either the whole, right file or none."""
    if expected is None and origin.lower().startswith("http:"):
        warnings.warn(
            f"Downloading {origin[:200]} unprotected: anybody on the way may change it. Use https, or give file_hash.",
            stacklevel=3,
        )
    print(f"Downloading data from {origin}")
    # Opened by us, not by tempfile, so that the file gets the user's usual permissions.
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        _fetch(origin, part, path)
        if expected is not None and (found := _digest(part, expected[0])) != expected[1]:
            raise ValueError(
                f"The file at {origin[:200]} has the {expected[0]} hash {found}, not {expected[1]}: it is damaged, or "
                "another file than was meant. It was removed; nothing in the cache changed."
            )
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follow a server to another web address, but never from https to http, nor to another scheme."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        scheme = urllib.parse.urlsplit(newurl).scheme.lower()
        if scheme != "https" and not (scheme == "http" and req.type == "http"):
            raise OSError(f"{req.full_url[:200]} sends to {newurl[:200]}: refused, for it is less safe.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _fetch(origin: str, part: Path, path: Path) -> None:
    opener = urllib.request.build_opener(_SafeRedirects)
    try:
        with opener.open(origin, timeout=_TIMEOUT) as response, part.open("xb") as file:
            shutil.copyfileobj(response, file, _CHUNK)
            promised = response.headers.get("Content-Length")
            received = file.tell()
    except urllib.error.URLError as error:
        raise OSError(
            f"{origin[:200]} could not be downloaded: {error}. Check the address and the connection, "
            f"or put the file there yourself: {path}"
        ) from error
    if promised is not None and promised.isdecimal() and int(promised) != received:
        raise OSError(f"The download of {origin[:200]} broke off: {received} of {promised} bytes arrived. Try again.")


def _extract(archive: Path, folder: Path, formats: Sequence[str]) -> None:
    """Unpack `archive` as `folder`, which appears when it is complete, in the place of an older one."""
    new = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}.part")
    old = new.with_suffix(".old")
    try:
        if not any(_EXTRACTORS[name](archive, new) for name in formats):
            raise ValueError(f"{archive} can't be unpacked: it is not a file of the format {' or '.join(formats)}.")
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    finally:
        if old.exists() and not folder.exists():
            old.rename(folder)
        for rest in (new, old):
            shutil.rmtree(rest, ignore_errors=True)


def _extract_tar(archive: Path, folder: Path) -> bool:
    if not tarfile.is_tarfile(archive):
        return False
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            _check_member(member.name, archive)
            if member.issym() or member.islnk():
                _check_member(member.linkname, archive)
        folder.mkdir()
        try:
            tar.extractall(folder, filter="data")
        except tarfile.FilterError as error:
            raise ValueError(f"{archive} is unsafe to unpack: {error}. Nothing was kept.") from error
    return True


def _extract_zip(archive: Path, folder: Path) -> bool:
    if not zipfile.is_zipfile(archive):
        return False
    with zipfile.ZipFile(archive) as file:
        for member in file.infolist():
            # Both: Python mends the name it shows, and keeps the one in the file.
            _check_member(member.orig_filename, archive)
            _check_member(member.filename, archive)
        folder.mkdir()
        file.extractall(folder)  # a symbolic link comes out as a small text file
    return True


def _check_member(name: str, archive: Path) -> None:
    """Refuse a member's name, or the target of a link, that is absolute or goes upwards."""
    portable = PurePosixPath(name.replace("\\", "/"))
    if portable.is_absolute() or ".." in portable.parts or ntpath.splitdrive(name)[0] or "\0" in name:
        raise ValueError(
            f"{archive} is unsafe to unpack: its member {name[:100]!r} would land outside of its folder. "
            "Nothing was kept; get the archive from a source that you trust."
        )


_EXTRACTORS: dict[str, Callable[[Path, Path], bool]] = {"tar": _extract_tar, "zip": _extract_zip}
