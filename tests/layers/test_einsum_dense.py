"""`EinsumDense` beside Keras's: shapes of kernel and bias, ellipses, errors."""

import jax
import numpy as np
import pytest

from kerasish import layers

X = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype("float32")


@pytest.mark.parametrize(
    "equation, output_shape, bias_axes, rank",
    [
        ("ab,bc->ac", 3, "c", 2),
        ("abc,cd->abd", (None, 3), None, 3),
        ("abc,cde->abde", (4, 7, 8), "be", 3),
        ("abc,cde->abde", (None, 7, 8), "ed", 3),
        ("abcd,bce->ade", (5, 3), "e", 4),
        ("...x,xy->...y", 6, "y", 4),
        ("ab...,bc->ac...", 7, "c", 4),
    ],
)
def test_shapes_and_outputs_are_those_of_keras(equation, output_shape, bias_axes, rank):
    keras = pytest.importorskip("keras")
    x = X[(0,) * (4 - rank)] if rank < 4 else X
    ours, theirs = (
        m.EinsumDense(equation, output_shape, "tanh", bias_axes, bias_initializer="ones")
        for m in (layers, keras.layers)
    )
    with jax.numpy_dtype_promotion("standard"):
        theirs.build(x.shape)
        ours.build(x.shape)
        assert [v.shape for v in ours.weights] == [v.shape for v in theirs.weights]
        theirs.set_weights(ours.get_weights())
        np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: layers.EinsumDense("abc", 3), "must be of the form"),
        (lambda: layers.EinsumDense("...ab,bc->ac", 3), "must be of the form"),
        (
            lambda: layers.EinsumDense("ab,bc->ac", 3, bias_axes="z"),
            "bias_axes 'z' must be letters of the output, 'ac'",
        ),
        (lambda: layers.EinsumDense("ab,bc->ac", 3).build((2, 3, 4)), "is for an input of 2 axes"),
        (lambda: layers.EinsumDense("abc,cd->abd", (9, 3)).build((2, 3, 4)), "has the size 3 in the input"),
        (lambda: layers.EinsumDense("ab,bcd->acd", 3).build((2, 3)), "doesn't fit the output 'acd'"),
        (lambda: layers.EinsumDense("ab,bc->ac", 3, lora_rank=2), "lora_rank=2"),
    ],
)
def test_mistakes_are_explained(make, message):
    with pytest.raises(ValueError, match=message):
        make()
