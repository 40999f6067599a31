"""What layers that merge several tensors into one have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array, Shape
from kerasish.layers.building import is_shape
from kerasish.layers.layer import Layer


def shapes_of(input_shape: Any, owner: str, least: int = 1) -> list[Shape]:
    """`input_shape` as a list of shapes.

    Raises:
        ValueError: it is one shape and not a list, or has too few.
    """
    if not isinstance(input_shape, list | tuple) or (is_shape(input_shape) and len(input_shape) > 0):
        raise ValueError(f"{owner} takes a list of tensors, such as [x, y]; got one of shape {input_shape}.")
    shapes = [tuple(shape) for shape in input_shape]
    if len(shapes) < least:
        raise ValueError(f"{owner} takes a list of at least {least} tensors; got {len(shapes)}.")
    return shapes


class Merge(Layer):
    """One tensor of several, element by element.

    Where the numbers of axes differ, axes of size 1 are put in after the batch; then sizes of 1 are stretched.

    Shapes:
        inputs: a list of `(batch, ...)`.
        returns: `(batch, ...)`.

    The output is masked where all inputs are; if one input has no mask, it has none.
    """

    supports_masking = True

    def build(self, input_shape: Any) -> None:
        self._check(shapes_of(input_shape, type(self).__name__))

    def _check(self, shapes: Sequence[Shape]) -> None:
        """Raise unless the shapes can be broadcast against each other."""
        rank = max(len(shape) for shape in shapes)
        if any(not shape for shape in shapes):
            raise ValueError(f"{type(self).__name__} takes tensors with a batch axis; got the shapes {list(shapes)}.")
        aligned = [(shape[0], *(1,) * (rank - len(shape)), *shape[1:]) for shape in shapes]
        for axis in range(rank):
            found = {shape[axis] for shape in aligned} - {None}
            if len(found - ({1} if axis else set())) > 1:
                what = "the same batch size" if axis == 0 else "sizes that are equal or 1"
                raise ValueError(
                    f"{type(self).__name__} {self.name!r} needs inputs of {what}; got the shapes {list(shapes)}."
                )

    def call(self, inputs: Sequence[Array]) -> Array:
        return self._merge(self._aligned(inputs))

    def _aligned(self, inputs: Sequence[Array]) -> list[Array]:
        self._check([tuple(x.shape) for x in inputs])
        rank = max(x.ndim for x in inputs)
        return [with_rank(x, rank) for x in inputs]

    def _merge(self, inputs: list[Array]) -> Array:
        raise NotImplementedError(f"{type(self).__name__} has no `_merge` method.")

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        if previous_mask is None or any(mask is None for mask in previous_mask):
            return None
        return any_of(previous_mask)


def with_rank(x: Array, rank: int) -> Array:
    """`x` with axes of size 1 put in after the batch, up to this number of axes."""
    return x if x.ndim == rank else ops.reshape(x, (x.shape[0], *(1,) * (rank - x.ndim), *x.shape[1:]))


def any_of(masks: Sequence[Array]) -> Array:
    """Where one of the masks is True."""
    rank = max(mask.ndim for mask in masks)
    found = with_rank(masks[0], rank)
    for mask in masks[1:]:
        found = ops.logical_or(found, with_rank(mask, rank))
    return found
