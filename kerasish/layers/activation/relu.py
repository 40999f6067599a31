"""`ReLU`, `LeakyReLU`, `PReLU`, `ELU`."""

from __future__ import annotations

import math
import warnings
from typing import Any

from kerasish import activations, constraints, initializers, ops, regularizers
from kerasish.backend.interface import Array, Shape
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.layer import Layer


def _not_negative(value: Any, name: str, owner: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value) or value < 0:
        raise ValueError(f"{owner}'s {name} must be a number of at least 0; got {value!r}.")
    return value


class ReLU(Layer):
    """`max(x, 0)`; in general `min(x, max_value)` at `threshold` and above, and a line of slope `negative_slope` below.

    Args:
        max_value: The greatest output; None: none.
        negative_slope: The slope below `threshold`.
        threshold: Below it, the output is `negative_slope * (x - threshold)`.

    Example:
        >>> import numpy as np
        >>> np.asarray(ReLU(6)(np.array([-1.0, 2.0, 8.0], "float32")))
        array([0., 2., 6.], dtype=float32)
    """

    supports_masking = True

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.max_value = None if max_value is None else _not_negative(max_value, "max_value", "ReLU")
        self.negative_slope = _not_negative(negative_slope, "negative_slope", "ReLU")
        self.threshold = _not_negative(threshold, "threshold", "ReLU")

    def call(self, inputs: Array) -> Array:
        return activations.relu(
            inputs, negative_slope=self.negative_slope, max_value=self.max_value, threshold=self.threshold
        )


class LeakyReLU(Layer):
    """`x` above 0, `negative_slope * x` below.

    Args:
        negative_slope: At least 0.

    Source: Maas et al., 2013, https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf
    """

    supports_masking = True

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        if "alpha" in kwargs:
            warnings.warn("LeakyReLU's `alpha` is now called `negative_slope`.", stacklevel=2)
            negative_slope = kwargs.pop("alpha")
        super().__init__(**kwargs)
        self.negative_slope = _not_negative(negative_slope, "negative_slope", "LeakyReLU")

    def call(self, inputs: Array) -> Array:
        return activations.leaky_relu(inputs, negative_slope=self.negative_slope)


class ELU(Layer):
    """`x` above 0, `alpha * (exp(x) - 1)` below.

    Args:
        alpha: Where it ends on the left, below 0.

    Source: Clevert et al., 2015, https://arxiv.org/abs/1511.07289
    """

    supports_masking = True

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha

    def call(self, inputs: Array) -> Array:
        return activations.elu(inputs, alpha=self.alpha)


class PReLU(Layer):
    """`x` above 0, `alpha * x` below, where `alpha` is learned.

    Args:
        alpha_initializer: First value of `alpha`, which has the shape of a sample.
        alpha_regularizer: A penalty on `alpha`, added to the loss.
        alpha_constraint: Applied to `alpha` after each step of the optimizer.
        shared_axes: The axes, counted with the batch as axis 0, along which all elements share one number.

    Source: He et al., 2015, https://arxiv.org/abs/1502.01852
    """

    supports_masking = True

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        self.shared_axes = (
            [shared_axes] if isinstance(shared_axes, int) else None if shared_axes is None else list(shared_axes)
        )

    def build(self, input_shape: Shape) -> None:
        shared = self.shared_axes or []
        if any(not 1 <= axis < len(input_shape) for axis in shared):
            raise ValueError(f"PReLU's shared_axes must be axes from 1 to {len(input_shape) - 1}; got {shared}.")
        sizes = [1 if axis in shared else size for axis, size in enumerate(input_shape)]
        self.alpha = self.add_weight(
            tuple(sizes[1:]),
            self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
            name="alpha",
        )
        own = {axis: size for axis, size in enumerate(input_shape) if axis and axis not in shared}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=own)

    def call(self, inputs: Array) -> Array:
        return ops.where(ops.greater(inputs, 0), inputs, ops.multiply(self.alpha, inputs))
