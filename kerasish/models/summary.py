"""The table that `model.summary()` prints."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from kerasish.core import tree
from kerasish.core.dtypes import standardize_dtype
from kerasish.core.symbolic import Node, OpCall, Operation
from kerasish.core.variable import Variable
from kerasish.layers.layer import Layer
from kerasish.models.costs import Costs, readable_bytes

BITS = re.compile(r"\d+")


def print_summary(
    model: Any,
    line_length: int | None = None,
    positions: list[float] | None = None,
    print_fn: Callable[..., Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: list[str] | tuple[str, str] | None = None,
    costs: Costs | None = None,
) -> None:
    """Print a table of the layers of `model`.

    Args:
        model: A model.
        line_length: Characters of a line; by default as wide as the terminal.
        positions: Where the columns end, as fractions of the line.
        print_fn: Called with the text, instead of `print`.
        expand_nested: Whether to list the layers of models inside the model.
        show_trainable: Whether to say which layers are trainable.
        layer_range: Names, or regular expressions, of the first and the last layer to list.
        costs: What a batch costs; None: that is not shown.
    """
    text = summary_text(model, line_length, positions, expand_nested, show_trainable, layer_range, costs)
    (print_fn or print)(text)


def summary_text(
    model: Any,
    line_length: int | None,
    positions: list[float] | None,
    expand_nested: bool,
    show_trainable: bool,
    layer_range: list[str] | tuple[str, str] | None,
    costs: Costs | None = None,
) -> str:
    """The table as text."""
    from rich.console import Console  # here: it takes longer to import than the rest of this package together
    from rich.table import Table
    from rich.text import Text

    connected = model.graph is not None and not _is_chain(model)
    columns = ["Layer (type)", "Output Shape", "Param #"]
    columns += ["Connected to"] if connected else []
    columns += ["Trainable"] if show_trainable else []
    columns += ["FLOPs"] if costs is not None else []
    width = line_length or (96 if connected else 80)
    table = Table(width=width, show_lines=False)
    for index, column in enumerate(columns):
        share = None if positions is None else _share(positions, index, width)
        table.add_column(
            column, justify="right" if column in ("Param #", "FLOPs") else "left", overflow="fold", width=share
        )
    for depth, operation in _rows(model, expand_nested, layer_range):
        cells = [f"{'  ' * depth}{operation.name} ({kind(operation)})", output_shape(operation), params(operation)]
        cells += [connections(operation, model)] if connected else []
        cells += [_trainable(operation)] if show_trainable else []
        cells += [_flops(costs.of(operation))] if costs is not None else []
        table.add_row(*(Text(cell) for cell in cells))
    console = Console(width=width, force_terminal=False, force_jupyter=False, color_system=None)
    with console.capture() as capture:
        console.print(Text(f'Model: "{model.name}"'))
        console.print(table)
    return capture.get() + "\n".join([*_totals(model), *(costs.lines() if costs is not None else ())]) + "\n"


def _share(positions: list[float], index: int, width: int) -> int | None:
    start = 0 if index == 0 else positions[index - 1]
    return max(int((positions[index] - start) * width) - 3, 4) if index < len(positions) else None


def _is_chain(model: Any) -> bool:
    """Whether every operation has one input, the one before it: then connections say nothing."""
    return all(len(node.inputs) <= 1 for node in model.graph.nodes) and len(model.graph.nodes) == len(
        model.graph.operations
    ) - len(model.graph.input_tensors)


def _rows(model: Any, expand: bool, layer_range: Any) -> list[tuple[int, Operation]]:
    operations = model.operations
    if layer_range is not None:
        first, last = (_find(operations, pattern) for pattern in layer_range)
        operations = operations[first : last + 1]
    found: list[tuple[int, Operation]] = []
    for operation in operations:
        found.append((0, operation))
        inside = _inside(operation) if expand else None
        if inside is not None:
            found.extend((depth + 1, x) for depth, x in _rows(inside, True, None))
    return found


def _inside(operation: Operation) -> Any:
    return operation if isinstance(operation, Layer) and operation.graph_operations() else None


def _find(operations: list[Operation], pattern: str) -> int:
    for index, operation in enumerate(operations):
        if re.fullmatch(pattern, operation.name):
            return index
    raise ValueError(f"layer_range names {pattern!r}; no layer has that name.")


def kind(operation: Operation) -> str:
    """The class of a layer, or of an op as Keras names it."""
    if isinstance(operation, OpCall):
        return "".join(word.capitalize() for word in operation.fn.__name__.split("_"))
    return "Functional" if type(operation).__name__ == "Model" else type(operation).__name__


def output_shape(operation: Operation) -> str:
    """The shape of the output of the first recorded call; `?` if there is none."""
    if not operation.nodes:
        return "?"
    shapes = [str(x.shape) for x in tree.leaves(operation.nodes[0].outputs)]
    return ", ".join(shapes)


def params(operation: Operation) -> str:
    """How many numbers the weights hold."""
    if not isinstance(operation, Layer):
        return "0"
    return f"{sum(v.size for v in operation.weights):,}" if operation.built else "0 (unbuilt)"


def connections(operation: Operation, model: Any) -> str:
    """Where the inputs come from: `name[number of the call][number of the output]`."""
    nodes = [node for node in model.graph.nodes if node.operation is operation]
    sources = [source for node in nodes for source in _sources(node, model)]
    return ", ".join(sources) or "-"


def _sources(node: Node, model: Any) -> list[str]:
    found = []
    for x in node.inputs:
        entry = model.graph.entries.get(id(x))
        if entry is not None:
            found.append(f"{entry.name}[0][0]")
        elif x.node is not None:
            found.append(f"{x.node.operation.name}[{x.node.number}][{x.index}]")
    return found


def _trainable(operation: Operation) -> str:
    if not isinstance(operation, Layer) or not operation.weights:
        return "-"
    return "Y" if operation.trainable else "N"


def _flops(count: int | None) -> str:
    return "?" if count is None else f"{count:,}"


def _totals(model: Any) -> list[str]:
    trainable, fixed = model.trainable_weights, model.non_trainable_weights
    optimizer = [] if model.optimizer is None else list(model.optimizer.variables)
    lines = [
        ("Total params", [*trainable, *fixed, *optimizer]),
        ("Trainable params", trainable),
        ("Non-trainable params", fixed),
    ]
    lines += [("Optimizer params", optimizer)] if optimizer else []
    return [f" {title}: {sum(v.size for v in found):,} ({readable_size(found)})" for title, found in lines]


def readable_size(variables: list[Variable]) -> str:
    """The memory of the variables, as in `1.50 MB`."""
    return readable_bytes(sum(v.size * _bytes(v) for v in variables))


def _bytes(variable: Variable) -> float:
    digits = BITS.search(standardize_dtype(variable.dtype))
    return int(digits.group()) / 8 if digits else 1
