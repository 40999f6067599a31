"""`LearningRateSchedule`: a learning rate that depends on the step."""

from __future__ import annotations

from typing import Any

from kerasish.backend import engine
from kerasish.backend.interface import Array
from kerasish.core.configurable import Configurable
from kerasish.core.variable import Variable


class LearningRateSchedule(Configurable):
    """A function of the step that can be saved. Subclasses write `__call__`, and keep each argument of `__init__`.

    The step is that of the optimizer, counted from 0; inside a compiled step it is a traced array, so that a schedule
    is written with ops.

    Example:
        >>> class Halved(LearningRateSchedule):
        ...     def __init__(self, start):
        ...         self.start = start
        ...     def __call__(self, step):
        ...         return self.start * 0.5 ** (step // 1000)
        >>> Halved(0.1)(2500), Halved(0.1).get_config()
        (0.025, {'start': 0.1})
    """

    def __call__(self, step: Any) -> Any:
        """The learning rate of the given step."""
        raise NotImplementedError(f"{type(self).__name__} has no `__call__(self, step)`: write one.")


def as_float(x: Any) -> Array:
    """`x`, a number, array or variable, as a `float32` array."""
    return engine.asarray(x.value if isinstance(x, Variable) else x, "float32")


def check_steps(schedule: str, argument: str, value: Any) -> None:
    """Refuse a duration of no steps."""
    if not value > 0:
        raise ValueError(f"{schedule}'s {argument} must be greater than 0; got {value}.")
