"""Writes the logs of every epoch into a file of comma-separated values."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np

from kerasish.callbacks.callback import Callback, Logs

MISSING = "NA"


class CSVLogger(Callback):
    """Write one line for each epoch: its number, and its logs in the order of their names.

    The columns are those of the first epoch. If it had no validation, a `val_` column is added for each log, for the
    epochs that have it. What an epoch lacks is `NA`. Each line is in the file as soon as its epoch ends; the file of
    an earlier run is replaced by the first line, not before.

    Args:
        filename: The file. Its folder is made if there is none.
        separator: What stands between two values.
        append: Whether to continue a file. Its columns are used then. (Keras writes the columns of the new logs below
            the header of the old ones.)

    Raises:
        OSError: when training begins, if the file cannot be written.

    Example:
        >>> CSVLogger("log.csv", append=True).filename
        'log.csv'
    """

    def __init__(self, filename: str | PathLike[str], separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.keys: list[str] | None = None
        self._replace = not append

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.keys = None
        self._replace = not self.append
        os.makedirs(os.path.dirname(self.filename) or ".", exist_ok=True)
        with open(self.filename, "a", encoding="utf-8"):
            pass  # only to know now, and not after an epoch, that it can be written
        if self.append:
            self.keys = self._columns_of_file()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        values = dict(logs or {})
        with_header = self.keys is None
        if self.keys is None:
            self.keys = _columns(values)
        row = [epoch, *(_text(values[key]) if key in values else MISSING for key in self.keys)]
        with open(self.filename, "w" if self._replace else "a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=self.sep, lineterminator="\n")
            if with_header:
                writer.writerow(["epoch", *self.keys])
            writer.writerow(row)
        self._replace = False

    def _columns_of_file(self) -> list[str] | None:
        """The columns after `epoch`, or None if the file is empty."""
        with open(self.filename, encoding="utf-8", newline="") as file:
            header = next(csv.reader(file, delimiter=self.sep), None)
        return header[1:] if header else None

    def get_state(self) -> dict[str, Any]:
        return {"keys": self.keys, "bytes": os.path.getsize(self.filename) if os.path.exists(self.filename) else 0}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.keys = state["keys"]
        self._replace = self.keys is None and not self.append
        # What was written after the state was saved will be written again.
        if os.path.exists(self.filename) and os.path.getsize(self.filename) > state["bytes"]:
            os.truncate(self.filename, state["bytes"])


def _columns(values: Mapping[str, Any]) -> list[str]:
    names = sorted(values)
    if any(name.startswith("val_") for name in names):
        return names
    return [*names, *(f"val_{name}" for name in names)]


def _text(value: Any) -> Any:
    if isinstance(value, str) or np.ndim(value) == 0:
        return value
    return f'"[{", ".join(map(str, value))}]"'
