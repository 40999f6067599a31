"""A graph as the config that Keras writes for a functional model, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from kerasish.backend.interface import Tree
from kerasish.core import tree
from kerasish.core.configurable import Configurable, deserialize, is_config, revive, serialize_object
from kerasish.core.registry import CustomObjectScope, did_you_mean
from kerasish.core.symbolic import Node, OpCall, Operation, SymbolicTensor
from kerasish.layers.building import call_signature
from kerasish.layers.core.input_layer import InputLayer
from kerasish.models.graph import Graph
from kerasish.models.op_config import SavedOp, is_op_config, op_call, op_from_config, op_to_config, plain_value
from kerasish.saving.errors import CorruptModelError

FUNCTIONAL = "keras.src.models.functional", "Functional"
"""Keras's name for a model made from `inputs` and `outputs`."""

_TENSOR = "__keras_tensor__"
_GIVEN = "given"
"""An entry of a call, which Keras leaves alone: the arguments that the user gave."""


# Writing -------------------------------------------------------------------------------------------------------------
def graph_to_config(graph: Graph, name: str, trainable: bool) -> dict[str, Any]:
    """The config of a functional model: its operations, and for each of them the calls with their arguments."""
    writer = _Writer(graph)
    return {
        "name": name,
        "trainable": trainable,
        "layers": [writer.operation(x) for x in graph.operations],
        "input_layers": _nested(graph.inputs, writer.source),
        "output_layers": _nested(graph.outputs, writer.output),
    }


class _Writer:
    def __init__(self, graph: Graph) -> None:
        self.entries = graph.entries
        self.calls: dict[int, list[Node]] = {}
        for node in sorted(graph.nodes, key=lambda node: node.number):
            self.calls.setdefault(id(node.operation), []).append(node)
        self.index = {id(node): index for nodes in self.calls.values() for index, node in enumerate(nodes)}

    def operation(self, x: Operation) -> dict[str, Any]:
        """One of the entries of `layers`."""
        nodes = self.calls.get(id(x), []) if not isinstance(x, InputLayer) else []
        if isinstance(x, OpCall):
            config, args, kwargs = op_to_config(x, nodes[0])
            return config | {"inbound_nodes": [{"args": self.value(args), "kwargs": self.value(kwargs)}]}
        calls = [{"args": self.value(node.args), "kwargs": self.value(node.kwargs)} | _mark(node) for node in nodes]
        config = serialize_object(x)  # changed in place: it may be marked as shared later
        config["name"], config["inbound_nodes"] = x.name, calls
        return config

    def value(self, x: Any) -> Any:
        """An argument of a call."""
        if isinstance(x, SymbolicTensor):
            config = {"shape": list(x.shape), "dtype": x.dtype, "keras_history": self.source(x)}
            return {"class_name": _TENSOR, "config": config}
        if isinstance(x, dict):
            return {key: self.value(item) for key, item in x.items()}
        if isinstance(x, list | tuple):
            return [self.value(item) for item in x]
        return plain_value(x)

    def source(self, x: SymbolicTensor) -> list[Any]:
        """`[operation, which of its calls, which of its outputs]`."""
        if id(x) in self.entries:
            return [self.entries[id(x)].name, 0, 0]
        assert x.node is not None
        return [x.node.operation.name, self.index[id(x.node)], x.index]

    def output(self, x: SymbolicTensor) -> list[Any]:
        """The same for an output of the model: there Keras counts a functional model's own graph as its first call."""
        name, call, index = self.source(x)
        if id(x) not in self.entries and x.node is not None and _is_functional(x.node.operation):
            call += 1
        return [name, call, index]


def _mark(node: Node) -> dict[str, Any]:
    """What tells a `training` that the user gave from one that Keras notes by itself."""
    return {_GIVEN: ["training"]} if node.kwargs.get("training") is not None else {}


def _is_functional(x: Operation) -> bool:
    return isinstance(x, Configurable) and x.written_as() == FUNCTIONAL


def _nested(x: Tree, write: Any) -> Any:
    if isinstance(x, dict):
        return {key: _nested(item, write) for key, item in x.items()}
    return [_nested(item, write) for item in x] if isinstance(x, list | tuple) else write(x)


# Reading -------------------------------------------------------------------------------------------------------------
class _Call(NamedTuple):
    operation: Any
    name: str
    number: int
    args: Any
    kwargs: Any
    given: Any


def graph_from_config(
    config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
) -> tuple[Tree, Tree, dict[str, Operation]]:
    """`(inputs, outputs, operations by name)` of a functional model: every call of its config is made again.

    Raises:
        CorruptModelError: names are used twice, calls go in a circle, or a tensor is named that no call makes.
        ValueError: the config names an operation that is not registered.
    """
    reader = _Reader()
    with CustomObjectScope(custom_objects or {}):
        for layer in _list(config.get("layers"), "layers"):
            reader.add(layer)
    reader.make_calls()
    inputs = reader.structure(config.get("input_layers"), at_end=False)
    outputs = reader.structure(config.get("output_layers"), at_end=True)
    return inputs, outputs, reader.operations


