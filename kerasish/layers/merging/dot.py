"""`Dot`: products of the samples of two tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array, Shape
from kerasish.layers.layer import Layer
from kerasish.layers.merging.merge import shapes_of

LETTERS = "bcdefghijklmnopqrstuvwxyz"


class Dot(Layer):
    """For each sample, the sum of the products over an axis of the one tensor and an axis of the other.

    Args:
        axes: The axis, or the axis of the one and that of the other. Not the batch.
        normalize: Whether both are brought to length 1 along it before: the result is the cosine of their angle.

    Shapes:
        inputs: a list of two.
        returns: `(batch, *other axes of the first, *other axes of the second)`; `(batch, 1)` if there are none.

    Example:
        >>> import numpy as np
        >>> x = np.array([[1.0, 2.0]], "float32")
        >>> np.asarray(Dot(1)([x, x]))
        array([[5.]], dtype=float32)
    """

    supports_masking = True

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axes, int) and not isinstance(axes, list | tuple):
            raise TypeError(f"Dot's axes must be an integer or two of them; got {axes!r}.")
        if not isinstance(axes, int) and (len(axes) != 2 or not all(isinstance(axis, int) for axis in axes)):
            raise ValueError(f"Dot's axes must be an integer or two of them; got {axes!r}.")
        self.axes = axes
        self.normalize = normalize

    def build(self, input_shape: Any) -> None:
        shapes = shapes_of(input_shape, "Dot")
        if len(shapes) != 2:
            raise ValueError(f"Dot takes a list of 2 tensors; got {len(shapes)}.")
        self._axes_for(shapes)

    def _axes_for(self, shapes: Sequence[Shape]) -> tuple[int, int]:
        """The two axes, counted from the front.

        Raises:
            ValueError: one of them is missing, or the batch, or their sizes differ.
        """
        given = [self.axes] * 2 if isinstance(self.axes, int) else list(self.axes)
        if any(not -len(shape) <= axis < len(shape) for axis, shape in zip(given, shapes, strict=True)):
            raise ValueError(f"Dot works along the axes {tuple(given)}; its inputs have the shapes {list(shapes)}.")
        first, second = (axis % len(shape) for axis, shape in zip(given, shapes, strict=True))
        if 0 in (first, second):
            raise ValueError(f"Dot can't work along axis 0, the batch: got axes={self.axes!r}.")
        if None not in (m := shapes[0][first], n := shapes[1][second]) and m != n:
            raise ValueError(
                f"Dot needs the same size at axis {first} of the one input and axis {second} of the other; the shapes "
                f"are {list(shapes)}."
            )
        return first, second

    def call(self, inputs: Sequence[Array]) -> Array:
        x, y = inputs
        first, second = self._axes_for([tuple(x.shape), tuple(y.shape)])
        if self.normalize:
            x, y = (ops.normalize(one, axis=axis) for one, axis in ((x, first), (y, second)))
        left, right = LETTERS[: x.ndim - 1], LETTERS[x.ndim - 1 : x.ndim + y.ndim - 2]
        right = right[: second - 1] + left[first - 1] + right[second:]
        kept = [c for c in left + right if c != left[first - 1]]
        product = ops.einsum(f"a{left},a{right}->a{''.join(kept)}", x, y)
        return product if kept else ops.expand_dims(product, 1)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
        return None


def dot(inputs: Sequence[Any], axes: Any = -1, **kwargs: Any) -> Any:
    """`Dot(axes, **kwargs)(inputs)`."""
    return Dot(axes=axes, **kwargs)(inputs)
