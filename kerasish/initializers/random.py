"""Initializers that draw random numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kerasish.initializers.initializer import (
    Initializer,
    Seed,
    Shape,
    check_seed,
    draw_width,
    float_dtype,
    generator,
    truncated,
)

TRUNCATED_STDDEV = 0.87962566103423978
"""The standard deviation of a standard normal distribution of which only what is within 2 is kept."""


class RandomNormal(Initializer):
    """Normal numbers.

    Args:
        mean: Their mean.
        stddev: Their standard deviation.
        seed: An integer: the same numbers at every call; None, or a SeedGenerator: others at every call.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Seed = None) -> None:
        self.mean = mean
        self.stddev = stddev
        self.seed = check_seed(seed, "RandomNormal")

    def __call__(self, shape: Shape, dtype: Any = None) -> np.ndarray:
        """Random numbers of this shape."""
        kind = float_dtype(dtype, "RandomNormal")
        values = generator(self.seed).standard_normal(shape, draw_width(kind))
        return np.asarray(values * self.stddev + self.mean).astype(kind)


class TruncatedNormal(Initializer):
    """Normal numbers, of which those beyond 2 standard deviations are drawn again.

    Args:
        mean: The mean.
        stddev: The standard deviation before those are drawn again.
        seed: An integer: the same numbers at every call; None, or a SeedGenerator: others at every call.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Seed = None) -> None:
        self.mean = mean
        self.stddev = stddev
        self.seed = check_seed(seed, "TruncatedNormal")

    def __call__(self, shape: Shape, dtype: Any = None) -> np.ndarray:
        """Random numbers of this shape."""
        kind = float_dtype(dtype, "TruncatedNormal")
        values = truncated(generator(self.seed), shape, draw_width(kind))
        return np.asarray(values * self.stddev + self.mean).astype(kind)


class RandomUniform(Initializer):
    """Numbers that are uniform over `[minval, maxval)`.

    Args:
        minval: The least.
        maxval: What all are below.
        seed: An integer: the same numbers at every call; None, or a SeedGenerator: others at every call.
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Seed = None) -> None:
        self.minval = minval
        self.maxval = maxval
        self.seed = check_seed(seed, "RandomUniform")

    def __call__(self, shape: Shape, dtype: Any = None) -> np.ndarray:
        """Random numbers of this shape."""
        kind = float_dtype(dtype, "RandomUniform")
        values = generator(self.seed).random(shape, draw_width(kind))
        return np.asarray(values * (self.maxval - self.minval) + self.minval).astype(kind)


