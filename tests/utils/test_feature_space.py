"""`FeatureSpace`: columns of tables. Numbers without another origin are those of Keras 3.15.1 with TensorFlow."""

import numpy as np
import pytest

import kerasish
from kerasish import Model, layers
from kerasish.utils import FeatureSpace

TABLE = {
    "f": np.array([1.0, 2.0, 3.0, 4.0]),
    "fn": np.array([1.0, 2.0, 3.0, 4.0]),
    "fr": np.array([1.0, 2.0, 3.0, 4.0]),
    "fd": np.array([1.0, 2.0, 3.0, 4.0]),
    "ic": np.array([3, 3, 4, 9]),
    "ih": np.array([1, 2, 3, 4]),
    "sc": np.array(["a", "b", "b", "c"]),
    "sh": np.array(["x", "y", "z", "w"]),
}


def space(**kwargs):
    kinds = {
        "f": FeatureSpace.float(),
        "fn": "float_normalized",
        "fr": FeatureSpace.float_rescaled(scale=2.0, offset=1.0),
        "fd": FeatureSpace.float_discretized(num_bins=3),
        "ic": "integer_categorical",
        "ih": FeatureSpace.integer_hashed(num_bins=4),
        "sc": FeatureSpace.string_categorical(num_oov_indices=0),
        "sh": FeatureSpace.string_hashed(num_bins=3),
    }
    crosses = [("ic", "sc"), FeatureSpace.cross(("ih", "sh"), crossing_dim=5)]
    return FeatureSpace(kinds, crosses=crosses, crossing_dim=6, **kwargs)


def adapted(**kwargs):
    made = space(**kwargs)
    made.adapt(TABLE)
    return made


def batches():
    return [{name: column[i : i + 2] for name, column in TABLE.items()} for i in (0, 2)]


def samples():
    return ({name: column[i] for name, column in TABLE.items()} for i in range(4))


def frame():
    return pytest.importorskip("pandas").DataFrame(TABLE | {"unused": range(4)})


# fmt: off
FIRST_ROW = {  # of Keras
    "f": [1.0], "fd": [1, 0, 0], "fn": [-1.3416407], "fr": [3.0], "ic": [0, 1, 0, 0], "ih": [0, 1, 0, 0],
    "sc": [0, 0, 1], "sh": [0, 0, 1], "ic_X_sc": [0, 0, 0, 1, 0, 0], "ih_X_sh": [0, 0, 1, 0, 0],
}
# fmt: on


def test_columns_are_encoded_as_keras_does():
    outputs = adapted(output_mode="dict")(TABLE)
    assert list(outputs) == list(FIRST_ROW)
    for name, row in FIRST_ROW.items():
        np.testing.assert_allclose(outputs[name][0], row, rtol=1e-6)


def test_concatenated_columns_stand_in_the_order_of_their_names():
    got = np.asarray(adapted()(TABLE))
    np.testing.assert_allclose(got[0], np.concatenate([np.array(row, float) for row in FIRST_ROW.values()]), rtol=1e-6)


@pytest.mark.parametrize("source", [batches, samples, frame])
def test_it_adapts_to_any_tables(source):
    made = space()
    made.adapt(source())
    np.testing.assert_allclose(made(TABLE), adapted()(TABLE), rtol=1e-6)


def test_single_samples_have_no_batch():
    made = adapted()
    one = made({name: column[0] for name, column in TABLE.items()})
    np.testing.assert_allclose(one, made(TABLE)[0], rtol=1e-6)


def test_a_model_on_raw_tables_and_one_on_encoded_ones(tmp_path):
    made = adapted()
    top = layers.Dense(1)
    raw = Model(made.get_inputs(), top(made.get_encoded_features()))
    raw.compile("sgd", "mse")
    raw.fit(TABLE, np.ones(4), verbose=0)
    np.testing.assert_allclose(raw.predict(TABLE), top(made(TABLE)), rtol=1e-5)
    raw.save(tmp_path / "m.keras")
    np.testing.assert_allclose(kerasish.saving.load_model(tmp_path / "m.keras").predict(TABLE), raw.predict(TABLE))


def test_it_is_saved_with_what_it_learned(tmp_path):
    made = adapted()
    made.save(tmp_path / "space.keras")
    again = kerasish.saving.load_model(tmp_path / "space.keras")
    np.testing.assert_allclose(again(TABLE), made(TABLE))


def test_layers_of_one_s_own_are_features():
    counts = layers.TextVectorization(output_mode="count")
    made = FeatureSpace({"text": FeatureSpace.feature("string", counts, "float")})
    made.adapt({"text": ["a b", "b"]})
    assert np.asarray(made({"text": ["a b b"]})).tolist() == [[0, 2, 1]]


def test_numbers_of_categories_can_be_kept():
    made = FeatureSpace({"a": FeatureSpace.integer_categorical(output_mode="int")}, output_mode="dict")
    made.adapt({"a": [1, 2, 2]})
    assert np.asarray(made({"a": [1, 2]})["a"]).tolist() == [[2], [1]]


MISTAKES = {
    "empty": (lambda: FeatureSpace({}), "at least one feature"),
    "mode": (lambda: FeatureSpace({"a": "float"}, output_mode="x"), "must be 'concat' or 'dict'"),
    "kind": (lambda: FeatureSpace({"a": "floot"}), "Did you mean 'float'"),
    "layer": (lambda: FeatureSpace({"a": layers.Rescaling(2.0)}), "which is no kind of feature"),
    "cross": (lambda: FeatureSpace({"a": "float"}, crosses=[("a", "b")]), "features that don't exist"),
    "floats crossed": (
        lambda: FeatureSpace({"a": "float", "b": "float"}, crosses=[("a", "b")]),
        "whole numbers or strings",
    ),
    "not adapted": (lambda: space()(TABLE), "call `adapt"),
    "column": (lambda: adapted()({"f": [1.0]}), "lack the column"),
    "strings": (lambda: adapted()(TABLE | {"f": ["a"] * 4}), "holds strings"),
    "no table": (lambda: adapted()(np.ones(3)), "dicts of columns"),
    "feature mode": (lambda: FeatureSpace.float_discretized(3, output_mode="x"), "must be one of"),
    "cross mode": (lambda: FeatureSpace.cross(("a", "b"), 3, output_mode="x"), "must be 'int' or 'one_hot'"),
    "preprocessor": (lambda: FeatureSpace.feature("string", 3, "float"), "must be a layer"),
    "one-hot float": (
        lambda: FeatureSpace({"a": FeatureSpace.feature("float32", layers.Rescaling(1.0), "one_hot")}),
        "no category numbers",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told(name):
    make, match = MISTAKES[name]
    with pytest.raises((ValueError, TypeError), match=match):
        make()


def test_numbers_can_not_stand_beside_columns():
    made = FeatureSpace({"a": FeatureSpace.integer_categorical(output_mode="int")})
    with pytest.raises(ValueError, match="is not encoded"):
        made.adapt({"a": [1, 2]})
