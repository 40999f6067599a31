"""`UpSampling`: each axis longer by a whole factor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasish import ops
from kerasish.backend import standardize_data_format
from kerasish.backend.interface import Array
from kerasish.layers.arguments import one_of, sizes
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.layer import Layer


def _cubic(t: np.ndarray) -> np.ndarray:
    near = (1.5 * t - 2.5) * t * t + 1
    far = ((-0.5 * t + 2.5) * t - 4) * t + 2
    return np.where(t < 1, near, np.where(t < 2, far, 0))


def _lanczos(radius: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda t: np.where(t < radius, np.sinc(t) * np.sinc(t / radius), 0)


KERNELS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "bilinear": lambda t: np.maximum(1 - t, 0),
    "bicubic": _cubic,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}
"""How much a pixel counts at a distance of `t` pixels. Source of the cubic: Keys, 1981, with a = -1/2."""


def interpolation_matrix(size: int, factor: int, kernel: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """`(size * factor, size)`: what each new pixel takes of each old one. Centres of pixels are at half numbers."""
    centres = (np.arange(size * factor) + 0.5) / factor - 0.5
    weights = kernel(np.abs(centres[:, None] - np.arange(size)))
    return weights / weights.sum(axis=1, keepdims=True)


class UpSampling(Layer):
    """Each spatial axis longer by a factor.

    Args:
        size: The factor, or one for each axis.
        data_format: Where the channels are.

    Shapes:
        x: `(batch, *spatial, channels)`.
        returns: the same, each spatial axis `size` times as long.
    """

    rank = 3
    interpolation = "nearest"

    def __init__(self, size: Any = 2, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = sizes(size, self.rank, "size", type(self).__name__)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Array) -> Array:
        first = 2 if self.data_format == "channels_first" else 1
        x = inputs
        for axis, factor in enumerate(self.size, first):
            if self.interpolation == "nearest":
                x = ops.repeat(x, factor, axis=axis)
            else:
                x = self._interpolated(x, axis, factor)
        return x

    def _interpolated(self, x: Array, axis: int, factor: int) -> Array:
        matrix = interpolation_matrix(x.shape[axis], factor, KERNELS[self.interpolation])
        return ops.moveaxis(ops.matmul(ops.moveaxis(x, axis, -1), ops.cast(matrix.T, x.dtype)), -1, axis)


class UpSampling1D(UpSampling):
    """Each step `size` times.

    Args:
        size: How many times.

    Example:
        >>> np.asarray(UpSampling1D(2)(np.array([[[1.0], [2.0]]], "float32")))[0, :, 0]
        array([1., 1., 2., 2.], dtype=float32)
    """

    rank = 1
    data_format = "channels_last"

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        Layer.__init__(self, **kwargs)
        (self.factor,) = sizes(size, 1, "size", "UpSampling1D")
        self.size = self.factor
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: Array) -> Array:
        return ops.repeat(inputs, self.factor, axis=1)

    def get_config(self) -> dict[str, Any]:
        return {name: value for name, value in super().get_config().items() if name != "data_format"}


class UpSampling2D(UpSampling):
    """Images, larger by a factor.

    Args:
        size: The factor, or one for the height and one for the width.
        data_format: Where the channels are.
        interpolation: `"nearest"`, `"bilinear"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`.

    Example:
        >>> x = np.array([1.0, 2.0], "float32").reshape(1, 1, 2, 1)
        >>> np.asarray(UpSampling2D((1, 2), interpolation="bilinear")(x))[0, 0, :, 0]
        array([1.  , 1.25, 1.75, 2.  ], dtype=float32)
    """

    rank = 2

    def __init__(
        self, size: Any = (2, 2), data_format: str | None = None, interpolation: str = "nearest", **kwargs: Any
    ) -> None:
        super().__init__(size, data_format, **kwargs)
        self.interpolation = one_of(interpolation, ("nearest", *KERNELS), "interpolation", "UpSampling2D")


class UpSampling3D(UpSampling):
    """Volumes, larger by a factor; the values are those of the nearest voxel."""
