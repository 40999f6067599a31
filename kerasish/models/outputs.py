"""Which target, weight, loss and metric belongs to which output: decided by structure, once."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from typing import Any

from kerasish.backend.interface import Array, Tree
from kerasish.core import tree
from kerasish.core.registry import did_you_mean


class InventedName(str):
    """The name of an output that has none of the user's, such as `output_0`; the names of logs leave it out."""


def prefix(names: list[str], index: int) -> str:
    """What the names of logs of this output begin with, if there are several."""
    return "" if len(names) == 1 or isinstance(names[index], InventedName) else f"{names[index]}_"


def unique(name: str, taken: Collection[str]) -> str:
    """`name`, or with the first number that makes it different from those that are taken."""
    candidates = itertools.chain([name], (f"{name}_{number}" for number in itertools.count(1)))
    return next(candidate for candidate in candidates if candidate not in taken)


def names_of(outputs: Tree, layer_names: list[str] | None = None) -> list[str]:
    """A name for each output: its key in a dict, the name of the layer it comes from, or `output_0`, `output_1`, …"""
    if isinstance(outputs, dict):
        found = ["_".join(map(str, path)) for path, _ in tree.paths(outputs)]
    elif layer_names is not None:
        found = list(layer_names)
    else:
        found = [InventedName(f"output_{index}") for index in range(len(tree.leaves(outputs)))]
    return [name if name not in found[:index] else f"{name}_{index}" for index, name in enumerate(found)]


def per_output(given: Any, outputs: Tree, names: list[str], what: str, *, shared: bool) -> list[Any]:
    """What was given for each output, in the order of `names`; None where nothing was.

    Args:
        given: None; something for every output; or a list or dict with something for each.
        outputs: The outputs, or anything of their structure.
        names: A name for each output.
        what: What is given, for errors.
        shared: Whether something that is neither a list nor a dict is meant for all outputs, or else for the only one.

    Raises:
        ValueError: it doesn't fit the outputs.
    """
    count = len(names)
    if given is None:
        return [None] * count
    if isinstance(given, dict):
        unknown = [key for key in given if key not in names]
        if unknown:
            raise ValueError(f"`{what}` names the output {unknown[0]!r}.{did_you_mean(unknown[0], names)}")
        return [given.get(name) for name in names]
    if isinstance(given, list | tuple):
        if len(given) == count:
            return list(given)
        nested = tree.leaves(given)
        if len(nested) == count and tree.is_nested(outputs):
            return nested
        raise ValueError(f"The model has {count} outputs, {names}; `{what}` is a list of {len(given)}.")
    if count > 1 and not shared:
        raise ValueError(
            f"The model has {count} outputs, {names}; give `{what}` as a list or a dict with one for each."
        )
    return [given] * count


def targets(y: Any, outputs: Tree, names: list[str]) -> list[Any]:
    """The target of each output; None where there is none.

    Raises:
        ValueError: the structure of `y` doesn't fit that of the outputs.
    """
    if y is None:
        return [None] * len(names)
    if isinstance(y, dict) and not isinstance(outputs, dict):
        return per_output(y, outputs, names, "y", shared=False)
    if isinstance(y, dict):
        missing = [name for name in outputs if name not in y]
        unknown = [name for name in y if name not in outputs]
        if unknown:
            raise ValueError(f"y has the key {unknown[0]!r}, which no output has.{did_you_mean(unknown[0], outputs)}")
        filled = {name: y.get(name) for name in outputs}
        if missing:
            return [leaf for name in sorted(filled) for leaf in _leaves_for(filled[name], outputs[name])]
        return tree.leaves(filled)
    found = tree.leaves(y)
    if len(found) != len(names):
        raise ValueError(
            f"The model has {len(names)} outputs, {names}; y is {_described(y)}, with {len(found)} arrays."
        )
    return found


def _leaves_for(y: Any, output: Any) -> list[Any]:
    return [None] * len(tree.leaves(output)) if y is None else tree.leaves(y)


def _described(x: Tree) -> str:
    return f"a {type(x).__name__}" if tree.is_nested(x) else "one array"


def weights(sample_weight: Any, outputs: Tree, names: list[str]) -> list[Array | None]:
    """The sample weights of each output: one array is for all of them."""
    return per_output(sample_weight, outputs, names, "sample_weight", shared=True)
