"""Stops training when a log no longer improves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasish.callbacks.callback import Logs
from kerasish.callbacks.monitor import MonitorCallback
from kerasish.callbacks.terminal import announce


class EarlyStopping(MonitorCallback):
    """Stop after `patience` epochs in which `monitor` did not improve.

    Args:
        monitor: The name of the log to watch.
        min_delta: The least change that counts as an improvement.
        patience: How many epochs without improvement to bear.
        verbose: 0 is silent, 1 says when training is stopped and weights are restored.
        mode: `"min"`, `"max"`, or `"auto"`: what the metric of that name says.
        baseline: Improvements count as such only once the log is better than this.
        restore_best_weights: Whether the model gets the weights of the best epoch when training ends, also if it was
            not stopped early. They are kept as NumPy arrays.
        start_from_epoch: What happens before this epoch (from 0) is ignored.

    Attributes:
        best: The best value so far.
        best_epoch: Its epoch, from 0.
        wait: How many epochs there were since the last improvement.
        stopped_epoch: The epoch at whose end training was stopped; 0 if it was not.

    Raises:
        ValueError: `monitor` is of a validation that there is not, or at the end of an epoch no log has that name.

    Example:
        >>> EarlyStopping(monitor="loss", patience=3).patience
        3
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        if baseline is not None and np.isnan(baseline):
            raise ValueError(f"EarlyStopping's baseline must be a number; got {baseline}.")
        if patience < 0:
            raise ValueError(f"EarlyStopping's patience must be at least 0 epochs; got {patience}.")
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._forget()

    def _forget(self) -> None:
        self.best = None
        self.best_epoch = 0
        self.best_weights: list[np.ndarray] | None = None
        self.wait = 0
        self.stopped_epoch = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._forget()
        self.check_validation()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        value = self.value_of(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self.is_improvement(value, self.best):
            self._remember(epoch, value)
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _remember(self, epoch: int, value: float) -> None:
        self.best = value
        self.best_epoch = epoch
        if self.restore_best_weights:
            # Copies: an array of the device may be donated to the next step, or be seen through by NumPy.
            self.best_weights = [np.array(weight) for weight in self.model.get_weights()]
        if self.baseline is None or self.is_improvement(value, self.baseline):
            self.wait = 0

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            announce(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                announce(f"Restoring the weights of the best epoch, {self.best_epoch + 1}")
            self.model.set_weights(self.best_weights)

    def get_state(self) -> dict[str, Any]:
        return {
            "best": self.best,
            "best_epoch": self.best_epoch,
            "best_weights": self.best_weights,
            "wait": self.wait,
            "stopped_epoch": self.stopped_epoch,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.best = state["best"]
        self.best_epoch = state["best_epoch"]
        self.best_weights = state["best_weights"]
        self.wait = state["wait"]
        self.stopped_epoch = state["stopped_epoch"]
