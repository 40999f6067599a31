"""`Wrapper`: a layer around another one."""

from __future__ import annotations

from typing import Any

from kerasish.layers.layer import Layer


class Wrapper(Layer):
    """A layer around another one; subclasses write `call`.

    Args:
        layer: The layer inside.
    """

    def __init__(self, layer: Layer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(layer, Layer):
            raise ValueError(f"{type(self).__name__} wraps a layer; got {layer!r}.")
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        if not self.layer.built:
            self.layer.build(input_shape)
            self.layer.built = True
