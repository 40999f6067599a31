"""Normally distributed noise, added or multiplied."""

from __future__ import annotations

import math
from typing import Any

from kerasish import random
from kerasish.backend.interface import Array
from kerasish.core.random import SeedGenerator
from kerasish.layers.arguments import fraction
from kerasish.layers.layer import Layer


class GaussianNoise(Layer):
    """While training, `x + noise`, where the noise has mean 0.

    Args:
        stddev: The standard deviation of the noise, from 0 to 1.
        seed: Makes the random numbers repeatable.

    Shapes: the output's is the input's.
    """

    supports_masking = True

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stddev = fraction(stddev, "stddev", "GaussianNoise")
        self.seed = seed
        if self.stddev > 0:
            self.seed_generator = SeedGenerator(seed)

    def call(self, inputs: Array, training: bool = False) -> Array:
        if not training or self.stddev == 0:
            return inputs
        noise = random.normal(inputs.shape, 0.0, self.stddev, dtype=self.compute_dtype, seed=self.seed_generator)
        return inputs + noise


class GaussianDropout(Layer):
    """While training, `x * noise`, where the noise has mean 1 and variance `rate / (1 - rate)`, as in `Dropout`.

    Args:
        rate: The fraction that `Dropout` would zero, at least 0 and less than 1.
        seed: Makes the random numbers repeatable.

    Shapes: the output's is the input's.

    Source: Srivastava et al., 2014, section 10, https://jmlr.org/papers/v15/srivastava14a.html
    """

    supports_masking = True

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = fraction(rate, "rate", "GaussianDropout", below_one=True)
        self.seed = seed
        if self.rate > 0:
            self.seed_generator = SeedGenerator(seed)

    def call(self, inputs: Array, training: bool = False) -> Array:
        if not training or self.rate == 0:
            return inputs
        stddev = math.sqrt(self.rate / (1 - self.rate))
        return inputs * random.normal(inputs.shape, 1.0, stddev, dtype=self.compute_dtype, seed=self.seed_generator)
