"""Lowers the learning rate when a log no longer improves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasish.callbacks.callback import Logs
from kerasish.callbacks.monitor import MonitorCallback
from kerasish.callbacks.terminal import announce


class ReduceLROnPlateau(MonitorCallback):
    """Multiply the learning rate by `factor` after `patience` epochs in which `monitor` did not improve.

    Adds `learning_rate` to the logs: the one of the epoch that ends.

    Args:
        monitor: The name of the log to watch.
        factor: What the learning rate is multiplied by; less than 1.
        patience: How many epochs without improvement to bear.
        verbose: 0 is silent, 1 says each change.
        mode: `"min"`, `"max"`, or `"auto"`: what the metric of that name says.
        min_delta: The least change that counts as an improvement.
        cooldown: How many epochs to wait after a change before epochs without improvement are counted again.
        min_lr: The learning rate does not go below this.
        **kwargs: Accepted and ignored, as in Keras.

    Raises:
        ValueError: `factor` is not less than 1, `monitor` is of a validation that there is not, or no log has that
            name.

    Example:
        >>> ReduceLROnPlateau(monitor="loss", factor=0.5).factor
        0.5
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        if not 0 <= factor < 1:
            raise ValueError(f"ReduceLROnPlateau's factor must be at least 0 and less than 1; got {factor}.")
        self.factor = factor
        self.min_lr = min_lr
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self._forget()

    def _forget(self) -> None:
        self.best = None
        self.cooldown_counter = 0
        self.wait = 0

    def in_cooldown(self) -> bool:
        """Whether the last change is so recent that epochs without improvement are not counted."""
        return self.cooldown_counter > 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._forget()
        self.check_validation()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        value = self.value_of(logs)
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.is_improvement(value, self.best):
            self.best = value
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch: int) -> None:
        old = float(self.model.optimizer.learning_rate)
        # The learning rate is kept in float32: compare with what `min_lr` becomes there.
        if old <= np.float32(self.min_lr):
            return
        new = max(old * self.factor, self.min_lr)
        self.model.optimizer.learning_rate = new
        if self.verbose > 0:
            announce(f"Epoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {new}.")
        self.cooldown_counter = self.cooldown
        self.wait = 0

    def get_state(self) -> dict[str, Any]:
        return {"best": self.best, "cooldown_counter": self.cooldown_counter, "wait": self.wait}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.best = state["best"]
        self.cooldown_counter = state["cooldown_counter"]
        self.wait = state["wait"]
