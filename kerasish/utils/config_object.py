"""Settings of a program as the attributes of one object."""

from __future__ import annotations

import json
from collections.abc import Iterator, MutableMapping
from typing import Any

_OWN = ("_values", "_frozen")


class Config(MutableMapping[str, Any]):
    """Named values, as attributes and as items; they can be frozen.

    Args:
        **kwargs: The values.

    Raises:
        AttributeError: there is no value of that name.
        ValueError: a value is changed while they are frozen.

    Example:
        >>> config = Config(rate=0.1, units=8)
        >>> config.units = 16
        >>> config.freeze()
        >>> config["units"], config.to_json()
        (16, '{"rate": 0.1, "units": 16}')
    """

    def __init__(self, **kwargs: Any) -> None:
        object.__setattr__(self, "_values", dict(kwargs))
        object.__setattr__(self, "_frozen", False)

    @property
    def frozen(self) -> bool:
        """Whether values can't be changed."""
        return self._frozen

    def freeze(self) -> None:
        """Refuse changes from now on."""
        object.__setattr__(self, "_frozen", True)

    def unfreeze(self) -> None:
        """Allow changes again."""
        object.__setattr__(self, "_frozen", False)

    def as_dict(self) -> dict[str, Any]:
        """The values; the dict is a copy."""
        return dict(self._values)

    def to_json(self) -> str:
        """The values as JSON."""
        return json.dumps(self._values)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._changeable()[key] = value

    def __delitem__(self, key: str) -> None:
        del self._changeable()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        if name in _OWN or name not in self._values:  # copies ask for attributes before there are any
            raise AttributeError(f"The config has no value {name!r}; it has {', '.join(self)}."[:600])
        return self._values[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        if name not in self._values:
            raise AttributeError(f"The config has no value {name!r} that could be deleted.")
        del self[name]

    def _changeable(self) -> dict[str, Any]:
        if self._frozen:
            raise ValueError("The config is frozen, so its values can't be changed; call `unfreeze()` first.")
        return self._values

    def __getstate__(self) -> dict[str, Any]:
        return {"_values": dict(self._values), "_frozen": self._frozen}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"<Config {self._values}>"
