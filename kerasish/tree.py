"""Nested structures of lists, tuples, dicts and named tuples, under Keras's names. `None` is a leaf."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kerasish.core import tree

__all__ = [
    "assert_same_structure",
    "flatten",
    "flatten_with_path",
    "is_nested",
    "lists_to_tuples",
    "map_structure",
    "pack_sequence_as",
]


def flatten(structure: Any) -> list[Any]:
    """The leaves, in order; dicts in the order of their sorted keys.

    Example:
        >>> flatten({"b": [2, 3], "a": 1})
        [1, 2, 3]
    """
    return tree.leaves(structure)


def flatten_with_path(structure: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """`(path, leaf)` pairs, in the order of `flatten`."""
    return tree.paths(structure)


def is_nested(structure: Any) -> bool:
    """Whether it is a container and not a leaf."""
    return tree.is_nested(structure)


def map_structure(func: Callable[..., Any], *structures: Any, none_is_leaf: bool = True) -> Any:
    """`func` of each leaf (of each tuple of leaves), in the same structure.

    Args:
        func: A function of one leaf of each structure.
        structures: One or more of the same structure.
        none_is_leaf: Whether `func` sees None; if not, None stays None.

    Example:
        >>> map_structure(lambda a, b: a + b, {"x": 1}, {"x": 2})
        {'x': 3}
    """
    if not structures:
        raise ValueError("map_structure needs at least one structure.")
    for other in structures[1:]:
        assert_same_structure(structures[0], other)
    if none_is_leaf:
        return tree.map(func, *structures)
    return tree.map(lambda *leaves: None if leaves[0] is None else func(*leaves), *structures)


def assert_same_structure(a: Any, b: Any, check_types: bool | None = None) -> None:
    """Raise if the structures differ.

    Raises:
        ValueError: they do; the error prints both.
    """
    del check_types
    if tree.structure(a) != tree.structure(b):
        raise ValueError(f"The structures differ: {tree.structure(a)} and {tree.structure(b)}.")


def pack_sequence_as(structure: Any, flat_sequence: Sequence[Any]) -> Any:
    """The structure, with other leaves."""
    count = len(tree.leaves(structure))
    if count != len(flat_sequence):
        raise ValueError(f"The structure has {count} leaves; got {len(flat_sequence)}.")
    return tree.rebuild(structure, flat_sequence)


def lists_to_tuples(structure: Any) -> Any:
    """The structure, with tuples in the place of lists."""
    if isinstance(structure, dict):
        return {key: lists_to_tuples(value) for key, value in structure.items()}
    if isinstance(structure, list | tuple):
        return tuple(lists_to_tuples(value) for value in structure)
    return structure
