"""RMSprop."""

from __future__ import annotations

from typing import Any, Unpack

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.core.variable import Variable
from kerasish.optimizers.optimizer import Optimizer
from kerasish.optimizers.options import Options, check_fraction


class RMSprop(Optimizer):
    """`v = rho * v + (1 - rho) * g**2` and `w -= learning_rate * g / sqrt(v + epsilon)`.

    Centered, the square of the gradient's own moving average is subtracted from `v`: the divisor is then a standard
    deviation. With momentum, `m = momentum * m + step` and `w -= m`.

    Args:
        learning_rate: The size of a step.
        rho: How much of the moving averages is kept at each step: a fraction.
        momentum: The fraction of the last movement that is kept.
        epsilon: Added inside the root, so that it is never of zero.
        centered: Whether the average gradient is subtracted.
        **common: As for `Optimizer`.

    Raises:
        ValueError: `rho` or `momentum` is not between 0 and 1.

    Source: Tieleman and Hinton, 2012, lecture 6.5; centered: Graves, 2013, https://arxiv.org/abs/1308.0850
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **common: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **common)
        check_fraction(type(self).__name__, "rho", rho)
        check_fraction(type(self).__name__, "momentum", momentum)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered

    def slots(self) -> list[dict[str, float]]:
        wanted = {"velocity": True, "momentum": self.momentum > 0, "average_gradient": self.centered}
        return [{name: 0.0} for name, needed in wanted.items() if needed]

    def update(
        self,
        gradient: Array,
        variable: Variable,
        learning_rate: Array,
        velocity: Variable,
        momentum: Variable | None = None,
        average_gradient: Variable | None = None,
    ) -> None:
        velocity.assign(self.rho * velocity.value + (1 - self.rho) * xp.square(gradient))
        variance = velocity.value
        if average_gradient is not None:
            average_gradient.assign(self.rho * average_gradient.value + (1 - self.rho) * gradient)
            variance = variance - xp.square(average_gradient.value)
        step = learning_rate * gradient / xp.sqrt(variance + self.epsilon)
        if momentum is not None:
            momentum.assign(self.momentum * momentum.value + step)
            step = momentum.value
        variable.assign(variable.value - step)
