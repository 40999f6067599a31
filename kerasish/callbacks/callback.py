"""The base class of callbacks, and what a callback may ask of a model."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, MutableMapping, Sequence
from os import PathLike
from typing import Any, Protocol, SupportsFloat

import numpy as np

Logs = MutableMapping[str, Any]

HOOKS = (
    *(f"on_{phase}_{edge}" for phase in ("train", "test", "predict") for edge in ("begin", "end")),
    *(f"on_{phase}_batch_{edge}" for phase in ("train", "test", "predict") for edge in ("begin", "end")),
    *(f"on_{unit}_{edge}" for unit in ("epoch", "batch") for edge in ("begin", "end")),
)
_SHORT_NAMES = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}


class OptimizerLike(Protocol):
    """What callbacks need of an optimizer. `learning_rate` may be set to a float."""

    learning_rate: SupportsFloat
    iterations: Any


class MetricLike(Protocol):
    """What callbacks need of a metric: its name, and whether `"up"` or `"down"` is better (None: not known)."""

    name: str
    _direction: str | None


class WeightLike(Protocol):
    """What callbacks need of a weight: its path in the model, and its value."""

    path: str

    def numpy(self) -> np.ndarray: ...


class ModelLike(Protocol):
    """What callbacks need of a model."""

    stop_training: bool
    history: Any

    @property
    def optimizer(self) -> OptimizerLike: ...

    @property
    def metrics(self) -> Sequence[MetricLike]: ...

    @property
    def metrics_names(self) -> Sequence[str]: ...

    @property
    def weights(self) -> Sequence[WeightLike]: ...

    def get_weights(self) -> list[np.ndarray]: ...

    def set_weights(self, weights: list[np.ndarray]) -> None: ...

    def save(self, filepath: str | PathLike[str], overwrite: bool = True) -> None: ...

    def save_weights(self, filepath: str | PathLike[str], overwrite: bool = True) -> None: ...

    def load_weights(self, filepath: str | PathLike[str]) -> None: ...

    def checkpoint_parts(self, weights_only: bool = False) -> dict[str, Any]: ...


class Callback:
    """Watches a model while it trains, is evaluated or predicts: override the hooks that you need.

    Hooks are called in order, on one thread. A hook that no callback overrides costs nothing: without batch hooks,
    many training steps may run in one compiled call. Reading a number from `logs` waits for the device.

    Attributes:
        model: The model, once `set_model` was called.
        params: What `fit`, `evaluate` or `predict` tell: `epochs`, `steps`, `verbose`, `validation`, `phase`.
        run: In `fit`, what can be saved and taken up again (`models/run.py`).
        trained_batches: In `on_train_batch_end`: how many batches there have been since training began.

    Example:
        >>> class Printer(Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print(epoch, dict(logs))
        >>> Printer().on_epoch_end(0, {"loss": 0.5})
        0 {'loss': 0.5}
    """

    def __init__(self) -> None:
        self.params: dict[str, Any] | None = None
        self._model: Any = None
        self.run: Any = None

    trained_batches = 0
    runs_last = False
    """Whether its hooks come after those of all callbacks that say False here."""

    @property
    def model(self) -> Any:
        """The model: a `ModelLike`, or None before `set_model`."""
        return self._model

    def set_model(self, model: ModelLike) -> None:
        """Remember the model. Called once, before any hook."""
        self._model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Remember the parameters of the run. Called once, before any hook."""
        self.params = params

    def overrides(self, hook: str) -> bool:
        """Whether this callback does anything at `hook`. What it doesn't override is not called.

        Example:
            >>> Callback().overrides("on_epoch_end")
            False
        """
        return self._redefines(hook) or (hook in _SHORT_NAMES and self._redefines(_SHORT_NAMES[hook]))

    def next_batch_end(self, batch: int, trained: int) -> int | None:
        """The first batch, from `batch` on, for which `on_train_batch_end` is wanted; up to there nothing is called.

        Between two wanted batches many steps may run in one compiled call. None, as here, wants them all; where
        `compile` was given `steps_per_execution`, that is each call.

        Args:
            batch: A number in this epoch.
            trained: How many batches there have been before it since training began.
        """
        del batch, trained
        return None

    def _redefines(self, hook: str) -> bool:
        method = getattr(self, hook)
        return not (inspect.ismethod(method) and method.__func__ is getattr(Callback, hook))

    def get_state(self) -> dict[str, Any]:
        """What this callback must remember for an exact resume: a dict of NumPy arrays, and what JSON can hold."""
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up what `get_state` returned. Called after `on_train_begin`."""

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """A short name for `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """A short name for `on_train_batch_end`."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before an epoch of training. Epochs count from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After an epoch of training and its validation, whose logs start with `val_`."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a training batch. Batches count from 0 in each epoch."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a training batch; `logs` are the epoch's running means."""
        self.on_batch_end(batch, logs)

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of `evaluate`, or of the validation in `fit`."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of `evaluate`, or of the validation in `fit`."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of `predict`."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of `predict`; `logs["outputs"]` is what was predicted."""

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before training."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After training; `logs` are the last epoch's."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Before `evaluate`, or the validation in `fit`."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """After `evaluate`, or the validation in `fit`."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Before `predict`."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """After `predict`."""

    def on_exception(self, exception: BaseException) -> None:
        """An exception, Ctrl-C among them, ends `fit`, `evaluate` or `predict`, and no other hook will be called.

        What this callback has taken, it gives back here. Every callback is called, whatever the others do; then the
        exception goes on. Keras has no such hook.
        """
