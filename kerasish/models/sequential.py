"""`Sequential`: layers, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from kerasish.backend.interface import Shape, Tree
from kerasish.core import tree
from kerasish.core.configurable import deserialize, serialize
from kerasish.core.context import scope
from kerasish.core.dtypes import is_float_dtype
from kerasish.core.symbolic import Operation, SymbolicTensor
from kerasish.layers.core.input_layer import Input, InputLayer
from kerasish.layers.layer import Layer
from kerasish.models.graph import Graph
from kerasish.models.inputs import strings_as_arrays
from kerasish.models.model import Model


class Sequential(Model):
    """Layers, one after the other.

    Args:
        layers: Layers, or models; the first may be an `Input`. Without an `Input`, the weights are made at the first
            call, or by `build(input_shape)`.
        trainable: Whether the optimizer may change the weights.
        name: By default `sequential` and a number.

    Example:
        >>> from kerasish.layers import Dense, Input
        >>> model = Sequential([Input((4,)), Dense(3, activation="relu"), Dense(1)])
        >>> model.count_params()
        19
    """

    def __init__(self, layers: Sequence[Any] | None = None, trainable: bool = True, name: str | None = None) -> None:
        super().__init__(trainable=trainable, name=name)
        self.stack: list[Layer] = []
        for layer in layers or ():
            self.add(layer, rebuild=False)
        self._rebuild()

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Put a layer at the end.

        Raises:
            ValueError: it is not a layer; its name is taken; or it is an `Input` and not the first.
        """
        if isinstance(layer, SymbolicTensor) and layer.node is not None:
            layer = layer.node.operation
        if not isinstance(layer, Layer):
            hint = f" Write {layer.__name__}(...) with its arguments." if isinstance(layer, type) else ""
            raise ValueError(f"A Sequential model takes layers; got {layer!r:.80}.{hint}")
        if isinstance(layer, InputLayer) and self.stack:
            raise ValueError(
                f"Input {layer.name!r} must be the first layer of {self.name!r}; it has {len(self.stack)} layers."
            )
        if any(layer.name == other.name and layer is not other for other in self.stack):
            raise ValueError(f"Model {self.name!r} already has a layer named {layer.name!r}; give each its own name.")
        if not self.stack and layer.first_input_shape is not None:
            self.stack.append(_input_like(layer))
        self.stack.append(layer)
        if rebuild:
            self._rebuild()

    def pop(self, rebuild: bool = True) -> Layer:
        """Take away the last layer, and return it."""
        if not self.stack:
            raise ValueError(f"Model {self.name!r} has no layer to take away.")
        layer = self.stack.pop()
        if rebuild:
            self._rebuild()
        return layer

    def _rebuild(self) -> None:
        """Make the graph anew, if the shape of the input is known."""
        self.programs.clear()
        first = self.stack[0] if self.stack else None
        if isinstance(first, InputLayer) and len(self.stack) > 1:
            self._set_graph_from(first.output)
        elif isinstance(first, Model) and first.graph is not None:
            self._set_graph_from(tree.map(lambda x: Input(batch_shape=x.shape, dtype=x.dtype), first.graph.inputs))
        else:
            self.set_graph(None)

    def _set_graph_from(self, inputs: Tree) -> None:
        outputs = inputs
        with scope(path=self.path, dtype=None):
            for layer in self.stack:
                if not isinstance(layer, InputLayer):
                    outputs = layer(outputs)
        self.set_graph(Graph(inputs, outputs))
        self.build_shapes = {"input_shape": self.input_shape}

    def build(self, input_shape: Any = None) -> None:
        """Make the weights, for inputs of this shape, which includes the batch."""
        if self.graph is None and self.stack and input_shape is not None:
            shapes: Shape = tuple(input_shape)
            self._set_graph_from(Input(batch_shape=(None, *shapes[1:]), dtype=self.input_dtype))

    def _build_for(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self.graph is None and self.stack and args:
            self._set_graph_from(tree.map(self._input_for, strings_as_arrays(args[0])))
        self.built = True

    def prepare_on_host(self, x: Tree) -> Tree:
        if self.graph is None:
            self._build_for((x,), {})
        return super().prepare_on_host(x)

    def prepares_on_host(self) -> bool:
        unknown = self.graph is None and any(layer.takes_strings for layer in self.stack)
        return unknown or type(self).prepare_on_host is not Sequential.prepare_on_host or self._has_host_part()

    def _input_for(self, x: Any) -> SymbolicTensor:
        dtype = self.input_dtype if is_float_dtype(x.dtype) else x.dtype  # integers stay exact
        return Input(batch_shape=(None, *x.shape[1:]), dtype=dtype)

    def call(self, inputs: Any, training: Any = None, mask: Any = None, **kwargs: Any) -> Tree:
        if self.graph is not None and not kwargs:
            return super().call(inputs, training, mask)
        for index, layer in enumerate(self.stack):
            if not isinstance(layer, InputLayer):
                inputs = layer(inputs, **(kwargs if index == 0 else {}))
        return inputs

    @property
    def layers(self) -> list[Layer]:
        """The layers, without the `Input`."""
        return [layer for layer in self.stack if not isinstance(layer, InputLayer)]

    @property
    def operations(self) -> list[Operation]:
        """The layers, without the `Input`."""
        return list(self.layers)

    def graph_operations(self) -> list[Operation]:
        return list(self.layers)

    def get_config(self) -> dict[str, Any]:
        """What `from_config` takes."""
        first = [] if not self.graph or isinstance(self.stack[0], InputLayer) else self.graph.entries.values()
        config: dict[str, Any] = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": serialize(self.dtype_policy),
            "layers": [serialize(layer) for layer in [*first, *self.stack]],
        }
        if self.graph is not None:
            config["build_input_shape"] = self.input_shape
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Self:
        """The model that `get_config` described."""
        model = cls(name=config.get("name"))
        if not isinstance(config["layers"], list | tuple):
            raise ValueError(f"The layers of a Sequential's config must be a list; got {config['layers']!r:.100}.")
        for layer in config["layers"]:
            model.add(deserialize(layer, custom_objects), rebuild=False)
        model._rebuild()
        shape = config.get("build_input_shape")
        if model.graph is None and shape and model.stack:
            model.build(tuple(shape))
        if not config.get("trainable", True):
            model.trainable = False
        return model


def _input_like(layer: Layer) -> InputLayer:
    """The `Input` that the argument `input_shape` of a first layer stands for."""
    tensor = Input(batch_shape=layer.first_input_shape, dtype=layer.input_dtype)
    assert tensor.node is not None
    return tensor.node.operation  # pyright: ignore[reportReturnType]
