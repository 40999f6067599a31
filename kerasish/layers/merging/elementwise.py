"""`Add`, `Subtract`, `Multiply`, `Average`, `Maximum`, `Minimum`."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array
from kerasish.layers.merging.merge import Merge, any_of, shapes_of, with_rank


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


class Extreme(Merge):
    """One of the values, element by element. A masked step is left out; where all are masked, the first one stands."""

    def call(self, inputs: Sequence[Array], mask: Any = None) -> Array:
        aligned = self._aligned(inputs)
        if mask is None:
            return functools.reduce(self._choose, aligned)
        found, seen = aligned[0], _counts(mask[0], inputs[0], aligned[0])
        for x, one, other in zip(aligned[1:], mask[1:], inputs[1:], strict=True):
            counts = _counts(one, other, x)
            best = ops.where(counts, self._choose(found, x), found)
            found, seen = ops.where(seen, best, ops.where(counts, x, found)), ops.logical_or(seen, counts)
        return found

    def _choose(self, x: Array, y: Array) -> Array:
        raise NotImplementedError(f"{type(self).__name__} has no `_choose` method.")


def _counts(mask: Any, x: Array, aligned: Array) -> Array:
    """Whether each element of `x` counts, with the axes of `aligned`; without a mask, all do."""
    return ops.ones((), "bool") if mask is None else with_rank(_over(mask, x), aligned.ndim)


class Maximum(Extreme):
    """The greatest, element by element, of a list of tensors. A masked step is left out, unless all are masked."""

    def _choose(self, x: Array, y: Array) -> Array:
        return ops.maximum(x, y)


class Minimum(Extreme):
    """The least, element by element, of a list of tensors. A masked step is left out, unless all are masked."""

    def _choose(self, x: Array, y: Array) -> Array:
        return ops.minimum(x, y)


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
