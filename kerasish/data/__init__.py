"""Batches from whatever people hold their data in."""

from kerasish.data.adapters import adapt, unpack
from kerasish.data.arrays import ArrayBatches, RowBatches, split
from kerasish.data.batches import Batch, Batches, Source
from kerasish.data.dataset import DatasetBatches, PyDataset
from kerasish.data.frames import FrameColumns
from kerasish.data.iterables import IterableBatches
from kerasish.data.prepared import Prepare
from kerasish.data.streaming import StreamedBatches

__all__ = [
    "ArrayBatches",
    "Batch",
    "Batches",
    "DatasetBatches",
    "FrameColumns",
    "IterableBatches",
    "Prepare",
    "PyDataset",
    "RowBatches",
    "Source",
    "StreamedBatches",
    "adapt",
    "split",
    "unpack",
]
