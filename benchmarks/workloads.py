"""Six everyday workloads, for any library with Keras's API: a model, its data, and how many steps an epoch has."""

import numpy as np


def mlp(k):
    L = k.layers
    return k.Sequential([k.Input((784,)), L.Dense(128, activation="relu"), L.Dense(10)]), (784,), 32, 400


def tabular(k):
    L = k.layers
    widths = [L.Dense(64, activation="relu"), L.Dense(64, activation="relu"), L.Dense(10)]
    return k.Sequential([k.Input((10,)), *widths]), (10,), 256, 400


def cnn(k):
    L = k.layers
    body = [L.Conv2D(32, 3, activation="relu"), L.MaxPooling2D(), L.Conv2D(64, 3, activation="relu"), L.MaxPooling2D()]
    top = [L.Dropout(0.5), L.Flatten(), L.Dense(10)]
    return k.Sequential([k.Input((28, 28, 1)), *body, *top]), (28, 28, 1), 128, 12


def lstm(k):
    L = k.layers
    return (
        k.Sequential([k.Input((80,), dtype="int32"), L.Embedding(20_000, 128), L.LSTM(128), L.Dense(10)]),
        20_000,
        32,
        20,
    )


def transformer(k):
    L = k.layers
    ids = k.Input((64,), dtype="int32")
    x = L.Embedding(5_000, 128)(ids)
    for _ in range(2):
        x = L.LayerNormalization()(L.Add()([x, L.MultiHeadAttention(4, 32)(x, x, use_causal_mask=True)]))
        x = L.LayerNormalization()(L.Add()([x, L.Dense(128)(L.Dense(512, activation="relu")(x))]))
    return k.Model(ids, L.Dense(10)(L.GlobalAveragePooling1D()(x))), 5_000, 16, 12


def resnet(k):
    L = k.layers
    inputs = k.Input((32, 32, 3))
    x = L.Conv2D(16, 3, padding="same")(inputs)
    for width, stride in ((16, 1), (16, 1), (16, 1), (32, 2), (32, 1), (32, 1), (64, 2), (64, 1), (64, 1)):
        y = L.Activation("relu")(L.BatchNormalization()(L.Conv2D(width, 3, strides=stride, padding="same")(x)))
        y = L.BatchNormalization()(L.Conv2D(width, 3, padding="same")(y))
        x = x if stride == 1 else L.Conv2D(width, 1, strides=stride)(x)
        x = L.Activation("relu")(L.Add()([x, y]))
    return k.Model(inputs, L.Dense(10)(L.GlobalAveragePooling2D()(x))), (32, 32, 3), 32, 10


WORKLOADS = (tabular, mlp, cnn, lstm, transformer, resnet)


def data_for(model, kind, rows: int):
    """Made-up inputs of a workload, and classes."""
    random = np.random.default_rng(0)
    if isinstance(kind, int):
        x = random.integers(0, kind, (rows, model.inputs[0].shape[1])).astype("int32")
    else:
        x = random.normal(size=(rows, *kind)).astype("float32")
    return x, random.integers(0, 10, rows).astype("int32")


def compiled_model(make, k):
    """`(model, kind of data, batch size, steps)`; the model is compiled with Adam and one metric."""
    model, kind, batch, steps = make(k)
    model.compile("adam", k.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model, kind, batch, steps
