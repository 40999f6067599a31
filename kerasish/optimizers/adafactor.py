"""Adafactor: Adam's idea with a rank-one picture of the squares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.core.variable import Variable
from kerasish.optimizers.optimizer import Optimizer
from kerasish.optimizers.options import Options, check_not_negative


class Adafactor(Optimizer):
    """`w -= max(epsilon_2, rms(w)) * rho * u / max(1, rms(u) / clip_threshold)` with `u = g / sqrt(v)`.

    `v` is the moving mean of `g**2 + epsilon_1`, of which `1 - t**beta_2_decay` is kept at step `t`. For weights of two
    axes or more, `v = r * c / mean(r)`: only the means `r` over the last axis and `c` over the one before it move.
    `rho` is the learning rate, with `relative_step` at most `1 / sqrt(t)`.

    As in Keras, `v` is among the variables for every weight, so that files go both ways: memory is not saved.

    Args:
        learning_rate: The size of a step, relative to that of the weights.
        beta_2_decay: The exponent of the step in what is forgotten.
        epsilon_1: Added to the squares of the gradients, so that `v` is never zero.
        epsilon_2: The least size of a weight, so that weights leave zero.
        clip_threshold: The greatest root mean square of `u`.
        relative_step: Whether the learning rate is at most `1 / sqrt(t)`.
        **common: As for `Optimizer`.

    Raises:
        ValueError: `epsilon_1` or `epsilon_2` is negative, or `clip_threshold` is not greater than 0.

    Example:
        >>> weight = Variable([1.0, 2.0], name="weight")
        >>> Adafactor(learning_rate=0.5).apply([[2.0, -200.0]], [weight])
        >>> weight.numpy().round(3)
        array([0.209, 2.791], dtype=float32)

    Source: Shazeer and Stern, 2018, algorithms 4 and 5, https://arxiv.org/abs/1804.04235
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **common: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **common)
        check_not_negative("Adafactor", "epsilon_1", epsilon_1)
        check_not_negative("Adafactor", "epsilon_2", epsilon_2)
        if not clip_threshold > 0:
            raise ValueError(f"Adafactor's clip_threshold must be greater than 0; got {clip_threshold}.")
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        for v in variables:
            if v.overwrite_with_gradient:
                continue
            factored = v.ndim >= 2
            shapes = {"r": v.shape[:-1], "c": (*v.shape[:-2], v.shape[-1])} if factored else {"r": (), "c": ()}
            slots = {
                # Where nothing is factored, Keras has two whole numbers in the places of `r` and `c`.
                key: self._add_for(v, key, v.name, shape, v.dtype if factored else "int32", 0)
                for key, shape in shapes.items()
            }
            self._named_slots[id(v)] = slots if factored else {}
            self.add_slot(v, "velocity")

    def update(
        self,
        gradient: Array,
        variable: Variable,
        learning_rate: Array,
        velocity: Variable,
        r: Variable | None = None,
        c: Variable | None = None,
    ) -> None:
        step = self.step_number(learning_rate.dtype)
        rate = xp.minimum(learning_rate, 1 / xp.sqrt(step)) if self.relative_step else learning_rate
        forgotten = step**self.beta_2_decay
        square = xp.square(gradient) + self.epsilon_1
        if r is None or c is None:
            velocity.assign((1 - forgotten) * velocity.value + forgotten * square)
        else:
            r.assign((1 - forgotten) * r.value + forgotten * xp.mean(square, axis=-1))
            c.assign((1 - forgotten) * c.value + forgotten * xp.mean(square, axis=-2))
            share = r.value / xp.mean(r.value, axis=-1, keepdims=True)
            velocity.assign(share[..., None] * c.value[..., None, :])
        step_ahead = gradient / xp.sqrt(velocity.value)
        step_ahead = step_ahead / xp.maximum(1.0, _root_mean_square(step_ahead) / self.clip_threshold)
        size = xp.maximum(self.epsilon_2, _root_mean_square(variable.value))
        variable.assign(variable.value - size * rate * step_ahead)


def _root_mean_square(x: Array) -> Array:
    return xp.sqrt(xp.mean(xp.square(x)))
