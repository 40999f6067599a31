"""`load_weights` from a `.keras` file takes vocabularies too; after an error nothing has changed."""

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.saving import IncompatibleModelError


def model_of(words, units=2):
    text = layers.TextVectorization(output_mode="int", output_sequence_length=3, name="text")
    lookup = layers.StringLookup(name="lookup")
    text.adapt(np.array(words))
    lookup.adapt(np.array(words))
    x = kerasish.Input((), dtype="string")
    ids = layers.Embedding(8, units, name="table")(text(x))
    return kerasish.Model(x, [ids, lookup(x)])


def known(model):
    return [model.get_layer(name).get_vocabulary() for name in ("text", "lookup")]


def test_vocabularies_come_with_the_weights(tmp_path):
    source, target = model_of(["red", "green"]), model_of(["up", "down"])
    source.save(tmp_path / "m.keras")
    target.load_weights(tmp_path / "m.keras")
    assert known(target) == known(source)
    words = np.array(["green", "blue"])
    for a, b in zip(source.predict(words, verbose=0), target.predict(words, verbose=0), strict=True):
        np.testing.assert_array_equal(a, b)


def test_after_an_error_the_vocabularies_are_the_old_ones(tmp_path):
    model_of(["red", "green"]).save(tmp_path / "m.keras")
    target = model_of(["up", "down"], units=3)
    before, weights = known(target), target.get_weights()
    with pytest.raises(IncompatibleModelError, match="do not fit"):
        target.load_weights(tmp_path / "m.keras")
    assert known(target) == before
    for a, b in zip(weights, target.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    target.predict(np.array(["up"]), verbose=0)


def test_assets_of_no_layer_are_refused_or_left_out(tmp_path):
    model_of(["red", "green"]).save(tmp_path / "m.keras")
    x = kerasish.Input((3,), dtype="int32")
    other = kerasish.Model(x, layers.Embedding(8, 2, name="table")(x))
    with pytest.raises(IncompatibleModelError, match="assets that belong to no layer"):
        other.load_weights(tmp_path / "m.keras")
    with pytest.warns(UserWarning, match="left out"):
        other.load_weights(tmp_path / "m.keras", skip_mismatch=True)
