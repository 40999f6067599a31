"""Learning rates along half a wave of the cosine: once, or again and again."""

from __future__ import annotations

import math
from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.optimizers.schedules.learning_rate_schedule import LearningRateSchedule, as_float, check_steps


class CosineDecay(LearningRateSchedule):
    """`start * ((1 - alpha) * (1 + cos(pi * step / decay_steps)) / 2 + alpha)`; after `decay_steps`, `start * alpha`.

    With `warmup_target`, the learning rate first rises in a straight line from `initial_learning_rate` to the target
    within `warmup_steps`, and then falls from there within `decay_steps`.

    Args:
        initial_learning_rate: That of step 0.
        decay_steps: How many steps it falls, not counting the warm-up.
        alpha: The last learning rate, as a fraction of the one it falls from.
        name: A name for it.
        warmup_target: The learning rate at the end of the warm-up. None: no warm-up, whatever `warmup_steps` says.
        warmup_steps: How many steps it rises.

    Raises:
        ValueError: `decay_steps` is not greater than 0, or `warmup_steps` is less than 0.

    Example:
        >>> schedule = CosineDecay(0.0, decay_steps=10, warmup_target=1.0, warmup_steps=4)
        >>> round(float(schedule(1)), 3), round(float(schedule(9)), 3)
        (0.25, 0.5)

    Source: Loshchilov and Hutter, 2016, equation 5, https://arxiv.org/abs/1608.03983
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        check_steps("CosineDecay", "decay_steps", decay_steps)
        if warmup_steps < 0:
            raise ValueError(f"CosineDecay's warmup_steps must be at least 0; got {warmup_steps}.")
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step: Any) -> Array:
        step = as_float(step)
        if self.warmup_target is None:
            return self._decayed(self.initial_learning_rate, step)
        fallen = self._decayed(self.warmup_target, step - self.warmup_steps)
        if not self.warmup_steps:
            return fallen
        height = self.warmup_target - self.initial_learning_rate
        risen = self.initial_learning_rate + height * step / self.warmup_steps
        return xp.where(step < self.warmup_steps, risen, fallen)

    def _decayed(self, start: float, step: Array) -> Array:
        fraction = xp.minimum(step, as_float(self.decay_steps)) / self.decay_steps
        return start * ((1 - self.alpha) * 0.5 * (1 + xp.cos(math.pi * fraction)) + self.alpha)


class CosineDecayRestarts(LearningRateSchedule):
    """`CosineDecay`, begun again each time it has ended: each time `t_mul` times as long, `m_mul` times as high.

    Args:
        initial_learning_rate: That of step 0.
        first_decay_steps: How many steps it falls the first time.
        t_mul: How many times as long each further time is.
        m_mul: How many times as high each further start is.
        alpha: The last learning rate, as a fraction of the initial one.
        name: A name for it.

    Raises:
        ValueError: `first_decay_steps` or `t_mul` is not greater than 0.

    Example:
        >>> schedule = CosineDecayRestarts(1.0, first_decay_steps=10, m_mul=0.5)
        >>> [round(float(schedule(step)), 3) for step in (0, 5, 10, 30)]
        [1.0, 0.5, 0.5, 0.25]

    Source: Loshchilov and Hutter, 2016, equation 5, https://arxiv.org/abs/1608.03983
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        check_steps("CosineDecayRestarts", "first_decay_steps", first_decay_steps)
        check_steps("CosineDecayRestarts", "t_mul", t_mul)
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = first_decay_steps
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step: Any) -> Array:
        restarts, fraction = self._position(as_float(step) / self.first_decay_steps)
        wave = 0.5 * as_float(self.m_mul) ** restarts * (1 + xp.cos(math.pi * fraction))
        return self.initial_learning_rate * ((1 - self.alpha) * wave + self.alpha)

    def _position(self, time: Array) -> tuple[Array, Array]:
        """How many restarts there were, and which fraction of the present wave is over."""
        if self.t_mul == 1:
            return xp.floor(time), time - xp.floor(time)
        # The waves before the n-th took (1 - t_mul**n) / (1 - t_mul) of the first one's time.
        restarts = xp.floor(xp.log(1 - time * (1 - self.t_mul)) / math.log(self.t_mul))
        length = as_float(self.t_mul) ** restarts
        return restarts, (time - (1 - length) / (1 - self.t_mul)) / length
