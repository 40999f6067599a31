"""Nested structures of lists, tuples, dicts and named tuples, under Keras's names. `None` is a leaf."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kerasish.core import tree

__all__ = [
    "MAP_TO_NONE",
    "assert_same_paths",
    "assert_same_structure",
    "flatten",
    "flatten_with_path",
    "is_nested",
    "lists_to_tuples",
    "map_shape_structure",
    "map_structure",
    "map_structure_up_to",
    "pack_sequence_as",
    "traverse",
]


class MAP_TO_NONE:  # noqa: N801  Keras's name
    """What the function given to `traverse` returns to put None in a place."""


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


def map_structure_up_to(shallow_structure: Any, func: Callable[..., Any], *structures: Any) -> Any:
    """`func` of the parts of `structures` that stand where `shallow_structure` has leaves.

    Raises:
        ValueError: a structure is not like `shallow_structure` down to its leaves.

    Example:
        >>> map_structure_up_to([0, 0], len, [(1, 2), "abc"])
        [2, 3]
    """
    spec = tree.structure(shallow_structure)
    parts = [spec.flatten_up_to(structure) for structure in structures]
    return tree.rebuild(shallow_structure, [func(*one) for one in zip(*parts, strict=True)])


def map_shape_structure(func: Callable[[Any], Any], structure: Any) -> Any:
    """`func` of each shape in a structure of shapes; a tuple or list of sizes is one shape.

    Example:
        >>> map_shape_structure(len, {"a": (2, 3), "b": [(4,), (None, 5)]})
        {'a': 2, 'b': [1, 2]}
    """
    if not tree.is_nested(structure) or _is_shape(structure):
        return func(structure)
    return tree.map_children(lambda part: map_shape_structure(func, part), structure)


def _is_shape(x: Any) -> bool:
    return isinstance(x, list | tuple) and all(d is None or isinstance(d, int) for d in x)


def traverse(func: Callable[[Any], Any], structure: Any, top_down: bool = True) -> Any:
    """The structure, with what `func` returns in the place of each part for which it returns anything but None.

    Args:
        func: A function of a part: a container or a leaf. `MAP_TO_NONE` puts None in its place.
        structure: A nested structure.
        top_down: Whether `func` sees a container before its items; what it replaces is not looked into then.

    Example:
        >>> traverse(lambda x: tuple(x) if isinstance(x, list) else None, [1, [2]], top_down=False)
        (1, (2,))
    """
    if top_down:
        found = func(structure)
        if found is not None:
            return None if found is MAP_TO_NONE else found
    if tree.is_nested(structure):
        structure = tree.map_children(lambda part: traverse(func, part, top_down), structure)
    if top_down:
        return structure
    found = func(structure)
    return structure if found is None else None if found is MAP_TO_NONE else found


def assert_same_paths(a: Any, b: Any) -> None:
    """Raise if the structures have leaves in different places; lists and tuples count as the same.

    Raises:
        ValueError: they do; the error lists the paths that only one of them has.
    """
    first, second = ({path for path, _ in tree.paths(x)} for x in (a, b))
    if first != second:
        only = [sorted(map(str, x - y))[:5] for x, y in ((first, second), (second, first))]
        raise ValueError(f"The paths differ: only the first structure has {only[0]}, only the second {only[1]}.")


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