class _Reader:
    def __init__(self) -> None:
        self.operations: dict[str, Operation] = {}
        self.calls: list[_Call] = []
        self.made: dict[tuple[str, int], list[Any]] = {}

    def add(self, config: Any) -> None:
        """Make one operation, and note its calls."""
        if not is_config(config):
            raise CorruptModelError("A layer in the config of a functional model has no 'class_name' and 'config'.")
        operation = op_from_config(config) if is_op_config(config) else deserialize(config)
        name = config.get("name") or config["config"].get("name")
        if not isinstance(name, str) or name in self.operations:
            raise CorruptModelError(f"The config of a functional model has the layer name {name!r:.80} twice, or none.")
        if not isinstance(operation, Operation):
            raise CorruptModelError(f"{name!r} is a {type(operation).__name__}, which can't be a layer of a model.")
        self.operations[name] = operation
        if isinstance(operation, InputLayer):
            self.made[name, 0] = [operation.output]
        for number, call in enumerate(_list(config.get("inbound_nodes", []), f"the calls of {name!r}")):
            if not isinstance(call, dict) or not isinstance(call.get("args"), list):
                raise CorruptModelError(
                    f"A call of {name!r} has no 'args' and 'kwargs': the format is older than Keras 3."
                )
            kwargs = call.get("kwargs") or {}
            self.calls.append(_Call(operation, name, number, call["args"], kwargs, call.get(_GIVEN)))

    def make_calls(self) -> None:
        """Make every call, when what it depends on has been made."""
        waiting: dict[tuple[str, int], list[_Call]] = {}
        missing: dict[tuple[str, int], int] = {}
        ready: list[_Call] = []
        for call in self.calls:
            needed = _sources((call.args, call.kwargs)) | ({(call.name, call.number - 1)} if call.number else set())
            needed -= self.made.keys()
            missing[call.name, call.number] = len(needed)
            for source in needed:
                waiting.setdefault(source, []).append(call)
            if not needed:
                ready.append(call)
        while ready:
            call = ready.pop()
            self._make(call)
            for other in waiting.pop((call.name, call.number), []):
                missing[other.name, other.number] -= 1
                if not missing[other.name, other.number]:
                    ready.append(other)
        if waiting:
            names = sorted({call.name for calls in waiting.values() for call in calls})
            raise CorruptModelError(
                f"The calls of a functional model go in a cycle, or need what nothing makes, at layer {names[0]!r}."
            )

    def _make(self, call: _Call) -> None:
        args, kwargs = self.value(call.args), self.value(call.kwargs)
        if isinstance(call.operation, SavedOp):
            outputs = op_call(call.operation, args, kwargs)
        else:
            outputs = call.operation(*args, **_given(kwargs, call))
        self.made[call.name, call.number] = tree.leaves(outputs)

    def value(self, x: Any) -> Any:
        """An argument of a call."""
        if isinstance(x, list):
            return [self.value(item) for item in x]
        if not isinstance(x, dict):
            return x
        if x.get("class_name") == _TENSOR:
            return self.tensor(_history(x))
        return revive(x) if is_config(x) else {key: self.value(item) for key, item in x.items()}

    def tensor(self, source: Any) -> SymbolicTensor:
        """The tensor that `[operation, call, output]` names."""
        name, call, index = _triple(source)
        found = self.made.get((name, call), [])
        if index >= len(found):
            raise CorruptModelError(
                f"The config names output {index} of call {call} of {name!r}, which there isn't."
                + ("" if name in self.operations else did_you_mean(name, self.operations))
            )
        return found[index]

    def structure(self, x: Any, at_end: bool) -> Tree:
        """The inputs or outputs, in the structure that the config has them in."""
        if isinstance(x, dict):
            return {key: self.structure(item, at_end) for key, item in x.items()}
        if not isinstance(x, list) or not x:
            raise CorruptModelError(f"A functional model has no inputs or no outputs: its config says {x!r:.80}.")
        if not isinstance(x[0], str):
            return [self.structure(item, at_end) for item in x]
        name, call, index = _triple(x)
        if at_end and name in self.operations and _is_functional(self.operations[name]):
            call = max(call - 1, 0)
        return self.tensor([name, call, index])


def _given(kwargs: dict[str, Any], call: _Call) -> dict[str, Any]:
    """What the user gave: Keras always notes a `training`, the layer's default, where the call of the model decides."""
    default = call_signature(type(call.operation)).defaults.get("training") is True
    noted = call.given != ["training"] and bool(kwargs.get("training")) == default
    return {key: value for key, value in kwargs.items() if value is not None and not (noted and key == "training")}


def _list(x: Any, what: str) -> list[Any]:
    if not isinstance(x, list):
        raise CorruptModelError(f"The config of a functional model must have a list as {what}; got {x!r:.80}.")
    return x


def _history(tensor: dict[str, Any]) -> Any:
    inner = tensor.get("config")
    return inner.get("keras_history") if isinstance(inner, dict) else None


def _triple(x: Any) -> tuple[str, int, int]:
    fits = isinstance(x, list) and len(x) == 3 and isinstance(x[0], str)
    if not fits or not all(isinstance(i, int) and i >= 0 for i in x[1:]):
        raise CorruptModelError(f"A tensor is named by [operation, call, output]; got {x!r:.80}.")
    return x[0], x[1], x[2]


def _sources(x: Any) -> set[tuple[str, int]]:
    """The calls whose outputs are among the arguments."""
    if isinstance(x, dict):
        if x.get("class_name") == _TENSOR:
            name, call, _ = _triple(_history(x))
            return {(name, call)}
        return set().union(*(_sources(item) for item in x.values()))
    return set().union(*(_sources(item) for item in x)) if isinstance(x, list | tuple) else set()
