"""What a program sets once: float type, epsilon, image layout, backend, dtype policy, logging."""

from __future__ import annotations

from kerasish.backend import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from kerasish.backend.settings import settings
from kerasish.core.policies import dtype_policy, set_dtype_policy

__all__ = [
    "backend",
    "disable_interactive_logging",
    "dtype_policy",
    "enable_interactive_logging",
    "epsilon",
    "floatx",
    "image_data_format",
    "is_interactive_logging_enabled",
    "max_epochs",
    "max_steps_per_epoch",
    "set_backend",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_max_epochs",
    "set_max_steps_per_epoch",
]


def set_backend(backend: str) -> None:
    """Refuse to change the backend: it is chosen once, at import.

    Raises:
        RuntimeError: always, unless `backend` is the one in use.
    """
    if backend != globals()["backend"]():
        raise RuntimeError(
            f"The backend is {globals()['backend']()!r} since kerasish was imported, and can't change to {backend!r}: "
            f"set the environment variable KERASISH_BACKEND={backend} before the first import."
        )


def enable_interactive_logging() -> None:
    """Let `verbose="auto"` show progress."""
    settings.interactive_logging = True


def disable_interactive_logging() -> None:
    """Let `verbose="auto"` show no live line, only one line an epoch."""
    settings.interactive_logging = False


def is_interactive_logging_enabled() -> bool:
    """Whether `verbose="auto"` may show a live line."""
    return settings.interactive_logging


def max_epochs() -> int | None:
    """The most epochs that a `fit` runs; None: as many as it is told."""
    return settings.max_epochs


def set_max_epochs(max_epochs: int | None) -> None:
    """Limit the epochs of every `fit`, for a quick trial of a program."""
    settings.max_epochs = max_epochs


def max_steps_per_epoch() -> int | None:
    """The most steps of an epoch; None: as many as there are batches."""
    return settings.max_steps_per_epoch


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Limit the steps of every epoch, for a quick trial of a program."""
    settings.max_steps_per_epoch = max_steps_per_epoch
