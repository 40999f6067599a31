"""Stops training when the loss is no longer a number."""

from __future__ import annotations

import math

import numpy as np

from kerasish.callbacks.callback import Callback, Logs
from kerasish.callbacks.terminal import announce


class TerminateOnNaN(Callback):
    """Stop training at the first batch after which the loss is NaN or infinite, and say where.

    It reads the loss of every batch, so the device is waited for after every step.

    Args:
        raise_error: Whether to raise an error instead of ending `fit` early.

    Raises:
        RuntimeError: the loss is not finite, and `raise_error` is set.

    Example:
        >>> TerminateOnNaN().raise_error
        False
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        message = f"Epoch {self._epoch + 1}, batch {batch}: the loss is {float(loss)}.{self._first_bad_weight()}"
        if self.raise_error:
            raise RuntimeError(f"{message} Lower the learning rate, or look for NaN in the data.")
        announce(f"{message} Training is stopped.")
        self.model.stop_training = True

    def _first_bad_weight(self) -> str:
        for weight in self.model.weights:
            if not np.all(np.isfinite(weight.numpy().astype(np.float32))):
                return f" The first weight that is not finite is {weight.path}."
        return ""
