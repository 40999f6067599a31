"""`Concatenate`: one tensor behind the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array, Shape
from kerasish.layers.layer import Layer
from kerasish.layers.merging.merge import any_of, shapes_of


class Concatenate(Layer):
    """The tensors of a list, one behind the other along `axis`.

    Args:
        axis: Along which.

    Shapes:
        inputs: a list; all sizes are equal but that of `axis`.
        returns: the same, with the sum of the sizes at `axis`.

    Example:
        >>> import numpy as np
        >>> Concatenate()([np.zeros((2, 3), "float32"), np.zeros((2, 4), "float32")]).shape
        (2, 7)
    """

    supports_masking = True

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def build(self, input_shape: Any) -> None:
        shapes = shapes_of(input_shape, "Concatenate")
        self._check(shapes)
        self.mixes_samples = self.axis % len(shapes[0]) == 0

    def _check(self, shapes: Sequence[Shape]) -> None:
        rank = len(shapes[0])
        same_rank = all(len(shape) == rank for shape in shapes)
        if same_rank and not -rank <= self.axis < rank:
            raise ValueError(f"Concatenate works along axis {self.axis}; its inputs have only {rank} axes.")
        others = [axis for axis in range(rank) if axis != self.axis % rank]
        if not same_rank or any(len({shape[axis] for shape in shapes} - {None}) > 1 for axis in others):
            raise ValueError(
                f"Concatenate {self.name!r} needs inputs of one shape, but for axis {self.axis}; got {list(shapes)}."
            )

    def call(self, inputs: Sequence[Array]) -> Array:
        self._check([tuple(x.shape) for x in inputs])
        return ops.concatenate(list(inputs), axis=self.axis)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        if previous_mask is None or all(mask is None for mask in previous_mask):
            return None
        rank = max(mask.ndim for mask in previous_mask if mask is not None)
        masks = [
            ops.ones(x.shape[:rank], "bool") if mask is None else mask
            for x, mask in zip(inputs, previous_mask, strict=True)
        ]
        axis = self.axis % inputs[0].ndim
        return ops.concatenate(masks, axis=axis) if axis < rank else any_of(masks)


def concatenate(inputs: Sequence[Any], axis: int = -1, **kwargs: Any) -> Any:
    """`Concatenate(axis, **kwargs)(inputs)`."""
    return Concatenate(axis=axis, **kwargs)(inputs)
