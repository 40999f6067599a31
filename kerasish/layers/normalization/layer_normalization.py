"""`LayerNormalization` and `RMSNormalization`: each sample on a common scale."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array, Shape
from kerasish.layers.arguments import axes_of
from kerasish.layers.layer import Layer
from kerasish.layers.normalization.statistics import ScaledAndShifted, wide


def along(axes: tuple[int, ...], shape: Shape) -> tuple[int, ...]:
    """The shape, for broadcasting, of what has the sizes of `shape` at `axes`."""
    return tuple(int(n or 0) if axis in axes else 1 for axis, n in enumerate(shape))


class LayerNormalization(ScaledAndShifted):
    """`(x - mean) / sqrt(variance + epsilon) * gamma + beta`, with the statistics of each sample along `axis`.

    Args:
        axis: One axis, or several.
        epsilon: Added to the variance, so that no division is by zero.
        center: Whether there is a `beta`.
        scale: Whether there is a `gamma`.
        beta_initializer: First value of `beta`.
        gamma_initializer: First value of `gamma`.
        beta_regularizer: A penalty on `beta`, added to the loss.
        gamma_regularizer: A penalty on `gamma`.
        beta_constraint: Applied to `beta` after each step of the optimizer.
        gamma_constraint: Applied to `gamma` likewise.
        rms_scaling: Not supported: must be False. Use `RMSNormalization`.

    Shapes: the output's is the input's.

    Source: Ba et al., 2016, https://arxiv.org/abs/1607.06450
    """

    also_written = {"rms_scaling": False}

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        if kwargs.pop("rms_scaling", False):
            raise ValueError("LayerNormalization has no rms_scaling=True: use RMSNormalization.")
        super().__init__(
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
            **kwargs,
        )
        self.axis = checked_axis(axis, "LayerNormalization")
        self.epsilon = epsilon

    def build(self, input_shape: Shape) -> None:
        axes = axes_of(self.axis, len(input_shape), "LayerNormalization")
        self.mixes_samples = 0 in axes
        self._make_gamma_and_beta(tuple(input_shape[axis] for axis in axes))

    def call(self, inputs: Array) -> Array:
        x = wide(inputs)
        axes = axes_of(self.axis, x.ndim, "LayerNormalization")
        centered = x - ops.mean(x, axis=axes, keepdims=True)
        variance = ops.mean(centered * centered, axis=axes, keepdims=True)
        return self._scaled(centered / ops.sqrt(variance + self.epsilon), along(axes, x.shape))


class RMSNormalization(Layer):
    """`x / sqrt(mean(x ** 2) + epsilon) * scale`, with the mean of each sample along `axis`.

    Masks go on. (Keras 3.15.1 loses them.)

    Args:
        axis: One axis, or several; any (in Keras, only the last ones work).
        epsilon: Added to the mean, so that no division is by zero.

    Shapes: the output's is the input's.

    Source: Zhang and Sennrich, 2019, https://arxiv.org/abs/1910.07467
    """

    supports_masking = True

    def __init__(self, axis: Any = -1, epsilon: float = 1e-06, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = checked_axis(axis, "RMSNormalization")
        self.epsilon = epsilon

    def build(self, input_shape: Shape) -> None:
        axes = axes_of(self.axis, len(input_shape), "RMSNormalization")
        self.mixes_samples = 0 in axes
        self.scale = self.add_weight(tuple(input_shape[axis] for axis in axes), "ones", autocast=False, name="scale")

    def call(self, inputs: Array) -> Array:
        x = wide(inputs)
        axes = axes_of(self.axis, x.ndim, "RMSNormalization")
        normal = x / ops.sqrt(ops.mean(x * x, axis=axes, keepdims=True) + self.epsilon)
        return ops.cast(normal * ops.cast(ops.reshape(self.scale, along(axes, x.shape)), x.dtype), self.compute_dtype)


class UnitNormalization(Layer):
    """`x / |x|`: each sample brought to length 1 along `axis`; zeros stay zeros.

    Args:
        axis: One axis, or several.

    Example:
        >>> import numpy as np
        >>> np.asarray(UnitNormalization()(np.array([[3.0, 4.0]], "float32")))
        array([[0.6, 0.8]], dtype=float32)
    """

    supports_masking = True

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = checked_axis(axis, "UnitNormalization")

    def build(self, input_shape: Shape) -> None:
        self.mixes_samples = 0 in axes_of(self.axis, len(input_shape), "UnitNormalization")

    def call(self, inputs: Array) -> Array:
        x = wide(inputs)
        axes = axes_of(self.axis, x.ndim, "UnitNormalization")
        return ops.cast(ops.normalize(x, axis=axes, order=2, epsilon=1e-12), self.compute_dtype)


def checked_axis(axis: Any, owner: str) -> Any:
    """`axis`, an integer or a list of them."""
    if isinstance(axis, int):
        return axis
    if not isinstance(axis, list | tuple) or not axis or not all(isinstance(one, int) for one in axis):
        raise TypeError(f"{owner}'s axis must be an integer or a list of integers; got {axis!r}.")
    return list(axis)
