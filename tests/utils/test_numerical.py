"""One-hot rows and unit vectors, against Keras run live where it is right."""

import numpy as np
import pytest

from kerasish.backend import engine
from kerasish.utils.numerical import normalize, to_categorical

LABELS = [
    ([0, 2], None),
    (2, 4),
    (2, None),
    ([[0], [1]], None),
    ([[1]], 2),
    ([1], 2),
    ([[0, 1], [1, 1]], None),
    (np.zeros((2, 1, 1), int), 2),
    ([], 3),
    (np.zeros((0, 1), int), 3),
    ([1.0], 3),
    ([True, False], None),
    (["1", "2"], None),
    (np.array([1, 255], np.uint8), None),
    (np.array([1, 2], object), None),
    ([0], 1),
]


@pytest.mark.parametrize(("labels", "num_classes"), LABELS)
def test_one_hot_rows_are_those_of_keras(labels, num_classes):
    keras = pytest.importorskip("keras")
    expected = keras.utils.to_categorical(labels, num_classes)
    found = to_categorical(labels, num_classes)
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert np.array_equal(found, expected)


def test_labels_of_the_backend_give_an_array_of_the_backend():
    found = to_categorical(engine.asarray(np.array([[1], [0]], "int32")))
    assert engine.is_array(found)
    assert not isinstance(found, np.ndarray)
    assert np.array_equal(engine.to_numpy(found), [[0, 1], [1, 0]])


@pytest.mark.parametrize(
    ("labels", "num_classes", "message"),
    [
        ([-1], 2, "got the label -1"),
        ([0, -3], None, "got the label -3"),
        ([5], 3, "less than num_classes=3; got the label 5"),
        ([0], 0, "num_classes=0"),
        ([], 0, "at least one class"),
        ([], None, "give num_classes"),
        ([1.5], 3, "must be whole numbers; got 1.5"),
        ([np.nan], 3, "must be whole numbers; got nan"),
        (np.array([0.5], "float16"), 3, "must be whole numbers"),
    ],
)
def test_wrong_labels_are_refused(labels, num_classes, message):
    with pytest.raises(ValueError, match=message):
        to_categorical(labels, num_classes)


@pytest.mark.parametrize(
    ("labels", "num_classes", "message"), [([0], 3.0, "must be an int; got 3.0"), ([1j], 2, "got complex128")]
)
def test_wrong_types_of_labels_are_refused(labels, num_classes, message):
    with pytest.raises(TypeError, match=message):
        to_categorical(labels, num_classes)


def test_labels_inside_a_compiled_function_are_refused():
    with pytest.raises(TypeError, match=r"use ops\.one_hot"):
        engine.jit(lambda x: to_categorical(x, 3))(engine.asarray(np.array([0], "int32")))


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("axis", [-2, -1, 1])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int32"])
def test_unit_vectors_are_those_of_keras(dtype, axis, order):
    keras = pytest.importorskip("keras")
    x = np.array([[[3, -4], [0, 0]], [[1, 2], [5, -6]]], dtype)
    expected = keras.utils.normalize(x, axis, order)
    found = normalize(x, axis, order)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("axis", [0, -3])
def test_vectors_along_the_first_axis_have_length_one(axis, order):
    # Keras 3.15.1 divides by the norms of other vectors when axis=0.
    x = np.array([[[3, -4], [9, 7]], [[1, 2], [5, -6]]], "float64")
    sums = (np.abs(normalize(x, axis, order)) ** order).sum(axis=0)
    np.testing.assert_allclose(sums, np.ones((2, 2)), rtol=1e-12)


def test_lists_give_arrays_of_the_backend_as_in_keras():
    keras = pytest.importorskip("keras")
    found = normalize([[3.0, -4.0], [0.0, 0.0]], order=1)
    assert engine.is_array(found)
    np.testing.assert_allclose(
        engine.to_numpy(found), np.asarray(keras.utils.normalize([[3.0, -4.0], [0.0, 0.0]], order=1)), rtol=1e-6
    )


def test_integers_in_lists_become_floats():
    np.testing.assert_allclose(engine.to_numpy(normalize([[3, 4]])), [[0.6, 0.8]], rtol=1e-6)


def test_the_greatest_number_becomes_one_with_infinite_order():
    assert normalize(np.array([[3.0, -4.0]]), order=float("inf")).tolist() == [[0.75, -1.0]]


@pytest.mark.parametrize(("value", "dtype"), [(300, "float16"), (1e30, "float32"), (1e-30, "float32")])
def test_squares_neither_overflow_nor_vanish(value, dtype):
    found = normalize(np.array([[3 * value, 4 * value]], dtype))
    assert found.dtype == dtype
    np.testing.assert_allclose(found, [[0.6, 0.8]], rtol=1e-3)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_no_vectors_give_no_vectors(shape):
    assert normalize(np.zeros(shape)).shape == shape


@pytest.mark.parametrize("order", [0, -1, None, "euclidean", float("nan"), True])
def test_wrong_orders_are_refused(order):
    with pytest.raises(ValueError, match="order must be a number, at least 1"):
        normalize(np.ones((2, 2)), order=order)


@pytest.mark.parametrize("axis", [2, -3, (0, 1)])
def test_wrong_axes_are_refused(axis):
    with pytest.raises(ValueError, match="axis must be an int and an axis of x"):
        normalize(np.ones((2, 2)), axis=axis)
