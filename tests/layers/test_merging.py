"""Merging layers: broadcasting and errors. Values and masks are compared with Keras in `test_against_keras.py`."""

import numpy as np
import pytest

from kerasish import layers


def ones(*shape):
    return np.ones(shape, "float32")


# Shapes found by running Keras 3.15.1.
BROADCAST = [
    ([(2, 3), (2, 4, 3)], (2, 4, 3)),
    ([(2, 1), (2, 3)], (2, 3)),
    ([(2, 3, 1), (2, 4)], (2, 3, 4)),
    ([(2,), (2, 3)], (2, 3)),
    ([(2, 5, 4, 3), (2, 3)], (2, 5, 4, 3)),
]


@pytest.mark.parametrize("shapes, expected", BROADCAST)
def test_missing_axes_are_put_in_after_the_batch(shapes, expected):
    assert layers.add([ones(*s) for s in shapes]).shape == expected
    assert layers.multiply([ones(*s) for s in reversed(shapes)]).shape == expected


def test_the_functions_are_the_layers():
    x, y = ones(1, 2), 3 * ones(1, 2)
    functions = (layers.add, layers.subtract, layers.multiply, layers.average, layers.maximum, layers.minimum)
    assert [float(f([x, y])[0, 0]) for f in functions] == [4, -2, 3, 2, 3, 1]
    assert layers.concatenate([x, y], axis=0).shape == (2, 2)
    assert float(layers.dot([x, y], axes=1)[0, 0]) == 6


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: layers.add([ones(2, 3), ones(2, 4)]),
            r"sizes that are equal or 1; got the shapes \[\(2, 3\), \(2, 4\)\]",
        ),
        (lambda: layers.add([ones(2, 3), ones(1, 3)]), "the same batch size"),
        (lambda: layers.add([ones(2, 5, 4), ones(2, 5)]), "equal or 1"),
        (lambda: layers.add(ones(2, 3)), "Add takes a list of tensors"),
        (lambda: layers.add([]), "list of at least 1"),
        (lambda: layers.add([ones(2, 3), 3.0]), "tensors with a batch axis"),
        (lambda: layers.subtract([ones(2, 3)] * 3), "Subtract takes a list of 2 tensors; got 3"),
        (lambda: layers.concatenate([ones(1, 3, 2), ones(1, 3, 3)], axis=1), "one shape, but for axis 1"),
        (lambda: layers.concatenate([ones(1, 3, 2), ones(1, 3)]), "one shape"),
        (lambda: layers.concatenate([ones(1, 3)] * 2, axis=4), "only 2 axes"),
        (lambda: layers.dot([ones(2, 3), ones(2, 4)], axes=1), "the same size at axis 1"),
        (lambda: layers.dot([ones(2, 3)] * 3, axes=1), "2 tensors; got 3"),
        (lambda: layers.dot([ones(2, 3)] * 2, axes=0), "can't work along axis 0"),
        (lambda: layers.dot([ones(2, 3)] * 2, axes=3), "works along the axes"),
        (lambda: layers.Dot((1, 2, 3)), "an integer or two"),
    ],
)
def test_what_cannot_be_merged_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_dot_refuses_axes_that_are_no_numbers():
    with pytest.raises(TypeError, match="an integer or two of them; got 'a'"):
        layers.Dot("a")


def test_a_layer_once_built_still_checks_what_it_is_called_on():
    layer = layers.Add()
    layer([ones(2, 3), ones(2, 3)])
    with pytest.raises(ValueError, match="equal or 1"):
        layer([ones(2, 3), ones(2, 5)])
