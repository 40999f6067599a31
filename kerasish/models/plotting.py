"""Pictures of models: as DOT for graphviz, as Mermaid text, or through graphviz as PNG, PDF and SVG."""

from __future__ import annotations

import html
import importlib
import os
import warnings
from collections.abc import Collection, Iterator, Mapping
from os import PathLike
from typing import Any, NamedTuple, TypedDict

from kerasish.backend.extras import import_extra
from kerasish.core import tree
from kerasish.core.symbolic import Operation
from kerasish.layers.layer import Layer
from kerasish.models.summary import kind


class PlotOptions(TypedDict, total=False):
    """Arguments that all pictures of models take; `model_to_dot` says what they mean."""

    show_shapes: bool
    show_dtype: bool
    show_layer_names: bool
    rankdir: str
    expand_nested: bool
    dpi: int
    show_layer_activations: bool
    show_trainable: bool
    splines: str


class Box(NamedTuple):
    """One layer or op of a picture."""

    key: str
    lines: list[str]
    sources: list[str]
    inside: list[Box]


def model_to_mermaid(
    model: Any,
    show_shapes: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
) -> str:
    """The model as Mermaid text, which Markdown viewers and notebooks draw; nothing needs to be installed.

    Args:
        model: A functional or Sequential model; of a subclassed one, its layers without connections.
        show_shapes: Whether boxes say the shapes of outputs.
        show_layer_names: Whether boxes say the names of layers.
        rankdir: `"TB"` or `"LR"`: from top to bottom, or from left to right.
        expand_nested: Whether the layers of models inside are drawn.
    """
    lines = [f"flowchart {_direction(rankdir)}"]

    def draw(boxes: list[Box], depth: int) -> None:
        for box in boxes:
            text = "<br/>".join(html.escape(line) for line in box.lines)
            if box.inside:
                lines.append(f'{"  " * depth}subgraph {box.key}["{text}"]')
                draw(box.inside, depth + 1)
                lines.append(f"{'  ' * depth}end")
            else:
                lines.append(f'{"  " * depth}{box.key}["{text}"]')
            lines.extend(f"{'  ' * depth}{source} --> {box.key}" for source in box.sources)

    options = {"show_shapes": show_shapes, "show_layer_names": show_layer_names, "expand_nested": expand_nested}
    draw(boxes_of(model, options), 1)
    return "\n".join(lines) + "\n"


def dot_text(model: Any, rankdir: str = "TB", dpi: int | None = 200, splines: str = "ortho", **shown: bool) -> str:
    """The model in graphviz's language; `shown` are arguments of `model_to_dot`."""
    lines = [f"digraph {_quoted(model.name)} {{", f"  rankdir={_direction(rankdir)};", f"  splines={_quoted(splines)};"]
    lines += [f"  dpi={dpi};"] if dpi else []
    lines += ['  node [shape=box, fontname="Helvetica"];']

    def draw(boxes: list[Box], depth: int) -> None:
        space = "  " * depth
        by_key = {box.key: box for box in boxes}
        for box in boxes:
            label = "\\n".join(_escaped(line) for line in box.lines)
            if box.inside:
                lines.append(f'{space}subgraph cluster_{box.key} {{ label="{label}";')
                draw(box.inside, depth + 1)
                lines.append(f"{space}}}")
            else:
                lines.append(f'{space}{box.key} [label="{label}"];')
            lines.extend(
                f"{space}{last_inside(by_key[source]).key} -> {first_inside(box).key};" for source in box.sources
            )

    draw(boxes_of(model, shown), 1)
    return "\n".join(lines) + "\n}\n"


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """The model as a graph of the package `pydot`.

    Args:
        model: A functional or Sequential model; of a subclassed one, its layers without connections.
        show_shapes: Whether boxes say the shapes of outputs.
        show_dtype: Whether boxes say the dtypes of layers.
        show_layer_names: Whether boxes say the names of layers.
        rankdir: `"TB"` or `"LR"`: from top to bottom, or from left to right.
        expand_nested: Whether the layers of models inside are drawn.
        dpi: Dots per inch.
        subgraph: Accepted, as in Keras; the graph is whole.
        show_layer_activations: Whether boxes say the activations.
        show_trainable: Whether boxes say which layers are trainable.
        splines: How graphviz draws the lines.

    Raises:
        ImportError: `pydot` is not installed; `model_to_mermaid` and `plot_model("model.dot")` need nothing.
        ValueError: the model has not been built.
    """
    refuse(kwargs)
    del subgraph
    text = dot_text(
        model,
        rankdir,
        dpi,
        splines,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        expand_nested=expand_nested,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
    )
    return _pydot().graph_from_dot_data(text)[0]


