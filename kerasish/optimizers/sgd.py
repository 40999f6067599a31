"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any, Unpack

from kerasish.backend.interface import Array
from kerasish.core.variable import Variable
from kerasish.optimizers.optimizer import Optimizer
from kerasish.optimizers.options import Options, check_fraction


class SGD(Optimizer):
    """`w -= learning_rate * g`; with momentum `m = momentum * m - learning_rate * g` and `w += m`.

    Args:
        learning_rate: The size of a step.
        momentum: The fraction of the last movement that is kept.
        nesterov: Whether `w += momentum * m - learning_rate * g` with the new `m`: the step looks ahead.
        **common: As for `Optimizer`.

    Raises:
        ValueError: `momentum` is not between 0 and 1.

    Example:
        >>> weight = Variable([1.0, 2.0], name="weight")
        >>> SGD(learning_rate=0.5).apply([[2.0, 2.0]], [weight])
        >>> weight.numpy()
        array([0., 1.], dtype=float32)

    Source: Sutskever et al., 2013, https://proceedings.mlr.press/v28/sutskever13.html
    """

    def __init__(
        self, learning_rate: Any = 0.01, momentum: float = 0.0, nesterov: bool = False, **common: Unpack[Options]
    ) -> None:
        super().__init__(learning_rate, **common)
        check_fraction(type(self).__name__, "momentum", momentum)
        self.momentum = momentum
        self.nesterov = nesterov

    def slots(self) -> list[dict[str, float]]:
        return [{"momentum": 0.0}] if self.momentum else []

    def update(
        self, gradient: Array, variable: Variable, learning_rate: Array, momentum: Variable | None = None
    ) -> None:
        movement = -learning_rate * gradient
        if momentum is not None:
            momentum.assign(self.momentum * momentum.value + movement)
            movement = self.momentum * momentum.value + movement if self.nesterov else momentum.value
        variable.assign(variable.value + movement)
