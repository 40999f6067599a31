"""`Add`, `Subtract`, `Multiply`, `Average`, `Maximum`, `Minimum`."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array
from kerasish.layers.merging.merge import Merge, any_of, shapes_of


class Add(Merge):
    """`x + y + …` of a list of tensors.

    Example:
        >>> import numpy as np
        >>> np.asarray(Add()([np.ones((1, 2), "float32"), np.ones((1, 2), "float32")]))
        array([[2., 2.]], dtype=float32)
    """

    def _merge(self, inputs: list[Array]) -> Array:
        return functools.reduce(ops.add, inputs)


class Subtract(Merge):
    """`x - y` of a list of two tensors."""

    def build(self, input_shape: Any) -> None:
        shapes = shapes_of(input_shape, "Subtract")
        if len(shapes) != 2:
            raise ValueError(f"Subtract takes a list of 2 tensors; got {len(shapes)}.")
        self._check(shapes)

    def _merge(self, inputs: list[Array]) -> Array:
        return ops.subtract(*inputs)


class Multiply(Merge):
    """`x * y * …` of a list of tensors, where a masked step counts as 1; where all are masked, 0."""

    def call(self, inputs: Sequence[Array], mask: Any = None) -> Array:
        aligned = self._aligned(inputs)
        if mask is None:
            return self._merge(aligned)
        masks = [ops.ones(x.shape[:1], "bool") if one is None else one for x, one in zip(aligned, mask, strict=True)]
        aligned = [ops.where(_over(one, x), x, ops.ones_like(x)) for x, one in zip(aligned, masks, strict=True)]
        product = self._merge(aligned)
        if any(one is None for one in mask):
            return product
        return ops.where(_over(any_of(masks), product), product, ops.zeros_like(product))

    def _merge(self, inputs: list[Array]) -> Array:
        return functools.reduce(ops.multiply, inputs)


def _over(mask: Array, x: Array) -> Array:
    """`mask` with axes of size 1 for those of `x` that it lacks."""
    return ops.reshape(ops.cast(mask, "bool"), (*mask.shape, *(1,) * (x.ndim - mask.ndim)))


class Average(Merge):
    """`(x + y + …) / number` of a list of tensors."""

    def _merge(self, inputs: list[Array]) -> Array:
        return ops.divide(functools.reduce(ops.add, inputs), len(inputs))


class Maximum(Merge):
    """The greatest, element by element, of a list of tensors."""

    def _merge(self, inputs: list[Array]) -> Array:
        return functools.reduce(ops.maximum, inputs)


class Minimum(Merge):
    """The least, element by element, of a list of tensors."""

    def _merge(self, inputs: list[Array]) -> Array:
        return functools.reduce(ops.minimum, inputs)


def add(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Add(**kwargs)(inputs)`."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Subtract(**kwargs)(inputs)`."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Multiply(**kwargs)(inputs)`."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Average(**kwargs)(inputs)`."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Maximum(**kwargs)(inputs)`."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Minimum(**kwargs)(inputs)`."""
    return Minimum(**kwargs)(inputs)
