"""`PreprocessingLayer`: what layers share that turn raw data, strings among it, into numbers."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Tree
from kerasish.core import tree
from kerasish.core.dtypes import is_float_dtype
from kerasish.core.strings import to_strings
from kerasish.core.symbolic import SymbolicTensor
from kerasish.layers.layer import Layer


class PreprocessingLayer(Layer):
    """A layer whose `call` takes arrays of the device (numbers) or NumPy arrays of strings.

    Lists are accepted, and `adapt` takes whatever holds data.
    """

    takes_strings = True
    gives_strings = False
    """Whether the output is strings."""

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Tree:
        outputs = super().__call__(tree_of_arrays(inputs), *args, **kwargs)
        return tree.map(lambda x: engine.asarray(x) if _is_numbers(x) else x, outputs)

    def run_on_host(self, *args: Any, **kwargs: Any) -> Tree:
        return tree.map(_to_host, super().__call__(*args, **kwargs))

    def changed(self) -> None:
        """Note that constants of compiled programs have changed."""
        self.tables_version += 1


def refuse_sparse(layer: str, **given: Any) -> None:
    """Raise if an argument that asks for sparse or ragged tensors is set."""
    for name, value in given.items():
        if value:
            raise ValueError(
                f"{layer} gives dense arrays only: {name}=True is not supported, as in Keras without TensorFlow. "
                f"Leave {name} out."
            )


def one_of(layer: str, name: str, value: Any, allowed: tuple[Any, ...]) -> Any:
    """`value`, if it is allowed.

    Raises:
        ValueError: it is not; the error lists what is.
    """
    if value not in allowed:
        raise ValueError(f"{layer}'s {name} must be one of {', '.join(map(repr, allowed))}; got {value!r}.")
    return value


def check_integers(layer: Any, x: Any) -> None:
    """Raise if `x`, an array or a symbolic tensor, is of floats."""
    if is_float_dtype(x.dtype):
        raise TypeError(
            f"Layer {layer.name!r} of type {type(layer).__name__} takes whole numbers or strings; got {x.dtype}. For "
            "floats put a Discretization layer before it, or cast them."
        )


def _is_numbers(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind not in "OUST"


def _to_host(x: Any) -> Any:
    return engine.to_numpy(x) if engine.is_array(x) else x


def tree_of_arrays(x: Any) -> Any:
    """`x`, where numbers, strings and lists of them are arrays, and frames' columns too; tuples stay structures."""
    if isinstance(x, dict):
        return {key: tree_of_arrays(value) for key, value in x.items()}
    if isinstance(x, tuple) or (isinstance(x, list) and any(_is_array_like(item) for item in x)):
        return type(x)(tree_of_arrays(item) for item in x)
    return array_of(x)


def _is_array_like(x: Any) -> bool:
    return isinstance(x, SymbolicTensor) or "shape" in dir(type(x))


def array_of(x: Any, name: str = "The input") -> Any:
    """`x`, a list, a column or an array of any library, as an array; strings as NumPy's, of Python's `str`."""
    if (
        x is None
        or isinstance(x, SymbolicTensor)
        or (engine.is_array(x) and not isinstance(x, np.ndarray | np.generic))
    ):
        return x
    members = dir(type(x))
    if "to_numpy" in members:
        x = x.to_numpy()  # pyright: ignore[reportAttributeAccessIssue]
    elif isinstance(x, list | tuple) and len(x) and isinstance(_first(x), str | bytes):
        return to_strings(x, name)
    array = np.asarray(x)
    if array.dtype.kind in "OUST":
        return to_strings(array, name)
    return array.astype("float32") if array.dtype == np.float64 else array


def _first(x: Any) -> Any:
    while isinstance(x, list | tuple) and len(x):
        x = x[0]
    return x


def batches_of(data: Any, steps: int | None = None) -> Iterator[np.ndarray]:
    """The arrays that `adapt` looks at: `data` itself if it is an array, a list or a column; else each of its items.

    Args:
        data: An array, a list of numbers or strings, a column of a frame; or any iterable of those.
        steps: How many items to take of an iterable; by default all, so that it must end.

    Raises:
        TypeError: `data` is neither.
    """
    if isinstance(data, np.ndarray | list | tuple | str | bytes) or _is_array_like(data):
        yield _batch(array_of(data, "The data of adapt"))
        return
    if not isinstance(data, Iterable):
        raise TypeError(
            f"adapt takes an array, a list, a column, or an iterable of batches; got {type(data).__name__}."
        )
    for item in itertools.islice(data, steps):
        if isinstance(item, dict) or type(item) is tuple:
            raise TypeError(
                f"adapt got a batch that is a {type(item).__name__}; it takes batches of this layer's input alone: "
                "(x for x, y in data), or (batch['name'] for batch in data)."
            )
        yield _batch(array_of(item, "The data of adapt"))


def _batch(x: Any) -> np.ndarray:
    return np.atleast_1d(engine.to_numpy(x) if engine.is_array(x) else np.asarray(x))
