"""`QuantileSummary`: quantiles of a stream in bounded memory."""

from __future__ import annotations

import math

import numpy as np

KEPT = 2**17
"""Up to that many numbers, nothing is left out."""


class QuantileSummary:
    """Sorted numbers with weights: a step function whose height at `x` is how many of the data are at most `x`.

    Args:
        epsilon: The error of a rank after much data, as a fraction of their number.

    Example:
        >>> s = QuantileSummary()
        >>> s.add(np.arange(20.0))
        >>> s.at(np.array([0.25, 0.5]))
        array([4., 9.])
    """

    def __init__(self, epsilon: float = 0.01) -> None:
        self._points = max(KEPT // 2, math.ceil(10 / max(epsilon, 1e-9)))
        self._values = np.zeros(0)
        self._weights = np.zeros(0)

    @property
    def total(self) -> float:
        """How many numbers have been added."""
        return float(self._weights.sum())

    def add(self, x: np.ndarray) -> None:
        """Take in numbers; NaN is left out."""
        flat = np.asarray(x, "float64").reshape(-1)
        flat = flat[~np.isnan(flat)]
        values = np.concatenate([self._values, flat])
        order = np.argsort(values, kind="stable")
        self._values = values[order]
        self._weights = np.concatenate([self._weights, np.ones(flat.size)])[order]
        if self._values.size > 2 * self._points:
            self._compress()

    def at(self, fractions: np.ndarray) -> np.ndarray:
        """The numbers that these fractions of the data are at most; between two data, on the line between them."""
        return np.interp(fractions * self.total, np.cumsum(self._weights), self._values)

    def _compress(self) -> None:
        total = self.total
        self._values = self.at(np.arange(1, self._points + 1) / self._points)
        self._weights = np.full(self._points, total / self._points)
