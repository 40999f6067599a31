"""Saves the model while it trains, as checkpoints of the package `orbax-checkpoint`."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np

from kerasish.backend.extras import import_extra
from kerasish.callbacks.callback import Logs
from kerasish.callbacks.monitor import MonitorCallback
from kerasish.callbacks.terminal import announce


class OrbaxCheckpoint(MonitorCallback):
    """Save the model after each epoch or every few batches in folders that `orbax-checkpoint` reads, and Keras.

    The folder of a checkpoint is called by the number of its epoch (from 0), or with a number as `save_freq` by how
    many batches there have been. `load_model(directory)` and `model.load_weights(directory)` read the last one. Each is
    complete or absent: orbax writes to a temporary folder, and renames it.

    Weights that are NaN or infinite are not saved, so that they don't replace good ones, and a warning says so.
    A run doesn't write over the checkpoints of an earlier one, unless it takes that one up (`BackupAndRestore`).

    Args:
        directory: The folder of the checkpoints; it is made.
        monitor: The name of the log to watch, for `save_best_only`.
        verbose: 0 is silent, 1 says each save.
        save_best_only: Whether to save only when the watched log is better than ever before.
        mode: `"min"`, `"max"`, or `"auto"`: what the metric of that name says.
        save_freq: `"epoch"`, or a number of batches, which are counted across epochs.
        initial_value_threshold: The value of the watched log that is to be beaten at first.
        max_to_keep: How many checkpoints are kept, the last ones; None: all.
        save_on_background: Whether files are written while training goes on. The end of training waits for them.
        save_weights_only: Whether to save the weights without config, optimizer, metrics and assets.

    Raises:
        ImportError: when training begins, if `orbax-checkpoint` is not installed.
        FileExistsError: when training begins, if the folder has later checkpoints, of another run.
        ValueError: `save_freq` or `max_to_keep` is not one of these.

    Example:
        >>> checkpoint = OrbaxCheckpoint("checkpoints", save_freq=100, max_to_keep=3)
        >>> checkpoint.overrides("on_train_batch_end")
        True
    """

    def __init__(
        self,
        directory: str | PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        mode: str = "auto",
        save_freq: int | str = "epoch",
        initial_value_threshold: float | None = None,
        max_to_keep: int | None = 1,
        save_on_background: bool = True,
        save_weights_only: bool = False,
    ) -> None:
        super().__init__(monitor, mode, best=initial_value_threshold)
        if save_freq != "epoch" and not _is_count(save_freq):
            raise ValueError(f"save_freq must be 'epoch' or a number of batches, at least 1; got {save_freq!r}.")
        if max_to_keep is not None and not _is_count(max_to_keep):
            raise ValueError(f"max_to_keep must be None or a number of checkpoints, at least 1; got {max_to_keep!r}.")
        self.directory = os.fspath(directory)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_freq = save_freq
        self.max_to_keep = max_to_keep
        self.save_on_background = save_on_background
        self.save_weights_only = save_weights_only
        self._epoch = 0
        self._batches_before = 0
        """How many batches earlier calls of `fit` had."""
        self._last: int | None = None
        """The checkpoint that was saved last."""
        self._begins = False
        self._checkpointer: Any = None

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_checkpointer": None}

    def overrides(self, hook: str) -> bool:
        unchanged = type(self).on_train_batch_end is OrbaxCheckpoint.on_train_batch_end
        return self.save_freq != "epoch" if hook == "on_train_batch_end" and unchanged else super().overrides(hook)

    def next_batch_end(self, batch: int, trained: int) -> int | None:
        unchanged = type(self).on_train_batch_end is OrbaxCheckpoint.on_train_batch_end
        if not unchanged or self.save_freq == "epoch":
            return None
        return batch + -(self._batches_before + trained + 1) % int(self.save_freq)

    # Hooks -----------------------------------------------------------------------------------------------------------
    def on_train_begin(self, logs: Logs | None = None) -> None:
        if self.save_best_only:
            self.check_validation()
        self._close()
        self._checkpointer = _checkpointer(self.directory, self.max_to_keep)
        if self.save_freq != "epoch":  # a call of `fit` that ended in an error did not count its batches
            self._batches_before = max(self._batches_before, self._last or 0)
        self._begins = True

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch
        if self._begins and not self._is_taken_up():
            self._check_folder(epoch if self.save_freq == "epoch" else self._batches_before + 1)
        self._begins = False

    def _is_taken_up(self) -> bool:
        """Whether this run goes on where one was interrupted."""
        return self.run is not None and (self.run.epoch, self.run.batch) != (0, 0)

    def _check_folder(self, first: int) -> None:
        """Raise if the folder has checkpoints that this run would write over, or that would pass for newer ones."""
        later = [step for step in self._steps() if step >= first and step != self._last]
        if later:
            raise FileExistsError(
                17, f"There are later checkpoints, up to {later[-1]}; this run would begin with {first}. Give another "
                "folder, delete them, or go on with `initial_epoch`", self.directory
            )  # fmt: skip

    def _steps(self) -> list[int]:
        return sorted(checkpoint.step for checkpoint in self._checkpointer.checkpoints)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        super().on_train_batch_end(batch, logs)
        done = self._batches_before + self.trained_batches
        if self.save_freq != "epoch" and done % int(self.save_freq) == 0:
            self._save_if_wanted(done, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            self._save_if_wanted(epoch, logs)

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._batches_before += self.trained_batches if self.run is None else self.run.callbacks.trained_batches
        self._close()

    def on_exception(self, exception: BaseException) -> None:
        self._close()

    def _close(self) -> None:
        if self._checkpointer is not None:
            checkpointer, self._checkpointer = self._checkpointer, None
            checkpointer.close()  # which waits

    # Saving ----------------------------------------------------------------------------------------------------------
    def _save_if_wanted(self, step: int, logs: Logs | None) -> None:
        if not self.save_best_only:
            self._save(step)
            return
        value = self.value_of(logs)
        if value is None:
            return
        if not self.is_improvement(value, self.best):
            self._say(f"{self.monitor} did not improve from {self.best:.5g}")
        elif self._save(step):
            self._say(f"{self.monitor} is better than ever before: {value:.5g}")
            self.best = value

    def _save(self, step: int) -> bool:
        """Save, unless a weight is not finite. Returns whether it was."""
        parts = self.model.checkpoint_parts(self.save_weights_only)
        if not all(map(_is_finite, _leaves(parts["pytree"]["trainable_variables"]))):
            warnings.warn(
                f"Epoch {self._epoch + 1}: some weights are NaN or infinite; they are not saved, so that "
                f"{self.directory} keeps the last ones that were finite.",
                stacklevel=2,
            )
            return False
        self._say(f"saving to {os.path.join(self.directory, str(step))}")
        for later in [one for one in self._steps() if one >= step]:  # of a run that this one takes up
            self._checkpointer.delete(later)
        if self.save_on_background:
            self._checkpointer.save_checkpointables_async(step, parts, force=True)
        else:
            self._checkpointer.save_checkpointables(step, parts, force=True)
        self._last = step
        return True

    def _say(self, message: str) -> None:
        if self.verbose > 0:
            announce(f"Epoch {self._epoch + 1}: {message}")

    def get_state(self) -> dict[str, Any]:
        return {"best": self.best, "batches_before": self._batches_before, "last": self._last}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.best, self._batches_before, self._last = state["best"], state["batches_before"], state["last"]


def _checkpointer(directory: str, max_to_keep: int | None) -> Any:
    training = import_extra("orbax.checkpoint", "An Orbax checkpoint", "orbax-checkpoint").v1.training
    policies = training.preservation_policies
    kept = policies.PreserveAll() if max_to_keep is None else policies.LatestN(max_to_keep)
    os.makedirs(directory, exist_ok=True)
    return training.Checkpointer(os.path.abspath(directory), preservation_policy=kept)


def _is_count(x: Any) -> bool:
    return isinstance(x, int) and not isinstance(x, bool) and x >= 1


def _leaves(x: Any) -> list[np.ndarray]:
    return [leaf for value in x.values() for leaf in _leaves(value)] if isinstance(x, dict) else [x]


def _is_finite(array: np.ndarray) -> bool:
    """Small floating types of other libraries are of kind V; all of them fit into float32."""
    return array.dtype.kind in "iubSUO" or bool(np.isfinite(array.astype("float32", copy=False)).all())
