"""The same call again: as long as a model is what it was, its program is found in microseconds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from operator import is_
from typing import Any, NamedTuple

import numpy as np

from kerasish.backend import engine
from kerasish.core import tree
from kerasish.core.stateful import Stateful
from kerasish.models.step import CompiledMethod

REPEATED = ("repeated",)
"""Under this key, a model's `programs` has its `Repeated`."""


class Known(NamedTuple):
    """What a call found: the program, and to how many rows it pads those of the batch."""

    program: CompiledMethod
    rows: int
    padded_rows: int


class Repeated:
    """What calls found, by what they were given, and whether it is still right.

    All attributes of a model and of what it holds are kept, and the items of lists and dicts among them. What was found
    is right while each is still the same object: comparing them costs 20 ns each, a walk through the model fifty times
    that.

    Args:
        model: The model as it is now.
        programs: Its `programs`, which are no part of what it is.
    """

    def __init__(self, model: Stateful, programs: dict[Any, Any]) -> None:
        attributes = [vars(x).values() for _, x in model.stateful_objects(everything=True)]
        containers = [x for values in attributes for value in values for x in _containers(value) if x is not programs]
        self._views = [*attributes, *(x.values() if isinstance(x, dict) else x for x in containers)]
        self._kept = list(chain.from_iterable(self._views))
        self._variables = model.every_variable()
        self._trainable = [v.trainable for v in self._variables]
        self.known: dict[tuple[Any, ...], Known] = {}

    def holds(self) -> bool:
        """Whether the model is what it was."""
        now = list(chain.from_iterable(self._views))
        if len(now) != len(self._kept) or not all(map(is_, now, self._kept)):
            return False
        return [v.trainable for v in self._variables] == self._trainable


def key_of(x: Any, batch_size: int | None) -> tuple[Any, ...] | None:
    """What decides on the program for `x`, and on how it is cut; None if `x` is not of arrays alone."""
    if type(x) is np.ndarray:
        return x.shape, x.dtype, batch_size, type(batch_size)
    leaves = tree.leaves(x) if type(x) in (list, tuple, dict) else [x]
    if not leaves or not all(type(leaf) is np.ndarray or engine.is_array(leaf) for leaf in leaves):
        return None
    kinds = ((type(leaf), leaf.shape, leaf.dtype) for leaf in leaves)
    return tree.structure(x), *kinds, batch_size, type(batch_size)


def _containers(x: Any) -> Iterator[list[Any] | dict[Any, Any]]:
    """The lists and dicts in which a variable or a layer may be replaced."""
    if isinstance(x, list | tuple | dict):
        if not isinstance(x, tuple):
            yield x
        for item in x.values() if isinstance(x, dict) else x:
            yield from _containers(item)
