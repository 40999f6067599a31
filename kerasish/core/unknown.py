"""Unknown sizes: what they are tried as, and what they must be where the arguments of a call have to fit together."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from kerasish.backend.interface import Shape, Tree
from kerasish.core import tree

TRIED_SIZES = (60, 1680), (120, 3360)
"""An unknown batch and other unknown sizes are tried as these; with many divisors, so that reshapes and strides fit."""
EQUAL_SIZES = (60, 60), (120, 120)
"""The same, for the case that all unknown sizes are one."""
MOST_TRIES = 48
"""So that a call that is wrong in any case is refused soon."""

Sizes = Sequence[tuple[int, int]]


def filled(shape: Shape, batch: int, other: int) -> tuple[int, ...]:
    """`shape`, with sizes in the place of unknown ones: the first axis is the batch."""
    return tuple((other if axis else batch) if d is None else d for axis, d in enumerate(shape))


def hypotheses(shapes: Sequence[Shape], arguments: Tree) -> Iterator[tuple[list[Shape], Sizes]]:
    """What unknown sizes may be, if they can't be anything: `(shapes, sizes to try for what is still unknown)`.

    First as few of them as possible are taken from the other arguments: from their sizes, or from numbers among the
    arguments. So `matmul` of `(None, None)` with `(4, 5)` takes the second as 4, and leaves the first. Then all of
    them are taken as equal.
    """
    places = [(i, axis) for i, shape in enumerate(shapes) for axis, d in enumerate(shape) if d is None]
    if not places:
        return
    leaves = tree.leaves(arguments)
    shaped = [np.shape(x) for x in leaves if not isinstance(x, bool | int | float | str)]
    shaped += [(n,) for n in _lengths(arguments)]
    numbers = [x for x in leaves if isinstance(x, int) and not isinstance(x, bool) and x > 1]
    choices = [_candidates(axis - len(shapes[i]), shaped, numbers) for i, axis in places]
    tries = itertools.chain.from_iterable(_bound(places, choices, count) for count in range(1, len(places) + 1))
    for sizes in itertools.islice(tries, MOST_TRIES):
        yield [_with(shape, i, sizes) for i, shape in enumerate(shapes)], TRIED_SIZES
    yield list(shapes), EQUAL_SIZES
    # Parts of a number of elements that is given, as in a reshape to (-1, 7).
    factor = int(np.prod([n for n in numbers if n < 1000][:4], dtype=np.int64))
    yield list(shapes), [(a * factor, b * factor) for a, b in TRIED_SIZES]


def _lengths(x: Any) -> Iterator[int]:
    """The lengths of the lists of numbers in the arguments."""
    if isinstance(x, list) and x and isinstance(x[0], int | float):
        yield len(x)
    elif isinstance(x, list | tuple | dict):
        for item in x.values() if isinstance(x, dict) else x:
            yield from _lengths(item)


def _candidates(place: int, shapes: list[Shape], numbers: list[int]) -> list[int]:
    """Sizes that an unknown one at this place, counted from the last, may have to be: the likely ones first."""
    there = [shape[place] for shape in shapes if len(shape) >= -place]
    found = dict.fromkeys([*there, *(n for shape in shapes for n in reversed(shape)), *numbers])
    return [n for n in found if n is not None and n > 1] + [1]


def _bound(places: list[tuple[int, int]], choices: list[list[int]], count: int) -> Iterator[dict[tuple[int, int], int]]:
    """All ways to fix so many of the unknown sizes; the last axes first, for they are those that are multiplied."""
    order = sorted(range(len(places)), key=lambda i: -places[i][1])
    for chosen in itertools.combinations(order, count):
        for sizes in itertools.product(*(choices[i] for i in chosen)):
            yield {places[i]: size for i, size in zip(chosen, sizes, strict=True)}


def _with(shape: Shape, index: int, sizes: dict[tuple[int, int], int]) -> Shape:
    return tuple(sizes.get((index, axis), d) for axis, d in enumerate(shape))
