"""Dropout: single elements, whole channels, or so that mean and variance stay."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from kerasish import ops, random
from kerasish.backend import standardize_data_format
from kerasish.backend.interface import Array, Shape
from kerasish.core.random import SeedGenerator
from kerasish.layers.arguments import fraction
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.layer import Layer

ALPHA = -1.7580993408473766
"""Where SELU ends on the left: `-scale * alpha`."""


def filled(noise_shape: Sequence[int | None] | None, shape: Shape, layer: str) -> tuple[int, ...] | None:
    """`noise_shape`, with the sizes of `shape` for None."""
    if noise_shape is None:
        return None
    matches = len(noise_shape) == len(shape)
    found = tuple(n if m is None else m for m, n in zip(noise_shape, shape, strict=False))
    if not matches or any(m not in (1, n) for m, n in zip(found, shape, strict=False)):
        raise ValueError(
            f"The noise_shape of layer {layer!r} needs, for each axis of its input of shape {tuple(shape)}, the same "
            f"size, None or 1; got {tuple(noise_shape)}."
        )
    return tuple(int(n or 0) for n in found)


def checked_noise_shape(noise_shape: Any, owner: str) -> tuple[int | None, ...] | None:
    """`noise_shape` as a tuple."""
    if noise_shape is None:
        return None
    if isinstance(noise_shape, str) or not isinstance(noise_shape, Sequence):
        raise ValueError(f"{owner}'s noise_shape must be a tuple of sizes, None and 1; got {noise_shape!r}.")
    if any(n is not None and (not isinstance(n, int) or n < 1) for n in noise_shape):
        raise ValueError(f"{owner}'s noise_shape must be a tuple of sizes, None and 1; got {noise_shape!r}.")
    return tuple(noise_shape)


class Dropout(Layer):
    """While training, zero a random fraction of the input; scale the rest so that the mean is kept.

    Args:
        rate: The fraction that is zeroed, from 0 to 1.
        noise_shape: The shape of what is drawn: 1 along an axis means the same for all its elements.
        seed: Makes the random numbers repeatable. By default, each layer has its own.

    Shapes: the output's is the input's.

    Example:
        >>> import numpy as np
        >>> np.asarray(Dropout(0.5, seed=1)(np.ones(3, "float32")))
        array([1., 1., 1.], dtype=float32)

    Source: Srivastava et al., 2014, https://jmlr.org/papers/v15/srivastava14a.html
    """

    supports_masking = True

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = fraction(rate, "rate", "Dropout")
        self.noise_shape = checked_noise_shape(noise_shape, "Dropout")
        self.seed = seed
        if self.rate > 0:
            self.seed_generator = SeedGenerator(seed)

    def call(self, inputs: Array, training: bool = False) -> Array:
        if not training or self.rate == 0:
            return inputs
        shape = filled(self.noise_shape, inputs.shape, self.name)
        return random.dropout(inputs, self.rate, noise_shape=shape, seed=self.seed_generator)


class SpatialDropout(Layer):
    """While training, zero a random fraction of the channels, each as a whole; scale the rest.

    Neighbours in an image or a sequence are alike, so that dropping single ones takes little away.

    Args:
        rate: The fraction that is zeroed, from 0 to 1.
        data_format: Where the channels are.
        seed: Makes the random numbers repeatable.

    Shapes: the output's is the input's: `(batch, *spatial, channels)`.

    Source: Tompson et al., 2014, https://arxiv.org/abs/1411.4280
    """

    supports_masking = True
    rank = 2
    data_format = "channels_last"

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.rate = fraction(rate, "rate", type(self).__name__)
        self.data_format = standardize_data_format(data_format)
        self.seed = seed
        self.input_spec = InputSpec(ndim=self.rank + 2)
        if self.rate > 0:
            self.seed_generator = SeedGenerator(seed)

    def call(self, inputs: Array, training: bool = False) -> Array:
        if not training or self.rate == 0:
            return inputs
        channel = 1 if self.data_format == "channels_first" else self.rank + 1
        shape = tuple(n if axis in (0, channel) else 1 for axis, n in enumerate(inputs.shape))
        return random.dropout(inputs, self.rate, noise_shape=shape, seed=self.seed_generator)

    def get_config(self) -> dict[str, Any]:
        # Keras writes the name alone here, which loses a mixed policy.
        policy = self.dtype_policy
        plain = policy.compute_dtype == policy.variable_dtype
        return super().get_config() | ({"dtype": policy.name} if plain else {})


class SpatialDropout1D(SpatialDropout):
    """`SpatialDropout` of sequences."""

    rank = 1

    unwritten = {"data_format": ...}

    def __init__(self, rate: float, seed: int | None = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(rate, "channels_last", seed, name, dtype)


class SpatialDropout2D(SpatialDropout):
    """`SpatialDropout` of images."""


class SpatialDropout3D(SpatialDropout):
    """`SpatialDropout` of volumes."""

    rank = 3


class AlphaDropout(Layer):
    """While training, set a random fraction of the input to where SELU ends, and keep mean and variance.

    Args:
        rate: The fraction, at least 0 and less than 1.
        noise_shape: The shape of what is drawn, as for `Dropout`.
        seed: Makes the random numbers repeatable.

    Shapes: the output's is the input's.

    Source: Klambauer et al., 2017, https://arxiv.org/abs/1706.02515
    """

    supports_masking = True

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = fraction(rate, "rate", "AlphaDropout", below_one=True)
        self.noise_shape = checked_noise_shape(noise_shape, "AlphaDropout")
        self.seed = seed
        if self.rate > 0:
            self.seed_generator = SeedGenerator(seed)

    def call(self, inputs: Array, training: bool = False) -> Array:
        if not training or self.rate == 0:
            return inputs
        shape = filled(self.noise_shape, inputs.shape, self.name) or inputs.shape
        drawn = random.uniform(shape, dtype="float32", seed=self.seed_generator)
        kept = ops.where(ops.greater_equal(drawn, self.rate), inputs, ops.full_like(inputs, ALPHA))
        scale = 1 / math.sqrt((1 - self.rate) * (1 + self.rate * ALPHA**2))
        return kept * scale - scale * ALPHA * self.rate
