"""Muon: matrices move by the nearest orthogonal matrix to their momentum; everything else by Adam."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Unpack

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.core.variable import Variable
from kerasish.optimizers.optimizer import Optimizer
from kerasish.optimizers.options import OtherOptions, check_fraction, check_not_negative


class Muon(Optimizer):
    """`m = momentum * m + g` and `w -= learning_rate * rms_rate * sqrt(max(rows, columns)) * orthogonal(m)`.

    `orthogonal(m)` has the singular vectors of `m`, and singular values near 1: `ns_steps` times
    `x = muon_a * x + (muon_b * y + muon_c * y @ y) @ x` with `y = x @ x.T`, from `x = m / norm(m)`.

    Matrices are moved so. Other weights, embeddings, and what `exclude_layers` says are moved by Adam, with a learning
    rate of `learning_rate * adam_lr_ratio` and a weight decay of its own. The last layer of a model should be excluded.

    Args:
        learning_rate: The size of a step.
        adam_beta_1: As `beta_1` of `Adam`.
        adam_beta_2: As `beta_2` of `Adam`.
        adam_weight_decay: The weight decay of the weights that Adam moves (by the learning rate without the ratio, as
            in Keras).
        epsilon: As for `Adam`.
        weight_decay: The weight decay of the matrices.
        exclude_layers: Regular expressions; a weight in whose path one is found is moved by Adam.
        exclude_embeddings: Whether weights with "embedding" in their path, in any case, are moved by Adam.
        muon_a: A coefficient of the iteration.
        muon_b: A coefficient of the iteration.
        muon_c: A coefficient of the iteration.
        adam_lr_ratio: Adam's learning rate, as a fraction of `learning_rate`.
        momentum: How much of `m` is kept at each step: a fraction.
        ns_steps: How often the iteration is done.
        nesterov: Whether `g + momentum * m` is made orthogonal, with the new `m`: the step looks ahead.
        rms_rate: Brings a step to the size of Adam's. None: neither it nor the root is there.
        **common: As for `Optimizer`.

    Raises:
        ValueError: a fraction is not between 0 and 1, or `ns_steps` is less than 1.

    Example:
        >>> weight = Variable([[0.0, 0.0], [0.0, 0.0]], name="weight")
        >>> Muon(learning_rate=1.0, rms_rate=None).apply([[[3.0, 0.0], [0.0, 1.0]]], [weight])
        >>> bool((abs(weight.numpy().diagonal() + 1) < 0.35).all())
        True

    Source: Jordan et al., 2024, https://kellerjordan.github.io/posts/muon/; `rms_rate`: Liu et al., 2025,
        https://arxiv.org/abs/2502.16982
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        *,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.775,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **common: Unpack[OtherOptions],
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay, **common)
        for name, value in (("adam_beta_1", adam_beta_1), ("adam_beta_2", adam_beta_2), ("momentum", momentum)):
            check_fraction("Muon", name, value)
        check_not_negative("Muon", "adam_lr_ratio", adam_lr_ratio)
        if ns_steps < 1:
            raise ValueError(f"Muon's ns_steps must be at least 1; got {ns_steps}.")
        self.adam_beta_1 = adam_beta_1
        self.adam_beta_2 = adam_beta_2
        self.adam_weight_decay = adam_weight_decay
        self.epsilon = epsilon
        # A string is one pattern. (Keras takes each of its letters as a pattern.)
        self.exclude_layers = [exclude_layers] if isinstance(exclude_layers, str) else list(exclude_layers or ())
        self.exclude_embeddings = exclude_embeddings
        self.muon_a = muon_a
        self.muon_b = muon_b
        self.muon_c = muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = momentum
        self.ns_steps = ns_steps
        self.nesterov = nesterov
        self.rms_rate = rms_rate

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        for v in variables:
            if not v.overwrite_with_gradient:
                self.add_slot(v, "momentum")
                if self._is_adams(v):
                    self.add_slot(v, "velocity")

    def _is_adams(self, variable: Variable) -> bool:
        is_embedding = self.exclude_embeddings and "embedding" in variable.path.lower()
        return variable.ndim != 2 or is_embedding or any(re.search(p, variable.path) for p in self.exclude_layers)

    def weight_decay_of(self, variable: Variable) -> float | None:
        return self.adam_weight_decay if self._is_adams(variable) else self.weight_decay

    def update(
        self,
        gradient: Array,
        variable: Variable,
        learning_rate: Array,
        momentum: Variable,
        velocity: Variable | None = None,
    ) -> None:
        if velocity is not None:
            self._adam(gradient, variable, learning_rate * self.adam_lr_ratio, momentum, velocity)
            return
        momentum.assign(self.momentum * momentum.value + gradient)
        ahead = gradient + self.momentum * momentum.value if self.nesterov else momentum.value
        rate = learning_rate if self.rms_rate is None else learning_rate * self.rms_rate * max(variable.shape) ** 0.5
        variable.assign(variable.value - rate * self._orthogonal(ahead))

    def _orthogonal(self, x: Array) -> Array:
        tall = x.shape[0] > x.shape[1]
        x = xp.matrix_transpose(x) if tall else x
        x = x / (xp.sqrt(xp.sum(xp.square(x))) + 1e-7)
        for _ in range(self.ns_steps):
            y = x @ xp.matrix_transpose(x)
            x = self.muon_a * x + (self.muon_b * y + self.muon_c * y @ y) @ x
        return xp.matrix_transpose(x) if tall else x

    def _adam(
        self, gradient: Array, variable: Variable, learning_rate: Array, momentum: Variable, velocity: Variable
    ) -> None:
        step = self.step_number(learning_rate.dtype)
        rate = learning_rate * xp.sqrt(1 - self.adam_beta_2**step) / (1 - self.adam_beta_1**step)
        momentum.assign(self.adam_beta_1 * momentum.value + (1 - self.adam_beta_1) * gradient)
        velocity.assign(self.adam_beta_2 * velocity.value + (1 - self.adam_beta_2) * xp.square(gradient))
        variable.assign(variable.value - rate * momentum.value / (xp.sqrt(velocity.value) + self.epsilon))
