"""More models that Keras and we build by the same code: chains of layers, and graphs, so that there are 60 and more."""

IMAGE, TEXT, STEPS, ROW = (8, 8, 2), (6,), (6, 4), (5,)

CHAINS = {
    "deep": (ROW, lambda L: [L.Dense(7, activation=a) for a in ("relu", "tanh", "sigmoid", "gelu", "silu")]),
    "activations": (
        ROW,
        lambda L: [L.Dense(4), L.LeakyReLU(), L.Dense(4), L.PReLU(), L.Dense(4), L.ELU(), L.Softmax()],
    ),
    "activations two": (
        ROW,
        lambda L: [L.Dense(4, activation=a) for a in ("elu", "selu", "softplus", "softsign", "mish")],
    ),
    "regularized": (
        ROW,
        lambda L: [L.Dense(4, kernel_regularizer="l1", bias_regularizer="l2", activity_regularizer="l1")],
    ),
    "constrained": (ROW, lambda L: [L.Dense(4, kernel_constraint="max_norm", bias_constraint="non_neg")]),
    "normalized": (ROW, lambda L: [L.LayerNormalization(), L.Dense(4), L.BatchNormalization(scale=False), L.Dense(2)]),
    "unit": (ROW, lambda L: [L.Dense(4), L.UnitNormalization(), L.Dense(2)]),
    "group": (IMAGE, lambda L: [L.Conv2D(4, 1), L.GroupNormalization(2), L.Flatten(), L.Dense(2)]),
    "frozen": (ROW, lambda L: [L.Dense(4, trainable=False), L.BatchNormalization(trainable=False), L.Dense(2)]),
    "reshaped": (ROW, lambda L: [L.Dense(6), L.Reshape((2, 3)), L.Permute((2, 1)), L.Flatten(), L.Dense(2)]),
    "repeated": (ROW, lambda L: [L.RepeatVector(3), L.Dense(2), L.Flatten()]),
    "rescaled": (ROW, lambda L: [L.Rescaling(0.5, 0.1), L.Dense(3)]),
    "noisy": (
        ROW,
        lambda L: [L.GaussianNoise(0.0), L.GaussianDropout(0.0), L.Dense(3), L.ActivityRegularization(0.01)],
    ),
    "conv1d": (
        STEPS,
        lambda L: [L.Conv1D(3, 2, padding="causal"), L.MaxPooling1D(), L.GlobalMaxPooling1D(), L.Dense(2)],
    ),
    "dilated": (STEPS, lambda L: [L.Conv1D(3, 2, dilation_rate=2), L.AveragePooling1D(2), L.Flatten(), L.Dense(2)]),
    "strided": (IMAGE, lambda L: [L.Conv2D(4, 3, strides=2), L.Conv2D(4, 1, groups=2), L.GlobalAveragePooling2D()]),
    "depthwise": (IMAGE, lambda L: [L.DepthwiseConv2D(3, depth_multiplier=2), L.Flatten(), L.Dense(2)]),
    "separable": (IMAGE, lambda L: [L.SeparableConv2D(3, 3, padding="same"), L.GlobalAveragePooling2D()]),
    "separable1d": (STEPS, lambda L: [L.SeparableConv1D(3, 2), L.GlobalAveragePooling1D()]),
    "padded": (IMAGE, lambda L: [L.ZeroPadding2D(1), L.Conv2D(2, 3), L.Cropping2D(1), L.Flatten(), L.Dense(2)]),
    "upsampled": (IMAGE, lambda L: [L.Conv2D(2, 3), L.UpSampling2D(2), L.AveragePooling2D(2), L.Flatten(), L.Dense(2)]),
    "spatial": (IMAGE, lambda L: [L.Conv2D(3, 2), L.SpatialDropout2D(0.0), L.GlobalMaxPooling2D(), L.Dense(2)]),
    "vgg": (
        IMAGE,
        lambda L: [L.Conv2D(3, 3, padding="same"), L.Conv2D(3, 3), L.MaxPooling2D(), L.Flatten(), L.Dense(4)],
    ),
    "lenet": (
        IMAGE,
        lambda L: [L.Conv2D(3, 3, activation="tanh"), L.AveragePooling2D(2), L.Flatten(), L.Dense(8), L.Dense(3)],
    ),
    "autoencoder": (ROW, lambda L: [L.Dense(3, "relu"), L.Dense(1), L.Dense(3, "relu"), L.Dense(5)]),
    "mixed": (ROW, lambda L: [L.Dense(4, dtype="float32"), L.Identity(), L.Activation("relu"), L.Dense(2)]),
    "einsum": (STEPS, lambda L: [L.EinsumDense("abc,cd->abd", (6, 3), bias_axes="d"), L.Flatten(), L.Dense(2)]),
    "lstm": (STEPS, lambda L: [L.LSTM(3), L.Dense(2)]),
    "gru": (STEPS, lambda L: [L.GRU(3, reset_after=False), L.Dense(2)]),
    "simple rnn": (STEPS, lambda L: [L.SimpleRNN(3, activation="relu"), L.Dense(2)]),
    "stacked": (STEPS, lambda L: [L.LSTM(3, return_sequences=True), L.GRU(2), L.Dense(2)]),
    "both ways": (STEPS, lambda L: [L.Bidirectional(L.SimpleRNN(3), merge_mode="sum"), L.Dense(2)]),
    "cells": (STEPS, lambda L: [L.RNN([L.SimpleRNNCell(3), L.GRUCell(2)]), L.Dense(2)]),
    "distributed": (STEPS, lambda L: [L.TimeDistributed(L.Dense(3)), L.Flatten(), L.Dense(2)]),
    "masking": (STEPS, lambda L: [L.Masking(0.0), L.SimpleRNN(3), L.Dense(2)]),
}


