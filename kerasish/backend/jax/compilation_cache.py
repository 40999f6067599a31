"""Compiled programs, kept in the user's cache folder: another process that needs the same program loads it."""

import atexit
import contextlib
import hashlib
import itertools
import os
import pathlib
import platform
import shutil
import stat
import sys
import threading
import warnings
import zlib

import jax
from jax.experimental.compilation_cache import compilation_cache

SWITCH = "KERASISH_COMPILATION_CACHE"
"""The environment variable: `off`, or a folder; if it is not set, a folder of ours in the user's cache folder."""
MOST_BYTES = 2**30
"""Beyond this size, programs used longest ago are deleted, when a process begins and when it ends."""
LEAST_SECONDS = 0.1
"""What compiles faster is not kept: to load a program takes 2 to 50 ms."""

_SUFFIX = "-cache"
_OFF = ("off", "0", "no", "false", "none")
_JAX_LEAST = "jax_persistent_cache_min_compile_time_secs"
_LEAST_FREE_BYTES = 2**28
_PROCESSOR = ("vendor_id", "cpu family", "model", "model name", "flags", "Features", "CPU implementer", "CPU part")

_lock = threading.Lock()
_is_decided = False
_folder: str | None = None


def use_compilation_cache() -> None:
    # Called where a program is made: an import costs nothing, and what the user has set before comes first.
    global _is_decided, _folder
    with _lock:
        if not _is_decided:
            _is_decided, _folder = True, _turn_on()
        elif _folder is not None and _configured("jax_compilation_cache_dir") != _folder:
            compilation_cache.reset_cache()  # the user has set a folder since, and JAX looks only once by itself
            _folder = None


def _turn_on() -> str | None:
    """Name the folder to JAX, unless the user has said something else."""
    wanted = os.environ.get(SWITCH, "").strip()
    says = _configured("jax_compilation_cache_dir") is not None or not _configured("jax_enable_compilation_cache")
    if says or wanted.lower() in _OFF:
        return None
    try:
        root = pathlib.Path(wanted).expanduser() if wanted else _cache_folder() / "kerasish" / "programs"
        folder = _made(root, private=not wanted)
        tidy(root)
    except (OSError, RuntimeError) as error:  # no home, no right to write, no space: programs are compiled each time
        if wanted:
            warnings.warn(f"{SWITCH}={wanted} can't be used, so programs are compiled anew: {error}", stacklevel=2)
        return None
    jax.config.update("jax_compilation_cache_dir", str(folder))
    if _JAX_LEAST.upper() not in os.environ and _configured(_JAX_LEAST) == 1.0:  # JAX's default
        jax.config.update(_JAX_LEAST, LEAST_SECONDS)
    atexit.register(tidy, root)
    return str(folder)


def _configured(name: str) -> object:
    return jax.config.values[name]


def _cache_folder() -> pathlib.Path:
    """Where this system has what may be deleted."""
    if os.environ.get("XDG_CACHE_HOME"):
        return pathlib.Path(os.environ["XDG_CACHE_HOME"])
    if sys.platform == "win32":
        return pathlib.Path(os.environ.get("LOCALAPPDATA") or pathlib.Path.home() / "AppData" / "Local")
    return pathlib.Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")


def _made(root: pathlib.Path, private: bool) -> pathlib.Path:
    """The folder for this processor in `root`, which nobody else may write to: what is in it is run.

    Raises:
        OSError: it can't be made, or not be written to; others may write to it; or the disk is almost full.
    """
    folder = root / _processor()
    for one in (root.parent, root, folder):
        one.mkdir(mode=0o700, parents=True, exist_ok=True)
    for one in (root.parent, root, folder) if private and os.name == "posix" else ():
        found = one.stat()
        if found.st_uid != os.getuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError(f"others may write to {one}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"{folder} can't be written to")
    if shutil.disk_usage(folder).free < _LEAST_FREE_BYTES:
        raise OSError(f"the disk of {folder} is almost full")
    return folder


def _processor() -> str:
    """A name for the processor: JAX's keys don't have its features, and a home may be on many machines."""
    lines = [platform.machine(), platform.processor()]
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if not line.strip():
                    break  # the other cores are like the first
                lines += [line] if line.split("\t")[0].split(":")[0].strip() in _PROCESSOR else []
    except OSError:
        lines.append(platform.node())
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def tidy(root: pathlib.Path, most_bytes: int = MOST_BYTES) -> None:
    """Delete what was used longest ago beyond a size, and files whose writer was killed."""
    found = []
    for path in itertools.chain(
        root.glob(f"*/*{_SUFFIX}"), root.glob("*/xla_gpu_*/*")
    ):  # the second: XLA's own, on a GPU
        with contextlib.suppress(OSError):  # another process tidies up too
            state = path.stat()
            found.append((max(state.st_atime, state.st_mtime), state.st_mtime, state.st_size, path))
    total = sum(size for _, _, size, _ in found)
    for _, _, size, path in sorted(found):
        if total <= most_bytes:
            break
        total -= size
        _delete(path)
    # A process writes one file at a time, and JAX would warn of a broken one for ever.
    programs = [one for one in found if one[-1].name.endswith(_SUFFIX)]
    for *_, path in sorted(programs, key=lambda one: one[1])[-4:]:
        with contextlib.suppress(OSError):
            if not _is_whole(path.read_bytes()):
                _delete(path)


def _delete(path: pathlib.Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _is_whole(data: bytes) -> bool:
    """Whether compressed data has its end, as far as can be told."""
    if data[:4] == b"\x28\xb5\x2f\xfd":  # by zstandard, which Python 3.14 has
        return True
    reader = zlib.decompressobj()
    try:
        reader.decompress(data)
    except zlib.error:
        return False
    return reader.eof
