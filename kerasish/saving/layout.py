"""Where Keras keeps each object of a model in its HDF5 files: found by walking the attributes."""

from __future__ import annotations

import collections
from collections.abc import Iterator
from typing import Any, NamedTuple

from kerasish.core.configurable import Configurable
from kerasish.core.names import snake_case
from kerasish.core.random import SeedGenerator
from kerasish.core.stateful import Stateful
from kerasish.core.variable import Variable
from kerasish.layers.layer import Layer
from kerasish.optimizers.optimizer import Optimizer

OWN = "vars"
"""The group that holds an object's own variables, numbered."""
OPTIMIZER = "optimizer"
REST = "_kerasish"
"""Where variables are kept that are in no place that Keras knows. Keras ignores it."""

_ALWAYS = ("layers", "optimizer")  # properties of models under which Keras looks
_OF_OPTIMIZERS = {"inner_optimizer", "optimizers"}  # what an optimizer may hold: one that it wraps, several
_HIDDEN = {"graph_layers", "stack"}  # where models keep what `layers` returns
_CONTAINERS = (list, tuple, dict)
_OTHER_NAMES = {"GroupQueryAttention": "GroupedQueryAttention"}
"""What Keras calls a class inside, by which its files go, where that is not its public name."""


class Place(NamedTuple):
    """An object that has variables, and the group that holds them."""

    path: str
    owner: Stateful
    variables: list[Variable]

    @property
    def group(self) -> str:
        """The group of the object's own variables."""
        return f"{self.path}/{OWN}" if self.path else OWN

    @property
    def writes_itself(self) -> bool:
        """Whether the object's class has its own way of writing and reading its variables."""
        return isinstance(self.owner, Layer) and (
            type(self.owner).save_own_variables is not Layer.save_own_variables
            or type(self.owner).load_own_variables is not Layer.load_own_variables
        )

    @property
    def name(self) -> str | None:
        """The object's name, if it has one."""
        return self.owner.name if isinstance(self.owner, Layer | Optimizer | SeedGenerator) else None

    @property
    def is_optional(self) -> bool:
        """Whether Keras's files lack it: seeds, and what Keras has no place for."""
        return not isinstance(self.owner, Layer | Optimizer)

    @property
    def is_optimizer(self) -> bool:
        """Whether it is state of training."""
        return isinstance(self.owner, Optimizer)


def places(root: Stateful) -> list[Place]:
    """Every object of a model with the place of its variables; an object that is reached twice counts once.

    The first of an object's attributes in alphabetical order decides, those with a leading underscore coming last;
    for a model one of them is its property `layers`. Items of lists and dicts are named after their classes and
    numbered.
    """
    found = [Place(path, owner, _own(owner)) for path, owner in _walk(root, "", set())]
    covered = {id(v) for place in found for v in place.variables} | _unsaved(root)
    kept = [v for v in root.variables if id(v) not in covered]
    return [*found, Place(REST, _Rest(kept), kept)] if kept else found


class _Rest(Stateful):
    """Variables that Keras would lose, such as those of layers in a plain object."""

    def __init__(self, variables: list[Variable]) -> None:
        self.kept = variables


def _unsaved(root: Stateful) -> set[int]:
    """The variables of objects that files leave out: metrics, which begin anew in each epoch."""
    return {id(v) for _, x in root.stateful_objects() if not x.in_files for _, v in x.own_variables()}


def _own(owner: Stateful) -> list[Variable]:
    if isinstance(owner, Optimizer):
        return owner.saved_variables()
    if isinstance(owner, Layer):
        return owner.own_weights()
    return [v for _, v in owner.own_variables()]


def _walk(owner: Stateful, path: str, seen: set[int]) -> Iterator[tuple[str, Stateful]]:
    seen.add(id(owner))
    yield path, owner
    for name, value in _attributes(owner):
        below = f"{path}/{name}" if path else name
        if _is_saved(value) and id(value) not in seen:
            yield from _walk(value, below, seen)
        elif isinstance(value, _CONTAINERS):
            yield from _walk_container(value, below, seen)


def _walk_container(items: Any, path: str, seen: set[int]) -> Iterator[tuple[str, Stateful]]:
    counts: collections.Counter[str] = collections.Counter()
    for item in items.values() if isinstance(items, dict) else items:
        nested = isinstance(item, _CONTAINERS)
        if not nested and not _is_saved(item):
            continue
        kind = "container" if nested else snake_case(_class_name(item))
        name = f"{kind}_{counts[kind]}" if counts[kind] else kind
        counts[kind] += 1
        if nested:
            yield from _walk_container(item, f"{path}/{name}", seen)
        elif id(item) not in seen:
            yield from _walk(item, f"{path}/{name}", seen)


def _class_name(item: Stateful) -> str:
    name = item.written_as() if isinstance(item, Configurable) else None
    found = name[1] if name else type(item).__name__
    return _OTHER_NAMES.get(found, found)


def _is_saved(x: Any) -> bool:
    return isinstance(x, Stateful) and x.in_files


def _attributes(owner: Stateful) -> Iterator[tuple[str, Any]]:
    names = {*vars(owner), *_properties(type(owner))} if not isinstance(owner, Optimizer) else _OF_OPTIMIZERS
    for name in sorted(names - _HIDDEN, key=lambda name: (name.startswith("_"), name)):
        try:
            yield name, getattr(owner, name)
        except (AttributeError, ValueError, TypeError, RuntimeError, NotImplementedError):
            continue  # a property that has no value now


def _properties(cls: type) -> set[str]:
    """The properties that may hold layers: those of the user's classes, and two of the model's own."""
    own = {
        name
        for base in cls.__mro__
        if not base.__module__.startswith("kerasish.")
        for name, value in vars(base).items()
        if isinstance(value, property)
    }
    return own | {name for name in _ALWAYS if isinstance(vars(cls).get(name) or _inherited(cls, name), property)}


def _inherited(cls: type, name: str) -> Any:
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
