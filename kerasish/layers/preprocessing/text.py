"""Text into tokens: standardized, split, joined to n-grams. On the host, with Python's strings."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence

STANDARDIZE = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
SPLIT = ("whitespace", "character")

_LOWER = {ord(c): c.lower() for c in string.ascii_uppercase}
_STRIP = {ord(c): None for c in string.punctuation}
_TABLES = {"lower": _LOWER, "strip_punctuation": _STRIP, "lower_and_strip_punctuation": {**_LOWER, **_STRIP}}
_WORD = re.compile(r"[^ \t\n\r\x0b\x0c]+")

Standardizer = Callable[[str], str]
Splitter = Callable[[str], list[str]]


def standardizer(name: str) -> Standardizer:
    """The function of that name. Only the letters and signs of ASCII change, as in Keras: `É` stays.

    Example:
        >>> standardizer("lower_and_strip_punctuation")("Don't STOP!")
        'dont stop'
    """
    table = str.maketrans(_TABLES[name])
    return lambda text: text.translate(table)


def splitter(name: str) -> Splitter:
    """The function of that name; whitespace is ASCII's."""
    return _WORD.findall if name == "whitespace" else list


def ngrams(tokens: Sequence[str], sizes: Sequence[int]) -> list[str]:
    """For each of `sizes`, the runs of so many tokens, with spaces between.

    Example:
        >>> ngrams(["a", "b", "c"], (1, 2))
        ['a', 'b', 'c', 'a b', 'b c']
    """
    return [
        " ".join(tokens[start : start + size]) if size > 1 else tokens[start]
        for size in sizes
        for start in range(len(tokens) - size + 1)
    ]
