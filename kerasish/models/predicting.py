"""`predict`: outputs for data of any size, batch by batch."""

from __future__ import annotations

import collections
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Tree
from kerasish.callbacks import CallbackList
from kerasish.callbacks.logs import LazyLogs
from kerasish.core import tree
from kerasish.data import Batch, FrameColumns, Prepare, adapt
from kerasish.data.adapters import is_arrays
from kerasish.data.batches import Batches, padded, rows_of
from kerasish.data.conversion import convert_tree
from kerasish.data.frames import is_frame
from kerasish.models.padding import is_per_sample
from kerasish.models.preparing import Preparing
from kerasish.models.step import CompiledMethod
from kerasish.models.train_step import Steps


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
        batches = self._adapt(x, batch_size=batch_size, steps=steps)
        if self._is_whole_on_host():
            return self._predicted_on_host(x, batches)
        listed = self._callback_list(callbacks, 1 if verbose == 1 else 0, 1, batches.steps, False, "predict")
        if batches.steps == 0:
            return self._nothing(batches)
        program = self._program("predict_step", batches.example().data)
        if program.is_per_sample is None:
            program.is_per_sample = type(self).predict_step is Steps.predict_step and is_per_sample(
                self, training=False
            )
        begins, ends = listed.overrides("on_predict_batch_begin"), listed.overrides("on_predict_batch_end")
        collected = _Collected()
        listed.on_predict_begin()
        for index, batch in enumerate(batches.epoch(0)):
            if begins:
                listed.on_predict_batch_begin(index)
            outputs = self._predicted(program, batch, batches)
            collected.add(outputs)
            if listed.progbar is not None and listed.progbar.wants_report():
                listed.progbar.report(index + 1, LazyLogs())
            if ends:
                listed.on_predict_batch_end(index, LazyLogs({"outputs": outputs}))
        listed.on_predict_end()
        return collected.result()

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
        data = (self._converted(x), None, None)
        if self._is_whole_on_host():
            return tree.map(np.asarray, self(data[0], training=False))
        program = self._program("predict_step", data)
        batch = Batch(data, rows_of(data))
        outputs = program.run_eagerly(data) if self._runs_eagerly() else program.run(batch)
        return tree.map(engine.to_numpy, outputs)

    def _runs_eagerly(self) -> bool:
        return self.training_setup is not None and self.training_setup.run_eagerly

    def _predicted(self, program: CompiledMethod, batch: Batch, batches: Batches) -> Tree:
        if self._runs_eagerly():
            return program.run_eagerly(batch.data)
        size = batches.batch_size
        if not program.is_per_sample or size is None or batch.rows >= size:
            return program.run(batch)
        # A small set alone is padded to a power of two: few sizes to compile for, and one row stays one row.
        whole = min(size, 1 << (batch.rows - 1).bit_length()) if batches.steps == 1 else size
        if whole == batch.rows:
            return program.run(batch)
        outputs = program.run(Batch(padded(batch.data, whole), whole))
        return tree.map(lambda x: engine.to_numpy(x)[: batch.rows], outputs)

    def _nothing(self, batches: Batches) -> Tree:
        symbolic = tree.map(lambda a: a if a is None else a[:0], batches.example().data[0])
        outputs = self(symbolic, training=False)
        return tree.map(engine.to_numpy, outputs)


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
