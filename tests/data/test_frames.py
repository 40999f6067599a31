"""Frames: columns as named inputs, matrices, and the order of columns."""

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.data.conversion import convert
from kerasish.data.frames import column_arrays, columns_of, is_frame

DATA = {"a": [1.0, 2.0, 3.0], "b": [4, 5, 6], "c": [True, False, True]}


def pandas(data):
    return pytest.importorskip("pandas").DataFrame(data)


def polars(data):
    return pytest.importorskip("polars").DataFrame(data)


def pyarrow(data):
    return pytest.importorskip("pyarrow").table(data)


LIBRARIES = pytest.mark.parametrize("make", [pandas, polars, pyarrow])


def chosen(frame, names):
    return frame.select(names) if "select" in dir(frame) else frame[names]


@LIBRARIES
def test_a_frame_is_a_matrix_of_its_columns(make):
    frame = make(DATA)
    assert is_frame(frame)
    assert columns_of(frame) == ["a", "b", "c"]
    assert column_arrays(frame)["b"].tolist() == [4, 5, 6]
    found = convert(frame, "x")
    assert found.dtype == "float32"
    np.testing.assert_array_equal(found, [[1, 4, 1], [2, 5, 0], [3, 6, 1]])


@LIBRARIES
def test_a_column_that_has_no_numbers_is_named(make):
    with pytest.raises(TypeError, match=r"x\['city'\] has the dtype object|x\['city'\] holds strings"):
        convert(make({"a": [1.0, 2.0], "city": ["Rome", "Oslo"]}), "x")


def test_two_columns_of_one_name_are_refused():
    frame = pandas(DATA)
    frame.columns = ["a", "b", "a"]
    with pytest.raises(ValueError, match="more than one column 'a'"):
        convert(frame, "x")


@pytest.fixture(scope="module")
def two_inputs():
    a, b = kerasish.Input((1,), name="a"), kerasish.Input((1,), name="b")
    return kerasish.Model([b, a], layers.Subtract()([a, b]))


@LIBRARIES
def test_columns_go_to_the_inputs_of_their_names(make, two_inputs):
    np.testing.assert_array_equal(two_inputs.predict(make(DATA)), [[-3], [-3], [-3]])
    np.testing.assert_array_equal(two_inputs.predict(chosen(make(DATA), ["b", "a"])), [[-3], [-3], [-3]])
    np.testing.assert_array_equal(two_inputs.predict_on_batch(make(DATA)), [[-3], [-3], [-3]])
    with pytest.raises(ValueError, match="'b' is missing"):
        two_inputs.predict(chosen(make(DATA), ["a", "c"]))


@pytest.mark.skipif(kerasish.config.backend() == "numpy", reason="NumPy has no gradients")
@LIBRARIES
def test_the_order_of_columns_is_that_of_training(make):
    model = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(1)], name="m")
    model.compile("sgd", "mse")
    frame, y = make(DATA), np.zeros((3, 1))
    model.fit(frame, y, verbose=0, validation_split=0.4)
    model.predict(frame)
    with pytest.raises(ValueError, match="another order: column 0 was 'a', and is 'b' now") as caught:
        model.predict(chosen(frame, ["b", "a", "c"]))
    assert len(str(caught.value)) <= 600
    with pytest.raises(ValueError, match="other columns: this one lacks 'c' and has also 'd'"):
        model.evaluate(make({"a": DATA["a"], "b": DATA["b"], "d": DATA["c"]}), y, verbose=0)
    model.fit(chosen(frame, ["b", "a", "c"]), y, verbose=0)
    model.predict(chosen(frame, ["b", "a", "c"]))
