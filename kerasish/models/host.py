"""The part of a graph that the host computes, because strings are in it, and the rest, which is compiled.

`prepare` makes the calls that take or give strings, with NumPy, and keeps what the rest needs: numbers only. `finish`
makes the other calls, from there on; it is what the compiled step runs. Models inside models are split likewise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Tree
from kerasish.core import tree
from kerasish.core.strings import is_symbolic_strings
from kerasish.core.symbolic import Node, SymbolicTensor
from kerasish.layers.layer import Layer

Table = dict[int, Any]
"""What is known: values of symbolic tensors by `id`, and of split calls by the `id` of their node."""


class Prepared(NamedTuple):
    """Inputs of a model after the host's part: what the compiled part goes on from, in an order known to the model."""

    values: list[Any]


def host_part(nodes: list[Node], inputs: list[SymbolicTensor], outputs: list[SymbolicTensor]) -> HostPart | None:
    """How the calls `nodes` are split; None if no string is among them."""
    if not any(is_symbolic_strings(x) for x in inputs) and not any(map(_is_on_host, nodes)):
        return None
    return HostPart(nodes, inputs, outputs)


def _is_on_host(node: Node) -> bool:
    # Symbolic strings only: a text among the arguments of an op, as in `interpolation="bicubic"`, is an option.
    if any(map(is_symbolic_strings, (*node.inputs, *tree.leaves(node.outputs)))):
        return True
    layer = node.operation
    return isinstance(layer, Layer) and layer.takes_strings and layer.runs_on_host(node.args, node.kwargs)


class HostPart:
    """The calls of a graph, split.

    Args:
        nodes: All calls, each after those that it depends on.
        inputs: The graph's.
        outputs: The graph's.
    """

    def __init__(self, nodes: list[Node], inputs: list[SymbolicTensor], outputs: list[SymbolicTensor]) -> None:
        self.inputs = inputs
        self.first: list[Node] = []
        self.rest: list[Node] = []
        self.split: list[Node] = []
        """Calls of models that are split themselves."""
        known = {id(x) for x in inputs}
        for node in nodes:
            if _is_on_host(node) and all(id(x) in known for x in node.inputs):
                self._add(node, known)
            else:
                self.rest.append(node)
        wanted = {id(x): x for node in self.rest for x in node.inputs if node not in self.split}
        wanted |= {id(x): x for x in outputs}
        self.carried = [x for key, x in wanted.items() if key in known]
        self.late = [node for node in self.rest if _is_on_host(node) and node not in self.split]

    def _add(self, node: Node, known: set[int]) -> None:
        if isinstance(node.operation, Layer) and node.operation.splits_on_host():
            self.split.append(node)
            self.rest.append(node)
        else:
            self.first.append(node)
            known.update(id(x) for x in tree.leaves(node.outputs))

    @property
    def is_whole(self) -> bool:
        """Whether the host computes everything."""
        return not self.rest

    def by_row(self) -> bool:
        """Whether the sizes of what `prepare` returns don't depend on what the strings are."""
        fixed = all(None not in x.shape[1:] for x in self.carried)
        inner = all(node.operation.prepares_by_row() for node in self.split)  # pyright: ignore
        return fixed and inner and not any(node.operation.mixes_samples for node in self.first)  # pyright: ignore

    def prepare(self, values: list[Any]) -> Prepared:
        """The host's calls, on real arrays.

        Raises:
            ValueError: strings are made of what the compiled part computes, so they can't be made before it.
        """
        if self.late:
            raise ValueError(
                f"{', '.join(repr(node.operation.name) for node in self.late[:3])} makes strings from what the "
                "compiled part of the model computes. Take it out of the model, and apply it to what `predict` returns."
            )
        table = self._table(values)
        for node in self.first:
            _call(node, table, node.operation.run_on_host)  # pyright: ignore[reportAttributeAccessIssue]
        for node in self.split:
            args, kwargs = _filled(node, table)
            table[id(node)] = node.operation.prepare_on_host(*args, **kwargs)  # pyright: ignore
        return self._prepared(table)

    def shapes(self, values: list[Any]) -> Prepared:
        """What `prepare` would return for symbolic tensors."""
        table = self._table(values)
        for node in self.first:
            _call(node, table, node.operation.host_spec)  # pyright: ignore[reportAttributeAccessIssue]
        for node in self.split:
            args, kwargs = _filled(node, table)
            table[id(node)] = node.operation.prepared_shapes(*args, **kwargs)  # pyright: ignore
        return self._prepared(table)

    def finish(self, prepared: Prepared) -> Table:
        """The other calls; returns what is known then."""
        keys = [*map(id, self.carried), *map(id, self.split)]
        table: Table = dict(zip(keys, prepared.values, strict=True))
        for node in self.rest:
            if id(node) in table:
                kwargs = {name: value for name, value in node.kwargs.items() if name in ("training", "mask")}
                _keep(node, node.operation(table[id(node)], **kwargs), table)
            else:
                _call(node, table, node.operation)
        return table

    def _table(self, values: list[Any]) -> Table:
        return {id(x): value for x, value in zip(self.inputs, values, strict=True)}

    def _prepared(self, table: Table) -> Prepared:
        return Prepared([_plain(table[id(x)]) for x in (*self.carried, *self.split)])


def _plain(x: Any) -> Any:
    return engine.to_numpy(x) if engine.is_array(x) and not isinstance(x, np.ndarray) else x


def _filled(node: Node, table: Table) -> Any:
    return tree.map(lambda x: table[id(x)] if isinstance(x, SymbolicTensor) else x, (node.args, node.kwargs))


def _call(node: Node, table: Table, fn: Callable[..., Tree]) -> None:
    args, kwargs = _filled(node, table)
    _keep(node, fn(*args, **kwargs), table)


def _keep(node: Node, results: Tree, table: Table) -> None:
    pairs = zip(tree.leaves(node.outputs), tree.leaves(results), strict=True)
    table.update((id(x), result) for x, result in pairs)
