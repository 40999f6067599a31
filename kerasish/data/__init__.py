"""Batches from whatever people hold their data in."""

from kerasish.data.adapters import adapt, unpack
from kerasish.data.arrays import ArrayBatches, split
from kerasish.data.batches import Batch, Batches
from kerasish.data.iterables import IterableBatches
from kerasish.data.prepared import Prepare, PreparedBatches

__all__ = [
    "ArrayBatches",
    "Batch",
    "Batches",
    "IterableBatches",
    "Prepare",
    "PreparedBatches",
    "adapt",
    "split",
    "unpack",
]
