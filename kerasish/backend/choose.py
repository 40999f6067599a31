"""Which backend: the environment variable `KERASISH_BACKEND`, else JAX. Others come as entry points."""

from __future__ import annotations

import importlib
import importlib.metadata
import os

from kerasish.backend.interface import Backend

GROUP = "kerasish.backends"
BUILT_IN = {"jax": "kerasish.backend.jax", "numpy": "kerasish.backend.numpy"}


def _load(name: str) -> Backend:
    if name in BUILT_IN:
        return importlib.import_module(BUILT_IN[name])  # pyright: ignore[reportReturnType]
    others = {point.name: point for point in importlib.metadata.entry_points(group=GROUP)}
    if name not in others:
        raise ValueError(
            f"There is no backend named {name!r}: the environment variable KERASISH_BACKEND must be one of "
            f"{', '.join(map(repr, [*BUILT_IN, *others]))}. "
            f"A package adds a backend through the entry-point group {GROUP!r}."
        )
    found = others[name].load()
    missing = [member for member in _members() if member not in dir(found)]
    if missing:
        raise TypeError(f"The backend {name!r} lacks {', '.join(missing)}; see kerasish/backend/interface.py.")
    return found


def _members() -> list[str]:
    return sorted(x for x in {*dir(Backend), *Backend.__annotations__} if not x.startswith("_"))


engine = _load(os.environ.get("KERASISH_BACKEND", "jax").lower())
xp = engine.xp


def backend() -> str:
    """The name of the backend in use: `"jax"`, unless `KERASISH_BACKEND` says otherwise."""
    return engine.name
