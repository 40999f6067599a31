"""`GroupNormalization`: each group of channels of a sample on a common scale."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array, Shape
from kerasish.layers.arguments import axes_of
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.normalization.statistics import ScaledAndShifted, wide


class GroupNormalization(ScaledAndShifted):
    """`(x - mean) / sqrt(variance + epsilon) * gamma + beta`, with the statistics of each group of channels.

    Args:
        groups: How many groups, which must divide the channels; -1: one for each channel.
        axis: The channel axis.
        epsilon: Added to the variance, so that no division is by zero.
        center: Whether there is a `beta`.
        scale: Whether there is a `gamma`.
        beta_initializer: First value of `beta`.
        gamma_initializer: First value of `gamma`.
        beta_regularizer: A penalty on `beta`, added to the loss.
        gamma_regularizer: A penalty on `gamma`.
        beta_constraint: Applied to `beta` after each step of the optimizer.
        gamma_constraint: Applied to `gamma` likewise.

    Shapes: the output's is the input's.

    Source: Wu and He, 2018, https://arxiv.org/abs/1803.08494
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
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
        if isinstance(groups, bool) or not isinstance(groups, int) or (groups < 1 and groups != -1):
            raise ValueError(f"GroupNormalization's groups must be a positive integer or -1; got {groups!r}.")
        self.groups = groups
        self.axis = axis
        self.epsilon = epsilon

    def build(self, input_shape: Shape) -> None:
        (axis,) = axes_of(self.axis, len(input_shape), "GroupNormalization")
        channels = input_shape[axis]
        if axis == 0 or channels is None:
            raise ValueError(
                f"GroupNormalization needs a channel axis of known size; got axis {axis} of {input_shape}."
            )
        if self.groups != -1 and channels % self.groups:
            raise ValueError(f"GroupNormalization's {self.groups} groups must divide the {channels} channels.")
        self._make_gamma_and_beta((channels,))
        self.input_spec = InputSpec(ndim=len(input_shape), axes={axis: channels})

    def call(self, inputs: Array) -> Array:
        x = wide(inputs)
        axis = self.axis % x.ndim
        channels = x.shape[axis]
        groups = channels if self.groups == -1 else self.groups
        grouped = ops.reshape(x, (*x.shape[:axis], groups, channels // groups, *x.shape[axis + 1 :]))
        others = tuple(one for one in range(1, grouped.ndim) if one != axis)
        centered = grouped - ops.mean(grouped, axis=others, keepdims=True)
        variance = ops.mean(centered * centered, axis=others, keepdims=True)
        normal = ops.reshape(centered / ops.sqrt(variance + self.epsilon), x.shape)
        return self._scaled(normal, tuple(channels if one == axis else 1 for one in range(x.ndim)))
