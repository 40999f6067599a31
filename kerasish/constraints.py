"""What weights are made to obey after each update, under Keras's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasish import ops
from kerasish.backend import epsilon
from kerasish.backend.interface import Array
from kerasish.core.configurable import Configurable, Family
from kerasish.core.registry import publish

Axis = int | list[int] | tuple[int, ...]


class Constraint(Configurable):
    """Maps a weight to the one that takes its place. Subclasses write `__call__(self, w)`."""

    def __call__(self, w: Any) -> Array:
        """The weight that takes the place of `w`."""
        raise NotImplementedError(f"{type(self).__name__} needs a method `__call__(self, w)`.")


def _length(w: Any, axis: Axis) -> Array:
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


class MaxNorm(Constraint):
    """Shortens vectors that are longer than `max_value`.

    Args:
        max_value: The greatest length.
        axis: The axes along which a vector lies: all axes of the inputs; 0 for a dense kernel.
    """

    def __init__(self, max_value: float = 2, axis: Axis = 0) -> None:
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w: Any) -> Array:
        """The weight that takes the place of `w`."""
        w = ops.convert_to_tensor(w)
        length = _length(w, self.axis)
        return w * (ops.clip(length, 0, self.max_value) / ops.add(length, epsilon()))


class NonNeg(Constraint):
    """Makes negative weights 0."""

    def __call__(self, w: Any) -> Array:
        """The weight that takes the place of `w`."""
        return ops.relu(w)


class UnitNorm(Constraint):
    """Gives vectors the length 1.

    Args:
        axis: The axes along which a vector lies.
    """

    def __init__(self, axis: Axis = 0) -> None:
        self.axis = axis

    def __call__(self, w: Any) -> Array:
        """The weight that takes the place of `w`."""
        w = ops.convert_to_tensor(w)
        return w / ops.add(_length(w, self.axis), epsilon())


class MinMaxNorm(Constraint):
    """Brings the lengths of vectors between two bounds, or part of the way there.

    Args:
        min_value: The least length.
        max_value: The greatest length.
        rate: How much of the way, a fraction 0 to 1.
        axis: The axes along which a vector lies.
    """

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Axis = 0) -> None:
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w: Any) -> Array:
        """The weight that takes the place of `w`."""
        w = ops.convert_to_tensor(w)
        length = _length(w, self.axis)
        bounded = ops.clip(length, self.min_value, self.max_value)
        wanted = ops.add(ops.multiply(bounded, self.rate), ops.multiply(length, 1 - self.rate))
        return w * (wanted / ops.add(length, epsilon()))


max_norm = MaxNorm
min_max_norm = MinMaxNorm
non_neg = NonNeg
unit_norm = UnitNorm

publish(
    "keras.constraints",
    {"Constraint": Constraint, "MaxNorm": MaxNorm, "MinMaxNorm": MinMaxNorm, "NonNeg": NonNeg, "UnitNorm": UnitNorm},
)

_family = Family("constraint", "keras.constraints")


def get(identifier: Any) -> Any:
    """The constraint that a name, a config, a class or a function means; None means None.

    Raises:
        ValueError: there is none of that name; the error says which name is like it.
    """
    return _family.get(identifier)


def serialize(constraint: Any) -> Any:
    """`constraint` as JSON can hold it."""
    return _family.serialize(constraint)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The constraint that a name or a config describes."""
    return _family.deserialize(config, custom_objects)


__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "min_max_norm",
    "non_neg",
    "serialize",
    "unit_norm",
]
