"""Moving averages of weights, which may replace them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kerasish.backend import engine, xp
from kerasish.core.variable import Variable
from kerasish.optimizers.state import OptimizerState
from kerasish.optimizers.stepping import value_of, wide


class Averages(OptimizerState):
    """The part of an optimizer that keeps `average = momentum * average + (1 - momentum) * weight`."""

    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    iterations: Any
    _averages: dict[int, Variable]

    def _make_averages(self, weights: Sequence[Variable], grown: bool) -> None:
        # A weight that joins later has no first step, at which the average would be set to it.
        joining = [grown and id(v) not in self._averages for v in weights]
        for v, joins in zip(weights, joining, strict=True):
            average = self.add_variable_from_reference(v, "average", v.numpy() if joins else "zeros")
            self._averages[id(v)] = average

    def _average(self, variables: Sequence[Variable]) -> None:
        step = value_of(self.iterations)
        # All weights, also those that are not changed now: the average of one left out would stay at zero.
        for weight in self._weights.values():
            if id(weight) in self._averages:
                average = self._averages[id(weight)]
                with wide(weight) as dtype:
                    kept = engine.asarray(step != 0, dtype) * self.ema_momentum
                    average.assign(kept * average.value + (1 - kept) * weight.value)
        if self.ema_overwrite_frequency:
            now = (step + 1) % self.ema_overwrite_frequency == 0
            for weight in variables:
                if id(weight) in self._averages:
                    weight.assign(xp.where(now, self._averages[id(weight)].value, weight.value))

    @property
    def keeps_averages(self) -> bool:
        """Whether there are moving averages of the weights, once there has been a step."""
        return self.use_ema

    def averaged_weights(self) -> list[tuple[Variable, Variable]]:
        """Each weight that has a moving average, with it."""
        return [(w, self._averages[id(w)]) for w in self._weights.values() if id(w) in self._averages]

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """Put the moving averages in the place of these weights: `fit` does so at its end."""
        if not self.use_ema or not int(value_of(self._iterations)):
            return
        for weight in var_list:
            if id(weight) in self._averages:
                weight.assign(self._averages[id(weight)])

    _iterations: Variable
