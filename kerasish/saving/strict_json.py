"""JSON as model files may hold it: no duplicate keys, no NaN, no deep nesting; and small."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from kerasish.saving.errors import CorruptModelError

LARGEST = 32 * 2**20
DEEPEST = 256
MOST_VALUES = 2**21
"""Texts, numbers, lists and objects, all together: each takes up to 64 bytes of memory."""
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"')
_BRACKET = re.compile(rb"[\[\]{}]")


def read_json(data: bytes, where: str) -> dict[str, Any]:
    """The object that `data` holds.

    Args:
        data: UTF-8.
        where: The file and the member, for errors.

    Raises:
        CorruptModelError: it isn't JSON, or not an object; has a key twice, NaN or Infinity, or nests too deep.
    """
    if len(data) > LARGEST:
        raise CorruptModelError(f"{where} has {len(data)} bytes; at most {LARGEST} are read.")
    _check_count(data, where)
    _check_nesting(data, where)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
            raise CorruptModelError(f"{where} has the key {twice!r:.100} twice in one object.")
        return found

    def refuse(token: str) -> float:
        raise CorruptModelError(f"{where} has the number {token:.40}, which is not JSON.")

    def finite(token: str) -> float:
        value = float(token)
        return value if math.isfinite(value) else refuse(token)

    try:
        found = json.loads(data, object_pairs_hook=once, parse_constant=refuse, parse_float=finite)
    except CorruptModelError:
        raise
    except (ValueError, RecursionError) as error:
        raise CorruptModelError(f"{where} is not JSON: {error!s:.200}.") from error
    if not isinstance(found, dict):
        raise CorruptModelError(f"{where} must hold an object; it holds {type(found).__name__}.")
    return found


def _check_count(data: bytes, where: str) -> None:
    # Marks inside texts are counted too: no config has so many of them either.
    count = sum(data.count(mark) for mark in (b",", b":", b"[", b"{")) + data.count(b'"') // 2
    if count > 2 * MOST_VALUES:
        raise CorruptModelError(f"{where} has some {count // 2} values; at most {MOST_VALUES} are read.")


def _check_nesting(data: bytes, where: str) -> None:
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", data)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > DEEPEST:
            raise CorruptModelError(f"{where} has a nesting deeper than {DEEPEST} levels.")


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
