"""`predict`: outputs for data of any size, batch by batch."""

from __future__ import annotations

import collections
import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Tree
from kerasish.callbacks import CallbackList
from kerasish.callbacks.logs import LazyLogs
from kerasish.core import tree
from kerasish.data import ArrayBatches, Batch, Batches, FrameColumns, Prepare, adapt
from kerasish.data.adapters import is_arrays
from kerasish.data.batches import padded, rows_of
from kerasish.data.conversion import convert_tree, narrow
from kerasish.data.frames import is_frame
from kerasish.models.loop import InputWait, report
from kerasish.models.padding import is_per_sample
from kerasish.models.preparing import Preparing
from kerasish.models.repeated import REPEATED, Known, Repeated, key_of
from kerasish.models.step import CompiledMethod
from kerasish.models.train_step import Steps

_SILENT = (0, 2, "auto")
_LONG = 0.1
"""Seconds after which memory is kept between batches: to give it back at the end takes 0.5 ms."""


class Predicting(Preparing):
    """`predict` and `predict_on_batch`."""

    _columns: FrameColumns | None = None
    """Of the frame that the model was trained on."""

    _callback_list: Callable[..., CallbackList]

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Sequence[Any] | Any | None = None,
    ) -> Tree:
        """The model's output for `x`, as NumPy arrays.

        The weights are only read, so several threads may predict at once.

        Args:
            x: As for `fit`.
            batch_size: Samples computed at a time; 32 by default.
            verbose: 1: a live line; otherwise silent, unlike Keras.
            steps: Batches to predict, if not all.
            callbacks: Told what happens.
        """
        repeats = callbacks is None and steps is None and verbose in _SILENT
        key = key_of(x, batch_size) if repeats else None
        if key is not None and (outputs := self._predicted_again(x, key)) is not None:
            return outputs
        batches = self._adapt(x, batch_size=batch_size, steps=steps)
        alone = batches if isinstance(batches, ArrayBatches) and batches.steps == 1 else None
        repeated = None if alone is None else self._repeated(key)
        if self._is_whole_on_host():
            return self._predicted_on_host(x, batches)
        listed = self._callback_list(callbacks, 1 if verbose == 1 else 0, 1, batches.steps, False, "predict")
        if batches.steps == 0:
            return self._nothing(batches)
        program = self._predict_program(batches.example().data)
        outputs = self._all_predicted(program, batches, listed)
        if alone is not None:
            found = Known(program, alone.rows, self._padded_rows(program, alone.rows, alone))
            self._remember(repeated, x, key, found)
        return outputs

    def _predict_program(self, example: tuple[Tree, Tree, Tree]) -> CompiledMethod:
        program = self._program("predict_step", example)
        if program.is_per_sample is None:
            overridden = type(self).predict_step is not Steps.predict_step
            program.is_per_sample = not overridden and is_per_sample(self, training=False)
        return program

    def _all_predicted(self, program: CompiledMethod, batches: Batches, listed: CallbackList) -> Tree:
        begins, ends = listed.overrides("on_predict_batch_begin"), listed.overrides("on_predict_batch_end")
        collected, begin, bar = _Collected(), time.perf_counter(), listed.progbar
        wait = None if isinstance(batches, ArrayBatches) else InputWait(batches)
        with listed.guarded(), contextlib.ExitStack() as stack:
            listed.on_predict_begin()
            for index, batch in enumerate(batches.epoch(0)):
                if begins:
                    listed.on_predict_batch_begin(index)
                outputs = self._predicted(program, batch, batches)
                collected.add(outputs)
                if bar is not None:
                    report(bar, wait, index + 1, outputs, {})
                if ends:
                    listed.on_predict_batch_end(index, LazyLogs({"outputs": outputs}))
                if begin is not None and time.perf_counter() - begin > _LONG:
                    begin = stack.enter_context(engine.keeping_memory())  # None: once
            listed.on_predict_end()
        return collected.result()

    # One batch again, of a model that is what it was ---------------------------------------------------------------
    def _predicted_again(self, x: Tree, key: tuple[Any, ...]) -> Tree | None:
        """The outputs, if the same call was made before, and what it found is still right."""
        repeated = self.programs.get(REPEATED)
        if repeated is None or self._runs_eagerly():
            return None
        known = repeated.known.get(key)
        if known is None or (known.program.changing and not repeated.holds()):
            return None
        x = narrow(x) if type(x) is np.ndarray else tree.map(narrow, x)
        outputs = _run_padded(known.program, (x, None, None), known.rows, known.padded_rows)
        # Looked at while the device computes. A program that only reads has done no harm if it was the wrong one.
        if not known.program.changing and not repeated.holds():
            return None
        return np.array(outputs) if engine.is_array(outputs) else tree.map(np.array, outputs)

    def _repeated(self, key: tuple[Any, ...] | None) -> Repeated | None:
        """The model as it is now. Made before its program is found, so that no change in between is missed."""
        if key is None or self._runs_eagerly():
            return None
        repeated = self.programs.get(REPEATED)
        return repeated if repeated is not None and repeated.holds() else Repeated(self, self.programs)

    def _remember(self, repeated: Repeated | None, x: Any, key: tuple[Any, ...] | None, found: Known) -> None:
        if repeated is not None and key is not None and repeated.holds() and self._preparation(x) is None:
            repeated.known[key] = found
            self.programs[REPEATED] = repeated

    def _adapt(self, x: Any, *args: Any, **kwargs: Any) -> Batches:
        x = self._by_column(x)
        return adapt(x, *args, prepare=self._preparation(x), **kwargs)

    def _by_column(self, x: Any, training: bool = False) -> Any:
        """`x`; or the columns of a frame by the names of the inputs, if there are several. Checks columns' order."""
        if isinstance(x, np.ndarray) or not is_frame(x):
            return x
        if self._columns is None:
            self._columns = FrameColumns()
        return self._columns.arranged(x, self._column_inputs(), self.name, training)

    def _column_inputs(self) -> list[str] | None:
        """The names of the inputs, if each takes a column of a frame; None: the model takes a matrix."""
        return None

    def _converted(self, x: Any) -> Tree:
        x = self._by_column(x)
        prepare = self._preparation(x)
        data = convert_tree(x, "x", strings=prepare is not None)
        return data if prepare is None else prepare(data)

    def _preparation(self, x: Any) -> Prepare | None:
        """What the model does to its inputs on the host; None if nothing. Arrays of strings may build the model."""
        return None

    def _is_whole_on_host(self) -> bool:
        """Whether the host computes the outputs themselves, so that there is no step to compile."""
        return False

    def _predicted_on_host(self, x: Any, batches: Batches) -> Tree:
        prepared = [self._converted(x)] if is_arrays(x) else [batch.data[0] for batch in batches.epoch(0)]
        collected = _Collected()
        for one in prepared:
            collected.add(self(one, training=False))
        return collected.result()

    def predict_on_batch(self, x: Any) -> Tree:
        """The model's output for one batch, as NumPy arrays."""
        key = key_of(x, -1)
        if key is not None and (outputs := self._predicted_again(x, key)) is not None:
            return outputs
        repeated = self._repeated(key)
        data = (self._converted(x), None, None)
        if self._is_whole_on_host():
            return tree.map(np.asarray, self(data[0], training=False))
        program = self._program("predict_step", data)
        batch = Batch(data, rows_of(data))
        outputs = program.run_eagerly(data) if self._runs_eagerly() else program.run(batch)
        self._remember(repeated, x, key, Known(program, batch.rows, batch.rows))
        return tree.map(np.array, outputs)

    def _runs_eagerly(self) -> bool:
        return self.training_setup is not None and self.training_setup.run_eagerly

    def _predicted(self, program: CompiledMethod, batch: Batch, batches: Batches) -> Tree:
        if self._runs_eagerly():
            return program.run_eagerly(batch.data)
        return _run_padded(program, batch.data, batch.rows, self._padded_rows(program, batch.rows, batches))

    def _padded_rows(self, program: CompiledMethod, rows: int, batches: Batches) -> int:
        """How many rows a batch of so many is padded to."""
        size = batches.batch_size
        if not program.is_per_sample or size is None or rows >= size:
            return rows
        # A small set alone is padded to a power of two: few sizes to compile for, and one row stays one row.
        return min(size, 1 << (rows - 1).bit_length()) if batches.steps == 1 else size

    def _nothing(self, batches: Batches) -> Tree:
        symbolic = tree.map(lambda a: a if a is None else a[:0], batches.example().data[0])
        outputs = self(symbolic, training=False)
        return tree.map(engine.to_numpy, outputs)


def _run_padded(program: CompiledMethod, data: tuple[Tree, Tree, Tree], rows: int, whole: int) -> Tree:
    if whole == rows:
        return program.run(Batch(data, rows))
    outputs = program.run(Batch(padded(data, whole), whole))
    return tree.map(lambda x: engine.to_numpy(x)[:rows], outputs)


class _Collected:
    """Outputs of batches, brought to the host while the next ones are computed."""

    def __init__(self) -> None:
        self._waiting: collections.deque[Tree] = collections.deque()
        self._done: list[Tree] = []

    def add(self, outputs: Tree) -> None:
        """Take the outputs of a batch; those of the batch before last come to the host."""
        self._waiting.append(outputs)
        if len(self._waiting) > 2:
            self._fetch()

    def _fetch(self) -> None:
        self._done.append(tree.map(engine.to_numpy, self._waiting.popleft()))

    def result(self) -> Tree:
        """All outputs, one after the other."""
        while self._waiting:
            self._fetch()
        if len(self._done) == 1:
            return tree.map(np.array, self._done[0])
        return tree.map(lambda *parts: np.concatenate(parts), *self._done)
