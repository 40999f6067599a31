"""Seeds: one for the program, one stream for each variable, and generators that are state of a layer."""

from __future__ import annotations

import contextlib
import itertools
import random as python_random
from collections.abc import Iterator
from typing import Any

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Array
from kerasish.core.context import scope
from kerasish.core.names import unique_name
from kerasish.core.stateful import Stateful
from kerasish.core.variable import Variable

_FULL = 2**32


class _Streams:
    """Where the next unseeded stream comes from: the program's seed, and a number."""

    def __init__(self, seed: int | None) -> None:
        self.start(seed)

    def start(self, seed: int | None) -> None:
        self.seed = seed if seed is not None else int(np.random.SeedSequence().entropy) % 2**63  # pyright: ignore
        self.numbers = itertools.count()

    def next(self) -> int:
        """A seed of 63 bits that no other call gets."""
        sequence = np.random.SeedSequence([self.seed, next(self.numbers)])
        return int(sequence.generate_state(1, "uint64")[0] >> 1)


_streams = _Streams(None)


def set_random_seed(seed: int) -> None:
    """Start all random numbers over: Python's, NumPy's, and every layer and initializer made from now on.

    Args:
        seed: At least 0.
    """
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"The seed must be an integer of at least 0; got {seed!r}.")
    python_random.seed(int(seed))
    np.random.seed(int(seed) % _FULL)
    _streams.start(int(seed))


def next_seed() -> int:
    """A seed that no other call gets; it depends on `set_random_seed` and on how many came before."""
    return _streams.next()


@contextlib.contextmanager
def peeking() -> Iterator[None]:
    """Inside it, seeds are drawn that will be drawn again after it."""
    number = next(_streams.numbers)
    _streams.numbers = itertools.count(number)
    try:
        yield
    finally:
        _streams.numbers = itertools.count(number)


def host_generator(seed: int | None) -> np.random.Generator:
    """NumPy's generator on Philox, which counts: the same numbers on every platform. None: the next stream."""
    return np.random.Generator(np.random.Philox(key=next_seed() if seed is None else seed % 2**63))


class SeedGenerator(Stateful):
    """A stream of keys for random operations, kept as a variable: it rides in compiled steps and in files.

    Args:
        seed: An integer of at least 0; None: one that `set_random_seed` determines.
        name: By default `seed_generator` and a number.

    Example:
        >>> keys = SeedGenerator(7)
        >>> np.asarray(keys.next()), np.asarray(keys.next())
        (array([7, 0], dtype=uint32), array([7, 1], dtype=uint32))
    """

    def __init__(self, seed: int | None = None, name: str | None = None, **kwargs: Any) -> None:
        if kwargs:
            raise TypeError(f"SeedGenerator got an argument it does not know: {', '.join(kwargs)}.")
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0):
            raise ValueError(f"SeedGenerator's seed must be an integer of at least 0; got {seed!r}.")
        self.seed = seed
        self.name = name or unique_name("seed_generator")
        start = (next_seed() if seed is None else int(seed)) % _FULL
        with scope(path=self.name):
            self.state = Variable(
                np.array([start, 0], "uint32"), trainable=False, autocast=False, name="seed_generator_state"
            )

    def next(self, ordered: bool = True) -> Array:
        """A key that was not drawn before: `(2,)`, `uint32`."""
        del ordered
        key = self.state.value
        self.state.assign(key + np.array([0, 1], "uint32"))
        return key

    def get_config(self) -> dict[str, Any]:
        """What `from_config` takes."""
        return {"seed": self.seed}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SeedGenerator:
        """The generator that `get_config` described, from its start."""
        return cls(**config)


def draw_key(seed: Any) -> Array:
    """The key that the argument `seed` of a random function means: a generator's next, an integer's, a fresh one."""
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if seed is None:
        with engine.outside_trace():
            value = next_seed()
            return engine.asarray(np.array([value >> 31 & 0xFFFFFFFF, value & 0xFFFFFFFF], "uint32"))
    if isinstance(seed, int | np.integer):
        return engine.asarray(np.array([int(seed) % _FULL, 0], "uint32"))
    return seed
