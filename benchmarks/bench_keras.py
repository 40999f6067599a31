"""Six everyday workloads beside Keras on JAX: `fit` with default arguments, microseconds a step, and the first fit."""

import contextlib
import io
import os
import sys
import time

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from measure import alternate, machine, median

import kerasish


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


def workload(make, k):
    """A function that runs one epoch of `fit`, how many steps that is, and the seconds of building and the first."""
    start = time.perf_counter()
    model, kind, batch, steps = make(k)
    model.compile("adam", k.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    random = np.random.default_rng(0)
    rows = batch * steps
    if isinstance(kind, int):
        x = random.integers(0, kind, (rows, model.inputs[0].shape[1])).astype("int32")
    else:
        x = random.normal(size=(rows, *kind)).astype("float32")
    y = random.integers(0, 10, rows).astype("int32")

    def run():
        with contextlib.redirect_stdout(io.StringIO()):
            model.fit(x, y, batch_size=batch, epochs=1, verbose=1)

    run()
    return run, steps, time.perf_counter() - start


def main() -> None:
    chosen = [f for f in (tabular, mlp, cnn, lstm, transformer, resnet) if f.__name__ in (sys.argv[1:] or f.__name__)]
    print(machine(), "keras", keras.__version__)
    for make in chosen:
        ours, steps, first = workload(make, kerasish)
        theirs, _, their_first = workload(make, keras)
        seconds = alternate({"kerasish": ours, "keras": theirs}, rounds=5)
        mine, other = (median(seconds[name]) / steps * 1e6 for name in ("kerasish", "keras"))
        print(
            f"{make.__name__:12s} kerasish {mine:9.0f} µs a step, keras {other:9.0f}, {other / mine:5.2f} times as fast; "
            f"built, compiled and first epoch {first:.1f} s and {their_first:.1f} s"
        )


if __name__ == "__main__":
    main()
