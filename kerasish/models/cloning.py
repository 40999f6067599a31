"""Models made anew: from the JSON text of a config, and from another model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kerasish.backend.interface import Tree
from kerasish.core import tree
from kerasish.core.registry import CustomObjectScope
from kerasish.core.symbolic import OpCall, Operation, SymbolicTensor
from kerasish.layers.core.input_layer import InputLayer
from kerasish.layers.layer import Layer
from kerasish.models.graph import Graph
from kerasish.models.model import Model
from kerasish.models.sequential import Sequential
from kerasish.saving.configs import refuse_code, revive_model
from kerasish.saving.strict_json import read_json


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The model that `model.to_json()` described, with new weights.

    Args:
        json_string: The text; as in files, names in it mean only what is registered.
        custom_objects: Classes and functions by the names that the text has for them.

    Raises:
        UnsafeModelError: the text names something that isn't registered, or holds code.
        CorruptModelError: it is not the JSON of a model.

    Example:
        >>> from kerasish.layers import Dense, Input
        >>> model_from_json(Sequential([Input((2,)), Dense(3)]).to_json()).output_shape
        (None, 3)
    """
    config = read_json(json_string.encode(), "model_from_json")
    refuse_code(config, "model_from_json")
    return revive_model(config, "model_from_json", custom_objects)


def clone_model(
    model: Model,
    input_tensors: Tree = None,
    clone_function: Callable[[Layer], Layer] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
    **kwargs: Any,
) -> Any:
    """A model of the same structure, with new layers and new weights.

    Args:
        model: Functional, `Sequential`, or, without the other arguments, a subclass with `get_config`.
        input_tensors: Symbolic tensors, in the structure of `model.inputs`, to build on instead of new ones.
        clone_function: Makes a layer of each layer; by default from its config. Not called for `Input`s.
        call_function: `(layer, *args, **kwargs) -> outputs`, called instead of each layer of a functional model.
        recursive: Whether `clone_function` is called for the layers of models inside, and not for those models.

    Raises:
        ValueError: the arguments don't fit the kind of model.

    Example:
        >>> from kerasish.layers import Dense, Input
        >>> model = Sequential([Input((2,)), Dense(3)])
        >>> clone_model(model).count_params(), model.count_params()
        (9, 9)
    """
    if kwargs:
        raise TypeError(f"clone_model got an argument that it doesn't know: {', '.join(map(repr, kwargs))}.")
    if model.graph is None and not isinstance(model, Sequential):
        if input_tensors is not None or clone_function is not None or call_function is not None:
            raise ValueError(
                f"Model {model.name!r} is written as a class, so only its config can be cloned: leave out "
                "`input_tensors`, `clone_function` and `call_function`."
            )
        return _from_config(model)
    cloner = _Cloner(clone_function or _from_config, call_function, recursive)
    if isinstance(model, Sequential):
        if call_function is not None:
            raise ValueError("`call_function` is for functional models; a Sequential calls its layers itself.")
        return cloner.sequential(model, input_tensors)
    return cloner.functional(model, input_tensors)


def _from_config(layer: Any) -> Any:
    """A new layer of the same config. Classes that no registry knows may be inside."""
    with CustomObjectScope({type(one).__name__: type(one) for one in layer.layers_inside()}):
        return type(layer).from_config(layer.get_config())


class _Cloner:
    def __init__(self, clone: Callable[[Any], Any], call: Callable[..., Any] | None, recursive: bool) -> None:
        self.clone = clone
        self.call = call
        self.recursive = recursive

    def layer(self, layer: Layer) -> Layer:
        """The clone of one layer."""
        if self.recursive and isinstance(layer, Sequential):
            return self.sequential(layer, None)
        if self.recursive and isinstance(layer, Model) and layer.graph is not None:
            return self.functional(layer, None)
        clone = self.clone(layer)
        if not isinstance(clone, Layer):
            raise ValueError(f"`clone_function` must return a layer; it returned {clone!r:.80} for {layer.name!r}.")
        return clone

    def sequential(self, model: Sequential, inputs: Tree) -> Sequential:
        """The clone of a `Sequential`."""
        first = [] if model.graph is None else [_entry(model.graph, inputs)]
        return type(model)([*first, *(self.layer(x) for x in model.layers)], name=model.name)

    def functional(self, model: Model, inputs: Tree) -> Model:
        """The clone of a functional model: every call is made again, on new tensors."""
        graph = model.graph
        assert graph is not None
        tensors = _new_inputs(graph) if inputs is None else tree.leaves(inputs)
        if len(tensors) != len(graph.input_tensors):
            raise ValueError(
                f"Model {model.name!r} has {len(graph.input_tensors)} inputs; got {len(tensors)} input_tensors."
            )
        known = {id(x): new for x, new in zip(graph.input_tensors, tensors, strict=True)}
        clones: dict[int, Operation] = {}

        def fill(x: Any) -> Any:
            return known[id(x)] if isinstance(x, SymbolicTensor) else x

        for node in graph.nodes:
            operation = clones.setdefault(id(node.operation), self._operation(node.operation, clones))
            args, kwargs = tree.map(fill, (node.args, node.kwargs))
            outputs = self.call(operation, *args, **kwargs) if self.call else operation(*args, **kwargs)
            known.update((id(x), new) for x, new in zip(tree.leaves(node.outputs), tree.leaves(outputs), strict=True))
        return Model(tree.map(fill, graph.inputs), tree.map(fill, graph.outputs), name=model.name)

    def _operation(self, operation: Operation, clones: dict[int, Operation]) -> Operation:
        if id(operation) in clones:
            return clones[id(operation)]
        if isinstance(operation, OpCall):
            return OpCall(operation.fn, operation.name)
        assert isinstance(operation, Layer)
        return self.layer(operation)


def _entry(graph: Graph, inputs: Tree) -> Layer:
    given = tree.leaves(inputs) if inputs is not None else _new_inputs(graph)
    layer = given[0].node.operation if given[0].node is not None else None
    if len(given) != 1 or not isinstance(layer, InputLayer):
        raise ValueError("A Sequential has one input: give one tensor, made by `Input`, as `input_tensors`.")
    return layer


def _new_inputs(graph: Graph) -> list[Any]:
    return [InputLayer.from_config(graph.entries[id(x)].get_config()).output for x in graph.input_tensors]
