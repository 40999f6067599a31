"""Less than all of the data: a trial run of `fit`, an overfitting test, the first batches of each epoch."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from kerasish.callbacks import (
    BackupAndRestore,
    CallbackList,
    CSVLogger,
    ModelCheckpoint,
    RemoteMonitor,
    SaveOnSignal,
    TensorBoard,
    Tracker,
)
from kerasish.data import ArrayBatches, Batch, Batches
from kerasish.data.batches import Source
from kerasish.data.streaming import StreamedBatches

WRITERS = (BackupAndRestore, CSVLogger, ModelCheckpoint, RemoteMonitor, SaveOnSignal, TensorBoard, Tracker)
"""Callbacks that write files, or tell somebody else: a trial run leaves them out."""


@dataclasses.dataclass
class Limits:
    """What `fit` was told about the amount of data.

    Args:
        fast_dev_run: Whether this is a trial run, which overrules the others; or how many batches one has.
        overfit_batches: Train on the same first batches in each epoch: how many, or which fraction.
        limit_train_batches: The most batches of an epoch, or their fraction.
        limit_val_batches: The most batches of a validation, or their fraction; 0: no validation.

    Raises:
        ValueError: a number is not what it may be, or two of the arguments contradict each other.
    """

    fast_dev_run: bool | int = False
    overfit_batches: int | float | None = None
    limit_train_batches: int | float | None = None
    limit_val_batches: int | float | None = None

    def __post_init__(self) -> None:
        _check_trial(self.fast_dev_run)
        for name in ("overfit_batches", "limit_train_batches", "limit_val_batches"):
            _check_limit(name, getattr(self, name), least=0 if name == "limit_val_batches" else 1)
        if self.fast_dev_run:
            self.overfit_batches = None
            self.limit_train_batches = self.limit_val_batches = int(self.fast_dev_run)
        elif self.overfit_batches is not None and self.limit_train_batches is not None:
            raise ValueError(
                "overfit_batches and limit_train_batches both say which batches `fit` trains on: give one of them. "
                f"Got overfit_batches={self.overfit_batches!r} and limit_train_batches={self.limit_train_batches!r}."
            )

    def epochs(self, first: int, last: int) -> int:
        """The number of the last epoch: a trial run has one."""
        return min(first + 1, last) if self.fast_dev_run else last

    def frequency(self, given: Any) -> Any:
        """The `validation_freq`: a trial run validates."""
        return 1 if self.fast_dev_run else given

    def shuffle(self, given: bool | str) -> bool | str:
        """Whether to shuffle: not where each epoch must have the same batches."""
        return given if self.overfit_batches is None else False

    def training(self, batches: Batches) -> Batches:
        """The batches to train on."""
        if self.overfit_batches is None:
            return limited(batches, self.limit_train_batches, "limit_train_batches")
        found = limited(batches, self.overfit_batches, "overfit_batches")
        return found if isinstance(found, ArrayBatches) else Kept(found)

    def validation(self, batches: Batches | None) -> Batches | None:
        """The batches to validate on."""
        if batches is None or self.limit_val_batches == 0:
            return None
        return limited(batches, self.limit_val_batches, "limit_val_batches")

    def callbacks(self, given: Any) -> Any:
        """The callbacks: in a trial run, without those that write."""
        if not self.fast_dev_run:
            return given
        listed = given if isinstance(given, CallbackList) else CallbackList(given)
        return [callback for callback in listed.callbacks if not isinstance(callback, WRITERS)]


def limited(batches: Batches, limit: int | float | None, name: str) -> Batches:
    """The first batches of each epoch of `batches`; `name` is what the user gave the limit as."""
    if limit is None:
        return batches
    steps = _count(batches, limit, name)
    if isinstance(batches, ArrayBatches):
        return FirstRows(batches, steps)
    if isinstance(batches, StreamedBatches):  # inside, so that the thread reads no batch too many
        other = copy.copy(batches)
        other.source = FirstBatches(batches.source, steps)
        return other
    return FirstBatches(batches, steps)


class FirstRows(ArrayBatches):
    """The first batches of each epoch of `whole`, gathered on the device as those of `whole` are."""

    def __init__(self, whole: ArrayBatches, steps: int) -> None:
        vars(self).update(vars(whole))
        self.whole = whole
        self.steps = min(steps, whole.steps)
        self.rows = min(whole.rows, self.steps * whole.batch_size)

    def order(self, epoch: int) -> np.ndarray:
        """The rows in the order of this epoch: the first of the whole's."""
        return self.whole.order(epoch)[: self.rows]

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up what `get_state` returned."""
        super().set_state(state)
        self.whole.set_state(state)


class FirstBatches(Source):
    """The first batches of each epoch of `whole`; the next epoch begins as if this one had been complete."""

    def __init__(self, whole: Any, steps: int) -> None:
        self.whole = whole
        self._limit = steps

    @property
    def batch_size(self) -> int | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """How many rows a full batch has."""
        return self.whole.batch_size

    @property
    def steps(self) -> int | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """How many batches an epoch has; of an iterable of unknown length, the most that it may have."""
        return self._limit if self.whole.steps is None else min(self._limit, self.whole.steps)

    def epoch(self, number: int, skip: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, without the first `skip`."""
        yield from itertools.islice(self.whole.epoch(number, skip), max(self._limit - skip, 0))

    def example(self) -> Batch:
        """The first batch, which is not lost for training."""
        return self.whole.example()

    def begin_epoch(self) -> None:
        """Before the first batch of an epoch."""
        self.whole.begin_epoch()

    def end_epoch(self) -> None:
        """After the last batch of an epoch."""
        self.whole.end_epoch()

    def get_state(self) -> dict[str, Any] | None:
        """What the order of the batches follows from."""
        return self.whole.get_state()

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up what `get_state` returned."""
        self.whole.set_state(state)


class Kept(Source):
    """The batches of the first epoch of `whole`, kept in memory, in each epoch."""

    def __init__(self, whole: Batches) -> None:
        whole.example()  # some sources know their batch size only then
        self._kept = list(whole.epoch(0))
        self.batch_size = whole.batch_size
        self.steps = len(self._kept)
        self.rows = sum(batch.rows for batch in self._kept)

    def epoch(self, number: int, skip: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, without the first `skip`: always the same."""
        return iter(self._kept[skip:])

    def example(self) -> Batch:
        """The first batch."""
        return self._kept[0]


def _count(batches: Batches, limit: int | float, name: str) -> int:
    if isinstance(limit, int | np.integer):
        return int(limit)
    if batches.steps is None:
        raise ValueError(
            f"{name}={limit!r} is a fraction of the batches of an epoch, and how many there are is not known of this "
            "data: give a whole number of batches, or `steps_per_epoch` (for validation, `validation_steps`)."
        )
    return max(math.floor(batches.steps * limit), 1)


def _check_trial(given: Any) -> None:
    if not isinstance(given, bool | int | np.integer) or given < 0:
        raise ValueError(f"fast_dev_run must be True, False or a number of batches; got {given!r}.")


def _check_limit(name: str, given: Any, least: int) -> None:
    if given is None:
        return
    is_count = isinstance(given, int | np.integer) and not isinstance(given, bool) and given >= least
    is_fraction = isinstance(given, float | np.floating) and (0 < given <= 1 or given == least == 0)
    if not (is_count or is_fraction):
        zero = "; 0: no validation" if least == 0 else ""
        raise ValueError(
            f"{name} must be a number of batches, at least {least}, or a fraction above 0 and up to 1.0{zero}; "
            f"got {given!r}."
        )
