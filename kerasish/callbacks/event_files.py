"""Event files for TensorBoard, written through the package `tensorboard`, without TensorFlow."""

from __future__ import annotations

import os
import struct
import time
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasish.backend.extras import import_extra

_WRITER = "tensorboard.summary.writer.event_file_writer"
_PLUGIN = "tensorboard.plugins.{}.summary_v2"


class EventFile:
    """One event file, made when something is first written.

    Args:
        folder: Where; made if it isn't there.

    Raises:
        ImportError: `tensorboard` is not installed.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._writer: Any = None
        _module(_WRITER)

    def scalar(self, tag: str, value: float, step: int) -> None:
        """A number at a step."""
        self._add(_module(_PLUGIN.format("scalar")).scalar_pb(tag, float(value)), step)

    def histogram(self, tag: str, values: np.ndarray, step: int) -> None:
        """How many of the values lie where."""
        self._add(_module(_PLUGIN.format("histogram")).histogram_pb(tag, np.asarray(values, np.float64)), step)

    def image(self, tag: str, pixels: np.ndarray, step: int) -> None:
        """A grey picture: `(height, width)`, from the least value, black, to the greatest, white."""
        height, width = pixels.shape
        parts = [str(width).encode(), str(height).encode(), png(pixels)]
        self._add(self._tensor(tag, "images", parts), step)

    def graph(self, model_json: str) -> None:
        """The layers of a model and how they are connected, for TensorBoard's conceptual graph."""
        self._add(self._tensor("keras", "graph_keras_model", [model_json.encode()], scalar=True), 0)

    def hparams(self, values: Mapping[str, Any]) -> None:
        """The hyperparameters of this run."""
        self._add(_module(_PLUGIN.format("hparams")).hparams_pb(dict(values), trial_id=self.folder), 0)

    def close(self) -> None:
        """Write what is waiting."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def flush(self) -> None:
        """Let a reader see what was written so far."""
        if self._writer is not None:
            self._writer.flush()

    def _tensor(self, tag: str, plugin: str, parts: list[bytes], scalar: bool = False) -> Any:
        summaries = _module("tensorboard.compat.proto.summary_pb2")
        tensors = _module("tensorboard.compat.proto.tensor_pb2")
        shapes = _module("tensorboard.compat.proto.tensor_shape_pb2")
        types = _module("tensorboard.compat.proto.types_pb2")
        dims = [] if scalar else [shapes.TensorShapeProto.Dim(size=len(parts))]
        tensor = tensors.TensorProto(
            dtype=types.DT_STRING, tensor_shape=shapes.TensorShapeProto(dim=dims), string_val=parts
        )
        data = summaries.SummaryMetadata.PluginData(plugin_name=plugin)
        metadata = summaries.SummaryMetadata(plugin_data=data)
        return summaries.Summary(value=[summaries.Summary.Value(tag=tag, tensor=tensor, metadata=metadata)])

    def _add(self, summary: Any, step: int) -> None:
        if self._writer is None:
            os.makedirs(self.folder, exist_ok=True)
            self._writer = _module(_WRITER).EventFileWriter(self.folder)
        event = _module("tensorboard.compat.proto.event_pb2").Event(
            summary=summary, step=int(step), wall_time=time.time()
        )
        self._writer.add_event(event)


def png(pixels: np.ndarray) -> bytes:
    """A grey picture as a PNG file; values are spread from black to white.

    Example:
        >>> png(np.eye(2))[:4]
        b'\\x89PNG'

    Source: Portable Network Graphics specification, W3C, 2003.
    """
    values = np.nan_to_num(np.asarray(pixels, np.float64))
    low, high = (values.min(), values.max()) if values.size else (0.0, 0.0)
    grey = np.round((values - low) * (255 / (high - low) if high > low else 0)).astype(np.uint8)
    rows = np.concatenate([np.zeros((len(grey), 1), np.uint8), grey], axis=1)  # each row begins with its filter: none

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", grey.shape[1], grey.shape[0], 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows.tobytes())) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _module(name: str) -> Any:
    return import_extra(name, "The TensorBoard callback")
