"""Batches from a generator, an iterable of batches, or a sequence of them."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kerasish.data.batches import Batch, Source, rows_of
from kerasish.data.conversion import convert_tree

_END = object()


class IterableBatches(Source):
    """Batches that somebody else makes.

    A source with a state (`get_state` and `set_state`, or `state_dict` and `load_state_dict`, of itself or of its
    iterators) is put back where it was when a run is taken up.

    Args:
        source: A generator, an iterable whose every pass is an epoch, or something with `__len__` and `__getitem__`.
        steps: How many batches make an epoch; None: as many as there are. The next epoch goes on where one ended.
        change: A function of `x, y, sample_weight` of a batch, which returns others.
        strings: Whether `x` may hold strings, which the host turns into numbers (`data/prepared.py`).
        length: How many batches an iterable is known to have.
    """

    def __init__(
        self,
        source: Any,
        steps: int | None = None,
        change: Callable[..., Any] | None = None,
        strings: bool = False,
        length: int | None = None,
    ) -> None:
        self.source = source
        self._strings = strings
        self._change = change
        self.is_sequence = _is_sequence(source)
        self._wanted = len(source) if steps is None and self.is_sequence else steps
        """How many batches an epoch must have."""
        self.steps = length if self._wanted is None else self._wanted
        self.is_one_pass = not self.is_sequence and iter(source) is source
        self._running: Iterator[Any] | None = None
        self._iterator: Any = source
        """The source's iterator of this pass, which may have a state."""
        self._seen = 0
        self._pending: Any = None
        """The state to put the source into when the next epoch begins."""

    def epoch(self, number: int, skip: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, without the first `skip`.

        Raises:
            ValueError: a generator has run out; the error says after how many batches.
        """
        running, found = self._begin(number, skip)
        for item in itertools.islice(running, None if self._wanted is None else self._wanted - found):
            found += 1
            if found > skip:
                yield self._batch(item, found - 1)
        self._check_end(number, found)

    def _begin(self, number: int, skip: int) -> tuple[Iterator[Any], int]:
        """What an epoch goes through, and how many of its batches lie before that."""
        if self.is_sequence:
            return self._items(number, skip), skip
        found = 0
        if self._pending is not None and (skip or self._goes_on):
            self._running, found = self._pass(self._pending), skip
        elif self._running is None or not self._goes_on:
            self._running = self._pass()
        self._pending = None
        return self._running, found

    @property
    def _goes_on(self) -> bool:
        """Whether an epoch begins where the one before ended."""
        return self.is_one_pass or self._wanted is not None

    def _pass(self, state: Any = None) -> Iterator[Any]:
        first = self._started(state)
        return first if self.is_one_pass or self._wanted is None else self._endless(first)

    def _started(self, state: Any = None) -> Iterator[Any]:
        """A pass over the source, from its beginning, or from a state."""
        in_source = _state_methods(self.source) is not None
        if state is not None and in_source:
            _put(self.source, state)
        self._iterator = iter(self.source)
        if state is not None and not in_source:
            _put(self._iterator, state)
        return self._iterator

    def _endless(self, first: Iterator[Any]) -> Iterator[Any]:
        """Pass after pass, until one is empty."""
        current, empty = first, False
        while not empty:
            empty = current is not first
            for item in current:
                empty = False
                yield item
            current = self._started()

    def _items(self, epoch: int, skip: int = 0) -> Iterator[Any]:
        assert self._wanted is not None
        size = len(self.source)
        numbers = range(epoch * self._wanted + skip, (epoch + 1) * self._wanted)
        return (self.source[index % size] for index in numbers if size)

    def _check_end(self, epoch: int, found: int) -> None:
        self._seen += found
        if found == 0 and not self._seen:
            raise ValueError("The data gave no batch at all: a generator must yield at least one.")
        if found == 0 or (self._wanted is not None and found < self._wanted):
            wanted = f"{self._wanted} batches" if self._wanted is not None else "another pass"
            raise ValueError(
                f"The generator ran out in epoch {epoch + 1}, after {self._seen} batches in all; {wanted} were wanted. "
                "A generator can be read only once: let it run for ever and give `steps_per_epoch`, or give an "
                "iterable that starts over."
            )

    def get_state(self) -> dict[str, Any] | None:
        """The source's own state, or its iterator's, if it has one; a sequence needs none."""
        if self.is_sequence:
            return {}
        owner = self.source if _state_methods(self.source) is not None else self._iterator
        methods = _state_methods(owner)
        return None if methods is None else {"source": _as_json(getattr(owner, methods[0])())}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up what `get_state` returned."""
        if "source" in state:
            self._pending = _from_json(state["source"])
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
        return converted_batch(data, index, self._change, self._strings)


def converted_batch(
    data: tuple[Any, Any, Any], index: int, change: Callable[..., Any] | None, strings: bool = False
) -> Batch:
    """`(x, y, sample_weight)` of the batch of this number, as arrays."""
    if change is not None:
        data = change(*data)
    names = ("x", "y", "sample_weight")
    converted = tuple(
        convert_tree(part, f"{name} of batch {index}", strings and name == "x")
        for part, name in zip(data, names, strict=True)
    )
    return Batch(converted, rows_of(converted))  # pyright: ignore[reportArgumentType]


_METHODS = (("get_state", "set_state"), ("state_dict", "load_state_dict"))


def _state_methods(x: Any) -> tuple[str, str] | None:
    members = dir(type(x))
    return next((pair for pair in _METHODS if all(name in members for name in pair)), None)


def _put(owner: Any, state: Any) -> None:
    methods = _state_methods(owner)
    assert methods is not None
    getattr(owner, methods[1])(state)


def _as_json(state: Any) -> Any:
    """`state`, where bytes are text."""
    return {"base64": base64.b64encode(state).decode()} if isinstance(state, bytes) else state


def _from_json(state: Any) -> Any:
    is_bytes = isinstance(state, dict) and list(state) == ["base64"]
    return base64.b64decode(state["base64"]) if is_bytes else state


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
