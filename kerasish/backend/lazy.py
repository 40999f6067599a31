"""Names of a package that are looked up when first used; so that importing the package costs little."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def lazy(package: str, names: Mapping[str, str], first: str | None = None) -> Callable[[str], Any]:
    """A module's `__getattr__`.

    Args:
        package: The module's name.
        names: For each public name the module that has it; the module itself, if its name ends in the public name.
        first: A module to import before: what it registers must be known to the functions.
    """

    def look_up(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if first is not None:
            importlib.import_module(first)
        module = importlib.import_module(names[name])
        return module if names[name] == f"{package}.{name}" else getattr(module, name)

    return look_up
