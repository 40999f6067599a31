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
    "disable_flash_attention",
    "disable_interactive_logging",
    "disable_traceback_filtering",
    "dtype_policy",
    "enable_flash_attention",
    "enable_interactive_logging",
    "enable_traceback_filtering",
    "enable_unsafe_deserialization",
    "epsilon",
    "floatx",
    "image_data_format",
    "is_flash_attention_enabled",
    "is_interactive_logging_enabled",
    "is_nnx_enabled",
    "is_traceback_filtering_enabled",
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


def enable_flash_attention() -> None:
    """Let `ops.dot_product_attention` use the device's kernel where there is one; so it does at first, too."""
    settings.flash_attention = True


def disable_flash_attention() -> None:
    """Let `ops.dot_product_attention` use no kernel, unless it is told `flash_attention=True`."""
    settings.flash_attention = False


def is_flash_attention_enabled() -> bool | None:
    """What was chosen; None: nothing was, so that the device's kernel is used where there is one."""
    return settings.flash_attention


def enable_traceback_filtering() -> None:
    """Accepted for Keras's sake: tracebacks are never cut here, as they are short."""
    settings.traceback_filtering = True


def disable_traceback_filtering() -> None:
    """Accepted for Keras's sake: tracebacks are never cut here."""
    settings.traceback_filtering = False


def is_traceback_filtering_enabled() -> bool:
    """What was chosen last; it changes nothing."""
    return settings.traceback_filtering


def enable_unsafe_deserialization() -> None:
    """Accepted for Keras's sake: bytecode in model files is never run, whatever is set."""


def is_nnx_enabled() -> bool:
    """Whether layers are Flax NNX modules: they never are."""
    return False


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
