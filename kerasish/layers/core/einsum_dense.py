"""`EinsumDense`: a dense layer whose product is any einsum of the input and the kernel."""

from __future__ import annotations

import re
from typing import Any

from kerasish import activations, constraints, initializers, ops, regularizers
from kerasish.backend.interface import Array, Shape
from kerasish.layers.arguments import refuse_adapters
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.layer import Layer

_EQUATION = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")


class EinsumDense(Layer):
    """`activation(einsum(equation, x, kernel) + bias)`.

    Args:
        equation: As for `einsum`: the input's letters, the kernel's, the output's, as in `"abc,cd->abd"`. An ellipsis
            may stand before, or after, the letters of both input and output.
        output_shape: The output's sizes without the batch; None for one that the input has too. An integer means a
            tuple of it.
        activation: A function, or its name; by default none.
        bias_axes: The output's letters along which the bias varies; None: no bias.
        kernel_initializer: First value of `kernel`.
        bias_initializer: First value of `bias`.
        kernel_regularizer: A penalty on `kernel`, added to the loss.
        bias_regularizer: A penalty on `bias`.
        kernel_constraint: Applied to `kernel` after each step of the optimizer.
        bias_constraint: Applied to `bias` likewise.
        lora_rank: Not supported: must be None.
        lora_alpha: Not supported: must be None.
        gptq_unpacked_column_size: Not supported: must be None.
        quantization_config: Not supported: must be None.

    Raises:
        ValueError: the equation isn't of that form, or sizes disagree.

    Example:
        >>> import numpy as np
        >>> EinsumDense("abc,cde->abde", output_shape=(None, 2, 3), bias_axes="de")(np.ones((5, 7, 4), "float32")).shape
        (5, 7, 2, 3)
    """

    unwritten = {"lora_rank": ..., "lora_alpha": ..., "gptq_unpacked_column_size": ...}
    also_written = {"activity_regularizer": None}

    def __init__(
        self,
        equation: str,
        output_shape: int | Shape,
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        gptq_unpacked_column_size: int | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        refuse_adapters(
            "EinsumDense",
            lora_rank=lora_rank,
            lora_alpha=lora_alpha,
            gptq_unpacked_column_size=gptq_unpacked_column_size,
            quantization_config=quantization_config,
        )
        self.equation = equation.replace(" ", "")
        self.output_shape = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        self.activation = activations.get(activation)
        self.bias_axes = bias_axes
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.lora_rank = lora_rank
        self.lora_alpha = lora_alpha
        self.gptq_unpacked_column_size = gptq_unpacked_column_size
        self.quantization_config = quantization_config
        self._letters = _parsed(self.equation)
        unknown = set(bias_axes or "") - set(self._letters[2])
        if unknown:
            raise ValueError(
                f"EinsumDense's bias_axes {bias_axes!r} must be letters of the output, {self._letters[2]!r}, in the "
                f"equation {self.equation!r}."
            )

    def build(self, input_shape: Shape) -> None:
        self.kernel = self.add_weight(
            self._kernel_shape(input_shape),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.bias = None
        if self.bias_axes:
            self.bias = self.add_weight(
                self._bias_shape(input_shape),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
        self.input_spec = InputSpec(ndim=len(input_shape))

    def call(self, inputs: Array) -> Array:
        x = ops.einsum(self.equation, inputs, self.kernel)
        if self.bias is not None:
            x = ops.add(x, self.bias)
        return self.activation(x)

    def _kernel_shape(self, input_shape: Shape) -> Shape:
        sizes = self._sizes(input_shape)
        return tuple(sizes[letter] for letter in self._letters[1])

    def _bias_shape(self, input_shape: Shape) -> Shape:
        sizes, axes, output = self._sizes(input_shape), self.bias_axes or "", self._letters[2]
        first = min(output.index(letter) for letter in axes)
        elided = len(input_shape) - len(self._letters[0]) if self.equation.endswith("...") else 0
        return tuple(sizes[letter] if letter in axes else 1 for letter in output[first:]) + (1,) * elided

    def _sizes(self, input_shape: Shape) -> dict[str, int | None]:
        """The size of each letter, of the input and of the output."""
        inputs, kernel, output = self._letters
        elided = len(input_shape) - len(inputs)
        if elided < 0 or (elided and "..." not in self.equation):
            raise ValueError(
                f"EinsumDense {self.name!r}: the equation {self.equation!r} is for an input of {len(inputs)} axes; "
                f"got the shape {tuple(input_shape)}."
            )
        own = input_shape[elided:] if self.equation.startswith("...") else input_shape[: len(inputs)]
        sizes = dict(zip(inputs, own, strict=True))
        # The output's shape belongs to its last letters; the first, the batch, and a None are those of the input.
        given = dict(zip(reversed(output), reversed(self.output_shape), strict=False))
        for letter, size in given.items():
            known = sizes.get(letter)
            if size is not None and known is not None and size != known:
                raise ValueError(
                    f"EinsumDense {self.name!r}: the axis {letter!r} of {self.equation!r} has the size {known} in the "
                    f"input, of shape {tuple(input_shape)}, and {size} in output_shape={self.output_shape}."
                )
            if known is None and letter not in sizes:
                sizes[letter] = size
        missing = set(kernel) - set(sizes)
        if missing or len(self.output_shape) > len(output):
            raise ValueError(
                f"EinsumDense {self.name!r}: output_shape={self.output_shape} doesn't fit the output {output!r} of "
                f"{self.equation!r}: give a size for each of its letters but the batch, None for those of the input."
            )
        return sizes


def _parsed(equation: str) -> tuple[str, str, str]:
    """The letters of the input, of the kernel and of the output."""
    found = _EQUATION.fullmatch(equation)
    if found is None:
        raise ValueError(_WRONG.format(equation))
    before, inputs, after, kernel, out_before, output, out_after = found.groups()
    if (before, after) != (out_before, out_after) or (before and after):
        raise ValueError(_WRONG.format(equation))
    return inputs, kernel, output


_WRONG = (
    "EinsumDense's equation must be of the form 'ab,bc->ac', '...ab,bc->...ac' or 'ab...,bc->ac...': the letters of "
    "the input, of the kernel and of the output; got {!r}."
)
