"""A callback made of functions."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from kerasish.callbacks.callback import HOOKS, Callback


class LambdaCallback(Callback):
    """Calls functions at hooks.

    Args:
        on_epoch_begin: Called with `(epoch, logs)`.
        on_epoch_end: Called with `(epoch, logs)`.
        on_train_begin: Called with `(logs)`.
        on_train_end: Called with `(logs)`.
        on_train_batch_begin: Called with `(batch, logs)`.
        on_train_batch_end: Called with `(batch, logs)`.
        **kwargs: A function for any other hook; what does not start with `on_` becomes an attribute.

    Raises:
        TypeError: there is no such hook, or what is given for it is not a function.

    Example:
        >>> callback = LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs))
        >>> callback.on_epoch_end(0, {"loss": 0.5})
        0 {'loss': 0.5}
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        hooks = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        for name, value in {**hooks, **kwargs}.items():
            if not name.startswith("on_"):
                setattr(self, name, value)
            elif value is not None:
                _check_hook(name, value)
                setattr(self, name, value)


def _check_hook(name: str, function: Any) -> None:
    if name not in HOOKS:
        similar = difflib.get_close_matches(name, HOOKS, n=1)
        hint = f"Did you mean {similar[0]!r}?" if similar else f"The hooks are {', '.join(HOOKS)}."
        raise TypeError(f"Callbacks have no hook named {name!r}. {hint}")
    if not callable(function):
        raise TypeError(f"LambdaCallback's {name} must be a function; got {function!r}.")
