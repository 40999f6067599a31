"""Sets the learning rate at the beginning of each epoch."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasish.callbacks.callback import Callback, Logs
from kerasish.callbacks.terminal import announce


class LearningRateScheduler(Callback):
    """Set the learning rate to `schedule(epoch, learning_rate)` at the beginning of each epoch.

    Adds `learning_rate` to the logs.

    Args:
        schedule: Takes the epoch (from 0) and, if it can, the present learning rate; returns a float.
        verbose: 0 is silent, 1 says the learning rate of each epoch.

    Raises:
        ValueError: when an epoch begins, if `schedule` does not return a float that can be a learning rate.

    Example:
        >>> halve = LearningRateScheduler(lambda epoch, learning_rate: learning_rate * 0.5)
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        if not callable(schedule):
            raise TypeError(
                f"LearningRateScheduler needs a function schedule(epoch, learning_rate); got {schedule!r}. "
                "For a constant, give it to the optimizer."
            )
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        optimizer = self.model.optimizer
        if _takes_two(self.schedule):
            value = self.schedule(epoch, float(optimizer.learning_rate))
        else:
            value = self.schedule(epoch)
        optimizer.learning_rate = _checked(value, epoch)
        if self.verbose > 0:
            learning_rate = float(optimizer.learning_rate)
            announce(f"Epoch {epoch + 1}: LearningRateScheduler setting learning rate to {learning_rate}.")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)


def _takes_two(function: Callable[..., float]) -> bool:
    """Whether the function can be called with two arguments. Asked beforehand: its own TypeErrors are the user's."""
    try:
        inspect.signature(function).bind(0, 0.1)
    except TypeError:
        return False
    except ValueError:  # a builtin without a signature
        return True
    return True


def _checked(value: Any, epoch: int) -> float:
    is_float = isinstance(value, float | np.floating)
    if not is_float:
        raise ValueError(
            f"LearningRateScheduler's schedule must return a float; for epoch {epoch} it returned {value!r}, "
            f"a {type(value).__name__}. Write float(...) around what it returns."
        )
    if not math.isfinite(value) or value < 0:
        raise ValueError(
            f"A learning rate must be a finite number, at least 0; LearningRateScheduler's schedule returned {value} "
            f"for epoch {epoch}."
        )
    return float(value)
