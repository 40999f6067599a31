"""The same elements in another order: by a pattern in words, turned, mirrored, on a diagonal."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.ops.promotion import tensor

ELLIPSIS = "..."
TOKEN = re.compile(r"\.\.\.|[A-Za-z_]\w*|1|[()]|\S")


@functools.lru_cache(maxsize=256)
def _groups(side: str) -> tuple[tuple[str, ...], ...]:
    """The axes that one side of a pattern names; an axis made of several as a longer tuple, of size 1 as an empty."""
    groups: list[tuple[str, ...]] = []
    inside: list[str] | None = None
    for token in TOKEN.findall(side):
        if token == "(" and inside is None:
            inside = []
        elif token == ")" and inside is not None:
            groups.append(tuple(inside))
            inside = None
        elif token == ELLIPSIS or token == "1" or token.isidentifier():
            names = [] if token == "1" else [token]
            if inside is None:
                groups.append(tuple(names))
            else:
                inside += names
        else:
            raise ValueError(f"rearrange does not understand {token!r} in the pattern {side.strip()!r}.")
    if inside is not None:
        raise ValueError(f"A parenthesis is not closed in the pattern {side.strip()!r} of rearrange.")
    names = [name for group in groups for name in group]
    if len(set(names)) < len(names) or any(ELLIPSIS in group and len(group) > 1 for group in groups):
        raise ValueError(f"Each axis stands once in {side.strip()!r}, and `...` by itself; write other names.")
    return tuple(groups)


def _sides(pattern: str, ndim: int) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]:
    """Both sides of the pattern, with names in the place of `...`."""
    if pattern.count("->") != 1:
        raise ValueError(f"The pattern of rearrange has two sides, as in 'b h w -> b (h w)'; got {pattern!r}.")
    left, right = map(_groups, pattern.split("->"))
    hidden = tuple((f"...{i}",) for i in range(ndim - len(left) + 1))
    if (ELLIPSIS,) in left:
        left, right = (_replaced(side, hidden) for side in (left, right))
    if len(left) != ndim:
        raise ValueError(f"The pattern {pattern!r} of rearrange is of {len(left)} axes; got an array of {ndim}.")
    if {n for g in left for n in g} != {n for g in right for n in g}:
        raise ValueError(f"Both sides of the pattern of rearrange have the same axes; got {pattern!r}.")
    return left, right


def _replaced(side: tuple[tuple[str, ...], ...], hidden: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    if (ELLIPSIS,) not in side:
        return side
    place = side.index((ELLIPSIS,))
    return (*side[:place], *hidden, *side[place + 1 :])


def _sizes(groups: tuple[tuple[str, ...], ...], shape: Sequence[int], known: dict[str, int]) -> dict[str, int]:
    """The size of each named axis."""
    sizes: dict[str, int] = {}
    for group, size in zip(groups, shape, strict=True):
        product, open_names = 1, [name for name in group if name not in known]
        for name in group:
            product *= known.get(name, 1)
        fits = product and size % product == 0 if open_names else size == product
        if len(open_names) > 1 or not fits:
            raise ValueError(
                f"An axis of size {size} can't be split into ({' '.join(group)}) of the sizes "
                f"{ {name: known.get(name) for name in group} }; give rearrange all of them but one."
            )
        sizes |= {name: known.get(name, size // product) for name in group}
    return sizes


@op
def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Array:
    """`tensor` with its axes in another order, split or joined, as the pattern says.

    Args:
        pattern: The axes before and after, by any names: `"b (h w) c -> b c h w"`. Names in parentheses are one axis
            together, the last running fastest; `...` is all axes between; `1` is an axis of size 1.
        axes_lengths: Sizes of axes that the shape does not tell.

    Example:
        >>> rearrange([[1, 2, 3, 4], [5, 6, 7, 8]], "a (b c) -> c a b", c=2).shape
        (2, 2, 2)
    """
    x = _tensor(tensor)
    left, right = _sides(pattern, x.ndim)
    if unknown := set(axes_lengths) - {name for group in left for name in group}:
        raise ValueError(f"The pattern {pattern!r} of rearrange has no axis named {', '.join(sorted(unknown))}.")
    sizes = _sizes(left, x.shape, axes_lengths)
    names = [name for group in left for name in group]
    order = [names.index(name) for group in right for name in group]
    x = xp.transpose(xp.reshape(x, tuple(sizes[name] for name in names)), order)
    return xp.reshape(x, tuple(functools.reduce(lambda n, name: n * sizes[name], group, 1) for group in right))


_tensor = tensor


@op
def rot90(array: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Array:
    """`array`, turned `k` times by 90°, from the first of these axes towards the second."""
    array = tensor(array)
    if array.ndim < 2 or len(axes) != 2 or (axes[0] - axes[1]) % array.ndim == 0:
        raise ValueError(
            f"rot90 turns in two different axes of an array of two or more; got axes={axes} and the shape "
            f"{tuple(array.shape)}."
        )
    return xp.rot90(array, k=k, axes=tuple(axes))


@op
def fliplr(x: Any) -> Array:
    """`x` with its second axis in reverse order."""
    x = tensor(x)
    if x.ndim < 2:
        raise ValueError(f"fliplr takes an array of two axes or more; got the shape {tuple(x.shape)}.")
    return xp.flip(x, axis=1)


@op
def flipud(x: Any) -> Array:
    """`x` with its first axis in reverse order."""
    x = tensor(x)
    if x.ndim < 1:
        raise ValueError("flipud takes an array of one axis or more; got a number.")
    return xp.flip(x, axis=0)


@op
def diagflat(x: Any, k: int = 0) -> Array:
    """A matrix with all elements of `x` on its `k`-th diagonal, else zeros."""
    return xp.diag(xp.ravel(tensor(x)), k=k)


__all__ = ["diagflat", "fliplr", "flipud", "rearrange", "rot90"]
