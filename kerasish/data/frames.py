"""Tables of pandas, Polars and PyArrow: a matrix, or an input of the model for each column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

PLAIN = (np.ndarray, np.generic, list, tuple, dict, str, bytes, type(None))
"""What is no table and no dataset: known at once, since looking at the names of a class takes 10 µs."""


def is_frame(x: Any) -> bool:
    """Whether `x` is a table with named columns."""
    if isinstance(x, PLAIN):
        return False
    members = dir(type(x))
    return ("columns" in members and "to_numpy" in members) or is_arrow(x)


def is_arrow(x: Any) -> bool:
    """Whether `x` is a table of PyArrow."""
    members = dir(type(x))
    return "column_names" in members and "to_pydict" in members and "num_rows" in members


def columns_of(frame: Any) -> list[str]:
    """The names of its columns, in order."""
    return list(frame.column_names if is_arrow(frame) else frame.columns)


def column_arrays(frame: Any) -> dict[str, np.ndarray]:
    """Each column as an array.

    Raises:
        ValueError: two columns have the same name.
    """
    names = columns_of(frame)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"The frame has more than one column {twice!r}; give each its own name.")
    return {name: np.asarray(frame[name].to_numpy()) for name in names}


class FrameColumns:
    """Which columns a model was trained on, so that others, or the same in another order, are noticed."""

    def __init__(self) -> None:
        self._names: list[str] | None = None

    def arranged(self, x: Any, inputs: Sequence[str] | None, model: str, training: bool) -> Any:
        """`x`, or, if it is a frame and the model has several named inputs, a dict of its columns.

        Args:
            x: What the model is called with.
            inputs: The names of the model's inputs, if columns go to them by name; None: it takes a matrix.
            model: Its name, for errors.
            training: Whether the columns are those to remember.

        Raises:
            ValueError: the columns are not those that the model was trained on, or stand in another order.
        """
        if not is_frame(x):
            return x
        if inputs is not None:
            found = column_arrays(x)
            return {name: found[name] for name in inputs if name in found}
        names = columns_of(x)
        if training or self._names is None:
            self._names = names
        elif names != self._names:
            self._refuse(names, model)
        return x

    def _refuse(self, names: list[str], model: str) -> None:
        assert self._names is not None
        lost = [name for name in self._names if name not in names]
        new = [name for name in names if name not in self._names]
        if lost or new:
            what = " and ".join(
                f"{word} {', '.join(map(repr, some[:3]))}{', …' if len(some) > 3 else ''}"
                for word, some in (("lacks", lost), ("has also", new))
                if some
            )
            raise ValueError(f"Model {model!r} was trained on a frame with other columns: this one {what}.")
        place, was, now = next((i, a, b) for i, (a, b) in enumerate(zip(self._names, names, strict=False)) if a != b)
        raise ValueError(
            f"Model {model!r} was trained on the same columns in another order: column {place} was {was!r}, and is "
            f"{now!r} now. Choose the columns in the order of training: frame[columns]."
        )
