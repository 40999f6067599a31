"""`Dense`: every input connected to every output."""

from __future__ import annotations

from typing import Any

from kerasish import activations, constraints, initializers, ops, regularizers
from kerasish.backend.interface import Array, Shape
from kerasish.layers.arguments import refuse_adapters, whole
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.layer import Layer


class Dense(Layer):
    """`activation(x @ kernel + bias)`, along the last axis of `x`.

    Args:
        units: Size of the output's last axis.
        activation: A function, or its name; by default none.
        use_bias: Whether to add `bias`.
        kernel_initializer: First value of `kernel`.
        bias_initializer: First value of `bias`.
        kernel_regularizer: A penalty on `kernel`, added to the loss.
        bias_regularizer: A penalty on `bias`.
        activity_regularizer: A penalty on the output.
        kernel_constraint: Applied to `kernel` after each step of the optimizer.
        bias_constraint: Applied to `bias` likewise.
        lora_rank: Not supported: must be None.
        lora_alpha: Not supported: must be None.
        quantization_config: Not supported: must be None.

    Shapes:
        x: `(batch, ..., features)`.
        returns: `(batch, ..., units)`.

    Example:
        >>> import numpy as np
        >>> Dense(3)(np.zeros((2, 5), "float32")).shape
        (2, 3)
    """

    supports_masking = True

    unwritten = {"lora_rank": ..., "lora_alpha": ..., "activity_regularizer": None}

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        refuse_adapters("Dense", lora_rank=lora_rank, lora_alpha=lora_alpha, quantization_config=quantization_config)
        self.units = whole(units, "units", "Dense")
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.lora_rank = lora_rank
        self.lora_alpha = lora_alpha
        self.quantization_config = quantization_config
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: Shape) -> None:
        self.kernel = self.add_weight(
            (input_shape[-1], self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: input_shape[-1]})

    def call(self, inputs: Array) -> Array:
        x = ops.matmul(inputs, self.kernel)
        if self.bias is not None:
            x = ops.add(x, self.bias)
        return self.activation(x)
