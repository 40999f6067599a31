"""`Pipeline`: preprocessing layers, one after the other, as one layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasish.backend.interface import Tree
from kerasish.core.configurable import serialize
from kerasish.core.strings import has_strings
from kerasish.layers.layer import Layer
from kerasish.layers.preprocessing.base import PreprocessingLayer


class Pipeline(PreprocessingLayer):
    """`layers[n](… layers[1](layers[0](x)))`.

    Args:
        layers: Layers, each of which takes what the one before gives.
        name: By default `pipeline` and a number.

    Example:
        >>> import numpy as np
        >>> from kerasish.layers import Rescaling
        >>> np.asarray(Pipeline([Rescaling(2.0), Rescaling(1.0, offset=1.0)])([1.0, 2.0]))
        array([3., 5.], dtype=float32)
    """

    def __init__(self, layers: Sequence[Layer], name: str | None = None) -> None:
        super().__init__(name=name)
        for layer in layers:
            if not isinstance(layer, Layer):
                raise ValueError(f"A Pipeline takes layers; got {layer!r:.80}.")
        self.layers = list(layers)

    def build(self, input_shape: Any) -> None:
        """The layers are built by the call."""

    def call(self, inputs: Any) -> Tree:
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs

    def runs_on_host(self, args: Any, kwargs: Any) -> bool:
        return has_strings(args) or any(isinstance(x, PreprocessingLayer) and x.gives_strings for x in self.layers)

    def host_spec(self, inputs: Any) -> Tree:
        for layer in self.layers:
            inputs = layer.compute_output_spec(inputs)
        return inputs

    def run_on_host(self, inputs: Any) -> Tree:
        for layer in self.layers:
            inputs = layer.run_on_host(inputs)
        return inputs

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return previous_mask

    def get_config(self) -> dict[str, Any]:
        return {"layers": [serialize(layer) for layer in self.layers], "name": self.name}
