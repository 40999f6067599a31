"""One run of `fit` as something that can be saved at any step, and taken up again in another process."""

from __future__ import annotations

import contextlib
import json
import math
import os
import warnings
from collections.abc import Iterator, Mapping
from os import PathLike
from typing import Any

import numpy as np

from kerasish.backend import engine
from kerasish.callbacks import BackupAndRestore, CallbackList
from kerasish.callbacks.terminal import announce
from kerasish.data import Batches
from kerasish.models.step import CompiledMethod
from kerasish.saving.run_file import STATE, RunState, delete_run, is_finite, load_run, save_run
from kerasish.saving.safetensors import can_hold

_NAMES = ("name", "registered_name", "inbound_nodes", "input_layers", "output_layers", "build_config", "learning_rate")
"""What may differ in the config of the same model: names are given anew in each process."""


class Run:
    """What a run of `fit` consists of, beside its arguments.

    Args:
        model: The model that is trained.
        program: The compiled step: its variables are the state.
        batches: The data: their order and position are state too.
        callbacks: Each has a state.
    """

    def __init__(self, model: Any, program: CompiledMethod, batches: Batches, callbacks: CallbackList) -> None:
        self.model = model
        self.program = program
        self.batches = batches
        self.callbacks = callbacks
        self.epoch = 0
        """The epoch to begin with."""
        self.batch = 0
        """How many batches of that epoch are done."""
        self.stopped = False
        """Whether a callback had ended the run that is taken up."""
        self.interrupted = False
        """Whether a callback ended this run though it has not come to its end."""
        self.logs: Any = None
        """The last epoch's, once training has ended."""
        self._rate: float | None = None
        """What `compile` was given; callbacks may change it later."""
        self._pending: RunState | None = None
        self._warned = False

    def __getstate__(self) -> dict[str, Any]:  # a copy of a callback is not part of this run
        return {}

    @contextlib.contextmanager
    def known_to_callbacks(self) -> Iterator[None]:
        """Inside it, callbacks have it as their `run`; afterwards none holds the data any more."""
        for callback in self.callbacks.callbacks:
            callback.run = self
        try:
            yield
        finally:
            for callback in self.callbacks.callbacks:
                callback.run = None

    # Saving ----------------------------------------------------------------------------------------------------------
    def save(self, folder: str, epoch: int, batch: int) -> None:
        """Save the state after so many batches of this epoch; a state that is not finite is not saved."""
        data = self.batches.get_state()
        if data is None and batch:
            self._warn(
                "The data can't tell where in an epoch it is, so training can be taken up only at the end of an epoch. "
                "Give arrays, a PyDataset, or an iterable with `get_state` and `set_state`."
            )
            return
        arrays: dict[str, Any] = {}
        for number, variable in enumerate(self.program.variables):
            arrays[f"{number:05d}/{variable.path}"] = engine.to_numpy(variable._value)
        if not is_finite(arrays):
            self._warn(f"Epoch {epoch + 1}: the weights are NaN or infinite; the last state that was finite is kept.")
            return
        state = {
            "epoch": epoch,
            "batch": batch,
            "trained": self.callbacks.trained_batches,
            "stopped": bool(self.model.stop_training),
            "data": data,
            "callbacks": self.callbacks.get_state(),
            "learning_rate": self._rate,
            "facts": self._facts(),
        }
        state = _plain(state, arrays)
        save_run(folder, RunState(arrays, state))

    def _warn(self, message: str) -> None:
        if not self._warned:
            warnings.warn(message, stacklevel=3)
        self._warned = True

    def _facts(self) -> dict[str, Any]:
        """What must be the same when the run is taken up."""
        optimizer = self.model.optimizer
        return {
            "model": _without_names(_config(self.model)),
            "optimizer": {"class": type(optimizer).__name__, **_without_names(optimizer.get_config())},
            "variables": [[list(v.shape), v.dtype] for v in self.program.variables],
            "data": {name: getattr(self.batches, name) for name in ("batch_size", "steps", "rows")},
        }

    # Going on --------------------------------------------------------------------------------------------------------
    def begin(self, folder: str, resumes: bool) -> None:
        """Read what was saved, and take up the position; the values follow when `restore` is called.

        Args:
            folder: Where the run is saved.
            resumes: Whether what is there is taken up; if not, it is deleted.

        Raises:
            ValueError: the model, the optimizer or the data are not those of the run; the error names both values.
        """
        self._rate = _learning_rate(self.model)
        found = load_run(folder) if resumes else self.delete(folder)
        if found is None:
            return
        state = _revived(found.state, found.arrays)
        self._check(state["facts"], folder)
        self._pending = RunState(found.arrays, state)
        self.epoch, self.batch, self.stopped = state["epoch"], state["batch"], state["stopped"]
        if state["data"] is not None:
            self.batches.set_state(state["data"])
        if not self.batch:
            self.restore()

    def restore(self) -> None:
        """Give the variables and the callbacks what they had. In an epoch, after the hooks of its beginning."""
        if self._pending is None:
            return
        (arrays, state), self._pending = self._pending, None
        asked = self._rate
        for variable, array in zip(self.program.variables, arrays.values(), strict=False):  # others follow
            variable.assign(array)
        if None not in (asked, state["learning_rate"]) and asked != state["learning_rate"]:
            before = state["learning_rate"]
            announce(f"The learning rate was {before:.6g}; this run goes on with {asked:.6g}, as compiled.")
            self.model.optimizer.learning_rate = asked
        self.callbacks.set_state(state["callbacks"])
        self.callbacks.trained_batches = state["trained"]

    def _check(self, before: Any, folder: str) -> None:
        now = json.loads(json.dumps(_plain(self._facts())))
        for place, was, is_ in _differences(before, now):
            raise ValueError(
                f"The run in {folder!r} can't be taken up: {place} was {_short(was)}, and is {_short(is_)} now. "
                "Make it what it was, or begin anew in another folder."
            )

    # The end ---------------------------------------------------------------------------------------------------------
    def delete(self, folder: str) -> None:
        """Remove what was saved."""
        delete_run(folder)

    def is_finished(self) -> bool:
        """Whether training has come to its end, and to a finite loss."""
        loss = (self.logs or {}).get("loss", 0.0)
        return not self.interrupted and self.logs is not None and math.isfinite(float(loss))


