"""Rows of neural networks: activations, normalizations, losses, attention, convolutions, pools."""

import numpy as np

from tests.ops.cases import (
    HEADS,
    IMAGE,
    INTS,
    KERNEL,
    KEYS,
    LABELS,
    LINE,
    MASK,
    POSITIVE,
    PROBABILITIES,
    ROW,
    SPREADS,
    TRUTH,
    VOLUME,
    X,
    but,
    case,
    each,
    weights,
)

ACTIVATIONS = (
    "relu relu6 sigmoid silu softplus softsign log_sigmoid elu selu gelu celu hard_sigmoid hard_silu hard_tanh "
    "leaky_relu tanh_shrink soft_shrink hard_shrink squareplus sparse_plus sparse_sigmoid softmax log_softmax"
)
NO_INTEGERS = "Keras refuses integers"
REFUSE_INTEGERS = ["sigmoid", "silu", "softmax", "log_softmax"]
NEURAL = [
    *each(ACTIVATIONS, X * 3),
    *each(ACTIVATIONS, LINE),
    *(but(row, keras=NO_INTEGERS if row.name in REFUSE_INTEGERS else "") for row in each(ACTIVATIONS, INTS - 1)),
    case("softmax", LINE, axis=(1, 2)),
    case("log_softmax", LINE, axis=(1, 2)),
    case("softmax", X, axis=0),
    case("gelu", X, approximate=False),
    case("glu", X),
    case("glu", LINE, axis=2),
    case("celu", X, alpha=2.0),
    case("elu", X, 0.5),
    case("leaky_relu", X, negative_slope=0.01),
    case("threshold", X, 0.5, -1.0),
    case("one_hot", LABELS, 5),
    case("one_hot", INTS, 4, axis=1, dtype="int32"),
    case("multi_hot", INTS, 5),
    case("normalize", X),
    case("normalize", X, axis=0, order=1),
    case("normalize", X, order=3),
    case("layer_normalization", X),
    case("layer_normalization", X, ROW, ROW, epsilon=1e-2),
    case("layer_normalization", LINE, axis=(1, 2)),
    case("rms_normalization", X, ROW),
    case("rms_normalization", LINE),
    case("batch_normalization", IMAGE, ROW, ROW**2, -1, offset=ROW, scale=ROW + 1),
    case("batch_normalization", X, ROW, ROW**2, 1),
    case("binary_crossentropy", TRUTH.astype("float32"), PROBABILITIES),
    but(case("binary_crossentropy", PROBABILITIES, X * 4, from_logits=True), wild="targets are finite"),
    case("categorical_crossentropy", PROBABILITIES, POSITIVE),
    case("categorical_crossentropy", PROBABILITIES, X * 4, from_logits=True),
    case("categorical_crossentropy", PROBABILITIES.T, X.T, from_logits=True, axis=0),
    but(case("sparse_categorical_crossentropy", LABELS, POSITIVE), wild="probabilities are finite"),
    case("sparse_categorical_crossentropy", LABELS[:, None], X * 4, from_logits=True),
    case("dot_product_attention", HEADS, HEADS, HEADS),
    case("dot_product_attention", HEADS, KEYS, KEYS, mask=MASK),
    case("dot_product_attention", HEADS, HEADS, HEADS, is_causal=True, scale=0.3),
    case("dot_product_attention", HEADS, KEYS, KEYS, bias=weights(2, 4, 3, 5)),
]
IMAGES = [
    case("conv", IMAGE, KERNEL),
    case("conv", IMAGE, KERNEL, strides=2, padding="same"),
    case("conv", IMAGE, KERNEL, padding="same", dilation_rate=(1, 2)),
    case("conv", IMAGE, weights(3, 3, 2, 6), strides=(1, 2)),
    case("conv", np.moveaxis(IMAGE, -1, 1), KERNEL, data_format="channels_first"),
    case("conv", LINE, weights(3, 4, 5), strides=2, padding="same"),
    case("conv", VOLUME, weights(2, 2, 3, 2, 3), padding="same"),
    case("depthwise_conv", IMAGE, weights(3, 3, 4, 2), padding="same"),
    case("depthwise_conv", LINE, weights(3, 4, 1), strides=2),
    case("separable_conv", IMAGE, weights(3, 3, 4, 2), weights(1, 1, 8, 3), padding="same"),
    case("max_pool", IMAGE, 2, strides=2),
    case("max_pool", IMAGE, (3, 2), strides=2, padding="same"),
    case("max_pool", LINE, 3, strides=1, padding="same"),
    case("average_pool", IMAGE, 2, strides=2),
    case("average_pool", IMAGE, 3, strides=2, padding="same"),
    case("average_pool", np.moveaxis(IMAGE, -1, 1), 2, strides=2, data_format="channels_first"),
    case("average_pool", VOLUME, 2, strides=1, padding="same"),
]
CASES = [*NEURAL, *IMAGES]
OPTIONS = {
    "adaptive_average_pool": {"wild": SPREADS},
    "fold": {"wild": SPREADS, "unknown": "how many blocks fit is known from the size of the image"},
    "unfold": {"wild": SPREADS},
    "dot_product_attention": {"wild": "XLA's products spread the NaN of one query to its neighbours"},
    "ctc_decode": {"smooth": "it chooses"},
}
