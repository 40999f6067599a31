"""One array of the user's, of any kind, as an array that a model can take."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Array, Tree
from kerasish.backend.settings import floatx
from kerasish.core import tree
from kerasish.core.strings import to_strings
from kerasish.data.frames import column_arrays, is_arrow, is_frame
from kerasish.data.lazy import is_on_demand, lazy_rows
from kerasish.data.origin import check_dense, is_column

FOREIGN = ("to_numpy", "numpy", "__array__", "__dlpack__", "toarray")


def is_array_like(x: Any) -> bool:
    """Whether `x` is an array, a frame or a column, of any library: it has a shape, and can become a NumPy array."""
    if isinstance(x, np.ndarray | np.generic) or engine.is_array(x):
        return True
    members = dir(type(x))
    has_array = "shape" in members and any(name in members for name in FOREIGN)
    return has_array or is_arrow(x) or is_on_demand(x) or is_column(x)


def convert(x: Any, name: str, strings: bool = False, lazily: bool = False) -> Array:
    """`x` as a NumPy array, or as it is if it is the backend's; floats of 64 bits in `floatx()`.

    Memory-mapped arrays stay as they are, and are read batch by batch; so are arrays in files, and sparse ones, if
    `lazily` says so: they become `LazyRows`. Strings are refused, unless `strings` says that the model begins with
    layers that take them; then they are an array of Python's `str`.

    Raises:
        TypeError: `x` has no numbers in it, or more than numbers: a mask, or fields.
        ValueError: `x` has complex numbers, or is a list of lists of different lengths.
    """
    if engine.is_array(x) and not isinstance(x, np.ndarray | np.generic):
        return x
    rows = lazy_rows(x) if lazily and not isinstance(x, np.ndarray) else None
    if rows is not None and rows.dtype.kind not in "OUST":
        check_dtype(rows.dtype, name)
        return rows  # pyright: ignore[reportReturnType]  it is read as an array is
    array = plain_array(x, name, strings)
    if strings and array.dtype.kind in "OUST":
        return to_strings(array, name)
    if array.dtype.kind == "O":
        array = _from_objects(array, name)
    check_dtype(array.dtype, name)
    if isinstance(array, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, whose mask would be lost; use `{name}.filled(...)`, and weights.")
    return array if isinstance(array, np.memmap) else narrow(array)


def check_dtype(dtype: np.dtype, name: str) -> None:
    """Raise if these are not real numbers."""
    kind = dtype.kind
    if kind == "c":
        raise ValueError(f"{name} has complex numbers ({dtype}); models take real ones. Use {name}.real.")
    if kind == "O":
        raise TypeError(
            f"{name} has the dtype object, which says nothing of its numbers; use `.astype('float32')`, "
            "or encode its strings first."
        )
    if kind in "US":
        _refuse_strings(name)
    if kind in "Mm":
        raise TypeError(f"{name} holds dates or durations ({dtype}); turn them into numbers first.")
    if dtype.names is not None:
        raise TypeError(f"{name} is a structured array, with the fields {', '.join(dtype.names)}; give one of them.")


def _refuse_strings(name: str) -> NoReturn:
    raise TypeError(
        f"{name} holds strings; turn them into numbers first, or begin the model with an Input of dtype 'string' "
        "and a layer that does: StringLookup, TextVectorization or Hashing."
    )


def _from_objects(array: np.ndarray, name: str) -> np.ndarray:
    """An array of objects that are rows, as one array; raises if they are strings or dicts, or don't fit together."""
    first = array.flat[0] if array.size else None
    if isinstance(first, str | bytes):
        _refuse_strings(name)
    if isinstance(first, dict):
        raise TypeError(f"{name} holds dicts; give their values as arrays of their own, one for each key.")
    if not isinstance(first, np.ndarray | list | tuple):
        return array
    try:
        return np.stack([np.asarray(row) for row in array.flat]).reshape(*array.shape, *np.shape(first))
    except ValueError as error:
        raise TypeError(
            f"{name} holds rows of different shapes ({error}); make them equal, for example with "
            "kerasish.utils.pad_sequences."
        ) from error


def narrow(array: Array) -> Array:
    """A NumPy array of floats of 64 bits in `floatx()`; others as they are."""
    wide = isinstance(array, np.ndarray) and array.dtype.kind == "f" and array.dtype.itemsize > 4
    if wide and array.dtype.name != floatx():
        return array.astype(floatx())
    return array


def plain_array(x: Any, name: str, strings: bool = False) -> np.ndarray:
    """`x`, of any library, as a NumPy array of whatever dtype it has."""
    if isinstance(x, np.ndarray):
        return x
    members = dir(type(x))
    if is_frame(x):
        return _matrix(x, name, strings)
    check_dense(x, name)
    if is_column(x):
        return plain_array(x[:], name, strings)
    if "detach" in members:  # a torch tensor
        x = x.detach().cpu()
        if "bfloat16" in members and "torch.bfloat16" in str(x.dtype):  # which NumPy doesn't have
            x = x.float()
    if "toarray" in members:
        return np.asarray(x.toarray())
    if "__cuda_array_interface__" in members and "get" in members:  # CuPy's: it is copied only when told to
        return np.asarray(x.get())
    if "to_numpy" in members:
        return np.asarray(x.to_numpy())
    try:
        return np.asarray(x)
    except ValueError as error:
        lengths = sorted({len(row) for row in x})[:5] if isinstance(x, list | tuple) else []
        raise ValueError(
            f"{name} is a list whose rows have different lengths ({', '.join(map(str, lengths))}, …); make them equal, "
            "for example with kerasish.utils.pad_sequences."
        ) from error


def _matrix(frame: Any, name: str, strings: bool) -> np.ndarray:
    """The columns side by side, in the dtype that holds them all."""
    columns = column_arrays(frame)
    if not strings:
        for column, values in columns.items():
            check_dtype(values.dtype, f"{name}[{column!r}]")
    if not columns:
        raise ValueError(f"{name} is a frame without columns.")
    return np.stack(list(columns.values()), axis=1)


def is_numbers(x: Any) -> bool:
    """Whether `x` is a list, or a list of lists, of Python numbers."""
    return isinstance(_first(x), int | float | bool | np.generic)


def is_plain(x: Any) -> bool:
    """Whether `x` is a list, or a list of lists, of Python numbers or strings: one array."""
    return is_numbers(x) or isinstance(_first(x), str | bytes)


def _first(x: Any) -> Any:
    while isinstance(x, list | tuple) and x:
        x = x[0]
    return x


def convert_tree(data: Any, name: str, strings: bool = False, lazily: bool = False) -> Tree:
    """Each array in `data`, converted; a list of lists of numbers, or of strings, is one array."""
    if data is None or (isinstance(data, list | tuple) and is_plain(data)):
        return None if data is None else convert(data, name, strings)

    def inner(value: Any, key: Any) -> Tree:
        return convert_tree(value, f"{name}[{key!r}]", strings, lazily)

    if isinstance(data, dict):
        return {key: inner(value, key) for key, value in data.items()}
    if type(data) in (list, tuple):
        return type(data)(inner(value, index) for index, value in enumerate(data))
    if tree.is_nested(data):
        return tree.map(lambda leaf: convert(leaf, name, strings, lazily), data)
    return convert(data, name, strings, lazily)
