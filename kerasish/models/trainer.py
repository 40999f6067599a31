"""The training loop, which `Model` inherits: `fit`, `evaluate`, `predict`, and their one-batch versions."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np

from kerasish.backend import engine
from kerasish.backend.settings import settings
from kerasish.callbacks import Callback, CallbackList, History
from kerasish.callbacks.logs import LazyLogs
from kerasish.data import Batch, Batches, split
from kerasish.data.adapters import check_counts, is_arrays, is_cut_here
from kerasish.data.batches import rows_of
from kerasish.data.class_weights import weighted
from kerasish.data.conversion import convert_tree
from kerasish.models import checks
from kerasish.models.limits import Limits
from kerasish.models.loop import Pass
from kerasish.models.predicting import Predicting
from kerasish.models.run import Run, with_backup
from kerasish.models.step import CompiledMethod


class Trainer(Predicting):
    """`fit` and `evaluate`. Override `train_step` or `test_step` to change what one step does."""

    stop_training = False
    history: History | None = None

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Sequence[Callback] | Callback | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
        resume: bool | str | None = None,
        run_dir: str | PathLike[str] | None = None,
        fast_dev_run: bool | int = False,
        overfit_batches: int | float | None = None,
        limit_train_batches: int | float | None = None,
        limit_val_batches: int | float | None = None,
    ) -> History:
        """Train.

        Args:
            x: Inputs: an array, a list or dict of arrays, of any library, in memory or in files; a frame, whose columns
                go to the inputs by name; or batches `(x, y)`: a `PyDataset`, an iterable, another library's loader.
            y: Targets, in the structure of the outputs. Of a table of Hugging Face, names of columns; so is
                `sample_weight` then, and the other columns are the inputs.
            batch_size: Samples of a step; 32 by default.
            epochs: The number of the last epoch; each is one pass over the data.
            verbose: 0: silent; 1: a live line; 2: one line an epoch; `"auto"`: 1 on a terminal, else 2.
            callbacks: Told what happens.
            validation_split: Fraction of the samples, the last ones, that is kept for validation.
            validation_data: `(x, y)` or `(x, y, sample_weight)` to evaluate after each epoch.
            shuffle: Whether each epoch has its own order of samples; `"batch"`: of whole batches.
            class_weight: The weight of each class in the loss.
            sample_weight: The weight of each sample in the loss.
            initial_epoch: The epoch to begin with, when training goes on.
            steps_per_epoch: Batches of an epoch, where it should not be all of them.
            validation_steps: Batches of an evaluation, likewise.
            validation_batch_size: Samples of a step of evaluation.
            validation_freq: Evaluate after every so many epochs, or after the epochs of these numbers.
            resume: `"auto"`: go on where the run in `run_dir` was, if there is one; True: there must be one.
            run_dir: A folder in which the run is saved after each epoch, see `BackupAndRestore`.
            fast_dev_run: True: a trial run of one batch of training and one of validation, without `run_dir` and
                without our callbacks that write files or report to others; a number: of so many batches.
            overfit_batches: Train in each epoch on the same first batches, unshuffled, to see whether the model can
                learn them: a number of batches, or a fraction of all (a float).
            limit_train_batches: Of each epoch, only the first batches: a number, or a fraction (a float).
            limit_val_batches: Likewise for validation; 0: no validation.

        Returns:
            The `History`: its `history` has a list for each log, with a number for each epoch.

        Raises:
            ValueError: an argument does not fit the data or the model; nothing has been changed then.
        """
        setup = self.setup
        check_differentiable()
        epochs = min(epochs, settings.max_epochs or epochs)
        limits = None
        if fast_dev_run or (overfit_batches, limit_train_batches, limit_val_batches) != (None, None, None):
            limits = Limits(fast_dev_run, overfit_batches, limit_train_batches, limit_val_batches)
            epochs, validation_freq = limits.epochs(initial_epoch, epochs), limits.frequency(validation_freq)
            shuffle = limits.shuffle(shuffle)
        check_counts(epochs=epochs, steps_per_epoch=steps_per_epoch, validation_steps=validation_steps)
        x = self._by_column(x, training=True)
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = _validation_split(
                (x, y, sample_weight), validation_split, self._preparation(x) is not None
            )
        batches = self._adapt(
            x,
            y,
            sample_weight,
            batch_size=batch_size,
            steps=steps_per_epoch or settings.max_steps_per_epoch,
            shuffle=shuffle,
            class_weight=class_weight,
        )
        validation = self._validation_batches(validation_data, validation_batch_size or batch_size, validation_steps)
        callbacks = callbacks if resume is None and run_dir is None else with_backup(callbacks, resume, run_dir)
        if limits is not None:
            batches, validation = limits.training(batches), limits.validation(validation)
            callbacks = limits.callbacks(callbacks)
        listed = self._callback_list(callbacks, verbose, epochs, batches.steps, validation is not None, "train")
        program = self._program("train_step", batches.example().data)
        self._check_targets(batches)
        training = self._pass(program, batches, listed, "train", setup.steps_per_execution)
        testing = self._test_pass(validation, listed)
        run = self._new_run(training)
        with run.known_to_callbacks(), listed.guarded():
            listed.on_train_begin()
            with engine.keeping_memory():
                first = epochs if run.stopped else max(initial_epoch, run.epoch)
                run.logs = self._epochs(range(first, epochs), training, testing, validation_freq, run)
            setup.optimizer.finalize_variable_values(self.trainable_weights)
            listed.on_train_end(run.logs)
        assert self.history is not None
        return self.history

    def _new_run(self, training: Pass) -> Run:
        """What a callback needs to save this training, which can be stopped."""
        self.stop_training = False
        training.stop = lambda: self.stop_training
        return Run(self, training.program, training.batches, training.callbacks)

    def _epochs(self, epochs: range, training: Pass, testing: Pass | None, validation_freq: Any, run: Run) -> Any:
        """Train, and evaluate where it is due; returns the last logs."""
        listed = training.callbacks
        logs: Any = {}
        warned = False
        for epoch in epochs:
            done = run.batch if epoch == run.epoch else 0
            if not done:
                self.reset_metrics()
            listed.on_epoch_begin(epoch)
            if done:
                run.restore()
            training.program.begin(epoch, done)
            logs = training.run(epoch, done, more=epoch + 1 < epochs.stop) or LazyLogs(self.get_metrics_result())
            if testing is not None and _is_due(epoch, validation_freq):
                found = self._evaluated(testing, listed)
                logs.update({f"val_{name}": value for name, value in found.items()})
            listed.on_epoch_end(epoch, logs)
            warned = warned or checks.report_divergence(logs.get("loss", 0.0), epoch, training.batches)
            if self.stop_training:
                break
        return logs

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Sequence[Callback] | Callback | None = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """The loss and the metrics on some data.

        Args:
            x, y, batch_size, sample_weight, verbose, callbacks: As for `fit`.
            steps: Batches to look at, if not all.
            return_dict: Whether to return names with the values.

        Returns:
            The loss if there is nothing else, or a list `[loss, metric, …]`, or a dict.
        """
        if kwargs:
            raise TypeError(f"evaluate got an argument that it doesn't know: {', '.join(map(repr, kwargs))}.")
        _ = self.setup
        batches = self._adapt(x, y, sample_weight, batch_size=batch_size, steps=steps)
        listed = self._callback_list(callbacks, verbose, 1, batches.steps, False, "test")
        testing = self._test_pass(batches, listed)
        assert testing is not None
        with listed.guarded(), engine.keeping_memory():
            logs = self._evaluated(testing, listed)
        return dict(logs) if return_dict else self._as_list(dict(logs))

    def _as_list(self, logs: dict[str, Any]) -> Any:
        """The values, the loss first, then as `compile` has them; a single one alone."""
        known = self.setup.log_names
        names = sorted(logs, key=lambda name: known.index(name) if name in known else len(known))
        values = [logs[name] for name in names]
        return values[0] if len(values) == 1 else values

    def _evaluated(self, testing: Pass, listed: CallbackList) -> Any:
        self.reset_metrics()
        listed.on_test_begin()
        testing.program.begin(batch=0)
        logs = testing.run()
        listed.on_test_end(logs)
        return logs

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One training step on one batch. Returns the loss and the metrics of this batch, before the step."""
        check_differentiable()
        return self._on_batch("train_step", x, y, weighted(y, sample_weight, class_weight), return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """The loss and the metrics on one batch."""
        return self._on_batch("test_step", x, y, sample_weight, return_dict)

    def _on_batch(self, name: str, x: Any, y: Any, sample_weight: Any, return_dict: bool) -> Any:
        setup = self.setup
        self.reset_metrics()
        data: Any = (self._converted(x), convert_tree(y, "y"), convert_tree(sample_weight, "sample_weight"))
        program = self._program(name, data)
        program.begin()
        program.prepare(data)
        output = program.run_eagerly(data) if setup.run_eagerly else program.run(Batch(data, rows_of(data)))
        logs = {key: float(np.asarray(value)) for key, value in output.items()}
        return logs if return_dict else self._as_list(logs)

    # Parts -----------------------------------------------------------------------------------------------------------
    def _callback_list(
        self, callbacks: Any, verbose: Any, epochs: int, steps: int | None, validation: bool, phase: str
    ) -> CallbackList:
        if isinstance(callbacks, CallbackList):
            return callbacks
        if verbose not in (0, 1, 2, "auto"):
            raise ValueError(f"verbose must be 0, 1, 2 or 'auto'; got {verbose!r}.")
        return CallbackList(
            callbacks,
            add_history=phase == "train",
            add_progbar=verbose != 0,
            model=self,  # pyright: ignore[reportArgumentType]  a Model has what the protocol asks
            verbose=verbose,
            epochs=epochs,
            steps=steps,
            validation=validation,
            phase=phase,
        )

    def _validation_batches(self, data: Any, batch_size: int | None, steps: int | None) -> Batches | None:
        if data is None:
            return None
        if isinstance(data, tuple | list) and 1 <= len(data) <= 3:
            x, y, sample_weight = (*data, None, None)[:3]
        else:
            x, y, sample_weight = data, None, None
        batch_size = batch_size if is_cut_here(x) else None  # others yield batches
        return self._adapt(x, y, sample_weight, batch_size=batch_size, steps=steps)

    def _test_pass(self, batches: Batches | None, listed: CallbackList) -> Pass | None:
        if batches is None:
            return None
        program = self._program("test_step", batches.example().data)
        return self._pass(program, batches, listed, "test", self.setup.steps_per_execution)

    def _pass(
        self, program: CompiledMethod, batches: Batches, listed: CallbackList, phase: str, steps: int | None
    ) -> Pass:
        eagerly = self.setup.run_eagerly
        pad = not eagerly and self._pads(phase)
        return Pass(program, batches, listed, phase, steps_per_call=steps, pad=pad, eagerly=eagerly)


def check_differentiable() -> None:
    """Raise if the backend computes no gradients."""
    if not engine.differentiable:
        raise NotImplementedError(
            f"The {engine.name} backend computes no gradients, so it can't train. Set the environment variable "
            "KERASISH_BACKEND=jax before the first import of kerasish; weights saved there can be loaded here."
        )


def _validation_split(data: tuple[Any, Any, Any], fraction: float, strings: bool) -> tuple[Any, Any]:
    if not is_arrays(data[0]):
        raise ValueError("validation_split needs arrays; for an iterable of batches give `validation_data`.")
    return split(data, fraction, strings)


def _is_due(epoch: int, frequency: int | Sequence[int]) -> bool:
    if isinstance(frequency, int):
        return (epoch + 1) % frequency == 0
    return epoch + 1 in frequency