class VarianceScaling(Initializer):
    """Random numbers of variance `scale / n`, where `n` counts the inputs, or the outputs, of each unit.

    Args:
        scale: Above 0.
        mode: What `n` is: `"fan_in"`, the inputs; `"fan_out"`, the outputs; `"fan_avg"`, their mean.
        distribution: `"truncated_normal"` (or `"normal"`), `"untruncated_normal"` or `"uniform"`.
        seed: An integer: the same numbers at every call; None, or a SeedGenerator: others at every call.
        input_axes: The axes that count as inputs; by default the last but one, and the spatial ones before it.
        output_axes: The axes that count as outputs; by default the last, and the spatial ones.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Seed = None,
        input_axes: int | tuple[int, ...] | None = None,
        output_axes: int | tuple[int, ...] | None = None,
    ) -> None:
        distribution = "truncated_normal" if distribution.lower() == "normal" else distribution.lower()
        if scale <= 0:
            raise ValueError(f"VarianceScaling's scale must be above 0; got {scale}.")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(f"VarianceScaling's mode must be 'fan_in', 'fan_out' or 'fan_avg'; got {mode!r}.")
        if distribution not in ("truncated_normal", "untruncated_normal", "uniform"):
            raise ValueError(
                "VarianceScaling's distribution must be 'truncated_normal', 'untruncated_normal' or 'uniform'; got "
                f"{distribution!r}."
            )
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.seed = check_seed(seed, type(self).__name__)
        self.input_axes = input_axes
        self.output_axes = output_axes

    def __call__(self, shape: Shape, dtype: Any = None) -> np.ndarray:
        """Random numbers of this shape."""
        kind = float_dtype(dtype, type(self).__name__)
        fan_in, fan_out = fans(shape, self.input_axes, self.output_axes)
        count = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        stddev = math.sqrt(self.scale / max(1.0, count))
        rng, width = generator(self.seed), draw_width(kind)
        if self.distribution == "uniform":
            limit = math.sqrt(3) * stddev
            values = rng.random(shape, width) * (2 * limit) - limit
        elif self.distribution == "untruncated_normal":
            values = rng.standard_normal(shape, width) * stddev
        else:
            values = truncated(rng, shape, width) * (stddev / TRUNCATED_STDDEV)
        return np.asarray(values).astype(kind)


def fans(shape: Shape, input_axes: Any = None, output_axes: Any = None) -> tuple[int, int]:
    """How many inputs and outputs a unit has whose weights have this shape.

    Example:
        >>> fans((3, 3, 8, 16)), fans((10, 20)), fans((5,))
        ((72, 144), (10, 20), (5, 5))
    """
    if input_axes is not None and output_axes is not None:
        groups = [(axes,) if isinstance(axes, int) else axes for axes in (input_axes, output_axes)]
        fan_in, fan_out = (math.prod(shape[axis] for axis in group) for group in groups)
        return fan_in, fan_out
    if len(shape) < 2:
        size = int(np.prod(shape, dtype=np.int64))
        return size, size
    receptive_field = math.prod(shape[:-2])
    return shape[-2] * receptive_field, shape[-1] * receptive_field


class _Named(VarianceScaling):
    """A `VarianceScaling` of which only the seed and the axes are open."""

    fixed: tuple[float, str, str]

    def __init__(self, seed: Seed = None, input_axes: Any = None, output_axes: Any = None) -> None:
        super().__init__(*self.fixed, seed, input_axes, output_axes)


class GlorotUniform(_Named):
    """Uniform within `sqrt(6 / (fan_in + fan_out))`: for layers whose activation is near a line at 0.

    Args:
        seed: An integer: the same numbers at every call; None, or a SeedGenerator: others at every call.
        input_axes: The axes that count as inputs.
        output_axes: The axes that count as outputs.

    Example:
        >>> GlorotUniform(seed=1)((2, 3)).shape
        (2, 3)

    Source: Glorot and Bengio, 2010, https://proceedings.mlr.press/v9/glorot10a.html
    """

    fixed = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Named):
    """Truncated normal, of variance `2 / (fan_in + fan_out)`; arguments and source as `GlorotUniform`."""

    fixed = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Named):
    """Uniform within `sqrt(6 / fan_in)`: for layers with ReLU; arguments as `GlorotUniform`.

    Source: He et al., 2015, https://arxiv.org/abs/1502.01852
    """

    fixed = (2.0, "fan_in", "uniform")


class HeNormal(_Named):
    """Truncated normal, of variance `2 / fan_in`; arguments as `GlorotUniform`, source as `HeUniform`."""

    fixed = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Named):
    """Uniform within `sqrt(3 / fan_in)`; arguments as `GlorotUniform`.

    Source: Klambauer et al., 2017, https://arxiv.org/abs/1706.02515
    """

    fixed = (1.0, "fan_in", "uniform")


class LecunNormal(_Named):
    """Truncated normal, of variance `1 / fan_in`: for SELU; arguments as `GlorotUniform`, source as `LecunUniform`."""

    fixed = (1.0, "fan_in", "truncated_normal")


class Orthogonal(Initializer):
    """A matrix whose columns, or rows if they are fewer, are orthogonal and of length `gain`.

    More axes than 2 are taken as a matrix with the last one as columns.

    Args:
        gain: The length.
        seed: An integer: the same numbers at every call; None, or a SeedGenerator: others at every call.

    Source: Saxe et al., 2014, https://arxiv.org/abs/1312.6120
    """

    def __init__(self, gain: float = 1.0, seed: Seed = None) -> None:
        self.gain = gain
        self.seed = check_seed(seed, "Orthogonal")

    def __call__(self, shape: Shape, dtype: Any = None) -> np.ndarray:
        """The matrix.

        Raises:
            ValueError: the shape has less than 2 axes.
        """
        if len(shape) < 2:
            raise ValueError(f"Orthogonal makes matrices: the shape must have 2 axes or more; got {tuple(shape)}.")
        kind = float_dtype(dtype, "Orthogonal")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        numbers = generator(self.seed).standard_normal((max(rows, columns), min(rows, columns)), draw_width(kind))
        q, r = np.linalg.qr(numbers)
        q = q * np.where(np.diagonal(r) < 0, -1, 1).astype(q.dtype)  # uniform over the orthogonal matrices
        return (self.gain * (q if rows >= columns else q.T)).reshape(shape).astype(kind)
