"""Layers that prepare raw data."""

from kerasish.layers.preprocessing.rescaling import Rescaling

__all__ = [
    "Rescaling",
]
