"""The state of a model as nested dicts, under the paths of its variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kerasish.backend import engine
from kerasish.core.variable import Variable

StateTree = dict[str, Any]
FORMATS: dict[str, Callable[[Variable], Any]] = {
    "backend_tensor": lambda variable: engine.own(variable._value, variable.dtype),
    "numpy_array": Variable.numpy,
}


def sections_of(model: Any) -> dict[str, list[Variable]]:
    """The variables of a model, by Keras's names of the kinds."""
    optimizer = [] if model.optimizer is None else list(model.optimizer.variables)
    metrics = list(model.metrics_variables)
    known = set(map(id, metrics))
    return {
        "trainable_variables": list(model.trainable_variables),
        "non_trainable_variables": [v for v in model.non_trainable_variables if id(v) not in known],
        "optimizer_variables": optimizer,
        "metrics_variables": metrics,
    }


def nested(variables: list[Variable], value: Callable[[Variable], Any]) -> StateTree:
    """`{"a": {"b": value}}` for a variable of the path `a/b`.

    Raises:
        ValueError: two variables have one path.
    """
    found: StateTree = {}
    for variable in variables:
        *folders, name = variable.path.split("/")
        place = found
        for folder in folders:
            place = place.setdefault(folder, {})
        if name in place:
            raise ValueError(
                f"Two variables have the path {variable.path!r}, so the state can't be a tree of paths: give layers "
                "and metrics names of their own."
            )
        place[name] = value(variable)
    return found


def paths(state: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """`(path, value)` for each leaf of nested dicts."""
    for name, value in state.items():
        if isinstance(value, Mapping):
            yield from paths(value, f"{before}{name}/")
        else:
            yield f"{before}{name}", value
