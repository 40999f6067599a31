"""Convolution, pooling, reshaping, activation layers: special cases and errors."""

import numpy as np
import pytest

from kerasish import layers
from kerasish.core.symbolic import SymbolicTensor


def test_a_convolution_by_hand():
    layer = layers.Conv1D(1, 2, padding="causal")
    layer.build((None, 3, 1))
    layer.set_weights([np.array([[[10]], [[1]]], "float32"), np.array([0.5], "float32")])
    y = layer(np.array([[[1], [2], [3]]], "float32"))
    assert np.asarray(y)[0, :, 0].tolist() == [1.5, 12.5, 23.5]  # 10 * before + now + 0.5


def test_channels_first_is_channels_last_turned():
    x = np.random.default_rng(0).normal(size=(2, 6, 5, 4)).astype("float32")
    last, first = layers.Conv2D(3, 2), layers.Conv2D(3, 2, data_format="channels_first")
    y = np.asarray(last(x))
    first.build((None, 4, 6, 5))
    first.set_weights(last.get_weights())
    np.testing.assert_allclose(first(np.moveaxis(x, -1, 1)), np.moveaxis(y, -1, 1), rtol=1e-5, atol=1e-6)


IMAGE = np.ones((1, 4, 4, 3), "float32")
REFUSED = [
    (lambda: layers.Conv2D(0, 2), "Conv2D's filters must be a positive integer; got 0"),
    (lambda: layers.Conv2D(3.5, 2), "filters must be a positive integer; got 3.5"),
    (lambda: layers.Conv2D(3, 0), "kernel_size must be 2 integers of at least 1; got 0"),
    (lambda: layers.Conv2D(3, (1, 2, 3)), r"kernel_size must be 2 integers of at least 1; got \(1, 2, 3\)"),
    (lambda: layers.Conv2D(3, 2.5), "got 2.5"),
    (lambda: layers.Conv2D(3, 2, strides=2, dilation_rate=2), "above 1, not both; got 2, 2"),
    (lambda: layers.Conv2D(3, 2, groups=2), "groups must divide its filters; got groups=2, filters=3"),
    (lambda: layers.Conv2D(3, 2, padding="causal"), "padding must be one of 'valid', 'same'; got 'causal'"),
    (lambda: layers.Conv2D(3, 2, data_format="foo"), "'channels_last' or 'channels_first'; got 'foo'"),
    (lambda: layers.Conv2D(4, 2, groups=2)(IMAGE), "into 2 groups; its input has 3 channels"),
    (lambda: layers.Conv2D(4, 5)(IMAGE), r"kernel that covers \(5, 5\), more than its input of shape \(1, 4, 4, 3\)"),
    (lambda: layers.Conv2D(4, 5)(SymbolicTensor((None, 4, 4, 3))), "more than its input"),
    (lambda: layers.Conv2D(4, 2)(SymbolicTensor((None, 4, 4, None))), "needs to know the number of channels"),
    (lambda: layers.Conv2D(4, 2)(IMAGE[0]), "4 axes, got 3"),
    (lambda: layers.MaxPooling2D(0), "pool_size must be 2 integers of at least 1; got 0"),
    (lambda: layers.MaxPooling2D(2, padding="full"), "padding must be one of 'valid', 'same'; got 'full'"),
    (lambda: layers.Cropping2D(2)(IMAGE), "nothing would be left"),
    (lambda: layers.Cropping1D(-3), "integers of at least 0; got -3"),
    (lambda: layers.ZeroPadding2D((1, 2, 3)), "for each of 2 axes"),
    (lambda: layers.UpSampling2D(2, interpolation="foo"), "interpolation must be one of 'nearest'"),
    (lambda: layers.Reshape((-1, -1)), "may hold one -1"),
    (lambda: layers.Reshape((5,))(np.ones((2, 3), "float32")), r"samples of shape \(5,\) of samples of shape \(3,\)"),
    (lambda: layers.Permute((1, 3)), r"numbers from 1 to 2 in some order; got \(1, 3\)"),
    (lambda: layers.RepeatVector(0), "n must be a positive integer; got 0"),
    (lambda: layers.RepeatVector(2)(IMAGE), "2 axes, got 4"),
    (lambda: layers.ReLU(-1), "max_value must be a number of at least 0; got -1"),
    (lambda: layers.ReLU(negative_slope=None), "negative_slope must be a number of at least 0; got None"),
    (lambda: layers.LeakyReLU(-1), "negative_slope must be a number of at least 0; got -1"),
    (lambda: layers.PReLU(shared_axes=[7])(IMAGE), r"axes from 1 to 3; got \[7\]"),
    (lambda: layers.Softmax(4)(IMAGE), "only 4 axes"),
]


@pytest.mark.parametrize("call, message", REFUSED)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    "layer, shape, expected",
    [
        (layers.Flatten, (None, None, 3), (None, None)),
        (layers.Flatten, (2, None, 3), (2, None)),
        (layers.Flatten, (None,), (None, 1)),
        (lambda: layers.Reshape((-1, 4)), (None, None, 2), (None, None, 4)),
        (lambda: layers.Reshape((None, 2)), (None, 3, 4), (None, 6, 2)),
        (lambda: layers.Reshape(()), (None, 1), (None,)),
        (lambda: layers.Conv1D(2, 3), (None, None, 4), (None, None, 2)),
        (lambda: layers.GlobalAveragePooling2D(), (None, None, None, 3), (None, 3)),
    ],
)
def test_unknown_sizes_pass_through(layer, shape, expected):
    assert layer()(SymbolicTensor(shape)).shape == expected


def test_the_average_of_what_is_all_masked_is_zero():
    x, mask = np.ones((2, 3, 1), "float32"), np.array([[1, 1, 0], [0, 0, 0]], bool)
    assert np.asarray(layers.GlobalAveragePooling1D()(x, mask=mask)).tolist() == [[1], [0]]


def test_a_mask_of_steps_serves_softmax_over_features():
    y = np.asarray(layers.Softmax()(np.zeros((1, 2, 2), "float32"), mask=np.array([[True, False]])))
    assert y.tolist() == [[[0.5, 0.5], [0, 0]]]


def test_rescaling_takes_arrays_and_whole_numbers():
    layer = layers.Rescaling([1.0, 2.0], offset=np.array([0.0, 1.0]))
    twin = layers.Rescaling.from_config(layer.get_config())
    for one in (layer, twin):
        assert np.asarray(one(np.array([[3, 4]], "uint8"))).tolist() == [[3, 9]]


def test_aliases_are_the_classes():
    assert layers.MaxPool2D is layers.MaxPooling2D and layers.Convolution2D is layers.Conv2D
    assert layers.serialize(layers.AvgPool1D(2))["class_name"] == "AveragePooling1D"


def test_leaky_relu_takes_the_old_name_of_its_slope():
    with pytest.warns(UserWarning, match="now called `negative_slope`"):
        assert layers.LeakyReLU(alpha=0.2).negative_slope == 0.2
