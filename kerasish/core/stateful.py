"""`Stateful`: owns variables, which are found by walking its attributes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kerasish.core.variable import Variable


class Stateful:
    """Owns variables: those among its attributes, and those of the stateful objects among them."""

    in_files = True
    """Whether its variables are saved with a model."""

    belongs_to_owner = True
    """Whether the owner's `variables` include this object's: not those of an optimizer."""

    @property
    def variables(self) -> list[Variable]:
        """Every variable, once: an object's own before those of the objects it holds."""
        return list({id(v): v for _, x in self.stateful_objects() for v in x.listed_variables()}.values())

    def listed_variables(self) -> list[Variable]:
        """Those of `own_variables` that `variables` lists."""
        return [v for _, v in self.own_variables()]

    def every_variable(self) -> list[Variable]:
        """`variables`, and those of objects that keep theirs to themselves."""
        found = [v for _, x in self.stateful_objects(everything=True) for _, v in x.own_variables()]
        return list({id(v): v for v in found}.values())

    def named_variables(self) -> Iterator[tuple[str, Variable]]:
        """`(path, variable)` pairs; the path is made of attribute names, as in `layers/0/kernel`."""
        for path, owner in self.stateful_objects():
            for name, variable in owner.own_variables():
                yield "/".join((*path, name)), variable

    def stateful_objects(self, everything: bool = False) -> Iterator[tuple[tuple[str, ...], Stateful]]:
        """`(path, object)` for this object and, depth first, for each one that it holds; each object once.

        Args:
            everything: Whether to list objects too that don't belong to their owner.
        """
        return _walk(self, (), set(), everything)

    def own_variables(self) -> Iterator[tuple[str, Variable]]:
        """`(name, variable)` for the variables that are attributes, or in lists and dicts that are."""
        for path, leaf in self._attributes():
            if isinstance(leaf, Variable):
                yield "/".join(path), leaf

    def held(self) -> Iterator[tuple[tuple[str, ...], Stateful]]:
        """`(path, object)` for the stateful objects that are attributes, or in lists and dicts that are."""
        for path, leaf in self._attributes():
            if isinstance(leaf, Stateful):
                yield path, leaf

    def _attributes(self) -> Iterator[tuple[tuple[str, ...], Any]]:
        """Variables and stateful objects among the attributes. Called at each `predict`, so quick with the others."""
        for name, value in vars(self).items():
            if isinstance(value, _HOLDERS):
                yield from _leaves(value, (name,))


def _walk(
    x: Stateful, path: tuple[str, ...], seen: set[int], everything: bool
) -> Iterator[tuple[tuple[str, ...], Stateful]]:
    seen.add(id(x))
    yield path, x
    for below, item in x.held():
        if id(item) not in seen and (everything or item.belongs_to_owner):
            yield from _walk(item, path + below, seen, everything)


def _leaves(x: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(x, _OBJECTS):
        yield path, x
        return
    for key, item in x.items() if isinstance(x, dict) else enumerate(x):
        if isinstance(item, _HOLDERS):
            yield from _leaves(item, (*path, str(key)))


_OBJECTS = (Variable, Stateful)
_HOLDERS = (Variable, Stateful, dict, list, tuple)
