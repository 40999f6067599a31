"""What EarlyStopping, ModelCheckpoint and ReduceLROnPlateau share: a log to watch, and which way is better."""

from __future__ import annotations

import difflib
import math
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasish.callbacks.callback import Callback, Logs, ModelLike


class MonitorCallback(Callback):
    """Watches one log, and remembers its best value in `best`.

    NaN is never the best value and never an improvement. (In Keras a NaN in the first epoch becomes the best value,
    and nothing improves on it ever after.)

    Args:
        monitor: The name of the log. What comes from validation starts with `val_`.
        mode: `"min"` if lower is better, `"max"` if higher is, `"auto"` to ask the metric of that name.
            Any other mode is taken as `"auto"`, with a warning.
        best: The value to beat; None if the first value is the best so far.
        min_delta: The least change that counts as an improvement, in the unit of the log.

    Raises:
        ValueError: at the end of an epoch: no log has that name, or `"auto"` does not know which way is better.
    """

    def __init__(
        self, monitor: str = "val_loss", mode: str = "auto", best: float | None = None, min_delta: float = 0
    ) -> None:
        super().__init__()
        kind = type(self).__name__
        if not isinstance(monitor, str):
            raise TypeError(f"{kind}'s monitor must be the name of a log, such as 'val_loss'; got {monitor!r}.")
        if mode not in ("auto", "min", "max"):
            warnings.warn(f"{kind}'s mode must be 'auto', 'min' or 'max'; got {mode!r}. 'auto' is used.", stacklevel=3)
            mode = "auto"
        if best is not None and math.isnan(best):
            raise ValueError(f"The value that {kind} is to beat must be a number; got {best}.")
        self.monitor = monitor
        self.mode = mode
        self.best = best
        self.min_delta = min_delta
        self._warned = False

    def is_improvement(self, value: float, reference: float | None) -> bool:
        """Whether `value` is better than `reference` by more than `min_delta`. NaN is better than nothing.

        Example:
            >>> MonitorCallback(mode="min").is_improvement(float("nan"), None)
            False
        """
        if math.isnan(value):
            return False
        if reference is None:
            return True
        if self.mode == "auto":
            self.mode = self._infer_mode()
        margin = abs(self.min_delta)
        return value - margin > reference if self.mode == "max" else value + margin < reference

    def value_of(self, logs: Logs | None) -> float | None:
        """The watched log's value, or None if there was no validation in this epoch."""
        logs = {} if logs is None else logs
        if self.monitor in logs:
            value = logs[self.monitor]
            if np.size(value) != 1:
                raise ValueError(
                    f"{type(self).__name__} watches {self.monitor!r}, which is not one number but an array of shape "
                    f"{np.shape(value)}. Watch another log, or a metric with an average."
                )
            if self.mode == "auto":
                self.mode = self._infer_mode()
            return float(np.reshape(value, ()))
        if self._validation_may_come(logs):
            return None
        raise ValueError(self._unknown_log(logs))

    def check_validation(self) -> None:
        """Refuse, before training, to watch the outcome of a validation that there will not be."""
        metrics = {"loss"} if self.model is None else {"loss", *(m.name for m in self.model.metrics)}
        made_by_fit = self.monitor.startswith("val_") and self.monitor.removeprefix("val_") in metrics
        if made_by_fit and self._has_validation() is False:
            raise ValueError(
                f"{type(self).__name__} watches {self.monitor!r}, but this training has no validation data. "
                f"Give fit validation_data or validation_split, or watch {self.monitor.removeprefix('val_')!r}."
            )

    def _has_validation(self) -> bool | None:
        return (self.params or {}).get("validation")

    def _validation_may_come(self, logs: Mapping[str, Any]) -> bool:
        """Whether the log is missing only because validation does not happen at each epoch."""
        if not self.monitor.startswith("val_") or any(name.startswith("val_") for name in logs):
            return False
        if self._has_validation() is None and not self._warned:
            self._warned = True
            warnings.warn(f"{type(self).__name__} does nothing in this epoch. {self._unknown_log(logs)}", stacklevel=3)
        return self._has_validation() is not False

    def _unknown_log(self, logs: Mapping[str, Any]) -> str:
        available = ", ".join(list(logs)[:20]) or "none"
        text = f"{type(self).__name__}: there is no log named {self.monitor!r}; available: {available}."
        similar = difflib.get_close_matches(self.monitor, list(logs), n=1)
        if similar:
            return f"{text} Did you mean {similar[0]!r}?"
        if self.monitor.startswith("val_"):
            return f"{text} Names with val_ need validation data."
        return text

    def _infer_mode(self) -> str:
        """`"min"` or `"max"`, by the metric that makes the log."""
        name = self.monitor.removeprefix("val_")
        if name == "loss" or name.endswith("_loss"):
            return "min"
        direction = _direction(self.model, name)
        if direction is None:
            raise ValueError(
                f"{type(self).__name__} watches {self.monitor!r}, and cannot tell whether higher or lower is better. "
                "Write mode='max' or mode='min'."
            )
        return "max" if direction == "up" else "min"


def _direction(model: ModelLike | None, name: str) -> str | None:
    """`"up"` or `"down"`, as the model's metric of that name says; None if there is none, or it doesn't say."""
    metrics = [] if model is None else model.metrics
    same_name = [m for m in metrics if m.name == name]
    # A model with several outputs puts the output's name before the metric's.
    of_one_output = [m for m in metrics if name.endswith(f"_{m.name}")]
    directions = {m._direction for m in same_name or of_one_output}
    return directions.pop() if len(directions) == 1 else None
