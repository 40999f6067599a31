"""The constructor arguments that all optimizers have, and what they may be."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any, TypedDict

import numpy as np

from kerasish.core.registry import did_you_mean


class OtherOptions(TypedDict, total=False):
    """The arguments of `Optimizer` that AdamW passes on: it has a weight decay of its own."""

    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None
    name: str | None
    learning_rate_multipliers: Mapping[str, Any] | None


class Options(OtherOptions, total=False):
    """The arguments of `Optimizer` that each optimizer passes on."""

    weight_decay: float | None


def refuse_unknown(owner: str, unknown: dict[str, Any], known: tuple[str, ...]) -> None:
    """Raise for arguments that no optimizer has; `decay`, which old code gives, is ignored with a warning."""
    if unknown.pop("decay", None):
        warnings.warn(
            f"{owner}'s argument `decay` is no longer supported and is ignored; give a schedule as learning_rate, such "
            "as InverseTimeDecay.",
            stacklevel=4,
        )
    for name in unknown:
        near = " Did you mean 'learning_rate'?" if name == "lr" else did_you_mean(name, known)
        raise ValueError(f"{owner} has no argument {name!r}.{near}")


def check_clipping(owner: str, **limits: float | None) -> None:
    """At most one limit, and none below 0."""
    given = {name: limit for name, limit in limits.items() if limit is not None}
    if len(given) > 1:
        named = ", ".join(f"{name}={limit}" for name, limit in given.items())
        raise ValueError(f"{owner} takes only one of clipnorm, clipvalue and global_clipnorm; got {named}.")
    for name, limit in given.items():
        if not limit >= 0:
            raise ValueError(f"{owner}'s {name} must be at least 0 (0: no clipping); got {limit}.")


def check_counts(owner: str, ema_overwrite_frequency: Any, gradient_accumulation_steps: Any) -> None:
    """Whole numbers of steps."""
    bounds = {
        "ema_overwrite_frequency": (ema_overwrite_frequency, 1),
        "gradient_accumulation_steps": (gradient_accumulation_steps, 2),
    }
    for name, (value, least) in bounds.items():
        if value is not None and not (isinstance(value, int | np.integer) and value >= least):
            raise ValueError(f"{owner}'s {name} must be None or an integer of at least {least}; got {value!r}.")


def check_fraction(owner: str, name: str, value: float) -> None:
    """Between 0 and 1."""
    if not 0 <= value <= 1:
        raise ValueError(f"{owner}'s {name} must be between 0 and 1; got {value}.")


def check_not_negative(owner: str, name: str, value: float) -> None:
    """A number of at least 0."""
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{owner}'s {name} must be at least 0; got {value}.")
