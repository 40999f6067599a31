"""The learning rate rises to a great one, and falls far below where it began: one cycle for a whole training."""

from __future__ import annotations

import math
from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.optimizers.schedules.learning_rate_schedule import LearningRateSchedule, as_float, check_steps


class OneCycle(LearningRateSchedule):
    """From `max * initial_fraction` up to `max` within the warm-up, then down to `max * final_fraction`, and stay.

    The paper falls to where it began in as many steps as it rose, and in the last steps far below it: that is
    `OneCycle(max, steps, warmup_fraction=0.45, annihilation_fraction=0.1, shape="linear")`. The defaults are what is
    mostly done today: two halves of a cosine, the second one longer. Keras has no such schedule.

    Args:
        max_learning_rate: The greatest one. A range test finds it: somewhat less than what makes the loss diverge.
        total_steps: How many steps the cycle takes: `epochs * steps_per_epoch`.
        warmup_fraction: The fraction of the steps in which it rises.
        initial_fraction: The first learning rate, as a fraction of the greatest.
        final_fraction: The last learning rate, as a fraction of the greatest.
        annihilation_fraction: The fraction of the steps at the end in which it falls from the initial to the final
            one. 0: it falls from the greatest to the final one at once.
        shape: `"cosine"` or `"linear"`.
        name: A name for it.

    Raises:
        ValueError: `total_steps` is not greater than 0, a fraction is not between 0 and 1, the phases are longer than
            the whole, or the shape is unknown.

    Example:
        >>> schedule = OneCycle(1.0, total_steps=100, shape="linear")
        >>> [round(float(schedule(step)), 3) for step in (0, 15, 30, 65, 100)]
        [0.04, 0.52, 1.0, 0.5, 0.0]

    Source: Smith and Topin, 2018, section 3, https://arxiv.org/abs/1708.07120
    """

    def __init__(
        self,
        max_learning_rate: float,
        total_steps: int,
        warmup_fraction: float = 0.3,
        initial_fraction: float = 0.04,
        final_fraction: float = 4e-6,
        annihilation_fraction: float = 0.0,
        shape: str = "cosine",
        name: str = "OneCycle",
    ) -> None:
        check_steps("OneCycle", "total_steps", total_steps)
        fractions = {
            "warmup_fraction": warmup_fraction,
            "initial_fraction": initial_fraction,
            "final_fraction": final_fraction,
            "annihilation_fraction": annihilation_fraction,
        }
        for argument, value in fractions.items():
            if not 0 <= value <= 1:
                raise ValueError(f"OneCycle's {argument} must be between 0 and 1; got {value}.")
        if warmup_fraction + annihilation_fraction > 1:
            raise ValueError(
                "OneCycle's warmup_fraction and annihilation_fraction must not be more than 1 together; got "
                f"{warmup_fraction} and {annihilation_fraction}."
            )
        if shape not in ("cosine", "linear"):
            raise ValueError(f"OneCycle's shape must be 'cosine' or 'linear'; got {shape!r}.")
        self.max_learning_rate = max_learning_rate
        self.total_steps = total_steps
        self.warmup_fraction = warmup_fraction
        self.initial_fraction = initial_fraction
        self.final_fraction = final_fraction
        self.annihilation_fraction = annihilation_fraction
        self.shape = shape
        self.name = name

    def __call__(self, step: Any) -> Array:
        time = xp.minimum(as_float(step) / self.total_steps, as_float(1))
        begin, turn = self.warmup_fraction, 1 - self.annihilation_fraction
        low = self.initial_fraction if self.annihilation_fraction else self.final_fraction
        factor = self._between(self.initial_fraction, 1.0, time, 0.0, begin)
        if turn > begin:
            factor = xp.where(time >= begin, self._between(1.0, low, time, begin, turn), factor)
        if self.annihilation_fraction:
            factor = xp.where(time >= turn, self._between(low, self.final_fraction, time, turn, 1.0), factor)
        return self.max_learning_rate * factor

    def _between(self, start: float, end: float, time: Array, first: float, last: float) -> Array:
        """From `start` at the time `first` to `end` at the time `last`."""
        if first == last:
            return xp.full_like(time, end)
        done = xp.clip((time - first) / (last - first), 0.0, 1.0)
        done = (1 - xp.cos(math.pi * done)) / 2 if self.shape == "cosine" else done
        return start * (1 - done) + end * done
