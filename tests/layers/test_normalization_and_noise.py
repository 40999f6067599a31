"""Normalization and noise: special cases and errors."""

import numpy as np
import pytest

from kerasish import layers


def test_batch_normalization_by_hand():
    layer = layers.BatchNormalization(momentum=0.9, epsilon=0.0)
    y = layer(np.array([[1.0], [3.0]], "float32"), training=True)
    assert np.asarray(y).tolist() == [[-1], [1]]
    np.testing.assert_allclose(layer.moving_mean.numpy(), [0.2], rtol=1e-6)  # 0.9 * 0 + 0.1 * 2
    np.testing.assert_allclose(layer.moving_variance.numpy(), [1.0], rtol=1e-6)  # 0.9 * 1 + 0.1 * 1


@pytest.mark.parametrize("renorm", [False, True])
@pytest.mark.parametrize("batch, mask", [(0, None), (1, np.zeros((1, 3), bool))], ids=["empty", "masked"])
def test_where_nothing_counts_the_averages_stay(batch, mask, renorm):
    layer = layers.BatchNormalization(renorm=renorm)
    layer.build((None, 3, 2))
    before = layer.get_weights()
    layer(np.full((batch, 3, 2), 7, "float32"), training=True, mask=mask)
    for one, other in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_a_frozen_batch_normalization_uses_and_keeps_its_averages():
    layer = layers.BatchNormalization(trainable=False)
    x = np.array([[1.0], [3.0]], "float32")
    np.testing.assert_allclose(layer(x, training=True), x / np.sqrt(1.001), rtol=1e-6)
    assert layer.mixes_samples is False and layer.moving_mean.numpy() == 0
    layer.trainable = True
    assert layer.mixes_samples == "training"


@pytest.mark.parametrize("make", [layers.BatchNormalization, layers.LayerNormalization, layers.RMSNormalization])
def test_statistics_of_half_precision_are_taken_in_float32(make):
    # 1000 ** 2 is more than float16 can hold.
    x = np.random.default_rng(0).normal(0, 1000, (64, 4)).astype("float16")
    half, full = make(dtype="mixed_float16"), make()
    got, wanted = half(x, training=True), full(x.astype("float32"), training=True)
    assert str(got.dtype) == "float16"
    np.testing.assert_allclose(np.asarray(got, "float32"), wanted, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("axis", [1, (1, 2), (2, 1)])
def test_rms_normalization_works_along_any_axis(axis):
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    expected = x / np.sqrt((x.astype("float64") ** 2).mean(axis, keepdims=True) + 1e-6)
    np.testing.assert_allclose(layers.RMSNormalization(axis)(x), expected, rtol=1e-5)


def test_unit_normalization_leaves_zeros():
    y = layers.UnitNormalization()(np.array([[3, 4], [0, 0]], "float32"))
    np.testing.assert_allclose(y, [[0.6, 0.8], [0, 0]], rtol=1e-6)


def test_normalizing_over_the_batch_is_declared():
    layer = layers.LayerNormalization(axis=-2)
    layer.build((4, 3))
    assert layer.mixes_samples is True


ONES = np.ones((2, 3, 4), "float32")
REFUSED = [
    (lambda: layers.BatchNormalization(axis=5)(ONES), ValueError, "works along axis 5; its input has only 3 axes"),
    (lambda: layers.BatchNormalization(axis=[1]), TypeError, r"axis must be an integer; got \[1\]"),
    (lambda: layers.BatchNormalization(momentum=2), ValueError, "momentum must be at least 0 and at most 1; got 2"),
    (lambda: layers.BatchNormalization(synchronized=True), ValueError, "needs no synchronized=True"),
    (lambda: layers.BatchNormalization(renorm_clipping={"foo": 1}), ValueError, "rmax, rmin, dmax; got foo"),
    (
        lambda: layers.BatchNormalization(renorm_clipping={"rmin": 3, "rmax": 1}),
        ValueError,
        "0 <= rmin <= rmax; got .*3",
    ),
    (lambda: layers.BatchNormalization(renorm_clipping={"dmax": -3}), ValueError, "dmax of at least 0; got .*-3"),
    (lambda: layers.LayerNormalization(axis=7)(ONES), ValueError, "only 3 axes"),
    (lambda: layers.LayerNormalization(axis="a"), TypeError, "integer or a list of integers; got 'a'"),
    (lambda: layers.LayerNormalization(rms_scaling=True), ValueError, "use RMSNormalization"),
    (lambda: layers.GroupNormalization(3)(ONES), ValueError, "3 groups must divide the 4 channels"),
    (lambda: layers.GroupNormalization(0), ValueError, "positive integer or -1; got 0"),
    (lambda: layers.GroupNormalization(2, axis=0)(ONES), ValueError, "channel axis of known size"),
    (lambda: layers.Dropout(1.5), ValueError, "Dropout's rate must be at least 0 and at most 1; got 1.5"),
    (lambda: layers.Dropout("a"), ValueError, "got 'a'"),
    (lambda: layers.Dropout(0.5, noise_shape="ab"), ValueError, "noise_shape must be a tuple"),
    (
        lambda: layers.Dropout(0.5, noise_shape=(2,))(ONES, training=True),
        ValueError,
        r"needs, for each axis .*got \(2,\)",
    ),
    (lambda: layers.AlphaDropout(1.0), ValueError, "less than 1; got 1.0"),
    (lambda: layers.GaussianDropout(1.0), ValueError, "less than 1; got 1.0"),
    (lambda: layers.GaussianNoise(-1), ValueError, "stddev must be at least 0"),
]


@pytest.mark.parametrize("call, kind, message", REFUSED)
def test_what_makes_no_sense_is_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_dropout_keeps_what_it_keeps_at_a_higher_scale():
    y = np.asarray(layers.Dropout(0.5, noise_shape=(None, 1, 4), seed=1)(ONES, training=True))
    assert set(np.unique(y)) <= {0, 2} and (y == y[:, :1]).all()
    assert np.asarray(layers.Dropout(1.0)(ONES, training=True)).sum() == 0


def test_spatial_dropout_drops_whole_channels():
    y = np.asarray(layers.SpatialDropout1D(0.5, seed=1)(np.ones((5, 6, 8), "float32"), training=True))
    assert set(np.unique(y)) == {0, 2} and (y == y[:, :1]).all()


def test_only_layers_that_draw_have_a_seed():
    assert len(layers.Dropout(0.5).variables) == 1 and layers.Dropout(0.5).weights == []
    assert layers.Dropout(0.0).variables == []


def test_activity_regularization_adds_to_the_loss():
    layer = layers.ActivityRegularization(0.1, 0.2)
    layer(np.arange(1, 7, dtype="float32").reshape(2, 3))
    np.testing.assert_allclose(layer.losses, [(0.1 * 21 + 0.2 * 91) / 2], rtol=1e-6)
