"""The learning rate of an optimizer: what it may be, how it is read and set, and what it is multiplied by."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, SupportsFloat

import numpy as np

from kerasish.backend import engine, floatx
from kerasish.backend.interface import Array
from kerasish.core.configurable import revive
from kerasish.core.variable import Variable
from kerasish.optimizers.schedules import LearningRateSchedule
from kerasish.optimizers.state import OptimizerState
from kerasish.optimizers.stepping import value_of


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


class LearningRates(OptimizerState):
    """The part of an optimizer that keeps the learning rate, and its multipliers."""

    iterations: Any
    _learning_rate: Any
    _multipliers: dict[str, Any]

    @property
    def learning_rate(self) -> Any:
        """A variable, which may be set to a float without a new compilation; or what the schedule says now.

        Raises:
            ValueError: it is set to what is not a finite number of at least 0.
            TypeError: it is set to a number, but it is a schedule or a function.
        """
        rate = self._learning_rate
        if isinstance(rate, LearningRateSchedule):
            return rate(value_of(self.iterations))
        return rate if isinstance(rate, Variable) else rate()

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        old = self._learning_rate
        if isinstance(value, LearningRateSchedule):
            if isinstance(old, Variable):
                self._forget(old)
            self._learning_rate = value
            return
        number = checked_learning_rate(value, type(self).__name__)
        if not isinstance(old, Variable):
            raise TypeError(
                f"The learning rate of this {type(self).__name__} is {old!r}, so it can't be set to {value!r}. Make "
                "the optimizer with a number as learning_rate to set it while training."
            )
        old.assign(number)

    def _kept_learning_rate(self, value: Any) -> Any:
        if isinstance(value, LearningRateSchedule) or (callable(value) and not isinstance(value, type)):
            return value
        number = checked_learning_rate(value, type(self).__name__)
        dtype = "float64" if floatx() == "float64" else "float32"
        return self.add_variable((), number, dtype, aggregation="only_first_replica", name="learning_rate")

    # Multipliers ---------------------------------------------------------------------------------------------------
    @property
    def learning_rate_multipliers(self) -> dict[str, Any]:
        """What the learning rate is multiplied by, for the weights whose path a pattern is found in.

        Of several patterns that are found, the first one counts. A multiplier is a number of at least 0, or a
        schedule: a function of the step. While it is 0, the weight is frozen: it keeps its value to the bit, does not
        decay, and its slots follow its gradients, so that it starts well when its stage comes.
        """
        return dict(self._multipliers)

    @learning_rate_multipliers.setter
    def learning_rate_multipliers(self, value: Mapping[str, Any] | None) -> None:
        owner = type(self).__name__
        found = {pattern: revive(multiplier) for pattern, multiplier in (value or {}).items()}
        for pattern, multiplier in found.items():
            number = isinstance(multiplier, int | float | np.number) and not isinstance(multiplier, bool)
            if not isinstance(multiplier, LearningRateSchedule) and not (number and 0 <= multiplier < math.inf):
                raise ValueError(
                    f"{owner}'s learning_rate_multipliers must be numbers of at least 0, or schedules; got "
                    f"{multiplier!r} for {pattern!r}."
                )
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(
                    f"{owner}'s learning_rate_multipliers have a key that is no regular expression, {pattern!r}: "
                    f"{error}."
                ) from error
        self._multipliers = found

    def _check_multipliers(self, weights: Sequence[Variable]) -> None:
        """Warn of a pattern that is found nowhere: it is a slip of the pen, or belongs to weights not trained now."""
        for pattern in self._multipliers:
            if not any(re.search(pattern, v.path) for v in weights):
                warnings.warn(
                    f"The pattern {pattern!r} of learning_rate_multipliers is not found in the path of any weight that "
                    f"is trained; there are {[v.path for v in weights]!s:.200}.",
                    stacklevel=2,
                )

    def _multiplier(self, variable: Variable) -> Array | float:
        """The multiplier of one weight, now."""
        for pattern, multiplier in self._multipliers.items():
            if re.search(pattern, variable.path):
                is_schedule = isinstance(multiplier, LearningRateSchedule)
                return multiplier(value_of(self.iterations)) if is_schedule else float(multiplier)
        return 1.0
