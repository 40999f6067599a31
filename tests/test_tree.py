"""Trees: what goes in comes out, None is a leaf, and structures that differ are told apart."""

import collections

import pytest
from hypothesis import given, strategies as st

from kerasish import tree

Pair = collections.namedtuple("Pair", "a b")
LEAVES = st.none() | st.integers() | st.text(max_size=3)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
        | st.builds(Pair, inner, inner)
    ),
    max_leaves=8,
)


@given(TREES)
def test_flattening_and_packing_are_opposites(x):
    leaves = tree.flatten(x)
    assert tree.pack_sequence_as(x, leaves) == x
    assert [leaf for _, leaf in tree.flatten_with_path(x)] == leaves
    tree.assert_same_structure(x, tree.map_structure(lambda leaf: 0, x))
    tree.assert_same_paths(x, tree.map_structure(lambda leaf: 0, x))


@given(TREES)
def test_mapping_the_identity_changes_nothing(x):
    assert tree.map_structure(lambda leaf: leaf, x) == x
    assert tree.map_structure_up_to(x, lambda leaf: leaf, x) == x
    assert tree.traverse(lambda part: None, x) == x
    assert tree.traverse(lambda part: None, x, top_down=False) == x


def test_the_order_of_leaves():
    x = {"b": [2, None], "a": (1, {"z": 0})}
    assert tree.flatten(x) == [1, 0, 2, None]
    assert tree.flatten_with_path(x)[1] == (("a", 1, "z"), 0)
    assert tree.flatten(3) == [3]


def test_mapping_several_structures():
    assert tree.map_structure(lambda a, b: (a, b), {"k": [1]}, {"k": [2]}) == {"k": [(1, 2)]}
    assert tree.map_structure(lambda x: x + 1, [1, None], none_is_leaf=False) == [2, None]
    with pytest.raises(ValueError, match="needs at least one structure"):
        tree.map_structure(len)
    with pytest.raises(ValueError, match=r"The structures differ: .*\[\*, \*\].* and .*\[\*\]"):
        tree.map_structure(max, [1, 2], [1])


@pytest.mark.parametrize(("a", "b"), [([1, 2], (1, 2)), ({"a": 1}, {"b": 1}), ([1], 1), (Pair(1, 2), (1, 2))], ids=repr)
def test_structures_that_differ(a, b):
    with pytest.raises(ValueError, match="The structures differ"):
        tree.assert_same_structure(a, b)


def test_packing_needs_the_right_number():
    with pytest.raises(ValueError, match="has 2 leaves; got 3"):
        tree.pack_sequence_as([0, 0], [1, 2, 3])


def test_what_is_nested():
    assert [tree.is_nested(x) for x in ([], {}, (1,), Pair(1, 2), "text", None, 3)] == [True] * 4 + [False] * 3


def test_lists_become_tuples():
    assert tree.lists_to_tuples({"a": [1, [2]], "b": (3, [4])}) == {"a": (1, (2,)), "b": (3, (4,))}


def test_paths_do_not_ask_for_the_kind_of_container():
    tree.assert_same_paths([1, (2, 3)], (1, [2, 3]))
    with pytest.raises(ValueError, match=r"only the first structure has \[.*'a'.*\], only the second \[.*'b'"):
        tree.assert_same_paths({"a": 1}, {"b": 1})


def test_mapping_down_to_a_shallow_structure():
    found = tree.map_structure_up_to([0, {"k": 0}], lambda a, b: (a, b), [[1, 2], {"k": 3}], [4, {"k": (5,)}])
    assert found == [([1, 2], 4), {"k": (3, (5,))}]
    with pytest.raises(ValueError, match="expected: 2, got: 3"):
        tree.map_structure_up_to([0, 0], lambda a: a, [1, 2, 3])


def test_shapes_are_leaves():
    assert tree.map_shape_structure(lambda s: s[0], {"a": (2, 3), "b": [(4,), [None, 5]]}) == {"a": 2, "b": [4, None]}
    assert tree.map_shape_structure(len, ()) == 0


def test_traversing():
    seen = []
    tree.traverse(seen.append, {"a": [1, 2], "b": 3})
    assert seen == [{"a": [1, 2], "b": 3}, [1, 2], 1, 2, 3]
    seen.clear()
    tree.traverse(seen.append, {"a": [1, 2], "b": 3}, top_down=False)
    assert seen == [1, 2, [1, 2], 3, {"a": [1, 2], "b": 3}]

    def to_tuple(x):
        return tuple(x) if isinstance(x, list) else None

    assert tree.traverse(to_tuple, {"a": [1, [2]]}) == {"a": (1, [2])}
    assert tree.traverse(to_tuple, {"a": [1, [2]]}, top_down=False) == {"a": (1, (2,))}
    for top_down in (True, False):
        assert tree.traverse(lambda x: tree.MAP_TO_NONE if x == 3 else None, [1, 3], top_down) == [1, None]
