"""`Reshape`: other axes for the same numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kerasish import ops
from kerasish.backend.interface import Array, Shape
from kerasish.layers.layer import Layer


class Reshape(Layer):
    """The same numbers, in an array of another shape.

    Args:
        target_shape: The shape of one sample. One size may be -1 (or None): it is what remains.

    Shapes:
        x: `(batch, ...)`.
        returns: `(batch, *target_shape)`.

    Raises:
        ValueError: a sample has another number of elements.

    Example:
        >>> Reshape((3, -1))(np.zeros((2, 12), "float32")).shape
        (2, 3, 4)
    """

    def __init__(self, target_shape: Shape, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        given = (target_shape,) if isinstance(target_shape, int | np.integer) else tuple(target_shape)
        self.target_shape = tuple(-1 if size is None else int(size) for size in given)
        if self.target_shape.count(-1) > 1 or min(self.target_shape, default=0) < -1:
            raise ValueError(f"Reshape's target_shape may hold one -1, and else sizes; got {target_shape!r}.")

    def build(self, input_shape: Shape) -> None:
        if None not in input_shape[1:]:
            self._sizes(tuple(int(size or 0) for size in input_shape[1:]))

    def call(self, inputs: Array) -> Array:
        return ops.reshape(inputs, (inputs.shape[0], *self._sizes(tuple(inputs.shape[1:]))))

    def _sizes(self, sample: tuple[int, ...]) -> tuple[int, ...]:
        total, known = math.prod(sample), math.prod(size for size in self.target_shape if size != -1)
        rest = total // known if known else 0
        sizes = tuple(rest if size == -1 else size for size in self.target_shape)
        if math.prod(sizes) != total:
            raise ValueError(
                f"Reshape {self.name!r} can't make samples of shape {self.target_shape} of samples of shape {sample}, "
                f"which have {total} elements."
            )
        return sizes
