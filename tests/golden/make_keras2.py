"""Makes the files of Keras 2 in this folder: `python make_keras2.py`, where `tf_keras` 2 is installed.

Each model is in a `.h5` file; `keras2.npz` has an input of each, the output, and the output after one more step of
training. They were made once, with tf_keras 2.21.0 on TensorFlow 2.21.0, and stay as they are.
"""

import pathlib

import numpy as np
import tf_keras as keras

HERE = pathlib.Path(__file__).parent
L = keras.layers
random = np.random.default_rng(0)


def functional():
    """A nested model, a regularizer, new-style Adam."""
    i = keras.Input((4,), name="x")
    inner = keras.Sequential([L.Dense(3, input_shape=(3,)), L.BatchNormalization()], name="inner")
    y = inner(L.Dense(3, activation="relu", name="d", kernel_regularizer="l2", kernel_initializer="he_normal")(i))
    y = L.Dense(2, kernel_regularizer=keras.regularizers.l1_l2(0.01, 0.02))(L.Dropout(0.0)(y))
    model = keras.Model(i, y, name="m")
    model.compile("adam", "mse", metrics=["mae"])
    return model, random.normal(size=(4, 4)).astype("float32")


def sequential():
    """Convolutions, old-style SGD with momentum and decay."""
    model = keras.Sequential(
        [
            L.Conv2D(2, 3, input_shape=(8, 8, 1), activation="relu"),
            L.DepthwiseConv2D(3),
            L.SeparableConv2D(2, 1),
            L.MaxPooling2D(),
            L.LeakyReLU(0.2),
            L.Flatten(),
            L.Dense(2, activation="softmax"),
        ]
    )
    optimizer = keras.optimizers.legacy.SGD(learning_rate=0.1, momentum=0.9, decay=0.01)
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    return model, random.normal(size=(4, 8, 8, 1)).astype("float32")


def recurrent():
    """Recurrent layers and wrappers; old-style Adam, whose slots lie in another order."""
    a = keras.Input((5, 3), name="a")
    forward = L.Bidirectional(L.GRU(3, return_sequences=True), merge_mode="ave")(a)
    y = L.Concatenate()([L.LSTM(4)(forward), L.SimpleRNN(2)(a), L.GRU(2, reset_after=False)(a)])
    z = L.GlobalAveragePooling1D()(L.TimeDistributed(L.Dense(2))(a))
    shared = L.Dense(2, name="shared")
    model = keras.Model(a, L.Add()([shared(z), L.Dense(2, name="o")(y), shared(L.Multiply()([z, z]))]))
    model.compile(keras.optimizers.legacy.Adam(1e-2), keras.losses.Huber(), metrics=[keras.metrics.MeanSquaredError()])
    return model, random.normal(size=(4, 5, 3)).astype("float32")


def embedded():
    """Masks, attention, and no optimizer."""
    ids = keras.Input((4,), dtype="int32", name="ids")
    x = L.Embedding(7, 4, mask_zero=True)(ids)
    y = L.LSTM(3)(x)
    z = L.Flatten()(L.LayerNormalization()(L.MultiHeadAttention(2, 3)(x, x)))
    return keras.Model(ids, [y, z]), random.integers(1, 7, size=(4, 4)).astype("int32")


arrays = {}
for make in (functional, sequential, recurrent, embedded):
    keras.utils.set_random_seed(1)
    model, x = make()
    name = make.__name__
    if model.optimizer:
        y = np.eye(2, dtype="float32")[[0, 1, 1, 0]]
        model.train_on_batch(x, y)
    model.save(HERE / f"keras2_{name}.h5")
    model.save_weights(HERE / f"keras2_{name}_weights.h5") if make is functional else None
    arrays[f"{name}_x"] = x
    outputs = model.predict(x, verbose=0)
    for index, output in enumerate(outputs if isinstance(outputs, list) else [outputs]):
        arrays[f"{name}_y{index}"] = output
    if model.optimizer:
        model.train_on_batch(x, y)
        arrays[f"{name}_next"] = model.predict(x, verbose=0)
np.savez_compressed(HERE / "keras2.npz", **arrays)
