"""What the user calls a functional model with, put in the order of its inputs, and checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish.backend import engine
from kerasish.core import tree
from kerasish.core.dtypes import standardize_dtype
from kerasish.core.operators import Operators
from kerasish.core.strings import STRING, to_strings
from kerasish.core.symbolic import SymbolicTensor
from kerasish.models.graph import Graph


def arrange(graph: Graph, given: Any, model: str, on_device: bool = True) -> list[Any]:
    """The leaves of `given`, one for each of the graph's inputs, of the right rank and dtype.

    Args:
        graph: The model's.
        given: What it is called with.
        model: Its name, for errors.
        on_device: Whether NumPy arrays become the backend's.

    Raises:
        ValueError: names, number or shapes don't fit; the error says which input it is.
    """
    leaves = _ordered(graph, given, model)
    return [
        None
        if x is None and graph.entries[id(t)].optional
        else _fitted(x, t, graph.entries[id(t)].name, model, on_device)
        for x, t in zip(leaves, graph.input_tensors, strict=True)
    ]


def _ordered(graph: Graph, given: Any, model: str) -> list[Any]:
    names = graph.input_names
    given = strings_as_arrays(given)
    if isinstance(given, dict):
        keys = _keys(graph, names)
        missing = [key for key in keys if key not in given]
        if missing:
            raise ValueError(
                f"Model {model!r} takes the inputs {sorted(keys)}; got {sorted(map(str, given))}: "
                f"{', '.join(map(repr, missing))} is missing."
            )
        if isinstance(graph.inputs, dict):
            return [leaf for key in sorted(graph.inputs) for leaf in tree.leaves(given[key])]
        return [given[key] for key in keys]
    leaves = [given] if not tree.is_nested(given) else tree.leaves(given)
    if len(leaves) != len(names):
        raise ValueError(f"Model {model!r} takes {len(names)} inputs, {names}; got {len(leaves)}.")
    return leaves


def _keys(graph: Graph, names: list[str]) -> list[str]:
    return list(graph.inputs) if isinstance(graph.inputs, dict) else names


def strings_as_arrays(x: Any) -> Any:
    """`x`, where a list of strings is an array."""
    if isinstance(x, dict):
        return {key: strings_as_arrays(value) for key, value in x.items()}
    if isinstance(x, str | bytes):
        return np.array(x, object)
    if isinstance(x, list | tuple) and x:
        first = x[0]
        while isinstance(first, list | tuple) and first:
            first = first[0]
        return to_strings(x) if isinstance(first, str | bytes) else x
    return x


def holds_strings(x: Any) -> bool:
    """Whether arrays of strings are in `x`; generators and other sources of batches are not looked at."""
    leaves = tree.leaves(strings_as_arrays(x)) if isinstance(x, dict | list | tuple | np.ndarray) else []
    return any(isinstance(leaf, np.ndarray) and leaf.dtype.kind in "OUST" for leaf in leaves)


def _fitted(x: Any, expected: SymbolicTensor, name: str, model: str, on_device: bool) -> Any:
    if expected.dtype == STRING and not isinstance(x, SymbolicTensor):
        x = to_strings(x, f"Input {name!r} of model {model!r}")
    if not (engine.is_array(x) or isinstance(x, Operators)):
        x = np.asarray(x)
    x = _same_rank(x, expected.shape)
    shape = tuple(x.shape)
    fits = len(shape) == len(expected.shape) and all(
        want is None or have is None or want == have for want, have in zip(expected.shape, shape, strict=True)
    )
    if not fits:
        raise ValueError(
            f"Model {model!r} expects shape {_shown(expected.shape)} for input {name!r}; got {_shown(shape)}."
            + _hint(shape, expected.shape)
        )
    return _cast(x, expected.dtype, on_device)


def _same_rank(x: Any, expected: tuple[int | None, ...]) -> Any:
    """Keras's tolerance: an axis of size 1 may be missing, or be too many, at the end."""
    shape = tuple(x.shape)
    if len(shape) == len(expected) + 1 and shape[-1] == 1:
        return x.reshape([-1 if d is None else d for d in shape[:-1]])
    if len(shape) == len(expected) - 1 and expected[-1] == 1:
        return x.reshape([-1 if d is None else d for d in shape] + [1])
    return x


def _cast(x: Any, dtype: str, on_device: bool) -> Any:
    if isinstance(x, SymbolicTensor):
        return x if x.dtype == dtype else x.astype(dtype)
    if dtype == STRING:
        return x
    if isinstance(x, np.ndarray) and x.dtype.kind in "OUST":
        raise TypeError(f"An input of dtype {dtype!r} got strings. Give that Input dtype='string'.")
    if isinstance(x, np.ndarray) and on_device:
        x = engine.asarray(x)
    return x if standardize_dtype(x.dtype) == dtype else x.astype(dtype)


def _shown(shape: tuple[int | None, ...]) -> str:
    sizes = ["batch" if axis == 0 and d is None else str(d) for axis, d in enumerate(shape)]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def _hint(shape: tuple[int | None, ...], expected: tuple[int | None, ...]) -> str:
    if len(shape) == len(expected) - 1:
        return " For one sample add the batch axis: x[None]."
    return ""
