"""Checks of constructor arguments that many layers share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def whole(value: Any, name: str, owner: str) -> int:
    """`value` as a positive integer.

    Raises:
        ValueError: it is not one.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{owner}'s {name} must be a positive integer; got {value!r}.")
    return int(value)


def sizes(value: Any, rank: int, name: str, owner: str, least: int = 1) -> tuple[int, ...]:
    """`value`, an integer or a tuple of them, as one integer for each of `rank` axes.

    Raises:
        ValueError: it is not that, or one of them is less than `least`.
    """
    found = (value,) * rank if isinstance(value, int | np.integer) else value
    is_row = isinstance(found, Sequence) and not isinstance(found, str) and len(found) == rank
    if not is_row or any(isinstance(n, bool) or not isinstance(n, int | np.integer) or n < least for n in found):
        wanted = f"{rank} integers" if rank > 1 else "an integer"
        raise ValueError(f"{owner}'s {name} must be {wanted} of at least {least}; got {value!r}.")
    return tuple(int(n) for n in found)


def margins(value: Any, rank: int, name: str, owner: str) -> tuple[tuple[int, int], ...]:
    """`value` as `(before, after)` for each of `rank` axes: a number, one for each axis, or a pair for each axis."""
    if rank == 1:
        return (_pair(value, name, owner),)
    if isinstance(value, int | np.integer):
        value = (value,) * rank
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != rank:
        raise ValueError(
            f"{owner}'s {name} must be an integer, or one or a pair for each of {rank} axes; got {value!r}."
        )
    return tuple(_pair(one, name, owner) for one in value)


def _pair(value: Any, name: str, owner: str) -> tuple[int, int]:
    before, after = sizes(value, 2, name, owner, least=0)
    return before, after


def one_of(value: Any, allowed: Sequence[str], name: str, owner: str) -> str:
    """`value` in lower case, which must be one of `allowed`."""
    lowered = value.lower() if isinstance(value, str) else value
    if lowered not in allowed:
        raise ValueError(f"{owner}'s {name} must be one of {', '.join(map(repr, allowed))}; got {value!r}.")
    return lowered


def fraction(value: Any, name: str, owner: str, below_one: bool = False) -> float:
    """`value` as a number from 0 to 1; `below_one`: without 1."""
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= 1 or (below_one and value == 1):
        raise ValueError(
            f"{owner}'s {name} must be at least 0 and {'less than' if below_one else 'at most'} 1; got {value!r}."
        )
    return value if isinstance(value, int | float) else float(value)


def refuse_adapters(owner: str, **given: Any) -> None:
    """Raise if one of these arguments, which ask for LoRA or quantization, is given."""
    for name, value in given.items():
        if value is not None:
            raise ValueError(
                f"{owner} does not support {name}={value!r}: it has neither LoRA nor quantization. Leave it out."
            )


def axes_of(axis: Any, rank: int, owner: str) -> tuple[int, ...]:
    """`axis`, one or several, counted from the front, in rising order, each once.

    Raises:
        ValueError: the input has no such axis.
    """
    given = [axis] if isinstance(axis, int | np.integer) else list(axis)
    if any(not -rank <= one < rank for one in given):
        raise ValueError(f"{owner} works along axis {axis!r}; its input has only {rank} axes.")
    return tuple(sorted({int(one) % rank for one in given}))
