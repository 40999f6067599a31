"""What a learning rate may be."""

from __future__ import annotations

import math
from typing import Any, SupportsFloat

import numpy as np

from kerasish.backend import engine
from kerasish.core.variable import Variable


def checked_learning_rate(value: Any, owner: str) -> SupportsFloat:
    """`value`, if it is a finite number of at least 0, or traced and so not known yet.

    Raises:
        ValueError: it is not.
    """
    if isinstance(value, Variable):
        value = value.value
    if engine.is_traced(value):
        return value
    is_number = isinstance(value, int | float | np.number) or engine.is_array(value) or isinstance(value, np.ndarray)
    if not is_number or np.shape(value) != ():
        raise ValueError(
            f"{owner}'s learning_rate must be a number, a LearningRateSchedule, or a function without arguments that "
            f"returns a number; got {value!r}."
        )
    number = float(value)
    if not math.isfinite(number) or number < 0:
        raise ValueError(f"{owner}'s learning_rate must be a finite number of at least 0; got {number}.")
    return number
