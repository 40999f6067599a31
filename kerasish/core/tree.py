"""Nested structures of lists, tuples, dicts and named tuples. `None` is a leaf. A thin layer over optree."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import optree

from kerasish.backend.interface import Tree

NAMESPACE = ""


def leaves(tree: Tree) -> list[Any]:
    """The leaves, in order; dicts in the order of their sorted keys."""
    return optree.tree_leaves(tree, none_is_leaf=True)


def map(fn: Callable[..., Any], *trees: Tree) -> Tree:
    """`fn` of each leaf (of each tuple of leaves), in the same structure."""
    return optree.tree_map(fn, *trees, none_is_leaf=True)


def structure(tree: Tree) -> optree.PyTreeSpec:
    """The structure without the leaves; `==` compares structures."""
    return optree.tree_structure(tree, none_is_leaf=True)


def rebuild(like: Tree, new_leaves: Iterable[Any]) -> Tree:
    """The structure of `like`, with other leaves."""
    return optree.tree_unflatten(structure(like), new_leaves)


def is_nested(tree: Tree) -> bool:
    """Whether `tree` is a container and not a leaf."""
    return not optree.tree_is_leaf(tree, none_is_leaf=True)


def map_children(fn: Callable[[Any], Any], tree: Tree) -> Tree:
    """`fn` of each item of a container, leaf or not, in the same container."""
    items, kind, _, rebuild_one = optree.tree_flatten_one_level(tree, none_is_leaf=True)
    return rebuild_one(kind, [fn(item) for item in items])


def paths(tree: Tree) -> list[tuple[tuple[Any, ...], Any]]:
    """`(path, leaf)` pairs, in the order of `leaves`."""
    found, values, _ = optree.tree_flatten_with_path(tree, none_is_leaf=True)
    return list(zip(found, values, strict=True))
