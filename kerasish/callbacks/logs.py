"""The logs that callbacks receive: a dict whose numbers are fetched from the device when somebody reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np


class LazyLogs(MutableMapping[str, Any], dict[str, Any]):  # pyright: ignore[reportGeneralTypeIssues]
    """`{name: value}`, where a value waits for the device when it is read, not before, and once only.

    It is a dict in every other way: callbacks may add entries, which are kept as they were given.
    `dict(logs)` reads everything; `copy()` reads nothing.

    Args:
        values: By name: an array, a number, or a function without arguments that returns one.
            What has no dimensions is read as a Python float; larger arrays are read as they are.

    Example:
        >>> logs = LazyLogs({"loss": np.float32(0.5), "accuracy": lambda: np.asarray(0.75)})
        >>> logs["learning_rate"] = 0.1
        >>> dict(logs)
        {'loss': 0.5, 'accuracy': 0.75, 'learning_rate': 0.1}
    """

    # A real dict underneath, so that `json.dump(logs)` and `isinstance(logs, dict)` do what users of Keras expect.
    # Every way in leads through `__getitem__`, because MutableMapping stands before dict.

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        dict.__init__(self)
        for name, value in dict(values or {}).items():
            dict.__setitem__(self, name, _Unread(value))

    @classmethod
    def wrap(cls, logs: Mapping[str, Any] | None) -> LazyLogs:
        """`logs` itself if it is lazy, otherwise lazy logs of the same entries."""
        return logs if isinstance(logs, LazyLogs) else cls(logs)

    def __getitem__(self, name: str) -> Any:
        value = dict.__getitem__(self, name)
        if isinstance(value, _Unread):
            value = value.read()
            dict.__setitem__(self, name, value)
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        dict.__setitem__(self, name, value)

    def __delitem__(self, name: str) -> None:
        dict.__delitem__(self, name)

    def __iter__(self) -> Iterator[str]:
        return dict.__iter__(self)

    def __len__(self) -> int:
        return dict.__len__(self)

    def __contains__(self, name: object) -> bool:
        return dict.__contains__(self, name)

    def __repr__(self) -> str:
        return repr(dict(self))

    def __or__(self, other: Any) -> Any:
        return dict(self) | dict(other)

    def __ror__(self, other: Any) -> Any:
        return dict(other) | dict(self)

    def copy(self) -> LazyLogs:
        """Logs of their own with the same entries; what was not read yet still is not."""
        twin = LazyLogs()
        dict.update(twin, dict.items(self))
        return twin


class _Unread:
    """A value that nobody has looked at yet."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def read(self) -> Any:
        # What was read stays here, so that a copy of the logs does not fetch it again.
        if callable(self._value):
            function: Callable[[], Any] = self._value
            self._value = function()
        self._value = _as_number(self._value)
        return self._value


def _as_number(value: Any) -> Any:
    """A float for what is one number; anything else as it is."""
    if value is None or isinstance(value, str | bytes | Mapping | list | tuple) or np.shape(value) != ():
        return value
    try:
        return float(value)
    except (TypeError, ValueError):
        return value
