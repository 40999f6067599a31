"""Packages that are imported only where they are used."""

from __future__ import annotations

import importlib
from typing import Any


def import_extra(module: str, user: str, package: str = "") -> Any:
    """The module `module`.

    Args:
        module: Its name in Python.
        user: What needs it, as the beginning of the error.
        package: The package that has it, if that has another name.

    Raises:
        ImportError: it is not installed.

    Example:
        >>> import_extra("json", "Configs").dumps([1])
        '[1]'
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = package or module.partition(".")[0]
        raise ImportError(
            f"{user} needs the package {package!r}, which is not installed, or too old ({error!s:.200}): "
            f"python -m pip install -U {package}"
        ) from error
