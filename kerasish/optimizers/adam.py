"""Adam and its near relatives: AdamW, Adamax, Nadam, Lamb."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.variable import Variable
from kerasish.optimizers.optimizer import Optimizer
from kerasish.optimizers.options import Options, OtherOptions, check_fraction, check_not_negative


class Moments(Optimizer):
    """Keeps `momentum`, the mean of the gradients, and a second slot for their size. Not an optimizer by itself."""

    def __init__(
        self, learning_rate: Any, beta_1: float, beta_2: float, epsilon: float, **common: Unpack[Options]
    ) -> None:
        super().__init__(learning_rate, **common)
        check_fraction(type(self).__name__, "beta_1", beta_1)
        check_fraction(type(self).__name__, "beta_2", beta_2)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def slots(self) -> list[dict[str, float]]:
        return [{"momentum": 0.0, "velocity": 0.0}]

    def follow(self, gradient: Array, momentum: Variable, velocity: Variable) -> None:
        """`m = beta_1 * m + (1 - beta_1) * g` and `v = beta_2 * v + (1 - beta_2) * g**2`."""
        momentum.assign(self.beta_1 * momentum.value + (1 - self.beta_1) * gradient)
        velocity.assign(self.beta_2 * velocity.value + (1 - self.beta_2) * xp.square(gradient))


class Adam(Moments):
    """`w -= learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (sqrt(v) + epsilon)` at step `t` from 1.

    `m` is the moving mean of the gradients, `v` that of their squares. `epsilon` is added to the uncorrected root, as
    in Keras: it is the paper's epsilon-hat of section 2, not the epsilon of algorithm 1.

    Args:
        learning_rate: The size of a step.
        beta_1: How much of `m` is kept at each step: a fraction.
        beta_2: How much of `v` is kept.
        epsilon: Added to the divisor, so that it is never zero.
        amsgrad: Whether the greatest `v` so far is used (of the uncorrected ones, as in Keras).
        **common: As for `Optimizer`.

    Raises:
        ValueError: `beta_1` or `beta_2` is not between 0 and 1.

    Example:
        >>> weight = Variable([1.0, 2.0], name="weight")
        >>> Adam(learning_rate=0.5).apply([[2.0, -200.0]], [weight])
        >>> weight.numpy().round(3)
        array([0.5, 2.5], dtype=float32)

    Source: Kingma and Ba, 2014, https://arxiv.org/abs/1412.6980; amsgrad: Reddi et al., 2018
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **common: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **common)
        self.amsgrad = amsgrad

    def slots(self) -> list[dict[str, float]]:
        return super().slots() + ([{"velocity_hat": 0.0}] if self.amsgrad else [])

    def update(
        self,
        gradient: Array,
        variable: Variable,
        learning_rate: Array,
        momentum: Variable,
        velocity: Variable,
        velocity_hat: Variable | None = None,
    ) -> None:
        step = self.step_number(learning_rate.dtype)
        rate = learning_rate * xp.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)
        self.follow(gradient, momentum, velocity)
        size = velocity.value
        if velocity_hat is not None:
            velocity_hat.assign(xp.maximum(velocity_hat.value, size))
            size = velocity_hat.value
        variable.assign(variable.value - rate * momentum.value / (xp.sqrt(size) + self.epsilon))


class AdamW(Adam):
    """Adam, and `w -= learning_rate * weight_decay * w` before it.

    Args:
        learning_rate: The size of a step.
        weight_decay: The fraction, times the learning rate, by which weights shrink at each step.
        beta_1: As for `Adam`.
        beta_2: As for `Adam`.
        epsilon: As for `Adam`.
        amsgrad: As for `Adam`.
        **common: As for `Optimizer`.

    Raises:
        ValueError: `weight_decay` is None.

    Source: Loshchilov and Hutter, 2017, algorithm 2, https://arxiv.org/abs/1711.05101
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **common: Unpack[OtherOptions],
    ) -> None:
        if weight_decay is None:
            raise ValueError("AdamW's weight_decay must be a number; got None. Use Adam to have none.")
        check_not_negative("AdamW", "weight_decay", weight_decay)
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **common)


class Adamax(Moments):
    """`w -= learning_rate / (1 - beta_1**t) * m / (u + epsilon)` with `u = max(beta_2 * u, |g|)`.

    Args:
        learning_rate: The size of a step.
        beta_1: How much of the moving mean `m` is kept at each step: a fraction.
        beta_2: How much of the moving maximum `u` is kept.
        epsilon: Added to the divisor, so that it is never zero.
        **common: As for `Optimizer`.

    Source: Kingma and Ba, 2014, algorithm 2, https://arxiv.org/abs/1412.6980
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **common: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **common)

    def slots(self) -> list[dict[str, float]]:
        return [{"momentum": 0.0, "norm": 0.0}]

    def update(
        self, gradient: Array, variable: Variable, learning_rate: Array, momentum: Variable, norm: Variable
    ) -> None:
        momentum.assign(self.beta_1 * momentum.value + (1 - self.beta_1) * gradient)
        norm.assign(xp.maximum(self.beta_2 * norm.value, xp.abs(gradient)))
        rate = learning_rate / (1 - self.beta_1 ** self.step_number(learning_rate.dtype))
        variable.assign(variable.value - rate * momentum.value / (norm.value + self.epsilon))


