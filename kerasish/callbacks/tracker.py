"""Logs for programs that keep them: any function, Weights & Biases, MLflow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kerasish.backend.extras import import_extra
from kerasish.callbacks.callback import Callback, Logs


class Tracker(Callback):
    """Call a function with the logs.

    Args:
        log: Called as `log(logs, step)`: a dict of floats, and how many batches there have been.
        every: `"epoch"`, or after how many batches besides. Between two calls many steps run in one compiled call.

    Raises:
        ValueError: `every` is neither `"epoch"` nor a number above 0.

    Example:
        >>> tracker = Tracker(lambda logs, step: print(step, logs))
        >>> tracker.on_epoch_end(0, {"loss": 0.5})
        0 {'epoch': 0, 'loss': 0.5}
    """

    def __init__(self, log: Callable[[dict[str, Any], int], Any], every: int | str = "epoch") -> None:
        super().__init__()
        if every != "epoch" and (isinstance(every, bool) or not isinstance(every, int) or every < 1):
            raise ValueError(f"every must be 'epoch' or a number of batches, at least 1; got {every!r}.")
        self.log = log
        self.every = every
        self._step = 0

    def overrides(self, hook: str) -> bool:
        if hook == "on_train_batch_end" and self.every == "epoch":
            return type(self).on_train_batch_end is not Tracker.on_train_batch_end
        return super().overrides(hook)

    def next_batch_end(self, batch: int, trained: int) -> int | None:
        return None if self.every == "epoch" else batch + -(trained + 1) % int(self.every)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self.log({f"batch_{name}": value for name, value in dict(logs or {}).items()}, self.trained_batches)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.log({"epoch": epoch, **dict(logs or {})}, self._steps(epoch))

    def _steps(self, epoch: int) -> int:
        steps = (self.params or {}).get("steps")
        return epoch if steps is None else (epoch + 1) * steps


class Wandb(Tracker):
    """Send the logs to the run of Weights & Biases; one is begun if there is none.

    Args:
        every: `"epoch"`, or after how many batches besides.
        **init: For `wandb.init`, such as `project`.

    Raises:
        ImportError: `wandb` is not installed.
    """

    def __init__(self, every: int | str = "epoch", **init: Any) -> None:
        super().__init__(self._log, every)
        self.init = init

    def on_train_begin(self, logs: Logs | None = None) -> None:
        wandb = import_extra("wandb", "Wandb")
        if wandb.run is None:
            wandb.init(**self.init)

    def _log(self, logs: dict[str, Any], step: int) -> None:
        import_extra("wandb", "Wandb").log(logs, step=step)


class MLflow(Tracker):
    """Send the logs to the active run of MLflow; one is begun if there is none.

    Args:
        every: `"epoch"`, or after how many batches besides.

    Raises:
        ImportError: `mlflow` is not installed.
    """

    def __init__(self, every: int | str = "epoch") -> None:
        super().__init__(self._log, every)

    def _log(self, logs: dict[str, Any], step: int) -> None:
        import_extra("mlflow", "MLflow").log_metrics(logs, step=step)
