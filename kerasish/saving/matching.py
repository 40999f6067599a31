"""What a file has against what a model wants: a plan of assignments, and a table of what does not fit."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from kerasish.core.dtypes import is_float_dtype, is_int_dtype, standardize_dtype
from kerasish.core.variable import Variable
from kerasish.saving.errors import IncompatibleModelError
from kerasish.saving.hdf5 import Stored

_ROWS = 5


class Row(NamedTuple):
    """A weight that does not fit: what the file has, and what the model has."""

    path: str
    stored: str
    expected: str


class Plan:
    """What will be assigned, and what does not fit.

    Args:
        where: What errors call the file.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.values: list[tuple[Variable, np.ndarray]] = []
        self.rows: list[Row] = []

    def add(self, variable: Variable, value: np.ndarray, path: str) -> None:
        """Note a value that is to be assigned, once it is clear that the variable can hold it."""
        self.values.append((variable, exact(value, variable, path, self.where)))

    def assign(self) -> None:
        """Assign all values."""
        for variable, value in self.values:
            if isinstance(value, np.ndarray):
                variable.adopt(value)  # it was read for this
            else:
                variable.assign(value)

    def report(self, skip_mismatch: bool, advice: str = "Build the model as the saved one was") -> None:
        """Raise with a table of what does not fit, or show it in a warning."""
        if not self.rows:
            return
        table = table_of(self.rows)
        if skip_mismatch:
            warnings.warn(
                f"{self.where}: these weights do not fit and are left out (file / model):\n{table}", stacklevel=4
            )
            return
        raise IncompatibleModelError(
            f"{self.where:.80}: {len(self.rows)} weights do not fit the model (unexpected, missing, different; file / "
            f"model):\n{table}\n{advice}, or give skip_mismatch=True."
        )


def table_of(rows: Iterable[Row]) -> str:
    """The first rows, and how many more there are."""
    rows = list(rows)
    lines = [f"  {row.path:.60}: {row.stored:.30} / {row.expected:.30}" for row in rows[:_ROWS]]
    if len(rows) > _ROWS:
        lines.append(f"  … and {len(rows) - _ROWS} more")
    return "\n".join(lines)


def mismatch(path: str, variable: Variable | None, stored: Stored | None) -> Row | None:
    """What does not fit, if something doesn't."""
    expected = f"{variable.shape} {variable.dtype}" if variable is not None else "nothing"
    if stored is None:
        return Row(path, "nothing", expected)
    fits = variable is not None and stored.shape == variable.shape and convertible(stored.dtype, variable.dtype)
    return None if fits else Row(path, f"{stored.shape} {stored.dtype.name}", expected)


def convertible(stored: np.dtype, wanted: str) -> bool:
    """Whether values of one dtype may stand for those of the other: floats for floats, integers for integers."""
    name = stored.name
    if name == wanted:
        return True
    try:
        known = standardize_dtype(name)
    except ValueError:
        return False
    floats = is_float_dtype(known) and is_float_dtype(wanted)
    return floats or (is_int_dtype(known) and is_int_dtype(wanted) and stored.itemsize >= 4)


def exact(value: np.ndarray, variable: Variable, path: str, where: str) -> np.ndarray:
    """`value`, if the variable's dtype holds it; a warning tells of values that are not finite.

    Raises:
        IncompatibleModelError: there are integers that are too large.
    """
    if is_int_dtype(variable.dtype) and value.dtype.name != variable.dtype and value.size:
        limits = np.iinfo(variable.dtype)
        if value.min() < limits.min or value.max() > limits.max:
            raise IncompatibleModelError(f"{where}: {path!r} has integers that {variable.dtype} does not hold.")
    if is_float_dtype(variable.dtype) and not all_finite(value):
        warnings.warn(f"{where}: {path!r} has values that are not finite (NaN or infinity).", stacklevel=6)
    return value


def all_finite(value: np.ndarray) -> bool:
    """Whether no value is NaN or infinite; a piece is looked at at a time."""
    flat: Any = value.reshape(-1)
    step = 2**18
    pieces = (flat[start : start + step] for start in range(0, flat.size, step))
    return all(np.isfinite(piece if piece.dtype.kind == "f" else piece.astype("float32")).all() for piece in pieces)
