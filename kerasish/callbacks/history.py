"""Keeps the logs of every epoch, and shows them: as curves, as a table, in a notebook."""

from __future__ import annotations

import html
import itertools
import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

from kerasish.backend.extras import import_extra
from kerasish.callbacks.callback import Callback, Logs
from kerasish.callbacks.curves import Curve, Drawing, Panel, draw

_ROWS_SHOWN = 12


class History(Callback):
    """The logs of every epoch: `fit` adds one and returns it. A notebook shows it as curves and a table.

    Attributes:
        history: `{name: [value of each epoch]}`, of Python floats.
        epoch: The number of each epoch, from 0.
        params: The parameters of the run.

    Example:
        >>> history = History()
        >>> history.on_train_begin()
        >>> history.on_epoch_end(0, {"loss": 0.5})
        >>> history.history, history.epoch
        ({'loss': [0.5]}, [0])
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []
        # Of all runs that this object has seen, as `history` is; `epoch` begins anew with each.
        self._epochs: list[int] = []
        self._rows: dict[str, list[int]] = {}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in dict(logs or {}).items():
            self.history.setdefault(name, []).append(value)
            self._rows.setdefault(name, []).append(len(self._epochs))
        self._epochs.append(epoch)

    def get_state(self) -> dict[str, Any]:
        return {
            "history": {name: list(values) for name, values in self.history.items()},
            "epoch": list(self.epoch),
            "epochs": list(self._epochs),
            "rows": {name: list(rows) for name, rows in self._rows.items()},
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.history = {name: list(values) for name, values in state["history"].items()}
        self.epoch = list(state["epoch"])
        self._epochs = list(state.get("epochs", self.epoch))
        self._rows = {name: list(rows) for name, rows in state.get("rows", {}).items()}

    # Views -----------------------------------------------------------------------------------------------------------
    def plot(self, names: str | Sequence[str] | None = None, path: str | os.PathLike[str] | None = None) -> Any:
        """Draw the logs over the epochs, training and validation of one metric in one panel.

        Args:
            names: Which logs, without `val_`; by default all that are numbers.
            path: A file for the picture; without matplotlib, its ending must be `.svg`.

        Returns:
            A list of matplotlib `Axes`; where matplotlib is not installed, an SVG that notebooks show, with `save`.

        Raises:
            ValueError: there is nothing to draw, or no log of such a name.

        Example:
            >>> history = History()
            >>> history.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.75})
            >>> [panel.title for panel in history.panels()]
            ['loss']
        """
        panels = self.panels()
        if names is not None:
            known = {panel.title: panel for panel in panels}
            wanted = [names] if isinstance(names, str) else list(names)
            for name in wanted:
                if name not in known:
                    raise ValueError(f"There are no numbers named {name!r} to plot. There are: {', '.join(known)}.")
            panels = [known[name] for name in wanted]
        if not panels:
            raise ValueError("There is nothing to plot: no epoch has ended yet, or none logged a number.")
        return draw(panels, path)

    def to_frame(self) -> Any:
        """The logs as a pandas `DataFrame`: a row for each epoch, a column for each name; NaN where nothing was logged.

        Raises:
            ImportError: pandas is not installed; `history` is a dict, and needs nothing.
        """
        pandas = import_extra("pandas", "`History.to_frame` (`history.history` has the same numbers)")
        table = self._table()
        index = pandas.Index(self._row_epochs(), name="epoch", dtype="int64")
        return pandas.DataFrame({name: table[name] for name in self.history}, index=index)

    def _repr_html_(self) -> str:
        if not self.history:
            return "<p>History: no epoch has ended yet.</p>"
        panels = self.panels()
        return f"<div>{Drawing(panels).svg if panels else ''}{self._html_table()}</div>"

    def panels(self) -> list[Panel]:
        """What `plot` draws: a panel for each log that is a number, with its `val_` companion."""
        epochs = self._row_epochs()
        rising = all(a < b for a, b in itertools.pairwise(epochs))
        titles = dict.fromkeys(name.removeprefix("val_") for name in self.history)
        panels = []
        for title in titles:
            curves = []
            for name in (title, f"val_{title}"):
                values = self.history.get(name, ())
                if values and all(_is_number(value) for value in values):
                    places = [epochs[row] if rising else row for row in self._rows_of(name)]
                    curves.append(Curve(name, places, [float(value) for value in values]))
            if curves:
                panels.append(Panel(title, curves, x_label="epoch" if rising else "epochs of all runs"))
        return panels

    def _rows_of(self, name: str) -> list[int]:
        """For each value of this log, the number of its row."""
        rows, count = self._rows.get(name, []), len(self.history[name])
        return rows if len(rows) == count else list(range(count))  # somebody else changed `history`

    def _row_epochs(self) -> list[int]:
        """The number of each row's epoch."""
        count = max((self._rows_of(name)[-1] + 1 for name, values in self.history.items() if values), default=0)
        return list(self._epochs) if len(self._epochs) >= count else list(range(count))

    def _table(self) -> dict[str, list[Any]]:
        size = len(self._row_epochs())
        table: dict[str, list[Any]] = {name: [math.nan] * size for name in self.history}
        for name, values in self.history.items():
            for row, value in zip(self._rows_of(name), values, strict=True):
                table[name][row] = value
        return table

    def _html_table(self) -> str:
        table, epochs = self._table(), self._row_epochs()
        first = max(len(epochs) - _ROWS_SHOWN, 0)
        heads = "".join(f"<th>{html.escape(name)}</th>" for name in ("epoch", *table))
        rows = [f"<tr>{heads}</tr>"]
        if first:
            rows.append(f'<tr><td colspan="{len(table) + 1}">… {first} epochs before these</td></tr>')
        for row in range(first, len(epochs)):
            cells = "".join(f"<td>{_cell(values[row])}</td>" for values in table.values())
            rows.append(f"<tr><th>{epochs[row]}</th>{cells}</tr>")
        return f"<table>{''.join(rows)}</table>"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.5g}"
    return html.escape(f"{value!s:.40}")
