"""`Normalization`: inputs with mean 0 and variance 1, by the statistics of the data."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish import ops
from kerasish.backend.interface import Array, Shape
from kerasish.layers.preprocessing.base import PreprocessingLayer, batches_of

EPSILON = 1e-7


class Normalization(PreprocessingLayer):
    """`(x - mean) / max(√variance, 10⁻⁷)`; with `invert` the opposite, `x √variance + mean`.

    The statistics are those of all of the data that `adapt` sees, taken in 64 bits; or they are given. They don't
    change while training.

    Args:
        axis: Axes with statistics of their own, such as features; None or `()`: one mean and variance for all.
        mean: The mean, if `adapt` is not to find it; a number, or of the shape of the kept axes.
        variance: Likewise.
        invert: Whether to go back from normalized values.

    Shapes: the output's is the input's.

    Example:
        >>> layer = Normalization()
        >>> layer.adapt(np.array([[1.0, 10.0], [3.0, 30.0]]))
        >>> np.asarray(layer([[2.0, 30.0]]))
        array([[0., 1.]], dtype=float32)

    Source: the statistics of batches are joined as in Chan, Golub and LeVeque, 1979,
        http://i.stanford.edu/pub/cstr/reports/cs/tr/79/773/CS-TR-79-773.pdf
    """

    takes_strings = False
    supports_masking = True

    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if (mean is None) != (variance is None):
            raise ValueError(f"Normalization takes both mean and variance, or neither; got {mean=} and {variance=}.")
        if mean is not None and np.shape(mean) != np.shape(variance):
            raise ValueError(
                f"Normalization's mean and variance must have the same shape; got {np.shape(mean)} and "
                f"{np.shape(variance)}."
            )
        self.axis = () if axis is None else tuple(axis) if isinstance(axis, list | tuple) else (axis,)
        self.invert = invert
        self.input_mean = _as_array(mean)
        self.input_variance = _as_array(variance)
        self._seen: tuple[int, np.ndarray, np.ndarray] | None = None
        self._broadcast: tuple[int, ...] = ()

    def build(self, input_shape: Shape) -> None:
        kept = self._kept_axes(input_shape)
        shape: tuple[Any, ...] = tuple(input_shape[axis] for axis in sorted(kept))
        if None in shape:
            raise ValueError(
                f"Layer {self.name!r} has statistics for the axes {self.axis}, so their sizes must be known; the "
                f"input's shape is {tuple(input_shape)}."
            )
        self._broadcast = tuple(d if i in kept else 1 for i, d in enumerate(input_shape))  # pyright: ignore
        if self.input_mean is None:
            self.adapt_mean = self.add_weight(shape, "zeros", trainable=False, name="mean", dtype="float32")
            self.adapt_variance = self.add_weight(shape, "ones", trainable=False, name="variance", dtype="float32")
            self.count = self.add_weight((), "zeros", trainable=False, name="count", dtype="int32")
        else:
            for given in (self.input_mean, self.input_variance):
                np.broadcast_to(given, self._broadcast)  # pyright: ignore

    def _kept_axes(self, shape: Shape) -> set[int]:
        rank = len(shape)
        if any(not -rank <= axis < rank for axis in self.axis):
            raise ValueError(f"Layer {self.name!r} has axis={self.axis}; the input's shape {tuple(shape)} has no such.")
        return {axis % rank for axis in self.axis}

    @property
    def mean(self) -> Any:
        """The mean that is subtracted, in a shape that broadcasts against the input."""
        return self._statistics()[0]

    @property
    def variance(self) -> Any:
        """The variance that is divided by, likewise."""
        return self._statistics()[1]

    def _statistics(self) -> tuple[Any, Any]:
        if self.input_mean is not None:
            return np.asarray(self.input_mean, "float32"), np.asarray(self.input_variance, "float32")
        if not self.built:
            return None, None
        return ops.reshape(self.adapt_mean, self._broadcast), ops.reshape(self.adapt_variance, self._broadcast)

    # Statistics ----------------------------------------------------------------------------------------------------
    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Take the mean and variance of `data`, in the place of those before.

        Args:
            data: An array, a list, a column of a frame; or an iterable of such batches.
            batch_size: Accepted for Keras's sake: an array is looked at whole.
            steps: How many items to take of an iterable that doesn't end.

        Raises:
            ValueError: mean and variance were given; or there is no data.
        """
        del batch_size
        self.reset_state()
        for batch in batches_of(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def reset_state(self) -> None:
        """Forget what `update_state` has seen."""
        self._seen = None

    def update_state(self, data: Any) -> None:
        """Take in a batch; the result comes with `finalize_state`."""
        if self.input_mean is not None:
            raise ValueError(f"Layer {self.name!r} has its mean and variance as arguments: it can't adapt.")
        (x,) = batches_of(np.asarray(data))
        if not self.built:
            self.build(x.shape)
        x = x.astype("float64")
        kept = self._kept_axes(x.shape)
        others = tuple(axis for axis in range(x.ndim) if axis not in kept)
        count = int(np.prod([x.shape[axis] for axis in others], dtype=np.int64))
        if count:
            self._seen = _joined(self._seen, (count, x.mean(others), x.var(others)))

    def finalize_state(self) -> None:
        """Make what `update_state` has seen the statistics of the layer."""
        if self.input_mean is not None or self._seen is None:
            if self.input_mean is None:
                raise ValueError(f"Layer {self.name!r} has seen no data to adapt to.")
            return
        _, mean, variance = self._seen
        if mean.shape != self.adapt_mean.shape:
            raise ValueError(
                f"Layer {self.name!r} was built for statistics of shape {self.adapt_mean.shape}; the data's have "
                f"{mean.shape}."
            )
        self.adapt_mean.assign(mean.astype("float32"))
        self.adapt_variance.assign(variance.astype("float32"))

    # Computation ---------------------------------------------------------------------------------------------------
    def call(self, inputs: Array) -> Array:
        dtype = self.compute_dtype
        mean, variance = self._statistics()
        deviation = ops.maximum(ops.sqrt(ops.cast(variance, "float32")), EPSILON)
        mean, deviation = ops.cast(mean, dtype), ops.cast(deviation, dtype)
        x = ops.cast(inputs, dtype)
        return mean + x * deviation if self.invert else (x - mean) / deviation

    def get_config(self) -> dict[str, Any]:
        config = {name: value for name, value in super().get_config().items() if name not in ("mean", "variance")}
        given = {"mean": self.input_mean, "variance": self.input_variance}
        return config | {
            "axis": self.axis,
            "invert": self.invert,
            **{name: None if value is None else value.tolist() for name, value in given.items()},
        }

    def _argument(self, name: str) -> Any:
        return None if name in ("mean", "variance") else super()._argument(name)


def _as_array(x: Any) -> np.ndarray | None:
    return None if x is None else np.asarray(x, "float64")


def _joined(a: Any, b: Any) -> tuple[int, np.ndarray, np.ndarray]:
    """Count, mean and variance of two batches together."""
    if a is None:
        return b
    if a[1].shape != b[1].shape:
        raise ValueError(f"Batches to adapt to differ in shape: their statistics have {a[1].shape} and {b[1].shape}.")
    count = a[0] + b[0]
    share, gap = b[0] / count, b[1] - a[1]
    return count, a[1] + gap * share, a[2] * (1 - share) + b[2] * share + gap**2 * share * (1 - share)