def with_backup(callbacks: Any, resume: bool | str | None, run_dir: str | PathLike[str] | None) -> Any:
    """`callbacks`, and one that saves the run in `run_dir`.

    Raises:
        ValueError: `resume` is not what `fit` takes, or is given without `run_dir`.
        FileNotFoundError: there must be a run to go on with, and there is none.
    """
    if resume not in (None, False, True, "auto"):
        raise ValueError(f"resume must be 'auto', True or False; got {resume!r}.")
    if run_dir is None:
        if resume:
            raise ValueError(
                "resume needs `run_dir`, the folder in which the run is saved: fit(resume=..., run_dir=...)."
            )
        return callbacks
    if resume is True and load_run(run_dir) is None:
        raise FileNotFoundError(f"There is no run in {os.fspath(run_dir)!r} to go on with. Begin one by resume='auto'.")
    backup = BackupAndRestore(run_dir, delete_checkpoint=False)
    backup.resumes = bool(resume)
    return [*([] if callbacks is None else callbacks if isinstance(callbacks, list | tuple) else [callbacks]), backup]


def _config(model: Any) -> Any:
    try:
        return model.get_config()
    except NotImplementedError:  # a subclassed model that says nothing about its arguments
        return [type(layer).__name__ for layer in model.layers_inside()]


def _learning_rate(model: Any) -> float | None:
    """The learning rate that `compile` was given, if it is a number."""
    found = model.optimizer.get_config().get("learning_rate")
    return float(found) if isinstance(found, int | float) else None


def _without_names(config: Any) -> Any:
    if isinstance(config, Mapping):
        return {str(key): _without_names(value) for key, value in config.items() if key not in _NAMES}
    if isinstance(config, list | tuple):
        return [_without_names(value) for value in config]
    return config if isinstance(config, str | int | float | bool | None) else type(config).__name__


def _differences(before: Any, now: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in [*before, *(key for key in now if key not in before)]:
            yield from _differences(before.get(key), now.get(key), f"{place} {key}".strip())
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for index, (one, other) in enumerate(zip(before, now, strict=True)):
            yield from _differences(one, other, f"{place} [{index}]")
    elif before != now:
        yield place, before, now


def _short(x: Any) -> str:
    text = f"a list of {len(x)} items" if isinstance(x, list) and len(x) > 4 else repr(x)
    return text if len(text) <= 100 else f"{text[:97]}..."


def _plain(x: Any, arrays: dict[str, np.ndarray] | None = None) -> Any:
    """`x` as JSON can hold it: NaN and infinities are written as dicts, and arrays go to `arrays`.

    Raises:
        TypeError: an array holds something else than numbers.
    """
    if isinstance(x, Mapping):
        return {str(key): _plain(value, arrays) for key, value in x.items()}
    if isinstance(x, list | tuple):
        return [_plain(value, arrays) for value in x]
    if isinstance(x, np.generic) or (isinstance(x, np.ndarray) and not x.ndim):
        return _plain(x.item())
    if isinstance(x, np.ndarray):
        if arrays is None or not can_hold(x.dtype):
            raise TypeError(
                f"A run keeps arrays of numbers in the state of callbacks and data; it got one of {x.dtype}. Let "
                "`get_state` return lists instead."
            )
        arrays[f"{STATE}{len(arrays)}"] = x
        return {"array": f"{STATE}{len(arrays) - 1}"}
    return {"float": str(x)} if isinstance(x, float) and not math.isfinite(x) else x


def _revived(x: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(x, dict):
        if set(x) == {"float"}:
            return float(x["float"])
        if set(x) == {"array"}:
            return arrays[x["array"]]
        return {key: _revived(value, arrays) for key, value in x.items()}
    return [_revived(value, arrays) for value in x] if isinstance(x, list) else x
