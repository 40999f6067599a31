"""Optimizers that divide by the sum, or the mean, of all squares: Adagrad, Adadelta, Ftrl; and Lion, by the sign."""

from __future__ import annotations

from typing import Any, Unpack

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.core.variable import Variable
from kerasish.optimizers.optimizer import Optimizer
from kerasish.optimizers.options import Options, check_fraction, check_not_negative


class Adagrad(Optimizer):
    """`a += g**2` and `w -= learning_rate * g / sqrt(a + epsilon)`.

    Args:
        learning_rate: The size of a step.
        initial_accumulator_value: What `a` starts from.
        epsilon: Added inside the root, so that it is never of zero.
        **common: As for `Optimizer`.

    Raises:
        ValueError: `initial_accumulator_value` is less than 0.

    Source: Duchi et al., 2011, https://jmlr.org/papers/v12/duchi11a.html
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **common: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **common)
        check_not_negative(type(self).__name__, "initial_accumulator_value", initial_accumulator_value)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def slots(self) -> list[dict[str, float]]:
        return [{"accumulator": self.initial_accumulator_value}]

    def update(self, gradient: Array, variable: Variable, learning_rate: Array, accumulator: Variable) -> None:
        accumulator.assign(accumulator.value + xp.square(gradient))
        variable.assign(variable.value - learning_rate * gradient / xp.sqrt(accumulator.value + self.epsilon))


class Adadelta(Optimizer):
    """`d = g * sqrt(D + epsilon) / sqrt(G + epsilon)` and `w -= learning_rate * d`.

    `G` is the moving mean of `g**2`, with the present one; `D` that of `d**2`, without the present one.

    Args:
        learning_rate: The size of a step; 1 in the paper.
        rho: How much of the moving means is kept at each step: a fraction.
        epsilon: Added inside the roots; what the first steps grow from.
        **common: As for `Optimizer`.

    Raises:
        ValueError: `rho` is not between 0 and 1.

    Source: Zeiler, 2012, algorithm 1, https://arxiv.org/abs/1212.5701
    """

    def __init__(
        self, learning_rate: Any = 0.001, rho: float = 0.95, epsilon: float = 1e-7, **common: Unpack[Options]
    ) -> None:
        super().__init__(learning_rate, **common)
        check_fraction(type(self).__name__, "rho", rho)
        self.rho = rho
        self.epsilon = epsilon

    def slots(self) -> list[dict[str, float]]:
        return [{"accumulated_grad": 0.0, "accumulated_delta_var": 0.0}]

    def update(
        self,
        gradient: Array,
        variable: Variable,
        learning_rate: Array,
        accumulated_grad: Variable,
        accumulated_delta_var: Variable,
    ) -> None:
        def follow(mean: Variable, x: Array) -> None:
            mean.assign(self.rho * mean.value + (1 - self.rho) * xp.square(x))

        follow(accumulated_grad, gradient)
        roots = (xp.sqrt(x.value + self.epsilon) for x in (accumulated_delta_var, accumulated_grad))
        movement = gradient * next(roots) / next(roots)
        follow(accumulated_delta_var, movement)
        variable.assign(variable.value - learning_rate * movement)


class Lion(Optimizer):
    """`w -= learning_rate * sign(beta_1 * m + (1 - beta_1) * g)`, then `m = beta_2 * m + (1 - beta_2) * g`.

    Args:
        learning_rate: The size of a step: a third to a tenth of what Adam takes.
        beta_1: The fraction of `m` in the direction.
        beta_2: How much of `m` is kept at each step.
        **common: As for `Optimizer`.

    Raises:
        ValueError: `beta_1` or `beta_2` is not between 0 and 1, or `beta_1` is 0.

    Source: Chen et al., 2023, algorithm 2, https://arxiv.org/abs/2302.06675
    """

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.99, **common: Unpack[Options]
    ) -> None:
        super().__init__(learning_rate, **common)
        if not 0 < beta_1 <= 1:
            raise ValueError(f"Lion's beta_1 must be greater than 0 and at most 1; got {beta_1}.")
        check_fraction(type(self).__name__, "beta_2", beta_2)
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def slots(self) -> list[dict[str, float]]:
        return [{"momentum": 0.0}]

    def update(self, gradient: Array, variable: Variable, learning_rate: Array, momentum: Variable) -> None:
        direction = xp.sign(self.beta_1 * momentum.value + (1 - self.beta_1) * gradient)
        variable.assign(variable.value - learning_rate * direction)
        momentum.assign(self.beta_2 * momentum.value + (1 - self.beta_2) * gradient)


class Ftrl(Optimizer):
    """Follow the regularized leader: many weights become exactly 0.

    With `p = -learning_rate_power`, `a' = a + g**2`, `l2 = l2_regularization_strength + beta / (2 * learning_rate)`:
    `z += g + 2 * l2_shrinkage * w - (a'**p - a**p) / learning_rate * w` and
    `w = (clip(z, -l1, l1) - z) / (a'**p / learning_rate + 2 * l2)`.

    Args:
        learning_rate: The size of a step.
        learning_rate_power: At most 0; 0 for a learning rate that does not fall.
        initial_accumulator_value: What `a` starts from.
        l1_regularization_strength: The greater, the more weights are 0.
        l2_regularization_strength: The greater, the smaller the weights.
        l2_shrinkage_regularization_strength: The same, but it acts on the gradient only.
        beta: As in the paper.
        **common: As for `Optimizer`.

    Raises:
        ValueError: a strength or `initial_accumulator_value` is less than 0, or `learning_rate_power` greater.

    Source: McMahan et al., 2013, algorithm 1, https://research.google/pubs/pub41159
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **common: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **common)
        for name, value in (
            ("initial_accumulator_value", initial_accumulator_value),
            ("l1_regularization_strength", l1_regularization_strength),
            ("l2_regularization_strength", l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength),
        ):
            check_not_negative(type(self).__name__, name, value)
        if not learning_rate_power <= 0:
            raise ValueError(f"Ftrl's learning_rate_power must be at most 0; got {learning_rate_power}.")
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta

    def slots(self) -> list[dict[str, float]]:
        return [{"accumulator": self.initial_accumulator_value, "linear": 0.0}]

    def update(
        self, gradient: Array, variable: Variable, learning_rate: Array, accumulator: Variable, linear: Variable
    ) -> None:
        frozen = learning_rate == 0  # then nothing changes; the formula divides by it
        rate = xp.where(frozen, xp.ones_like(learning_rate), learning_rate)
        l1, weight, old = self.l1_regularization_strength, variable.value, accumulator.value
        l2 = self.l2_regularization_strength + self.beta / (2 * rate)
        new = old + xp.square(gradient)
        before, after = old**-self.learning_rate_power, new**-self.learning_rate_power
        pull = gradient + 2 * self.l2_shrinkage_regularization_strength * weight
        z = linear.value + pull - (after - before) / rate * weight
        accumulator.assign(xp.where(frozen, old, new))
        linear.assign(xp.where(frozen, linear.value, z))
        variable.assign(xp.where(frozen, weight, (xp.clip(z, -l1, l1) - z) / (after / rate + 2 * l2)))
