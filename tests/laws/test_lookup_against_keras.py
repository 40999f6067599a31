"""Rows of layers whose Keras twin needs TensorFlow, beside what it gave there: see `make_golden_lookup.py`."""

import json
import pathlib

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.core import tree
from tests.laws.examples import EXAMPLES
from tests.laws.examples_lookup import TENSORFLOW

FOLDER = pathlib.Path(__file__).parent
ROWS = [e for e in EXAMPLES if e.without.get("keras") == TENSORFLOW]
GIVEN = json.loads((FOLDER / "golden_lookup.json").read_text())
beside = pytest.mark.parametrize("example, given", list(zip(ROWS, GIVEN, strict=True)), ids=[e.name for e in ROWS])


def same(found, given):
    found = np.asarray(found)
    assert found.shape == np.shape(given["output"])
    if given["dtype"].startswith("<U"):
        assert found.tolist() == given["output"]
    else:
        np.testing.assert_allclose(found, given["output"], rtol=1e-5, atol=1e-5)


@beside
def test_the_config_is_that_of_keras(example, given):
    assert example.name == given["name"]
    assert json.loads(json.dumps(example.make(layers).get_config())) == given["config"]


@beside
def test_the_output_is_that_of_keras(example, given):
    found = example.call(example.make(layers), example.inputs(3))
    same(found, given)
    if layers_mode(example) == "int":  # ours counts in floats, as what comes next wants them; Keras in whole numbers
        assert np.dtype(found.dtype).kind == np.dtype(given["dtype"]).kind or found.dtype == object


def layers_mode(example):
    return example.make(layers).output_mode


def test_a_file_that_keras_wrote_gives_the_same_outputs():
    model = kerasish.models.load_model(FOLDER / "golden_lookup.keras")
    outputs = model(tree.leaves([example.inputs(3) for example in ROWS]))
    for found, given in zip(outputs, GIVEN, strict=True):
        same(found, given)
