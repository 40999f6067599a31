"""`Graph`: the recorded calls that lead from inputs to outputs, and their repetition on real arrays."""

from __future__ import annotations

import functools
from typing import Any

from kerasish.backend.interface import Tree
from kerasish.core import tree
from kerasish.core.symbolic import Node, Operation, SymbolicTensor
from kerasish.layers.core.input_layer import InputLayer
from kerasish.models.host import HostPart, Prepared, Table, host_part


class Graph:
    """The recorded calls that lead from `inputs` to `outputs`.

    Args:
        inputs: A symbolic tensor, or a tree of them.
        outputs: Likewise.

    Raises:
        ValueError: an output does not depend on the inputs alone, or two operations have one name.
    """

    def __init__(self, inputs: Tree, outputs: Tree) -> None:
        self.inputs = _as_trees(inputs)
        self.outputs = _as_trees(outputs)
        self.input_tensors: list[SymbolicTensor] = _symbolic_leaves(self.inputs, "inputs")
        self.output_tensors: list[SymbolicTensor] = _symbolic_leaves(self.outputs, "outputs")
        self.entries = {id(x): _input_layer(x) for x in self.input_tensors}
        found = _visit(self.output_tensors, self.entries)
        self.nodes = [node for node in found if isinstance(node, Node)]
        self.operations = _by_depth(found, self.output_tensors, self.entries)
        _check_names(self.operations)

    def __getstate__(self) -> dict[str, Any]:
        own = {name: value for name, value in vars(self).items() if name != "host"}
        return own | {"entries": [(x, self.entries[id(x)]) for x in self.input_tensors]}

    def __setstate__(self, state: dict[str, Any]) -> None:  # a copy has tensors of its own, with an `id` of their own
        vars(self).update(state)
        self.entries = {id(x): layer for x, layer in state["entries"]}

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs, in the order of `input_tensors`."""
        return [self.entries[id(x)].name for x in self.input_tensors]

    @property
    def output_names(self) -> list[str]:
        """For each output, the name of the operation that it comes from."""
        return [
            self.entries[id(x)].name if id(x) in self.entries else x.node.operation.name  # pyright: ignore
            for x in self.output_tensors
        ]

    @functools.cached_property
    def host(self) -> HostPart | None:
        """What the host computes before the compiled step; None if there are no strings."""
        return host_part(self.nodes, self.input_tensors, self.output_tensors)

    def finish(self, prepared: Prepared) -> Tree:
        """Make the calls that follow on those of the host."""
        assert self.host is not None
        return self._filled(self.returned, self.host.finish(prepared))

    def run(self, values: list[Any]) -> Tree:
        """Make every call again, on `values` in the place of `input_tensors`."""
        known = {id(x): value for x, value in zip(self.input_tensors, values, strict=True)}
        for node in self.nodes:
            args, kwargs = self._filled((node.args, node.kwargs), known)
            results = tree.leaves(node.operation(*args, **kwargs))
            known.update((id(x), result) for x, result in zip(tree.leaves(node.outputs), results, strict=True))
        return self._filled(self.returned, known)

    @staticmethod
    def _filled(x: Tree, known: Table) -> Any:
        return tree.map(lambda leaf: known[id(leaf)] if isinstance(leaf, SymbolicTensor) else leaf, x)

    @property
    def returned(self) -> Tree:
        """What a call returns: `outputs`; the output itself if it is the only one of a list, as in Keras."""
        found = self.outputs
        while isinstance(found, list | tuple) and len(found) == 1:
            found = found[0]
        return found


def _as_trees(x: Any) -> Any:
    return [x] if isinstance(x, list | tuple) and len(x) == 0 else x


def _symbolic_leaves(structure: Tree, what: str) -> list[SymbolicTensor]:
    found = tree.leaves(structure)
    for x in found:
        if not isinstance(x, SymbolicTensor):
            raise ValueError(
                f"The {what} of a model must be symbolic tensors, such as kerasish.Input(shape=(784,)) gives, and what "
                f"layers make of them; got {x!r:.80}."
            )
    return found


def _input_layer(x: SymbolicTensor) -> InputLayer:
    """The layer where `x` enters: its own, or a new one for a tensor in the middle of another model."""
    if x.node is not None and isinstance(x.node.operation, InputLayer):
        return x.node.operation
    return InputLayer(batch_shape=x.shape, dtype=x.dtype)


def _check_names(operations: list[Operation]) -> None:
    seen: set[str] = set()
    for operation in operations:
        if operation.name in seen:
            raise ValueError(
                f"Two layers of the model are named {operation.name!r}: give each a name of its own, which files need."
            )
        seen.add(operation.name)


def _visit(outputs: list[SymbolicTensor], entries: dict[int, InputLayer]) -> list[Node | InputLayer]:
    """Nodes and entries, each after those that it depends on. Without recursion: graphs can be deep."""
    order: dict[int, Node | InputLayer] = {}
    open_nodes: set[int] = set()
    stack: list[tuple[SymbolicTensor, bool]] = [(x, False) for x in reversed(outputs)]
    while stack:
        x, finished = stack.pop()
        if id(x) in entries:
            order.setdefault(id(entries[id(x)]), entries[id(x)])
            continue
        node = x.node
        if node is None or isinstance(node.operation, InputLayer):
            raise ValueError(_disconnected(x, entries))
        if finished:
            order.setdefault(id(node), node)
        elif id(node) not in order and id(node) not in open_nodes:
            open_nodes.add(id(node))
            stack.append((x, True))
            stack.extend((parent, False) for parent in reversed(node.inputs))
    return list(order.values())


def _disconnected(x: SymbolicTensor, entries: dict[int, InputLayer]) -> str:
    given = ", ".join(repr(layer.name) for layer in entries.values())
    missing = x.node.operation.name if x.node is not None else x.name
    return (
        f"The outputs depend on the input {missing!r}, which is not among the model's inputs ({given}). "
        f"Add it: Model(inputs=[…, {missing}], outputs=…)."
    )


def _by_depth(
    found: list[Node | InputLayer], outputs: list[SymbolicTensor], entries: dict[int, InputLayer]
) -> list[Operation]:
    """The operations in Keras's order: the farthest from the outputs first; as visited, where the distance is equal.

    The order decides that of the weights, and so the layout of files.
    """
    depth = {id(item): 0 for item in found}
    of_operation: dict[int, int] = {}

    def source(x: SymbolicTensor) -> int:
        return id(entries[id(x)]) if id(x) in entries else id(x.node)

    for item in reversed(found):
        operation = item.operation if isinstance(item, Node) else item
        level = max(depth[id(item)], of_operation.get(id(operation), 0))
        of_operation[id(operation)] = level
        for x in item.inputs if isinstance(item, Node) else []:
            depth[source(x)] = max(depth[source(x)], level + 1)
    operations = dict.fromkeys(item.operation if isinstance(item, Node) else item for item in found)
    unused = [layer for layer in entries.values() if layer not in operations]
    return sorted([*operations, *unused], key=lambda operation: -of_operation.get(id(operation), 0))
