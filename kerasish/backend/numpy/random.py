"""Random numbers from a key: NumPy's Philox, a counter-based generator, keyed by the key's two words."""

from collections.abc import Sequence
from typing import Any

import ml_dtypes
import numpy as np

from kerasish.backend.interface import Array


def _generator(key: Array) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=np.asarray(key).astype("uint64")))


def _drawn_as(dtype: str) -> Any:
    return np.float64 if np.dtype(dtype) == np.float64 else np.float32


def random_uniform(key: Array, shape: Sequence[int], dtype: str) -> Array:
    generator = _generator(key)
    if np.dtype(dtype).itemsize < 4:
        # Rounding a float32 to fewer bits could give 1.
        steps = 2 ** (ml_dtypes.finfo(dtype).nmant + 1)
        return (generator.integers(0, steps, tuple(shape)) / steps).astype(dtype)
    return generator.random(tuple(shape), _drawn_as(dtype))


def random_normal(key: Array, shape: Sequence[int], dtype: str) -> Array:
    return _generator(key).standard_normal(tuple(shape), _drawn_as(dtype)).astype(dtype)


def random_keep(key: Array, probability: float, shape: Sequence[int]) -> Array:
    return _generator(key).integers(0, 65536, tuple(shape), "uint32") < round(probability * 65536)


def random_int(key: Array, shape: Sequence[int], low: Any, high: Any, dtype: str) -> Array:
    return np.asarray(_generator(key).integers(low, high, tuple(shape), np.dtype(dtype).type))


def random_gamma(key: Array, shape: Sequence[int], alpha: Any, dtype: str) -> Array:
    drawn = _generator(key).standard_gamma(np.asarray(alpha, _drawn_as(dtype)), tuple(shape), _drawn_as(dtype))
    return np.asarray(drawn, dtype)


def random_permutation(key: Array, x: Array, axis: int) -> Array:
    return np.take(x, _generator(key).permutation(x.shape[axis]), axis)
