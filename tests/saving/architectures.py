"""Models that Keras and we build by the same code, for the tests of files."""

import numpy as np


def mlp(k):
    return k.Sequential([k.Input((6,)), k.layers.Dense(5, activation="relu"), k.layers.Dense(3)])


def deferred(k):
    model = k.Sequential([k.layers.Dense(4), k.layers.Dense(2, use_bias=False)], name="deferred")
    model(np.zeros((2, 6), "float32"))
    return model


def cnn(k):
    return k.Sequential(
        [
            k.Input((8, 8, 1)),
            k.layers.Conv2D(2, 3, padding="same", kernel_regularizer="l2"),
            k.layers.BatchNormalization(),
            k.layers.Activation("relu"),
            k.layers.MaxPooling2D(),
            k.layers.Dropout(0.3),
            k.layers.Flatten(),
            k.layers.Dense(3, kernel_initializer=k.initializers.HeNormal(seed=1)),
        ]
    )


def nested_sequential(k):
    inner = k.Sequential([k.Input((5,)), k.layers.Dense(4), k.layers.Dense(4)], name="inner")
    return k.Sequential([k.Input((6,)), k.layers.Dense(5), inner, k.layers.Dense(2)], name="outer")


def two_inputs(k):
    a, b = k.Input((3,), name="a"), k.Input((4,), name="b")
    x = k.layers.Concatenate()([k.layers.Dense(2)(a), b])
    return k.Model([a, b], k.layers.Dense(2)(x), name="two")


def dicts(k):
    a, b = k.Input((3,), name="a"), k.Input((3,), name="b")
    shared = k.layers.Dense(4, name="shared")
    x, y = shared(a), shared(b)
    return k.Model({"a": a, "b": b}, {"sum": k.layers.Add()([x, y]), "head": k.layers.Dense(2)(x)})


def nested_structure(k):
    a, b = k.Input((3,), name="a"), k.Input((3,), name="b")
    return k.Model([a, {"q": b}], (k.layers.Add()([a, b]), {"u": [k.layers.Dense(2)(a)]}))


def ops_in_graph(k):
    x = k.Input((4,), name="x")
    d = k.layers.Dense(4)(x)
    o = k.ops
    y = o.mean(d, axis=-1, keepdims=True) + x * 2.0 - (1.0 - d) ** 2
    y = o.concatenate([o.relu(y[:, :2]), o.expand_dims(d[..., 1], 1), o.clip(d, -0.5, 0.5)], axis=-1)
    z = o.where(d > 0, d, np.full((4,), 0.25, "float32"))
    s = o.split(y, [3], axis=-1)[1]
    t = o.take(d, [0, 2], axis=1) @ o.transpose(o.reshape(x[0:1, :], (-1, 2)))
    return k.Model(
        x, [y, o.softmax(z, axis=-1), s, o.max(o.stack([x, d], axis=1), axis=1), t, o.cast(z > 0, "float32")]
    )


def more_ops(k):
    x, y = k.Input((4,), name="x"), k.Input((4,), name="y")
    o = k.ops
    return k.Model(
        [x, y],
        [
            o.einsum("ab,cb->ac", x, y),
            o.pad(x, ((0, 0), (1, 1)), constant_values=2.0),
            o.matmul(x, np.ones((4, 3), "float32")),
            o.one_hot(o.cast(o.abs(x) * 0, "int32"), 3),
            o.gelu(x, approximate=False),
            o.tile(x, (1, 2)),
            o.sum(y, axis=(0, 1)),
            o.squeeze(x[None, ...], axis=0),
            -y,
            o.repeat(x, 2, axis=1),
            o.logical_and(x > 0, y < 1),
            o.sort(x, axis=-1),
            o.cumsum(y, axis=1),
            o.maximum(x, 0.0),
            o.average(x, axis=1),
        ],
    )


def shared_inner(k):
    i, j = k.Input((3,), name="i"), k.Input((3,), name="j")
    inner = k.Model(i, k.layers.Dense(3)(i), name="inner")
    first = inner(j)
    return k.Model(j, [first, inner(first)], name="outer")


def layer_in_two_models(k):
    i, j = k.Input((3,), name="i"), k.Input((3,), name="j")
    shared = k.layers.Dense(3, name="shared")
    inner = k.Model(i, k.layers.Dense(2, name="own")(shared(i)), name="inner")
    return k.Model(j, [shared(j), inner(j)], name="outer")


def recurrent(k):
    x = k.Input((5, 3), name="x")
    y = k.layers.LSTM(4, return_sequences=True)(x)
    y = k.layers.Bidirectional(k.layers.GRU(2, return_sequences=True))(y)
    y = k.layers.TimeDistributed(k.layers.Dense(3))(y)
    return k.Model(x, k.layers.RNN([k.layers.LSTMCell(2), k.layers.GRUCell(3)])(y))


def masked(k):
    x = k.Input((4,), dtype="int32", name="x")
    y = k.layers.Embedding(7, 3, mask_zero=True)(x)
    return k.Model(x, k.layers.LSTM(2)(y))


def attention(k):
    x = k.Input((4, 6), name="x")
    y = k.layers.MultiHeadAttention(2, 3)(x, x)
    return k.Model(x, k.layers.LayerNormalization()(k.layers.Add()([x, y])))


def training_given(k):
    x = k.Input((3,), name="x")
    y = k.layers.BatchNormalization()(x, training=False)
    return k.Model([x], [k.layers.Dropout(0.5)(y)])


def mixed_precision(k):
    return k.Sequential(
        [k.Input((4,)), k.layers.Dense(3, dtype="mixed_bfloat16"), k.layers.Dense(2, dtype="float32", trainable=False)]
    )


ARCHITECTURES = [
    mlp,
    deferred,
    cnn,
    nested_sequential,
    two_inputs,
    dicts,
    nested_structure,
    ops_in_graph,
    more_ops,
    shared_inner,
    layer_in_two_models,
    recurrent,
    masked,
    attention,
    training_given,
    mixed_precision,
]


def data_for(tensors, batch=2):
    """An array for each symbolic input, in its structure."""
    random = np.random.default_rng(0)

    def one(x):
        shape = (batch, *x.shape[1:])
        return random.integers(0, 5, shape) if "int" in str(x.dtype) else random.normal(size=shape).astype("float32")

    if isinstance(tensors, dict):
        return {key: data_for(x, batch) for key, x in tensors.items()}
    return [data_for(x, batch) for x in tensors] if isinstance(tensors, list | tuple) else one(tensors)


def randomize(model):
    """Give every weight a value of its own, so that none can be mistaken for another."""
    random = np.random.default_rng(1)
    model.set_weights([random.uniform(0.1, 1.0, w.shape).astype(w.dtype) for w in model.get_weights()])
    return model
