"""Batches from a generator, an iterable of batches, or a sequence of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kerasish.data.batches import Batch, rows_of
from kerasish.data.conversion import convert_tree

_END = object()


class IterableBatches:
    """Batches that somebody else makes.

    Args:
        source: A generator, an iterable whose every pass is an epoch, or something with `__len__` and `__getitem__`.
        steps: How many batches make an epoch; None: as many as there are. The next epoch goes on where one ended.
        change: A function of `x, y, sample_weight` of a batch, which returns others.
        strings: Whether `x` may hold strings, which the host turns into numbers (`data/prepared.py`).
    """

    def __init__(
        self,
        source: Any,
        steps: int | None = None,
        change: Callable[..., Any] | None = None,
        strings: bool = False,
    ) -> None:
        self.source = source
        self._strings = strings
        self._change = change
        self.batch_size: int | None = None
        self.is_sequence = _is_sequence(source)
        self.steps = len(source) if steps is None and self.is_sequence else steps
        self.is_one_pass = not self.is_sequence and iter(source) is source
        self._running: Iterator[Any] | None = None
        self._seen = 0
        self._is_there = False
        """Whether the source was put where it had been in an epoch."""

    def epoch(self, number: int, skip: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, without the first `skip`.

        Raises:
            ValueError: a generator has run out; the error says after how many batches.
        """
        if self.is_sequence:
            running = self._items(number)
        elif self._running is None or not self._goes_on:
            running = self._running = self._pass()
        else:
            running = self._running
        found = skip if self._is_there else 0
        self._is_there = False
        for item in itertools.islice(running, None if self.steps is None else self.steps - found):
            found += 1
            if found > skip:
                yield self._batch(item, found - 1)
        self._check_end(number, found)

    @property
    def _goes_on(self) -> bool:
        """Whether an epoch begins where the one before ended."""
        return self.is_one_pass or self.steps is not None

    def _pass(self) -> Iterator[Any]:
        return iter(self.source) if self.is_one_pass or self.steps is None else self._endless()

    def _endless(self) -> Iterator[Any]:
        """Pass after pass, until one is empty."""
        empty = False
        while not empty:
            empty = True
            for item in self.source:
                empty = False
                yield item

    def _items(self, epoch: int) -> Iterator[Any]:
        assert self.steps is not None
        size = len(self.source)
        return (self.source[index % size] for index in range(epoch * self.steps, (epoch + 1) * self.steps) if size)

    def _check_end(self, epoch: int, found: int) -> None:
        self._seen += found
        if found == 0 and not self._seen:
            raise ValueError("The data gave no batch at all: a generator must yield at least one.")
        if found == 0 or (self.steps is not None and found < self.steps):
            wanted = f"{self.steps} batches" if self.steps is not None else "another pass"
            raise ValueError(
                f"The generator ran out in epoch {epoch + 1}, after {self._seen} batches in all; {wanted} were wanted. "
                "A generator can be read only once: let it run for ever and give `steps_per_epoch`, or give an "
                "iterable that starts over."
            )

    rows: int | None = None

    def get_state(self) -> dict[str, Any] | None:
        """The source's own state, if it has one; a sequence needs none."""
        if self.is_sequence or "get_state" not in dir(type(self.source)):
            return {} if self.is_sequence else None
        return {"source": self.source.get_state()}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up what `get_state` returned."""
        if "source" in state:
            self.source.set_state(state["source"])
            self._is_there = True
            self._running = None  # with the example that was taken at the old place

    def example(self) -> Batch:
        """The first batch, which is not lost for training."""
        goes_on = self._goes_on and not self.is_sequence
        running = self._items(0) if self.is_sequence else self._running if self._running and goes_on else self._pass()
        first = next(running, _END)
        if first is _END:
            raise ValueError("The data gave no batch at all: a generator must yield at least one.")
        if goes_on:
            self._running = itertools.chain([first], running)
        batch = self._batch(first, 0)
        self.batch_size = batch.rows
        return batch

    def _batch(self, item: Any, index: int) -> Batch:
        data = unpack(item, f"batch {index} of the data")
        if self._change is not None:
            data = self._change(*data)
        names = ("x", "y", "sample_weight")
        converted = tuple(
            convert_tree(part, f"{name} of batch {index}", self._strings and name == "x")
            for part, name in zip(data, names, strict=True)
        )
        return Batch(converted, rows_of(converted))  # pyright: ignore[reportArgumentType]


def _is_sequence(source: Any) -> bool:
    members = dir(type(source))
    return "__getitem__" in members and "__len__" in members


def unpack(data: Any, what: str = "the data") -> tuple[Any, Any, Any]:
    """`(x, y, sample_weight)` of a batch that is `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`.

    Raises:
        ValueError: it is a tuple of another length.
    """
    if isinstance(data, list):
        raise ValueError(
            f"{what} is a list of {len(data)} items; a batch is a tuple: (x, y) or (x, y, sample_weight). "
            "A list means several inputs of the model: write ([a, b], y)."
        )
    if not isinstance(data, tuple) or type(data) is not tuple:
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(f"{what} is a tuple of {len(data)} items; expected (x,), (x, y) or (x, y, sample_weight).")
    return (*data, None, None)[:3]  # pyright: ignore[reportReturnType]


def is_batches(x: Any) -> bool:
    """Whether `x` is an iterable of batches, or a sequence of them."""
    return isinstance(x, Iterable) or _is_sequence(x)
