"""Weights and arithmetic that the normalizations share."""

from __future__ import annotations

from typing import Any

from kerasish import constraints, initializers, ops, regularizers
from kerasish.backend.interface import Array, Shape
from kerasish.core.variable import Variable
from kerasish.layers.layer import Layer


def wide(x: Array) -> Array:
    """`x` in floats of at least 32 bits."""
    dtype = str(x.dtype)
    return x if dtype in ("float32", "float64") else ops.cast(x, "float32")


class ScaledAndShifted(Layer):
    """A normalization that is followed by a learned scale `gamma` and a learned origin `beta`."""

    supports_masking = True

    def __init__(
        self,
        center: bool,
        scale: bool,
        beta_initializer: Any,
        gamma_initializer: Any,
        beta_regularizer: Any,
        gamma_regularizer: Any,
        beta_constraint: Any,
        gamma_constraint: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.gamma: Variable | None = None
        self.beta: Variable | None = None

    def _make_gamma_and_beta(self, shape: Shape) -> None:
        """Read in their own dtype: a scale in 16 bits would undo statistics in 32."""
        if self.scale:
            self.gamma = self.add_weight(
                shape,
                self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                autocast=False,
                name="gamma",
            )
        if self.center:
            self.beta = self.add_weight(
                shape,
                self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                autocast=False,
                name="beta",
            )

    def _scaled(self, x: Array, shape: Any) -> Array:
        """`x * gamma + beta`, those reshaped to `shape`; in the layer's compute dtype."""
        if self.gamma is not None:
            x = x * ops.cast(ops.reshape(self.gamma, shape), x.dtype)
        if self.beta is not None:
            x = x + ops.cast(ops.reshape(self.beta, shape), x.dtype)
        return ops.cast(x, self.compute_dtype)
