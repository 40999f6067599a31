"""Random numbers, under Keras's names. `seed` is an integer, a `SeedGenerator`, or None: a fresh stream.

Inside a compiled function a `SeedGenerator` gives other numbers at each step; an integer, or None, the same ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasish import ops
from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.dtypes import canonical, is_float_dtype, is_int_dtype
from kerasish.core.random import SeedGenerator, draw_key
from kerasish.core.registry import publish

Seed = int | SeedGenerator | None
publish("keras.random", {"SeedGenerator": SeedGenerator})


def _key(seed: Any) -> Array:
    if isinstance(seed, bool | float | str):
        raise ValueError(f"A seed must be an integer, a SeedGenerator or None; got {seed!r}.")
    return draw_key(seed)


def _other(key: Array) -> Array:
    """A second key, which no seed generator comes to."""
    return xp.asarray(engine.random_int(key, (2,), 0, 2**31 - 1, "int32")).astype("uint32")


def _float(dtype: Any, what: str) -> str:
    if not is_float_dtype(dtype):
        raise ValueError(f"random.{what} gives floating numbers: its dtype must be a floating one; got {dtype!r}.")
    return canonical(dtype)


def normal(shape: Sequence[int], mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Seed = None) -> Array:
    """Normal numbers of this mean and standard deviation.

    Example:
        >>> normal((2, 3), seed=1).shape
        (2, 3)
    """
    kind = _float(dtype, "normal")
    values = engine.random_normal(_key(seed), tuple(shape), kind)
    return values * ops.cast(stddev, kind) + ops.cast(mean, kind)


def uniform(shape: Sequence[int], minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Seed = None) -> Array:
    """Numbers that are uniform over `[minval, maxval)`."""
    kind = _float(dtype, "uniform")
    low, high = ops.cast(minval, kind), ops.cast(maxval, kind)
    return engine.random_uniform(_key(seed), tuple(shape), kind) * (high - low) + low


def truncated_normal(
    shape: Sequence[int], mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Seed = None
) -> Array:
    """Normal numbers, of which only those within 2 standard deviations are kept."""
    kind = _float(dtype, "truncated_normal")
    edge = math.erf(2 / math.sqrt(2))
    level = engine.random_uniform(_key(seed), tuple(shape), "float32") * np.float32(2 * edge) - np.float32(edge)
    values = xp.clip(engine.erfinv(level) * np.float32(math.sqrt(2)), np.float32(-2), np.float32(2))
    return ops.cast(values, kind) * ops.cast(stddev, kind) + ops.cast(mean, kind)


def randint(shape: Sequence[int], minval: Any, maxval: Any, dtype: Any = "int32", seed: Seed = None) -> Array:
    """Integers that are uniform over `[minval, maxval)`."""
    if not is_int_dtype(dtype):
        raise ValueError(f"random.randint gives integers: its dtype must be an integer one; got {dtype!r}.")
    return engine.random_int(_key(seed), tuple(shape), minval, maxval, canonical(dtype))


def gamma(shape: Sequence[int], alpha: Any, dtype: Any = None, seed: Seed = None) -> Array:
    """Gamma-distributed numbers of shape parameter `alpha` and scale 1."""
    kind = _float(dtype, "gamma")
    return engine.random_gamma(_key(seed), tuple(shape), ops.cast(alpha, kind), kind)


def beta(shape: Sequence[int], alpha: Any, beta: Any, dtype: Any = None, seed: Seed = None) -> Array:
    """Beta-distributed numbers: `g1 / (g1 + g2)` of gamma-distributed ones."""
    kind = _float(dtype, "beta")
    key = _key(seed)
    first = engine.random_gamma(key, tuple(shape), ops.cast(alpha, kind), kind)
    second = engine.random_gamma(_other(key), tuple(shape), ops.cast(beta, kind), kind)
    return ops.divide_no_nan(first, first + second)


def binomial(shape: Sequence[int], counts: Any, probabilities: Any, dtype: Any = None, seed: Seed = None) -> Array:
    """How many of `counts` trials succeed, each with this probability. Costs one draw a trial."""
    kind = _float(dtype, "binomial")
    shape = tuple(shape)
    counts, chances = ops.cast(counts, "int32"), ops.cast(probabilities, "float32")
    key = _other(_key(seed))

    def trial(i: Array, total: Array) -> Array:
        fresh = ops.stack([key[0], key[1] + ops.cast(i, "uint32")])
        hit = engine.random_uniform(fresh, shape, "float32") < chances
        return total + ops.cast(hit & (ops.cast(i, "int32") < counts), "int32")

    total = engine.fori_loop(0, xp.max(counts), trial, ops.zeros(shape, "int32"))
    return ops.cast(total, kind)


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Seed = None) -> Array:
    """Classes, drawn with the probabilities `softmax(logits)`.

    Shapes:
        logits: `(batch, classes)`.
        returns: `(batch, num_samples)`.
    """
    logits = ops.convert_to_tensor(logits)
    if logits.ndim != 2:
        raise ValueError(f"random.categorical takes logits `(batch, classes)`; got the shape {tuple(logits.shape)}.")
    logits = ops.cast(logits, "float32")
    batch, classes = logits.shape
    uniforms = engine.random_uniform(_key(seed), (batch, num_samples, classes), "float32")
    tiny = np.float32(np.finfo("float32").tiny)
    gumbel = -xp.log(-xp.log(xp.maximum(uniforms, tiny)))  # Gumbel's trick: the argmax has these probabilities
    return ops.cast(xp.argmax(logits[:, None, :] + gumbel, axis=-1), dtype)


def shuffle(x: Any, axis: int = 0, seed: Seed = None) -> Array:
    """`x` in a random order along `axis`."""
    return engine.random_permutation(_key(seed), ops.convert_to_tensor(x), axis)


def dropout(inputs: Any, rate: float, noise_shape: Sequence[int | None] | None = None, seed: Seed = None) -> Array:
    """A random fraction `rate` of the elements made 0, and the others scaled so that the mean is kept.

    Args:
        noise_shape: The shape of the choice, which broadcasts to the inputs'; None in it: the inputs' size.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"The rate of dropout must be at least 0 and at most 1; got {rate!r}.")
    x = ops.convert_to_tensor(inputs)
    key = _key(seed)
    if rate == 0:
        return x
    if rate == 1:
        return ops.zeros_like(x)
    sizes = x.shape if noise_shape is None else _sizes(noise_shape, x.shape)
    keep = engine.random_keep(key, 1 - rate, tuple(sizes))
    return ops.where(keep, ops.divide(x, 1 - rate), 0.0)


def _sizes(noise_shape: Sequence[int | None], shape: Sequence[int]) -> tuple[int, ...]:
    if len(noise_shape) != len(shape):
        raise ValueError(f"noise_shape must have as many axes as the inputs, {len(shape)}; got {tuple(noise_shape)}.")
    return tuple(own if size is None else int(size) for size, own in zip(noise_shape, shape, strict=True))


__all__ = [
    "SeedGenerator",
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]
