"""Saves everything that training needs to go on as if it had never been interrupted."""

from __future__ import annotations

import os
from os import PathLike
from typing import Any, Protocol

from kerasish.callbacks.callback import Callback, Logs
from kerasish.callbacks.failed_save import saving


class RunLike(Protocol):
    """What this callback needs of a run of `fit`: see `models/run.py`."""

    interrupted: bool

    def save(self, folder: str, epoch: int, batch: int) -> None:
        """Save the state after so many batches of this epoch (from 0)."""
        ...

    def begin(self, folder: str, resumes: bool) -> None:
        """Take up what was saved, or delete it."""
        ...

    def delete(self, folder: str) -> None:
        """Forget what was saved."""
        ...

    def is_finished(self) -> bool:
        """Whether training has come to its end, and to a finite loss."""
        ...


class BackupAndRestore(Callback):
    """Go on where an interrupted `fit` was: exactly, at any step.

    One file, replaced as a whole, holds weights, optimizer, seeds, metrics, the order of the data, the history and the
    state of all callbacks; so on a CPU the resumed run gives bit for bit what the uninterrupted one would have given.
    (Keras 3.15.1 loses seeds, the order of the data and the state of the callbacks.) The last two files are kept, and
    deleted when training has ended well: not if it was interrupted, or ended with a loss that is not finite.

    A generator that can't tell where it is (`get_state`, `set_state`) is saved only at the end of epochs.

    Args:
        backup_dir: A folder for this run alone.
        save_freq: `"epoch"`, or a number of batches, which are counted across epochs.
        double_checkpoint: Accepted, as in Keras; two files are always kept.
        delete_checkpoint: Whether the files are deleted at a good end.

    Raises:
        ValueError: `save_freq` is neither; or, when training begins, the model or the data are not those of the run
            that was interrupted: the error names both.
        CorruptModelError: there are files, and none of them is whole.
        OSError: it can't be saved; with the epoch, the batch and the path.

    Example:
        >>> BackupAndRestore("run", save_freq=100).backup_dir
        'run'
    """

    runs_last = True

    def __init__(
        self,
        backup_dir: str | PathLike[str],
        save_freq: int | str = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__()
        if save_freq != "epoch" and (not isinstance(save_freq, int) or isinstance(save_freq, bool) or save_freq < 1):
            raise ValueError(f"save_freq must be 'epoch' or a number of batches, at least 1; got {save_freq!r}.")
        self.backup_dir = os.fspath(backup_dir)
        if not self.backup_dir:
            raise ValueError("BackupAndRestore needs the name of a folder; got ''.")
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self.resumes = True
        """Whether a run that was interrupted is taken up; if not, its files are replaced."""
        self._epoch = 0

    def overrides(self, hook: str) -> bool:
        return self.save_freq != "epoch" if hook == "on_train_batch_end" else super().overrides(hook)

    def next_batch_end(self, batch: int, trained: int) -> int | None:
        return None if self.save_freq == "epoch" else batch + -(trained + 1) % int(self.save_freq)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._run.begin(self.backup_dir, self.resumes)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        with saving("BackupAndRestore", self.backup_dir, self._epoch, batch):
            self._run.save(self.backup_dir, self._epoch, batch + 1)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        with saving("BackupAndRestore", self.backup_dir, epoch):
            self._run.save(self.backup_dir, epoch + 1, 0)

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.delete_checkpoint and self._run.is_finished():
            self._run.delete(self.backup_dir)

    @property
    def _run(self) -> Any:
        if self.run is None:
            raise RuntimeError("BackupAndRestore works in `fit`, which tells it of the run.")
        return self.run