def plot_model(
    model: Any,
    to_file: str | PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """Draw the model in a file.

    The ending says how: `.dot` (graphviz's language) and `.mmd` or `.md` (Mermaid) need nothing; pictures need the
    package `pydot` and the program `graphviz`. Where those are missing, Mermaid text is written beside, with a warning.

    Args:
        to_file: The file.
        **kwargs: None; the other arguments are those of `model_to_dot`.

    Returns:
        In a notebook, the picture; otherwise None.
    """
    refuse(kwargs)
    path = os.fspath(to_file)
    ending = os.path.splitext(path)[1][1:].lower()
    if ending in ("mmd", "md"):
        _write(path, model_to_mermaid(model, show_shapes, show_layer_names, rankdir, expand_nested))
        return None
    text = dot_text(
        model,
        rankdir,
        dpi,
        splines,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        expand_nested=expand_nested,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
    )
    if ending == "dot":
        _write(path, text)
        return None
    try:
        _pydot().graph_from_dot_data(text)[0].write(path, format=ending or "png")
    except (ImportError, OSError) as error:
        beside = f"{os.path.splitext(path)[0]}.mmd"
        warnings.warn(f"No picture could be drawn ({error}); wrote Mermaid text to {beside} instead.", stacklevel=2)
        _write(beside, model_to_mermaid(model, show_shapes, show_layer_names, rankdir, expand_nested))
        return None
    return _display(path, ending)


# Parts ---------------------------------------------------------------------------------------------------------------
def boxes_of(model: Any, options: dict[str, bool], prefix: str = "n") -> list[Box]:
    """A box for each layer and op of a model, in order; `options` are the `show_…` arguments of `model_to_dot`."""
    if not model.built:
        raise ValueError(
            f"Model {model.name!r} has not been built, so it can't be drawn: call it on some data first, or begin it "
            "with an Input."
        )
    operations = list(model.operations)
    keys = {id(operation): f"{prefix}{number}" for number, operation in enumerate(operations)}
    sources = {id(operation): [] for operation in operations}
    graph = model.graph
    for node in graph.nodes if graph is not None else ():
        for x in node.inputs:
            maker = x.node.operation if x.node is not None else graph.entries[id(x)]  # pyright: ignore[reportOptionalMemberAccess]
            if id(maker) in keys and keys[id(maker)] not in sources[id(node.operation)]:
                sources[id(node.operation)].append(keys[id(maker)])
    found = []
    for operation in operations:
        key = keys[id(operation)]
        inner = options.get("expand_nested") and isinstance(operation, Layer) and operation.graph_operations()
        inside = boxes_of(operation, options, f"{key}_") if inner else []
        found.append(Box(key, list(_lines(operation, options)), sources[id(operation)], inside))
    return found


def _lines(operation: Operation, options: dict[str, bool]) -> Iterator[str]:
    yield f"{operation.name} ({kind(operation)})" if options.get("show_layer_names") else kind(operation)
    if options.get("show_layer_activations") and isinstance(operation, Layer):
        activation = vars(operation).get("activation")
        if activation is not None:
            yield f"activation: {activation.__name__}"
    if options.get("show_dtype") and isinstance(operation, Layer):
        yield f"dtype: {operation.dtype_policy.name}"
    if options.get("show_shapes"):
        shapes = [str(x.shape) for node in operation.nodes[:1] for x in tree.leaves(node.outputs)]
        yield f"output shape: {', '.join(shapes)}" if shapes else "output shape: ?"
    if options.get("show_trainable") and isinstance(operation, Layer) and operation.weights:
        yield "trainable" if operation.trainable else "not trainable"


def first_inside(box: Box) -> Box:
    """The box itself, or the first one of those inside it."""
    return first_inside(box.inside[0]) if box.inside else box


def last_inside(box: Box) -> Box:
    """The box itself, or the last one of those inside it."""
    return last_inside(box.inside[-1]) if box.inside else box


def _direction(rankdir: str) -> str:
    if rankdir not in ("TB", "LR"):
        raise ValueError(f"rankdir must be 'TB' or 'LR'; got {rankdir!r}.")
    return rankdir


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def refuse(options: Mapping[str, Any], known: Collection[str] = ()) -> None:
    """Raise if there are other options than the known ones."""
    unknown = {name for name in options if name not in known}
    unknown -= {"layer_range"} if options.get("layer_range") is None else set()  # of Keras 2; Keras takes the default
    if unknown:
        raise TypeError(f"A picture of a model got arguments that it doesn't know: {', '.join(sorted(unknown))}.")


def _pydot() -> Any:
    return import_extra("pydot", "A picture by graphviz (the ending .svg or .mmd needs nothing)")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _display(path: str, ending: str) -> Any:
    try:
        display = importlib.import_module("IPython.display")
    except ImportError:
        return None
    return display.SVG(filename=path) if ending == "svg" else display.Image(filename=path) if ending == "png" else None
