"""`BatchNormalization`: each channel brought to mean 0 and variance 1 over the batch."""

from __future__ import annotations

from typing import Any

from kerasish import initializers, ops
from kerasish.backend.interface import Array, Shape
from kerasish.core.variable import Variable
from kerasish.layers.arguments import axes_of, fraction
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.normalization.statistics import ScaledAndShifted, wide

CLIPPINGS = ("rmax", "rmin", "dmax")


class BatchNormalization(ScaledAndShifted):
    """`(x - mean) / sqrt(variance + epsilon) * gamma + beta`, for each channel.

    While training, the mean and variance are the batch's, and moving averages of them are kept; afterwards, or if
    `trainable` is False, the moving averages are used. Statistics are taken in 32 bits or more. Where a mask says that
    nothing of a batch counts, or the batch is empty, the moving averages stay (in Keras they become 0 or NaN).

    Args:
        axis: The channel axis.
        momentum: How much of a moving average is kept at each batch, from 0 to 1.
        epsilon: Added to the variance, so that no division is by zero.
        center: Whether there is a `beta`.
        scale: Whether there is a `gamma`.
        beta_initializer: First value of `beta`.
        gamma_initializer: First value of `gamma`.
        moving_mean_initializer: First value of the moving mean.
        moving_variance_initializer: First value of the moving variance.
        beta_regularizer: A penalty on `beta`, added to the loss.
        gamma_regularizer: A penalty on `gamma`.
        beta_constraint: Applied to `beta` after each step of the optimizer.
        gamma_constraint: Applied to `gamma` likewise.
        renorm: Batch renormalization: while training, the batch's statistics are corrected towards moving ones.
        renorm_clipping: How far at most: a dict of `rmax`, `rmin` (of the ratio of the standard deviations) and `dmax`.
        renorm_momentum: As `momentum`, for the statistics that `renorm` corrects towards.
        synchronized: Accepted for Keras's sake if False: an array on several devices always counts as one.

    Shapes:
        x: any with the axis `axis`.
        mask: that of the first axes of `x`: only what it lets through counts in the statistics.
        returns: that of `x`.

    Source: Ioffe and Szegedy, 2015, https://arxiv.org/abs/1502.03167; `renorm`: Ioffe, 2017,
        https://arxiv.org/abs/1702.03275
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: dict[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
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
        if not isinstance(axis, int):
            raise TypeError(f"BatchNormalization's axis must be an integer; got {axis!r}.")
        if synchronized:
            raise ValueError(
                "BatchNormalization needs no synchronized=True: an array on several devices counts as one."
            )
        self.axis = axis
        self.momentum = fraction(momentum, "momentum", "BatchNormalization")
        self.epsilon = epsilon
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.renorm = renorm
        self.renorm_clipping = _checked_clipping({} if renorm and renorm_clipping is None else renorm_clipping)
        self.renorm_momentum = fraction(renorm_momentum, "renorm_momentum", "BatchNormalization")
        self.synchronized = synchronized

    @property
    def mixes_samples(self) -> str | bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """A frozen layer uses the moving averages, and no other row."""
        return "training" if self.trainable else False

    def build(self, input_shape: Shape) -> None:
        (axis,) = axes_of(self.axis, len(input_shape), "BatchNormalization")
        shape = (input_shape[axis],)
        self._make_gamma_and_beta(shape)
        self.moving_mean = self._statistic(shape, self.moving_mean_initializer, "moving_mean")
        self.moving_variance = self._statistic(shape, self.moving_variance_initializer, "moving_variance")
        if self.renorm:
            self.moving_stddev = self._statistic(shape, self._first_stddev, "moving_stddev")
            self.renorm_mean = self._statistic(shape, self.moving_mean_initializer, "renorm_mean")
            self.renorm_stddev = self._statistic(shape, self._first_stddev, "renorm_stddev")
        self.input_spec = InputSpec(ndim=len(input_shape), axes={axis: input_shape[axis]})

    def _statistic(self, shape: Shape, initializer: Any, name: str) -> Variable:
        return self.add_weight(shape, initializer, trainable=False, autocast=False, name=name)

    def _first_stddev(self, shape: Shape, dtype: str) -> Any:
        return self.moving_variance_initializer(shape, dtype=dtype) ** 0.5

    def call(self, inputs: Array, training: bool | None = None, mask: Array | None = None) -> Array:
        x = wide(inputs)
        channel = self.axis % x.ndim
        per_channel = tuple(n if axis == channel else 1 for axis, n in enumerate(x.shape))
        if training and self.trainable:
            normal = self._normal_in_training(x, mask, channel, per_channel)
        else:
            mean = ops.reshape(ops.cast(self.moving_mean, x.dtype), per_channel)
            variance = ops.reshape(ops.cast(self.moving_variance, x.dtype), per_channel)
            normal = (x - mean) / ops.sqrt(variance + self.epsilon)
        return self._scaled(normal, per_channel)

    def _normal_in_training(self, x: Array, mask: Array | None, channel: int, per_channel: tuple[int, ...]) -> Array:
        counts = _weights(mask, x)
        others = tuple(axis for axis in range(x.ndim) if axis != channel)
        number = ops.sum(ops.cast(counts, x.dtype), axis=others, keepdims=True)
        at_least_one = ops.maximum(number, 1.0)
        mean = ops.sum(ops.where(counts, x, ops.zeros_like(x)), axis=others, keepdims=True) / at_least_one
        centered = x - mean
        squares = ops.where(counts, centered * centered, ops.zeros_like(x))
        variance = ops.sum(squares, axis=others, keepdims=True) / at_least_one
        stddev = ops.sqrt(variance + self.epsilon)
        normal = centered / stddev
        flat = (x.shape[channel],)
        seen = ops.reshape(number > 0, flat)
        mean, variance, stddev = (ops.stop_gradient(ops.reshape(s, flat)) for s in (mean, variance, stddev))
        if self.renorm:
            ratio, distance = self._correction(mean, stddev)
            normal = normal * ops.reshape(ratio, per_channel) + ops.reshape(distance, per_channel)
            self._follow(self.renorm_mean, mean, self.renorm_momentum, seen)
            self._follow(self.renorm_stddev, stddev, self.renorm_momentum, seen)
            self._follow(self.moving_stddev, stddev, self.momentum, seen)
        self._follow(self.moving_mean, mean, self.momentum, seen)
        if self.renorm:
            old = ops.cast(self.moving_variance, mean.dtype)
            new = ops.square(ops.cast(self.moving_stddev, mean.dtype)) - self.epsilon
            self.moving_variance.assign(ops.where(seen, new, old))
        else:
            self._follow(self.moving_variance, variance, self.momentum, seen)
        return normal

    def _correction(self, mean: Array, stddev: Array) -> tuple[Array, Array]:
        """The ratio and the distance, in standard deviations, between the batch's statistics and the moving ones."""
        clip = self.renorm_clipping or {}
        reference = ops.cast(self.renorm_stddev, mean.dtype)
        ratio = stddev / reference
        distance = (mean - ops.cast(self.renorm_mean, mean.dtype)) / reference
        if "rmax" in clip:
            ratio = ops.minimum(ratio, clip["rmax"])
        if "rmin" in clip:
            ratio = ops.maximum(ratio, clip["rmin"])
        if "dmax" in clip:
            distance = ops.clip(distance, -clip["dmax"], clip["dmax"])
        return ops.stop_gradient(ratio), ops.stop_gradient(distance)

    def _follow(self, average: Variable, value: Array, momentum: float, seen: Array) -> None:
        """Move `average` towards `value`, where something was seen."""
        old = ops.cast(average, value.dtype)
        average.assign(ops.where(seen, old * momentum + value * (1 - momentum), old))


def _weights(mask: Array | None, x: Array) -> Array:
    """Booleans of the shape of `x`: what counts."""
    if mask is None:
        return ops.ones(x.shape, "bool")
    counts: Array = ops.cast(mask, "bool")
    return ops.broadcast_to(ops.reshape(counts, (*counts.shape, *(1,) * (x.ndim - counts.ndim))), x.shape)


def _checked_clipping(clipping: dict[str, float] | None) -> dict[str, float] | None:
    if clipping is None:
        return None
    if unknown := set(clipping) - set(CLIPPINGS):
        raise ValueError(f"renorm_clipping takes {', '.join(CLIPPINGS)}; got {', '.join(sorted(unknown))}.")
    if clipping.get("rmin", 0) < 0 or clipping.get("rmax", float("inf")) < clipping.get("rmin", 0):
        raise ValueError(f"renorm_clipping needs 0 <= rmin <= rmax; got {clipping}.")
    if clipping.get("dmax", 0) < 0:
        raise ValueError(f"renorm_clipping needs dmax of at least 0; got {clipping}.")
    return dict(clipping)
