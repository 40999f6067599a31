"""ScheduleFreeAdamW: the mean of all iterates in the place of a learning rate that falls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.core.variable import Variable
from kerasish.optimizers.optimizer import Optimizer
from kerasish.optimizers.options import Options, check_fraction, check_not_negative


class ScheduleFreeAdamW(Optimizer):
    """`z -= rate * g / (sqrt(v_hat) + epsilon)`, `x = (1 - 1/t) * x + z / t` and `w = (1 - beta_1) * z + beta_1 * x`.

    `v_hat = v / (1 - beta_2**t)` with the moving mean `v` of the squares. `z` takes the steps and is the slot called
    `momentum`, as in Keras; `x`, the mean of all `z`, follows from `w` and `z`. The weights that the model has, in
    training and after it, are `w`, as in Keras; the paper evaluates at `x`.

    Args:
        learning_rate: The size of a step.
        beta_1: How near `w` is to `x`: a fraction greater than 0.
        beta_2: How much of `v` is kept at each step: a fraction.
        epsilon: Added to the divisor, so that it is never zero.
        warmup_steps: For so many steps the learning rate rises in a straight line: `rate = learning_rate * t /
            warmup_steps`. (The paper's mean then gives small steps less weight; Keras's doesn't.)
        **common: As for `Optimizer`. `weight_decay` is of `w`, and by the learning rate without the warm-up.

    Raises:
        ValueError: `beta_1` is not greater than 0 and less than 1 (Keras's weights become NaN), `beta_2` is no
            fraction, or `warmup_steps` is negative.

    Example:
        >>> weight = Variable([1.0, 2.0], name="weight")
        >>> ScheduleFreeAdamW(learning_rate=0.5).apply([[2.0, -200.0]], [weight])
        >>> weight.numpy().round(3)
        array([0.5, 2.5], dtype=float32)

    Source: Defazio et al., 2024, algorithm 1, https://arxiv.org/abs/2405.15682
    """

    def __init__(
        self,
        learning_rate: Any = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
        **common: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **common)
        if not 0 < beta_1 <= 1:
            raise ValueError(f"ScheduleFreeAdamW's beta_1 must be greater than 0 and at most 1; got {beta_1}.")
        check_fraction("ScheduleFreeAdamW", "beta_2", beta_2)
        check_not_negative("ScheduleFreeAdamW", "warmup_steps", warmup_steps)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.warmup_steps = warmup_steps

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        for v in variables:
            if not v.overwrite_with_gradient:
                self.add_slot(v, "momentum", v)
                self.add_slot(v, "velocity")

    def _decay(self, variable: Variable, rate: Array) -> None:
        # `z` starts from the weights that are there at the first step, and may have been loaded after `build`.
        momentum = self._named_slots[id(variable)]["momentum"]
        momentum.assign(xp.where(self.step_number() == 1, variable.value, momentum.value))
        super()._decay(variable, rate)

    def update(
        self, gradient: Array, variable: Variable, learning_rate: Array, momentum: Variable, velocity: Variable
    ) -> None:
        step = self.step_number(learning_rate.dtype)
        rate = learning_rate * xp.minimum(1.0, step / self.warmup_steps) if self.warmup_steps else learning_rate
        velocity.assign(self.beta_2 * velocity.value + (1 - self.beta_2) * xp.square(gradient))
        root = xp.sqrt(velocity.value / (1 - self.beta_2**step))
        z, w = momentum.value, variable.value
        x = (w - (1 - self.beta_1) * z) / self.beta_1
        z = z - rate * gradient / (root + self.epsilon)
        x = (1 - 1 / step) * x + z / step
        momentum.assign(z)
        variable.assign((1 - self.beta_1) * z + self.beta_1 * x)
