"""Learning rates that fall: exponentially, with the inverse of time, along a polynomial, in steps."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.optimizers.schedules.learning_rate_schedule import LearningRateSchedule, as_float, check_steps


class ExponentialDecay(LearningRateSchedule):
    """`initial_learning_rate * decay_rate ** (step / decay_steps)`.

    Args:
        initial_learning_rate: That of step 0.
        decay_steps: After so many steps it has been multiplied by `decay_rate` once.
        decay_rate: The factor.
        staircase: Whether `step / decay_steps` is rounded down.
        name: A name for it.

    Raises:
        ValueError: `decay_steps` is not greater than 0.

    Example:
        >>> float(ExponentialDecay(1.0, decay_steps=10, decay_rate=0.5)(20))
        0.25
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        check_steps("ExponentialDecay", "decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> Array:
        exponent = as_float(step) / self.decay_steps
        exponent = xp.floor(exponent) if self.staircase else exponent
        return self.initial_learning_rate * as_float(self.decay_rate) ** exponent


class InverseTimeDecay(LearningRateSchedule):
    """`initial_learning_rate / (1 + decay_rate * step / decay_steps)`.

    Args:
        initial_learning_rate: That of step 0.
        decay_steps: How many steps are one unit of time.
        decay_rate: How fast it falls.
        staircase: Whether `step / decay_steps` is rounded down.
        name: A name for it.

    Raises:
        ValueError: `decay_steps` is not greater than 0.

    Example:
        >>> float(InverseTimeDecay(1.0, decay_steps=10, decay_rate=0.5)(20))
        0.5
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        check_steps("InverseTimeDecay", "decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> Array:
        time = as_float(step) / self.decay_steps
        time = xp.floor(time) if self.staircase else time
        return self.initial_learning_rate / (1 + self.decay_rate * time)


class PolynomialDecay(LearningRateSchedule):
    """`(initial - end) * (1 - step / decay_steps) ** power + end`; after `decay_steps` it stays at `end`.

    Args:
        initial_learning_rate: That of step 0.
        decay_steps: How many steps it falls.
        end_learning_rate: That of the end.
        power: The exponent; 1 is a straight line.
        cycle: Whether, instead of staying at the end, it begins again: `decay_steps` is then the next multiple of
            itself that is not less than the step.
        name: A name for it.

    Raises:
        ValueError: `decay_steps` is not greater than 0.

    Example:
        >>> float(PolynomialDecay(1.0, decay_steps=10, end_learning_rate=0.0)(5))
        0.5
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        check_steps("PolynomialDecay", "decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step: Any) -> Array:
        step, duration = as_float(step), as_float(self.decay_steps)
        if self.cycle:
            duration = duration * xp.maximum(xp.ceil(step / duration), as_float(1))
        left = 1 - xp.minimum(step, duration) / duration
        height = self.initial_learning_rate - self.end_learning_rate
        return height * left**self.power + self.end_learning_rate


class PiecewiseConstantDecay(LearningRateSchedule):
    """`values[0]` up to and with the step `boundaries[0]`, then `values[1]` up to `boundaries[1]`, …

    Args:
        boundaries: Steps, rising.
        values: Learning rates, one more than there are boundaries.
        name: A name for it.

    Raises:
        ValueError: there is not one more value than boundaries, or the boundaries don't rise.

    Example:
        >>> schedule = PiecewiseConstantDecay([100], [1.0, 0.5])
        >>> float(schedule(100)), float(schedule(101))
        (1.0, 0.5)
    """

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant") -> None:
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "PiecewiseConstantDecay needs one more value than boundaries; got "
                f"{len(boundaries)} boundaries, {list(boundaries)}, and {len(values)} values, {list(values)}."
            )
        if any(b <= a for a, b in itertools.pairwise(boundaries)):
            raise ValueError(f"PiecewiseConstantDecay's boundaries must rise; got {list(boundaries)}.")
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step: Any) -> Array:
        step, result = as_float(step), as_float(self.values[0])
        for boundary, value in zip(self.boundaries, self.values[1:], strict=True):
            result = xp.where(step > as_float(boundary), as_float(value), result)
        return result
