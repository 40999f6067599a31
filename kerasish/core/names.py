"""Names of layers, operations and metrics: made of the class, and a number."""

from __future__ import annotations

import collections
import itertools
import re

_counters: collections.defaultdict[str, itertools.count[int]] = collections.defaultdict(itertools.count)


def snake_case(name: str) -> str:
    """`name` in lower case with underscores.

    Example:
        >>> snake_case("MaxPooling2D"), snake_case("SimpleRNN"), snake_case("LSTMCell")
        ('max_pooling2d', 'simple_rnn', 'lstm_cell')
    """
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).replace("__", "_").lower()


def unique_name(kind: str) -> str:
    """`kind` the first time, then `kind_1`, `kind_2`, …"""
    number = next(_counters[kind])
    return f"{kind}_{number}" if number else kind


def get_uid(prefix: str = "") -> int:
    """1, 2, 3, … for each prefix."""
    return next(_counters["uid " + prefix]) + 1


def clear_session(free_memory: bool = True) -> None:
    """Start the names over. `free_memory` is accepted for Keras's sake: Python frees what nobody holds."""
    del free_memory
    _counters.clear()


def check_name(name: object, owner: str) -> str:
    """`name`, if it can name a layer."""
    if not isinstance(name, str) or "/" in name or not name:
        raise ValueError(f"The name of a {owner} must be a string without '/'; got {name!r:.100}.")
    return name
