"""The same training as Keras's: 20 steps from the same weights, on the same batches."""

import numpy as np
import pytest

import kerasish

keras = pytest.importorskip("keras")


def mlp(k):
    return [k.Input((6,)), k.layers.Dense(8, activation="relu"), k.layers.Dense(3, activation="softmax")]


def cnn(k):
    return [
        k.Input((8, 8, 1)),
        k.layers.Conv2D(4, 3, padding="same", activation="relu"),
        k.layers.BatchNormalization(),
        k.layers.MaxPooling2D(),
        k.layers.Flatten(),
        k.layers.Dense(3),
    ]


def text(k):
    return [
        k.Input((7,), dtype="int32"),
        k.layers.Embedding(20, 5, mask_zero=True),
        k.layers.LSTM(4),
        k.layers.Dense(1, activation="sigmoid"),
    ]


def batches(kind, count=20):
    random = np.random.default_rng(0)
    for _ in range(count):
        if kind is mlp:
            yield random.normal(size=(8, 6)).astype("float32"), random.integers(0, 3, 8)
        elif kind is cnn:
            yield (
                random.normal(size=(8, 8, 8, 1)).astype("float32"),
                np.eye(3, dtype="float32")[random.integers(0, 3, 8)],
            )
        else:
            ids = random.integers(1, 20, (8, 7))
            ids[np.arange(7)[None] >= random.integers(1, 8, (8, 1))] = 0
            yield ids.astype("int32"), random.integers(0, 2, (8, 1)).astype("float32")


def settings(kind, k):
    if kind is mlp:
        return k.optimizers.Adam(0.01), "sparse_categorical_crossentropy", ["accuracy"]
    if kind is cnn:
        return (
            k.optimizers.SGD(0.05, momentum=0.9),
            k.losses.CategoricalCrossentropy(from_logits=True),
            ["accuracy", "mse"],
        )
    return k.optimizers.RMSprop(0.01), "binary_crossentropy", ["accuracy", k.metrics.AUC(name="auc")]


@pytest.mark.parametrize("kind", [mlp, cnn, text], ids=lambda f: f.__name__)
def test_twenty_steps_agree(kind):
    theirs = keras.Sequential(kind(keras))
    ours = kerasish.Sequential(kind(kerasish))
    ours.set_weights(theirs.get_weights())
    for model, k in ((theirs, keras), (ours, kerasish)):
        optimizer, loss, metrics = settings(kind, k)
        model.compile(optimizer, loss, metrics=metrics)
    for x, y in batches(kind):
        expected = theirs.train_on_batch(x, y, return_dict=True)
        found = ours.train_on_batch(x, y, return_dict=True)
        assert found.keys() == expected.keys()
        for name in found:
            np.testing.assert_allclose(found[name], float(expected[name]), rtol=2e-4, atol=2e-5, err_msg=name)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-5)
    x, y = next(batches(kind))
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x, verbose=0), rtol=2e-4, atol=2e-5)


def test_weights_masks_and_several_outputs_agree():
    def make(k):
        ids = k.Input((4,), dtype="int32", name="ids")
        x = k.layers.Embedding(9, 3, mask_zero=True, name="e")(ids)
        model = k.Model(ids, [k.layers.Dense(2, name="a")(x), k.layers.LSTM(2, name="b")(x)])
        model.compile(
            k.optimizers.SGD(0.1),
            ["mse", "mae"],
            loss_weights=[1.0, 0.5],
            metrics=[["mae"], None],
            weighted_metrics=[None, ["mse"]],
        )
        return model

    theirs, ours = make(keras), make(kerasish)
    ours.set_weights(theirs.get_weights())
    random = np.random.default_rng(1)
    ids = random.integers(1, 9, (6, 4)).astype("int32")
    ids[:, 3:] = 0
    y = [random.normal(size=(6, 4, 2)).astype("float32"), random.normal(size=(6, 2)).astype("float32")]
    weights = [random.random((6, 1)).astype("float32"), random.random(6).astype("float32")]
    for _ in range(3):
        expected = theirs.train_on_batch(ids, y, sample_weight=weights, return_dict=True)
        found = ours.train_on_batch(ids, y, sample_weight=weights, return_dict=True)
        assert found.keys() == expected.keys()
        for name in found:
            np.testing.assert_allclose(found[name], float(expected[name]), rtol=1e-4, err_msg=name)
