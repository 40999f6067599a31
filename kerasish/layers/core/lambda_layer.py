"""`Lambda`: any function as a layer."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

from kerasish.backend.interface import Tree
from kerasish.core.configurable import serialize
from kerasish.core.registry import find_function, get_registered_name, is_registered, public_name
from kerasish.layers.layer import Layer


class Lambda(Layer):
    """`function(x, **arguments)`.

    A model file never holds code: to be saved, the function must have a name. Write it with `def`, and decorate it
    with `@kerasish.saving.register_keras_serializable()`.

    Args:
        function: It may take `mask` and `training` too. It must not assign variables that it does not own.
        output_shape: Accepted for Keras's sake; the shape is found by abstract evaluation.
        mask: The mask of the output, or a function `(inputs, mask)` that returns it.
        arguments: Further arguments of `function`, by name.

    Raises:
        TypeError: from `get_config`: the function is a lambda.

    Example:
        >>> import numpy as np
        >>> np.asarray(Lambda(lambda x: x * 2)(np.array([1.0, 2.0], "float32")))
        array([2., 4.], dtype=float32)
    """

    mixes_samples = True  # nobody can tell

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(function):
            raise TypeError(f"Lambda takes a function; got {function!r}.")
        self.function = function
        self.output_shape = output_shape
        self.mask = mask
        self.arguments = dict(arguments or {})
        self.supports_masking = mask is not None
        self.takes = _named_parameters(function) - set(self.arguments)

    def call(self, inputs: Tree, mask: Any = None, training: bool | None = None) -> Tree:
        context = {"mask": mask, "training": training}
        taken = {name: value for name, value in context.items() if name in self.takes}
        return self.function(inputs, **self.arguments, **taken)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        if self.mask is None and previous_mask is not None:
            warnings.warn(
                f"Layer {self.name!r}, a Lambda, loses the mask of its input: give it a `mask`.", stacklevel=2
            )
        return self.mask(inputs, previous_mask) if callable(self.mask) else self.mask

    def get_config(self) -> dict[str, Any]:
        base = {"name": self.name, "trainable": self.trainable, "dtype": serialize(self.dtype_policy)}
        config = base | {"function": _named(self.function, self.name)}
        if self.output_shape is not None:
            config["output_shape"] = serialize(self.output_shape)
        if self.mask is not None:
            config["mask"] = _named(self.mask, self.name) if callable(self.mask) else serialize(self.mask)
        return config | {"arguments": serialize(self.arguments)}


def _named_parameters(function: Callable[..., Any]) -> set[str]:
    try:
        return set(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # some functions written in C have no signature
        return set()


def _named(function: Callable[..., Any], layer: str) -> dict[str, Any]:
    module, name = public_name(function) or ("builtins", function.__name__)
    if name == "<lambda>":
        raise TypeError(
            f"Lambda layer {layer!r} can't be saved: its function is a lambda, and files hold no code. Write it with "
            "`def`, and decorate it with @kerasish.saving.register_keras_serializable()."
        )
    if is_registered(function):
        name = get_registered_name(function)
    if find_function(name) is function:
        module = "builtins"  # as Keras writes it
    return {"module": module, "class_name": "function", "config": name, "registered_name": "function"}
