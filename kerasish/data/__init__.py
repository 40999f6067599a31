"""Batches from whatever people hold their data in."""

from kerasish.data.adapters import adapt, unpack
from kerasish.data.arrays import ArrayBatches, split
from kerasish.data.batches import Batch, Batches
from kerasish.data.iterables import IterableBatches

__all__ = ["ArrayBatches", "Batch", "Batches", "IterableBatches", "adapt", "split", "unpack"]
