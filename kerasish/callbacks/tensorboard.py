"""Writes what TensorBoard shows."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np

from kerasish.backend import engine
from kerasish.callbacks.callback import Callback, Logs
from kerasish.callbacks.event_files import EventFile


class TensorBoard(Callback):
    """Write logs, weights and the model for TensorBoard, through the package `tensorboard`, without TensorFlow.

    Training goes to `log_dir/train`, validation to `log_dir/validation`. Tags are Keras's: `epoch_loss`,
    `epoch_learning_rate`, `batch_loss`, `evaluation_loss_vs_iterations`, `<weight>/histogram`, `<weight>/image`.

    Args:
        log_dir: A folder for this run alone; `tensorboard --logdir` of the folder above shows several.
        histogram_freq: After how many epochs the weights' histograms are written; 0: never.
        write_graph: Whether the model's layers and connections are written.
        write_images: Whether weights are also written as pictures, as often as histograms.
        write_steps_per_second: Whether the speed of training is written.
        update_freq: `"epoch"`; `"batch"`; or after how many batches the logs are written besides. Between two of
            them many steps run in one compiled call.
        profile_batch: The number of a batch, or `(first, last)`, counted from 1, that is profiled; 0: none. To look
            at it, TensorBoard needs the package `xprof`.
        embeddings_freq: After how many epochs the weights of `Embedding` layers are written for the projector.
        embeddings_metadata: A file with a label for each row; or a dict of such files by the name of the layer.
        hparams: Hyperparameters of this run, by name: numbers, texts, truth values.

    Raises:
        ImportError: `tensorboard` is not installed.
        ValueError: an argument is not what is said here.
    """

    def __init__(
        self,
        log_dir: str | PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: int | str = "epoch",
        profile_batch: int | tuple[int, int] = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: str | Mapping[str, str] | None = None,
        hparams: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.embeddings_freq = embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        self.hparams = hparams
        self._check()
        self._profiled = _profiled(profile_batch)
        self._train = EventFile(os.path.join(self.log_dir, "train"))
        self._validation = EventFile(os.path.join(self.log_dir, "validation"))
        self._fitting = self._profiling = False
        self._start = 0
        self._clock = (0.0, 0)

    def _check(self) -> None:
        update = self.update_freq
        if update != "epoch" and (isinstance(update, bool) or not isinstance(update, int) or update < 1):
            raise ValueError(
                f"update_freq must be 'epoch', 'batch' or a number of batches, at least 1; got {update!r}."
            )
        for name in ("histogram_freq", "embeddings_freq"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 0:
                raise ValueError(f"{name} must be a number of epochs, or 0 for never; got {value!r}.")

    # When ------------------------------------------------------------------------------------------------------------
    def overrides(self, hook: str) -> bool:
        if hook == "on_train_batch_end" and self.update_freq == "epoch" and self._profiled is None:
            return type(self).on_train_batch_end is not TensorBoard.on_train_batch_end
        return super().overrides(hook)

    def next_batch_end(self, batch: int, trained: int) -> int | None:
        every = None if self.update_freq == "epoch" else -(trained + 1) % int(self.update_freq)
        edges = [] if self._profiled is None else [self._profiled[0] - 1, self._profiled[1]]
        ahead = [edge - trained - 1 for edge in edges if edge > trained]
        wanted = [distance for distance in (every, *ahead) if distance is not None]
        return batch + min(wanted, default=2**31)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._fitting = True
        self._start = int(np.asarray(self.model.optimizer.iterations))
        self._clock = (time.perf_counter(), 0)
        if self.write_graph:
            self._write_graph()
        if self.hparams:
            self._train.hparams(self.hparams)
        if self._profiled is not None and self._profiled[0] <= 1:
            self._profile()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        done = self.trained_batches
        if self._profiled is not None and done == self._profiled[0] - 1:
            self._profile()
        elif self._profiling and self._profiled is not None and done >= self._profiled[1]:
            self._end_profile()
        if self.update_freq != "epoch" and done % int(self.update_freq) == 0:
            values = dict(logs or {})
            if self.write_steps_per_second:
                values["steps_per_second"] = self._speed(done)
            self._scalars(self._train, "batch_{}", values, self._start + done)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        values = dict(logs or {})
        training = {name: value for name, value in values.items() if not name.startswith("val_")}
        with contextlib.suppress(AttributeError):  # a transformation of optax may show none
            training["learning_rate"] = float(self.model.optimizer.learning_rate)
        if self.write_steps_per_second:
            training["steps_per_second"] = self._speed((epoch + 1) * ((self.params or {}).get("steps") or 0))
        validation = {name.removeprefix("val_"): value for name, value in values.items() if name.startswith("val_")}
        self._scalars(self._train, "epoch_{}", training, epoch)
        self._scalars(self._validation, "epoch_{}", validation, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            self._write_embeddings()
        self._train.flush()
        self._validation.flush()

    def on_test_end(self, logs: Logs | None = None) -> None:
        if self.model.optimizer is not None:
            step = int(np.asarray(self.model.optimizer.iterations))
            self._scalars(self._validation, "evaluation_{}_vs_iterations", dict(logs or {}), step)
        if not self._fitting:
            self._validation.close()

    def on_exception(self, exception: BaseException) -> None:
        self.on_train_end()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._profiling:
            self._end_profile()
        self._fitting = False
        self._train.close()
        self._validation.close()

    # What ------------------------------------------------------------------------------------------------------------
    def _scalars(self, file: EventFile, tag: str, values: Mapping[str, Any], step: int) -> None:
        for name, value in values.items():
            if np.ndim(value) == 0:
                file.scalar(tag.format(name), value, step)

    def _speed(self, done: int) -> float:
        now, (before, counted) = time.perf_counter(), self._clock
        self._clock = (now, done)
        return (done - counted) / max(now - before, 1e-9)

    def _write_graph(self) -> None:
        try:
            text = self.model.to_json()
        except NotImplementedError:  # a subclassed model has no graph that could be drawn
            return
        self._train.graph(text)

    def _write_weights(self, epoch: int) -> None:
        for weight in self.model.weights:
            values = np.asarray(weight.numpy(), np.float32)
            self._train.histogram(f"{weight.path}/histogram", values, epoch)
            if self.write_images and values.ndim:
                self._train.image(f"{weight.path}/image", values.reshape(-1, values.shape[-1]), epoch)

    def _write_embeddings(self) -> None:
        """The tables as text, and the file that tells the projector of them."""
        entries = []
        for weight in self.model.weights:
            parts = weight.path.split("/")
            if parts[-1] != "embeddings":
                continue
            name = f"{'_'.join(parts[:-1])}.tsv"
            os.makedirs(self._train.folder, exist_ok=True)
            np.savetxt(os.path.join(self._train.folder, name), np.asarray(weight.numpy(), np.float32), "%.8g", "\t")
            lines = [f"tensor_name: {json.dumps(weight.path)}", f"tensor_path: {json.dumps(name)}"]
            labels = self.embeddings_metadata
            labels = labels.get(parts[-2]) if isinstance(labels, Mapping) else labels
            if labels:
                lines.append(f"metadata_path: {json.dumps(os.path.abspath(labels))}")
            entries.append("embeddings {\n" + "".join(f"  {line}\n" for line in lines) + "}\n")
        with open(os.path.join(self._train.folder, "projector_config.pbtxt"), "w", encoding="utf-8") as file:
            file.writelines(entries)

    def _profile(self) -> None:
        engine.start_profile(self.log_dir)
        self._profiling = True

    def _end_profile(self) -> None:
        engine.stop_profile()
        self._profiling = False


def _profiled(given: Any) -> tuple[int, int] | None:
    """The first and the last batch that is profiled, counted from 1."""
    if given in (0, None, False):
        return None
    first, last = (given, given) if isinstance(given, int) else tuple(given)
    if not (isinstance(first, int) and isinstance(last, int) and 0 <= first <= last and last):
        raise ValueError(f"profile_batch must be the number of a batch, or (first, last); got {given!r}.")
    return max(first, 1), last
