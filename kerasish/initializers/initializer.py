"""What all initializers have in common."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from kerasish.backend import engine
from kerasish.core.configurable import Configurable
from kerasish.core.dtypes import canonical, is_float_dtype
from kerasish.core.random import SeedGenerator, host_generator

Shape = tuple[int, ...]
Seed = int | SeedGenerator | None


class Initializer(Configurable):
    """Makes the first value of a variable. Subclasses write `__call__`.

    What it returns are NumPy arrays, drawn on the host: nothing is compiled, and the same seed gives the same numbers
    on every backend and device.
    """

    def __call__(self, shape: Shape, dtype: Any = None) -> np.ndarray:
        """An array of this shape and dtype; `floatx()` by default."""
        raise NotImplementedError(f"{type(self).__name__} needs a method `__call__(self, shape, dtype=None)`.")

    def clone(self) -> Self:
        """Another one with the same arguments."""
        return type(self).from_config(self.get_config())


def numpy_dtype(dtype: Any) -> np.dtype:
    """`dtype`, or `floatx()` for None, as NumPy's."""
    return np.dtype(canonical(dtype))


def float_dtype(dtype: Any, owner: str) -> np.dtype:
    """`dtype`, if it is a floating one.

    Raises:
        ValueError: it is not.
    """
    if not is_float_dtype(dtype):
        raise ValueError(f"{owner} draws floating numbers: its dtype must be a floating one; got {dtype!r}.")
    return numpy_dtype(dtype)


def check_seed(seed: Any, owner: str) -> Seed:
    """`seed`, if it is one.

    Raises:
        ValueError: it is not.
    """
    if isinstance(seed, SeedGenerator) or seed is None:
        return seed
    if isinstance(seed, int | np.integer) and not isinstance(seed, bool):
        return int(seed)
    raise ValueError(f"{owner}'s seed must be an integer, a SeedGenerator or None; got {seed!r}.")


def generator(seed: Seed) -> np.random.Generator:
    """Random numbers: of an integer, the same at every call; of None or a SeedGenerator, others at every call."""
    if isinstance(seed, SeedGenerator):
        high, low = (int(word) for word in engine.to_numpy(seed.next()))
        return host_generator((high << 32 | low) % 2**63)
    return host_generator(seed)


def draw_width(dtype: np.dtype) -> Any:
    """The dtype in which numbers are drawn: 32 bits, unless 64 are asked for."""
    return np.float64 if dtype == np.float64 else np.float32


def truncated(rng: np.random.Generator, shape: Shape, width: Any) -> np.ndarray:
    """Standard normal numbers, of which those beyond 2 are drawn again."""
    values = np.asarray(rng.standard_normal(shape, width)).reshape(-1)
    beyond = np.flatnonzero(np.abs(values) > 2)
    while beyond.size:
        values[beyond] = rng.standard_normal(beyond.size, width)
        beyond = beyond[np.abs(values[beyond]) > 2]
    return values.reshape(shape)
