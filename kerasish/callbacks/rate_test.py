"""What a learning-rate range test found."""

from __future__ import annotations

import dataclasses
import html
import math
import os
from typing import Any

import numpy as np

from kerasish.callbacks.curves import Curve, Drawing, Panel, draw

LEAST = 5
"""So many steps there must be before a slope says anything."""


@dataclasses.dataclass(frozen=True)
class RateTest:
    """The loss of each step of a sweep of the learning rate, from small to large.

    Attributes:
        rates: The learning rate of each step.
        losses: The loss of each step's batch, before the step.
        smoothed: Their exponential moving averages, without bias.
        diverged: Whether the sweep ended because the loss ran away.

    Example:
        >>> test = RateTest(np.geomspace(1e-3, 1, 7), *[np.array([2, 1.9, 1.5, 0.9, 0.8, 1.2, 5])] * 2, True)
        >>> f"{test.suggestion:.2g}, {test.best:.2g}"
        '0.01, 0.1'

    Source: Smith, 2015, section 3.3, https://arxiv.org/abs/1506.01186
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    diverged: bool

    @property
    def best(self) -> float | None:
        """The rate at which the smoothed loss was least: a rate above which training gets worse."""
        finite = np.where(np.isfinite(self.smoothed), self.smoothed, np.inf)
        return float(self.rates[np.argmin(finite)]) if np.isfinite(finite).any() else None

    @property
    def suggestion(self) -> float | None:
        """The rate at which the smoothed loss fell fastest, per factor of the rate; None if it never fell."""
        if len(self.rates) < LEAST:
            return None
        stop = int(np.argmin(np.where(np.isfinite(self.smoothed), self.smoothed, np.inf))) + 1
        if stop < 2:
            return None
        slopes = np.gradient(self.smoothed[:stop], np.log(self.rates[:stop]))
        steepest = int(np.argmin(slopes))
        return float(self.rates[steepest]) if slopes[steepest] < 0 else None

    def panels(self) -> list[Panel]:
        """What `plot` draws: the losses over the rates, the suggestion marked. Losses that ran away are left out."""
        finite = self.smoothed[np.isfinite(self.smoothed)]
        most = float(finite.min() + 2 * abs(finite[0])) if finite.size else math.inf
        shown = [
            Curve(name, self.rates.tolist(), [float(y) if y <= most else math.nan for y in values])
            for name, values in (("loss", self.losses), ("smoothed", self.smoothed))
        ]
        return [Panel("loss", shown, "learning rate", log_x=True, mark=self.suggestion)]

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """Draw the losses over the learning rates.

        Args:
            path: A file for the picture; without matplotlib, its ending must be `.svg`.

        Returns:
            A list with matplotlib's `Axes`; where matplotlib is not installed, an SVG that notebooks show.
        """
        return draw(self.panels(), path)

    def __repr__(self) -> str:
        found = "none: the loss never fell" if self.suggestion is None else f"{self.suggestion:.3g}"
        ended = ", where the loss ran away" if self.diverged else ""
        if not len(self.rates):
            return "RateTest(no steps)"
        return (
            f"RateTest(suggestion={found}; {len(self.rates)} steps from {self.rates[0]:.3g} to "
            f"{self.rates[-1]:.3g}{ended})"
        )

    def _repr_html_(self) -> str:
        return f"<div>{Drawing(self.panels()).svg}<p>{html.escape(repr(self))}</p></div>"
