"""Random numbers from a key: threefry, which gives the same numbers on every device."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kerasish.backend.interface import Array


def _key(key: Array) -> Array:
    return jax.random.wrap_key_data(jnp.asarray(key, "uint32"), impl="threefry2x32")


def random_uniform(key: Array, shape: Sequence[int], dtype: str) -> Array:
    return jax.random.uniform(_key(key), tuple(shape), dtype)


def random_normal(key: Array, shape: Sequence[int], dtype: str) -> Array:
    return jax.random.normal(_key(key), tuple(shape), dtype)


def random_keep(key: Array, probability: float, shape: Sequence[int]) -> Array:
    # 16 bits a decision cost half of what 32 do; the probability is right to 1 in 65,536.
    threshold = round(probability * 65536)
    if threshold >= 65536:
        return jnp.ones(tuple(shape), bool)
    return jax.random.bits(_key(key), tuple(shape), "uint16") < jnp.uint16(threshold)


def random_int(key: Array, shape: Sequence[int], low: Any, high: Any, dtype: str) -> Array:
    # Of full rank, so that strict rank promotion has nothing to say.
    low, high = (jnp.broadcast_to(bound, tuple(shape)) if np.ndim(bound) else bound for bound in (low, high))
    return jax.random.randint(_key(key), tuple(shape), low, high, dtype)


def random_gamma(key: Array, shape: Sequence[int], alpha: Any, dtype: str) -> Array:
    return jax.random.gamma(_key(key), jnp.asarray(alpha, dtype), tuple(shape), dtype)


def random_permutation(key: Array, x: Array, axis: int) -> Array:
    return jax.random.permutation(_key(key), x, axis)
