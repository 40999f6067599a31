"""Activation functions under Keras's names: those of `ops`, a few more, and `get`, which finds them by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array
from kerasish.core.configurable import Family
from kerasish.core.registry import publish
from kerasish.ops import (
    celu,
    elu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    tanh,
    tanh_shrink,
    threshold,
)

hard_swish = hard_silu
swish = silu
_threshold = threshold


def linear(x: Any) -> Any:
    """`x`, as it is."""
    return x


def exponential(x: Any) -> Array:
    """`exp(x)`, element by element."""
    return ops.exp(x)


def gelu(x: Any, approximate: bool = False) -> Array:
    """`x * P(a normal number is below x)`.

    Args:
        approximate: Whether to take the formula with tanh instead of the error function.

    Source: Hendrycks and Gimpel, 2016, https://arxiv.org/abs/1606.08415
    """
    return ops.gelu(x, approximate)


def mish(x: Any) -> Array:
    """`x * tanh(softplus(x))`, element by element.

    Source: Misra, 2019, https://arxiv.org/abs/1908.08681
    """
    return x * ops.tanh(ops.softplus(x))


def relu(
    x: Any,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Array:
    """`x` above `threshold`, else `negative_slope * (x - threshold)`; and not above `max_value`.

    Args:
        negative_slope: The slope below the threshold.
        max_value: None: no bound.
        threshold: Where the line begins.

    Example:
        >>> [round(float(y), 2) for y in relu([-1.0, 2.0, 9.0], negative_slope=0.1, max_value=6.0)]
        [-0.1, 2.0, 6.0]
    """
    if negative_slope:
        below = ops.multiply(ops.subtract(x, threshold), negative_slope)
        y = ops.where(ops.greater(x, threshold), x, below)
    elif threshold:
        y = _threshold(x, threshold, 0)
    else:
        y = ops.relu(x)
    return y if max_value is None else ops.where(ops.less(y, max_value), y, max_value)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "linear": linear,
    "relu": relu,
    "relu6": relu6,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "selu": selu,
    "celu": celu,
    "gelu": gelu,
    "glu": glu,
    "silu": silu,
    "swish": swish,
    "mish": mish,
    "sigmoid": sigmoid,
    "hard_sigmoid": hard_sigmoid,
    "log_sigmoid": log_sigmoid,
    "sparse_sigmoid": sparse_sigmoid,
    "hard_silu": hard_silu,
    "hard_swish": hard_swish,
    "tanh": tanh,
    "hard_tanh": hard_tanh,
    "tanh_shrink": tanh_shrink,
    "soft_shrink": soft_shrink,
    "hard_shrink": hard_shrink,
    "threshold": threshold,
    "softplus": softplus,
    "sparse_plus": sparse_plus,
    "squareplus": squareplus,
    "softsign": softsign,
    "exponential": exponential,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "sparsemax": sparsemax,
}
publish("keras.activations", _FUNCTIONS)

_family = Family("activation", "keras.activations", make=False)


def get(identifier: Any) -> Callable[..., Any]:
    """The activation that a name, a config or a function means; None means `linear`.

    Raises:
        ValueError: there is none of that name; the error says which name is like it.

    Example:
        >>> get("swish") is silu, get(None) is linear
        (True, True)
    """
    return linear if identifier is None else _family.get(identifier)


def serialize(activation: Any) -> Any:
    """`activation` as JSON can hold it: its name, or a config."""
    return _family.serialize(activation)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Callable[..., Any]:
    """The activation that a name or a config describes."""
    return linear if config is None else _family.deserialize(config, custom_objects)


__all__ = sorted({*_FUNCTIONS, "deserialize", "get", "serialize"})  # pyright: ignore[reportUnsupportedDunderAll]
