"""Saves the model while it trains."""

from __future__ import annotations

import contextlib
import os
import tempfile
import warnings
from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np

from kerasish.callbacks.callback import Logs
from kerasish.callbacks.failed_save import saving
from kerasish.callbacks.monitor import MonitorCallback
from kerasish.callbacks.terminal import announce

_MODEL_ENDINGS = (".keras", ".h5")
_WEIGHTS_ENDING = ".weights.h5"


class ModelCheckpoint(MonitorCallback):
    """Save the model, or its weights, after each epoch or every few batches.

    A model with a weight that is NaN or infinite is saved beside `filepath`, with `.nan` before the ending, so that
    it does not replace a good one.

    Args:
        filepath: The file; may name the epoch, the batch (both from 1) and logs: `"{epoch:02d}-{val_loss:.2f}.keras"`.
            Ends in `.weights.h5` if only weights are saved, otherwise in `.keras` or `.h5`. Folders are made.
        monitor: The name of the log to watch, for `save_best_only`.
        verbose: 0 is silent, 1 says each save.
        save_best_only: Whether to save only when the watched log is better than ever before.
        save_weights_only: Whether to save the weights without the model.
        mode: `"min"`, `"max"`, or `"auto"`: what the metric of that name says.
        save_freq: `"epoch"`, or a number of batches, which are counted across epochs.
        initial_value_threshold: The value of the watched log that is to be beaten at first.

    Raises:
        ValueError: the ending or `save_freq` is not one of these; or, while training, no log has that name.
        KeyError: `filepath` names something that is neither `epoch`, `batch` nor a log.
        OSError: when training begins, if nothing can be written there; or later, if a save fails, with the epoch, the
            batch and the path: what was saved before is there still, and the model has the weights of the last step.

    Example:
        >>> checkpoint = ModelCheckpoint("best.weights.h5", save_best_only=True, save_weights_only=True)
        >>> checkpoint.overrides("on_epoch_end"), checkpoint.overrides("on_train_batch_end")
        (True, False)
    """

    def __init__(
        self,
        filepath: str | PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: int | str = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, best=initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._check_ending()
        if save_freq != "epoch" and (not isinstance(save_freq, int) or isinstance(save_freq, bool) or save_freq < 1):
            raise ValueError(f"save_freq must be 'epoch' or a number of batches, at least 1; got {save_freq!r}.")
        self._epoch = 0

    def _check_ending(self) -> None:
        if self.save_weights_only and not self.filepath.endswith(_WEIGHTS_ENDING):
            raise ValueError(
                f"With save_weights_only=True, ModelCheckpoint's filepath must end in {_WEIGHTS_ENDING!r}; "
                f"got {self.filepath!r}."
            )
        if not self.save_weights_only and not self.filepath.endswith(_MODEL_ENDINGS):
            raise ValueError(
                f"ModelCheckpoint's filepath must end in '.keras', or in {_WEIGHTS_ENDING!r} with "
                f"save_weights_only=True; got {self.filepath!r}."
            )

    def overrides(self, hook: str) -> bool:
        unchanged = type(self).on_train_batch_end is ModelCheckpoint.on_train_batch_end
        if hook == "on_train_batch_end" and unchanged:
            return self.save_freq != "epoch"
        return super().overrides(hook)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        if self.save_best_only:
            self.check_validation()
        if os.path.isdir(self.filepath):
            raise IsADirectoryError(f"ModelCheckpoint's filepath {self.filepath!r} is a folder; name a file in it.")
        # What comes before the first name in braces is known by now.
        folder = os.path.dirname(self.filepath.split("{")[0]) or "."
        try:
            os.makedirs(folder, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder), contextlib.suppress(FileNotFoundError):
                os.lstat(self.filepath)  # raises if the name is too long
        except OSError as error:
            raise type(error)(
                error.errno, f"ModelCheckpoint cannot write to the folder {folder!r}: {error.strerror}", self.filepath
            ) from error

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def next_batch_end(self, batch: int, trained: int) -> int | None:
        unchanged = type(self).on_train_batch_end is ModelCheckpoint.on_train_batch_end
        if not unchanged or self.save_freq == "epoch":
            return None
        return batch + -(trained + 1) % int(self.save_freq)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        super().on_train_batch_end(batch, logs)
        if self.save_freq != "epoch" and self.trained_batches % int(self.save_freq) == 0:
            self._save_if_wanted(self._epoch, batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            self._save_if_wanted(epoch, None, logs)

    def _save_if_wanted(self, epoch: int, batch: int | None, logs: Logs | None) -> None:
        logs = {} if logs is None else logs
        path = self._path(epoch, batch, logs)
        if not self.save_best_only:
            self._save(epoch, batch, path)
            return
        value = self.value_of(logs)
        if value is None:
            return
        if not self.is_improvement(value, self.best):
            self._say(epoch, f"{self.monitor} did not improve from {_number(self.best)}")
            return
        self._say(epoch, f"{self.monitor} improved from {_number(self.best)} to {_number(value)}")
        # Only what was saved is the best: a failed save leaves the old value to beat.
        if self._save(epoch, batch, path):
            self.best = value

    def _path(self, epoch: int, batch: int | None, logs: Mapping[str, Any]) -> str:
        known = {**logs, "epoch": epoch + 1}
        if batch is not None:
            known["batch"] = batch + 1
        try:
            return self.filepath.format(**known)
        except KeyError as error:
            raise KeyError(
                f"ModelCheckpoint's filepath {self.filepath!r} names {error}, which is not known here; "
                f"known are {', '.join(known)}."
            ) from error

    def _save(self, epoch: int, batch: int | None, path: str) -> bool:
        """Save as `path`, or beside it if the weights are not finite. Returns whether it was as `path`."""
        is_finite = all(_is_finite(weight) for weight in self.model.get_weights())
        target = path if is_finite else _beside(path)
        if not is_finite:
            warnings.warn(
                f"Epoch {epoch + 1}: some weights are NaN or infinite; saved as {target}, to keep {path} as it is.",
                stacklevel=2,
            )
        self._say(epoch, f"saving to {target}")
        with saving("ModelCheckpoint", target, epoch, batch):
            os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
            if self.save_weights_only:
                self.model.save_weights(target, overwrite=True)
            else:
                self.model.save(target, overwrite=True)
        return is_finite

    def _say(self, epoch: int, message: str) -> None:
        if self.verbose > 0:
            announce(f"Epoch {epoch + 1}: {message}")

    def get_state(self) -> dict[str, Any]:
        return {"best": self.best}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.best = state["best"]


def _is_finite(array: np.ndarray) -> bool:
    if array.dtype.kind in "iubSUO":
        return True
    # Small floating types of other libraries are of kind V; all of them fit into float32.
    return bool(np.all(np.isfinite(array.astype(np.float32) if array.dtype.kind == "V" else array)))


def _beside(path: str) -> str:
    """`path` with `.nan` before its ending."""
    ending = next(e for e in (_WEIGHTS_ENDING, *_MODEL_ENDINGS) if path.endswith(e))
    return f"{path.removesuffix(ending)}.nan{ending}"


def _number(value: float | None) -> str:
    return "None" if value is None else f"{value:.5f}"
