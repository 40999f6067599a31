"""Images as a batch with the channels last, which is how all of `ops.image` computes; and back as they were given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kerasish.backend import standardize_data_format, xp
from kerasish.backend.interface import Array
from kerasish.core.dtypes import is_int_dtype, result_type
from kerasish.ops.core import saturate_cast
from kerasish.ops.promotion import as_dtype, tensor

Undo = Callable[[Array], Array]


def as_batch(images: Any, data_format: str | None, what: str, rank: int = 2) -> tuple[Array, Undo]:
    """`images` as `(batch, *spatial, channels)`, and what brings a result of that layout back to the one given.

    Args:
        what: The op, for errors.
        rank: How many spatial axes there are.

    Raises:
        ValueError: it is neither one image nor a batch of them.
    """
    x = tensor(images)
    last = standardize_data_format(data_format) == "channels_last"
    if x.ndim not in (rank + 1, rank + 2):
        space = ", ".join(("depth", "height", "width")[-rank:])
        one = f"({space}, channels)" if last else f"(channels, {space})"
        raise ValueError(
            f"{what} takes one array of shape {one} or a batch of them, as {rank + 1} or {rank + 2} axes; got the "
            f"shape {tuple(x.shape)}. Add an axis for the channels, if it is missing."
        )
    single = x.ndim == rank + 1
    if not last:
        x = xp.moveaxis(x, 0 if single else 1, -1)

    def undo(y: Array) -> Array:
        y = y[0] if single else y
        return y if last else xp.moveaxis(y, -1, 0 if single else 1)

    return (x[None] if single else x), undo


def computed(x: Array) -> Array:
    """`x` in the dtype to compute in: a float of at least 32 bits, so that half types and integers round once."""
    return as_dtype(x, result_type(x.dtype, "float32"))


def rounded(y: Array, dtype: Any, half_away: bool = False) -> Array:
    """`y` in the dtype of the images: integers rounded, and kept within their type.

    Args:
        half_away: Whether halves go away from zero; by default they go to the even neighbour.
    """
    if is_int_dtype(dtype):
        y = nearest_whole(y) if half_away else xp.round(y)
    return saturate_cast(y, dtype)


def nearest_whole(x: Array) -> Array:
    """`x` rounded; halves go away from zero."""
    size = xp.abs(x)
    down = xp.floor(size)
    return xp.sign(x) * xp.where(size - down >= 0.5, down + 1, down)


def one_of(value: str, allowed: tuple[str, ...], name: str, what: str) -> str:
    """`value`, if it is one of `allowed`.

    Raises:
        ValueError: it is not.
    """
    if value not in allowed:
        raise ValueError(f"{what}: `{name}` must be one of {', '.join(map(repr, allowed))}; got {value!r}.")
    return value
