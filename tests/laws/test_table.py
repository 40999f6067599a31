"""The table itself: every class of Keras is in it, and what does not hold for a row is said with a reason."""

import collections
import pathlib

import pytest

from kerasish import layers
from tests.laws.examples import EXAMPLES, LAWS

NAMES = [
    line.removeprefix("keras.layers.").partition("(")[0]
    for line in (pathlib.Path(__file__).parents[1] / "keras_api.txt").read_text().splitlines()
    if line.startswith("keras.layers.")
]
CLASSES = [name for name in NAMES if name[0].isupper()]
NOT_IN_THE_TABLE = {
    "Layer": "the base, which has no `call`: tests/layers/test_layer.py",
    "Wrapper": "a base, which has no `call`: tests/layers/test_core.py",
    "Input": "a function: tests/models",
    "InputLayer": "it is called on nothing: tests/models",
    "InputSpec": "no layer: tests/layers/test_layer_calls.py",
    "TFSMLayer": "it refuses to be made: tests/layers/core/test_foreign_functions.py",
    "TorchModuleWrapper": "it refuses to be made: tests/layers/core/test_foreign_functions.py",
}


HANDWRITTEN = {
    "Discretization": "what adapt found; Keras writes the name of the dtype alone",
    "HashedCrossing": "Keras writes the name of the dtype alone",
    "IndexLookup": "the vocabulary, which is an asset of the file",
    "InputLayer": "a shape and a dtype, and nothing that layers have",
    "Lambda": "a function is written by its name, and a lambda refused",
    "Normalization": "given statistics, as lists",
    "Pipeline": "Keras writes the layers and the name alone",
    "SpatialDropout": "Keras writes the name of the dtype alone",
    "TextVectorization": "the vocabulary of the lookup inside it, which is an asset of the file",
}
"""Layers that write a part of their config or of their files themselves, and why."""
COMMON = (
    *("get_config", "from_config", "get_build_config", "build_from_config", "compute_output_shape"),
    *("compute_output_spec", "save_own_variables", "load_own_variables", "save_own_assets", "load_own_assets"),
)


def test_shapes_configs_and_files_come_from_the_base():
    own = {
        cls.__name__: [name for name in COMMON if name in vars(cls)]
        for one in map(vars(layers).get, layers.__all__)
        for cls in (one.__mro__ if isinstance(one, type) else ())
        if issubclass(cls, layers.Layer) and cls is not layers.Layer
    }
    assert {name for name, methods in own.items() if methods} == set(HANDWRITTEN)
    assert not any("shape" in method or "spec" in method for methods in own.values() for method in methods)


def test_every_class_of_keras_has_three_rows_or_a_reason_to_have_none():
    rows = collections.Counter(getattr(layers, example.kind) for example in EXAMPLES)
    few = {name: rows[getattr(layers, name)] for name in CLASSES if rows[getattr(layers, name)] < 3}
    assert few == dict.fromkeys(NOT_IN_THE_TABLE, 0)


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.without], ids=lambda e: e.name)
def test_laws_that_do_not_hold_are_laws_and_have_reasons(example):
    assert set(example.without) <= set(LAWS) and all(len(reason) > 10 for reason in example.without.values())


def test_each_law_is_a_test():
    text = "".join(path.read_text() for path in pathlib.Path(__file__).parents[1].glob("*/test_*.py"))
    assert [
        law
        for law in LAWS
        if f'under("{law}")' not in text
        and f'"{law}" not in example.without' not in text
        and f'"{law}" in example.without' not in text
    ] == []
