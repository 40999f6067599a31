"""JSON as model files may hold it: no duplicate keys, no NaN, no deep nesting; and small."""

from __future__ import annotations

import contextlib
import gc
import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from kerasish.saving.errors import CorruptModelError

LARGEST = 32 * 2**20
DEEPEST = 256
MOST_MEMORY = 144 * 2**20
"""Bytes that all texts, numbers, lists and objects of one file may take, without the letters of the texts."""
_SIZES = {b"{": 140, b":": 100, b"[": 120, b'"': 32, b",": 40}  # what each of these stands for takes, at most
_PIECE = 2**20
_FEW = 2**17  # keys, among which it takes no time to find one again
_STEPS = np.zeros(256, np.int8)
_STEPS[list(b"[{")], _STEPS[list(b"]}")] = 1, -1


def read_json(data: bytes, where: str) -> dict[str, Any]:
    """The object that `data` holds.

    Args:
        data: UTF-8; as everybody writes JSON it is ASCII.
        where: The file and the member, for errors.

    Raises:
        CorruptModelError: it isn't JSON, or not an object; has a key twice, NaN or Infinity, or nests too deep.
    """
    most = LARGEST if data.isascii() else LARGEST // 4  # other letters take up to four bytes, and so all do
    if len(data) > most:
        raise CorruptModelError(f"{where} has {len(data)} bytes; at most {most} are read.")
    _check_memory(data, where)
    kept, written = 0, _check_nesting(data, where)

    def count(found: dict[str, Any]) -> dict[str, Any]:
        nonlocal kept
        kept += len(found)
        return found

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = set()
        for key, _ in pairs:
            if key in found:
                raise CorruptModelError(f"{where} has the key {key!r:.100} twice in one object.")
            found.add(key)
        return {}

    def refuse(token: str) -> float:
        raise CorruptModelError(f"{where} has the number {token:.40}, which is not JSON.")

    def finite(token: str) -> float:
        value = float(token)
        return value if math.isfinite(value) else refuse(token)

    try:
        text = data.decode()
        with _uncollected():
            found = json.loads(text, object_hook=count, parse_constant=refuse, parse_float=finite)
        if kept != written:
            if written <= _FEW:
                json.loads(text, object_pairs_hook=once)
            raise CorruptModelError(f"{where} has a key twice in one object.")
    except CorruptModelError:
        raise
    except (ValueError, RecursionError) as error:
        raise CorruptModelError(f"{where} is not JSON: {error!s:.200}.") from error
    if not isinstance(found, dict):
        raise CorruptModelError(f"{where} must hold an object; it holds {type(found).__name__}.")
    return found


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Inside it, Python doesn't look for garbage, among all that the program has, each time there are more objects."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _check_memory(data: bytes, where: str) -> None:
    # Marks inside texts are counted too: no config has so many of them either.
    needed = sum(data.count(mark) * size for mark, size in _SIZES.items())
    if needed > MOST_MEMORY:
        raise CorruptModelError(
            f"{where} has so many values that they would take some {needed >> 20} MiB; at most {MOST_MEMORY >> 20} MiB "
            "are read."
        )


def _check_nesting(data: bytes, where: str) -> int:
    """The number of keys; raises if lists and objects nest too deep."""
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")  # so that every quote left begins or ends a text
    inside, depth, keys = False, 0, 0
    for start in range(0, len(data), _PIECE):
        piece = np.frombuffer(data[start : start + _PIECE], np.uint8)
        within = np.logical_xor.accumulate(piece == ord('"')) ^ inside
        marks = piece[~within]
        depths = depth + _STEPS[marks].cumsum(dtype=np.int64)
        if depths.size and depths.max() > DEEPEST:
            raise CorruptModelError(f"{where} has a nesting deeper than {DEEPEST} levels.")
        inside, depth = bool(within[-1]), int(depths[-1]) if depths.size else depth
        keys += int(np.count_nonzero(marks == ord(":")))
    return keys


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a value of JSON, without recursion.

    Example:
        >>> [len(found) for found in objects_in([{"a": {"b": 1, "c": 2}}])]
        [1, 2]
    """
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            yield item
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)


def write_json(content: dict[str, Any], what: str) -> bytes:
    """`content` as UTF-8.

    Raises:
        ValueError: `content` has something that JSON can't hold, such as NaN.
    """
    try:
        return json.dumps(content, allow_nan=False).encode()
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"The config of {what} can't be written as JSON: {error}. Let `get_config` return only numbers, strings, "
            "lists, dicts, and objects that have `get_config` themselves."
        ) from error
