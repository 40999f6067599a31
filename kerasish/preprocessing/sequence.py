"""Sequences of different lengths, as one array."""

from kerasish.utils.sequence import pad_sequences

__all__ = ["pad_sequences"]