def block(k, x, width):
    """Two layers around which the input goes."""
    y = k.layers.Dense(width, activation="relu")(k.layers.LayerNormalization()(x))
    return k.layers.Add()([x, k.layers.Dense(x.shape[-1])(y)])


def residual(k, x):
    return k.layers.Dense(2)(block(k, block(k, x, 3), 4))


def dense_net(k, x):
    for _ in range(3):
        x = k.layers.Concatenate()([x, k.layers.Dense(2, activation="relu")(x)])
    return x


def squeeze(k, x):
    y = k.layers.Conv2D(4, 3, padding="same")(x)
    s = k.layers.Dense(4, activation="sigmoid")(k.layers.GlobalAveragePooling2D(keepdims=True)(y))
    return k.layers.Flatten()(k.layers.Multiply()([y, s]))


def resnet(k, x):
    y = k.layers.Conv2D(2, 3, padding="same", use_bias=False)(x)
    y = k.layers.Activation("relu")(k.layers.BatchNormalization()(y))
    return k.layers.GlobalAveragePooling2D()(k.layers.Add()([x, y]))


def inception(k, x):
    return k.layers.Flatten()(k.layers.Concatenate()([k.layers.Conv2D(2, n, padding="same")(x) for n in (1, 3)]))


def unet(k, x):
    down = k.layers.MaxPooling2D()(k.layers.Conv2D(3, 3, padding="same")(x))
    return k.layers.Conv2D(1, 1)(k.layers.Concatenate()([x, k.layers.UpSampling2D()(down)]))


def transformer(k, x):
    y = k.layers.LayerNormalization(epsilon=1e-6)(x)
    x = k.layers.Add()([x, k.layers.MultiHeadAttention(2, 2)(y, y)])
    return k.layers.GlobalAveragePooling1D()(block(k, x, 5))


def grouped_attention(k, x):
    return k.layers.Flatten()(k.layers.GroupQueryAttention(2, 4, 2)(x, x))


def plain_attention(k, x):
    return k.layers.Flatten()(k.layers.Attention(use_scale=True)([x, k.layers.Dense(4)(x)]))


def additive_attention(k, x):
    return k.layers.Flatten()(k.layers.AdditiveAttention()([x, x]))


def siamese(k, x):
    tower = k.Sequential([k.Input(ROW), k.layers.Dense(3), k.layers.Dense(2)], name="tower")
    return k.layers.Subtract()([tower(x), tower(k.layers.Rescaling(2.0)(x))])


def deeply_nested(k, x):
    i = k.Input(ROW)
    inner = k.Model(i, k.layers.Dense(5)(i), name="innermost")
    j = k.Input(ROW)
    middle = k.Model(j, k.layers.Dense(5)(inner(j)), name="middle")
    return k.layers.Dense(2)(middle(x))


def merged(k, x):
    a, b = k.layers.Dense(3)(x), k.layers.Dense(3)(x)
    kinds = (k.layers.Average, k.layers.Maximum, k.layers.Minimum, k.layers.Multiply)
    return k.layers.Concatenate()([kind()([a, b]) for kind in kinds])


def dot(k, x):
    return k.layers.Dot(axes=1, normalize=True)([k.layers.Dense(3)(x), k.layers.Dense(3)(x)])


def tied(k, x):
    shared = k.layers.Dense(5, name="shared")
    return shared(shared(shared(x)))


def arithmetic(k, x):
    y = k.layers.Dense(5)(x)
    return k.ops.tanh(y * 2.0 - x) + k.ops.mean(y, axis=-1, keepdims=True)


def gated(k, x):
    return k.layers.Multiply()([k.layers.Dense(3)(x), k.layers.Dense(3, activation="sigmoid")(x)])


def heads(k, x):
    y = k.layers.Dense(4, activation="relu")(x)
    return k.layers.Concatenate()([k.layers.Dense(2, name="one")(y), k.layers.Dense(1, name="other")(y)])


GRAPHS = [
    (ROW, residual),
    (ROW, dense_net),
    (IMAGE, squeeze),
    (IMAGE, resnet),
    (IMAGE, inception),
    (IMAGE, unet),
    (STEPS, transformer),
    (STEPS, grouped_attention),
    (STEPS, plain_attention),
    (STEPS, additive_attention),
    (ROW, siamese),
    (ROW, deeply_nested),
    (ROW, merged),
    (ROW, dot),
    (ROW, tied),
    (ROW, arithmetic),
    (ROW, gated),
    (ROW, heads),
]


def _chain(shape, rows):
    return lambda k: k.Sequential([k.Input(shape), *rows(k.layers)])


def _graph(shape, build):
    def make(k):
        x = k.Input(shape, name="x")
        return k.Model(x, build(k, x))

    return make


MORE = {name: _chain(shape, rows) for name, (shape, rows) in CHAINS.items()}
MORE |= {build.__name__: _graph(shape, build) for shape, build in GRAPHS}
