"""`Vocabulary`: tokens with numbers; how it is found by counting; and how it is kept in files."""

from __future__ import annotations

import collections
import functools
import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

Token = Any
"""A `str` or an `int`."""


class Vocabulary:
    """Tokens, each once, in the order of their numbers; and the weight of each, where there is one.

    Args:
        tokens: All of type `str`, or all of type `int`.
        weights: A number for each token, or None.

    Raises:
        ValueError: a token is there twice, there is none, or the weights are not as many.
    """

    def __init__(self, tokens: Sequence[Token], weights: Any = None) -> None:
        self.tokens = tuple(tokens)
        if not self.tokens:
            raise ValueError("A vocabulary must have at least one token; it is empty.")
        self.numbers = {token: number for number, token in enumerate(self.tokens)}
        if len(self.numbers) < len(self.tokens):
            twice = [token for token, n in collections.Counter(self.tokens).items() if n > 1]
            raise ValueError(f"Tokens of a vocabulary must be different; {twice[:5]!s:.200} are there more than once.")
        self.weights = None if weights is None else np.asarray(weights, "float32").reshape(-1)
        if self.weights is not None and len(self.weights) != len(self.tokens):
            raise ValueError(
                f"idf_weights must be as many as the tokens of the vocabulary, {len(self.tokens)}; "
                f"got {len(self.weights)}."
            )

    def __len__(self) -> int:
        return len(self.tokens)

    def find(self, tokens: Iterable[Token], size: int) -> np.ndarray:
        """The number of each token; -1 for one that isn't there."""
        get = self.numbers.get
        return np.fromiter((get(token, -1) for token in tokens), np.int64, size)

    @functools.cached_property
    def sorted(self) -> tuple[np.ndarray, np.ndarray]:
        """Whole numbers in rising order, and the number of each: for lookups by bisection."""
        values = np.array(self.tokens, np.int64)
        order = np.argsort(values)
        return values[order], order


class TokenCounts:
    """How often each token is in the data, and in how many documents."""

    def __init__(self) -> None:
        self.counts: collections.Counter[Token] = collections.Counter()
        self.documents: collections.Counter[Token] = collections.Counter()
        self.total_documents = 0

    def add(self, rows: Iterable[Sequence[Token]], count_documents: bool) -> None:
        """Take in rows of tokens, each a document."""
        for row in rows:
            self.counts.update(row)
            if count_documents:
                self.documents.update(set(row))
                self.total_documents += 1

    def vocabulary(self, without: Iterable[Token], most: int | None, weigh: bool) -> Vocabulary | None:
        """The most frequent tokens, of equally frequent ones the last in order first; None if there are none.

        With `weigh`, the weight of a token is `log(1 + documents / (1 + documents with it))`.
        """
        special = set(without)
        found = sorted(((n, token) for token, n in self.counts.items() if token not in special), reverse=True)
        tokens = [token for _, token in found[: None if most is None else max(most, 0)]]
        if not tokens:
            return None
        inside = np.array([self.documents[token] for token in tokens], "float64")
        return Vocabulary(tokens, np.log1p(self.total_documents / (1 + inside)) if weigh else None)


# Files ---------------------------------------------------------------------------------------------------------------
LARGEST = 2**28
"""Bytes of a vocabulary."""


def read_lines(path: str | os.PathLike[str], encoding: str = "utf-8") -> list[str]:
    """The tokens in a text file, one a line.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is too large, or not text, or has an empty line.
    """
    size = os.path.getsize(path)
    if size > LARGEST:
        raise ValueError(f"The vocabulary file {os.fspath(path)!r} has {size} bytes; the limit is {LARGEST}.")
    with open(path, "rb") as file:
        lines = lines_of(file.read(), os.fspath(path), encoding)
    if lines and not lines[-1]:
        lines.pop()
    if "" in lines:
        raise ValueError(f"The vocabulary file {os.fspath(path)!r} has an empty line, {lines.index('') + 1}.")
    return lines


def lines_of(content: bytes, where: str, encoding: str = "utf-8") -> list[str]:
    """The lines of a text, which end in a line feed.

    Raises:
        ValueError: it is not text in this encoding.
    """
    try:
        return [line.removesuffix("\r") for line in content.decode(encoding).split("\n")]
    except UnicodeDecodeError as error:
        raise ValueError(f"The vocabulary in {where} is not text in {encoding}: {error!s:.100}.") from error