class Nadam(Moments):
    """Adam with Nesterov's momentum, of which more is kept as time goes on.

    With `u(t) = beta_1 * (1 - 0.96**t / 2)` and `U(t) = u(1) * ... * u(t)`:
    `m_hat = u(t+1) * m / (1 - U(t+1)) + (1 - u(t)) * g / (1 - U(t))`, `v_hat = v / (1 - beta_2**t)` and
    `w -= learning_rate * m_hat / (sqrt(v_hat) + epsilon)`.

    Args:
        learning_rate: The size of a step.
        beta_1: How much of the moving mean `m` is kept at each step in the long run: a fraction.
        beta_2: How much of the moving mean `v` of the squares is kept.
        epsilon: Added to the divisor, so that it is never zero.
        **common: As for `Optimizer`.

    Source: Dozat, 2015, https://cs229.stanford.edu/proj2015/054_report.pdf
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **common: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **common)

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        self._u_product = self.add_variable((), 1, name="u_product")

    def begin_update(self) -> None:
        self._u_product.assign(self._u_product.value * self._u(self.step_number()))

    def _u(self, step: Array) -> Array:
        return self.beta_1 * (1 - 0.5 * engine.asarray(0.96, str(step.dtype)) ** step)

    def update(
        self, gradient: Array, variable: Variable, learning_rate: Array, momentum: Variable, velocity: Variable
    ) -> None:
        self.follow(gradient, momentum, velocity)
        step = self.step_number(learning_rate.dtype)
        now, next_one = self._u(step), self._u(step + 1)
        product = self._u_product.value
        ahead = next_one * momentum.value / (1 - product * next_one) + (1 - now) * gradient / (1 - product)
        size = velocity.value / (1 - self.beta_2**step)
        variable.assign(variable.value - learning_rate * ahead / (xp.sqrt(size) + self.epsilon))


class Lamb(Moments):
    """Adam's step, scaled for each weight by `norm(w) / norm(step)`, so that large batches can be used.

    `step = m_hat / (sqrt(v_hat) + epsilon)` and `w -= learning_rate * norm(w) / norm(step) * step`; where a norm is
    0, the ratio is 1. Weight decay is not part of the ratio, as in Keras.

    Args:
        learning_rate: The size of a step.
        beta_1: How much of the moving mean of the gradients is kept at each step: a fraction.
        beta_2: How much of the moving mean of their squares is kept.
        epsilon: Added to the divisor, so that it is never zero.
        **common: As for `Optimizer`.

    Source: You et al., 2019, algorithm 2, https://arxiv.org/abs/1904.00962
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **common: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **common)

    def update(
        self, gradient: Array, variable: Variable, learning_rate: Array, momentum: Variable, velocity: Variable
    ) -> None:
        self.follow(gradient, momentum, velocity)
        number = self.step_number(learning_rate.dtype)
        mean = momentum.value / (1 - self.beta_1**number)
        size = velocity.value / (1 - self.beta_2**number)
        step = mean / (xp.sqrt(size) + self.epsilon)
        weight_norm, step_norm = (xp.sqrt(xp.sum(xp.square(x))) for x in (variable.value, step))
        both = (weight_norm > 0) & (step_norm > 0)
        one = xp.ones_like(step_norm)
        ratio = xp.where(both, weight_norm / xp.where(both, step_norm, one), one)
        variable.assign(variable.value - learning_rate * ratio * step)
