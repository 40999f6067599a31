"""Calls of ops: one table, from which several laws are checked."""

import importlib
import pathlib

import numpy as np

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 4)).astype("float32")
Y = RNG.normal(size=(3, 4)).astype("float32")
POSITIVE = np.abs(X) + np.float32(0.1)
UNIT = np.tanh(X)
PROBABILITIES = (POSITIVE / POSITIVE.sum(-1, keepdims=True)).astype("float32")
ROW = RNG.normal(size=(4,)).astype("float32")
M = RNG.normal(size=(4, 5)).astype("float32")
SQUARE = RNG.normal(size=(4, 4)).astype("float32")
INTS = np.array([[0, 2, 1, 1], [3, 3, 0, 2], [1, 0, 0, 3]], "int32")
LABELS = np.array([0, 3, 1], "int32")
TRUTH = np.array([[True, False, True, True], [False, False, True, False], [True, True, True, True]])
LINE = RNG.normal(size=(2, 7, 4)).astype("float32")
IMAGE = RNG.normal(size=(2, 6, 5, 4)).astype("float32")
VOLUME = RNG.normal(size=(2, 4, 3, 5, 2)).astype("float32")
KERNEL = RNG.normal(size=(3, 2, 4, 6)).astype("float32")
HEADS = RNG.normal(size=(2, 3, 4, 2)).astype("float32")
KEYS = RNG.normal(size=(2, 5, 2, 2)).astype("float32")
MASK = RNG.random((2, 4, 3, 5)) < 0.7


def weights(*shape):
    """A kernel of this shape."""
    return np.random.default_rng(1).normal(size=shape).astype("float32")


def names(text):
    """The words of a text."""
    return text.split()


def case(name, *args, **kwargs):
    """One call of `ops.<name>`."""
    return name, args, kwargs


UNARY = [
    *(
        case(n, X)
        for n in [
            "absolute",
            "negative",
            "square",
            "sign",
            "trunc",
            "floor",
            "ceil",
            "round",
            "exp",
            "expm1",
            "sin",
            "cos",
            "tan",
        ]
    ),
    *(
        case(n, X)
        for n in [
            "arctan",
            "sinh",
            "cosh",
            "tanh",
            "arcsinh",
            "erf",
            "reciprocal",
            "isnan",
            "isinf",
            "isfinite",
            "nan_to_num",
        ]
    ),
    *(case(n, POSITIVE) for n in names("sqrt rsqrt log log1p log2 log10")),
    *(case(n, UNIT) for n in ["arcsin", "arccos", "arctanh", "erfinv"]),
    case("arccosh", POSITIVE + 1),
    case("absolute", INTS - 1),
    case("floor", INTS),
    case("round", X, decimals=1),
    case("clip", X, -0.5, 0.5),
    case("clip", INTS, 1, 2),
    case("logical_not", TRUTH),
    case("saturate_cast", X * 300, "uint8"),
    case("saturate_cast", INTS - 2, "uint8"),
    case("cast", X * 3, "int32"),
    case("stop_gradient", X),
    case("convert_to_tensor", X),
    case("array", INTS),
    case("copy", X),
    case("zeros_like", X),
    case("ones_like", INTS),
    case("full_like", X, 3),
    case("zeros_like", X, dtype="int32"),
]
BINARY = [
    *(case(n, X, Y) for n in names("add subtract multiply divide true_divide divide_no_nan maximum minimum")),
    *(case(n, X, Y) for n in names("floor_divide mod arctan2 logaddexp equal not_equal less less_equal greater")),
    *(case(n, TRUTH, ~TRUTH) for n in ["logical_and", "logical_or", "logical_xor"]),
    *(case(n, INTS, LABELS[:, None] + 1) for n in names("add multiply divide floor_divide mod power")),
    case("greater_equal", X, ROW),
    case("power", POSITIVE, Y),
    case("power", X, 3),
    case("divide_no_nan", X, np.where(TRUTH, Y, 0).astype("float32")),
    case("where", TRUTH, X, Y),
    case("where", TRUTH, X, 0.0),
    case("where", INTS, X, ROW),
    case("isclose", X, X + np.float32(1e-7)),
    case("allclose", X, X),
    case("select", [X > 1, X > 0], [X, Y], 0.5),
    case("cross", X[:, :3], Y[:, :3]),
    case("matmul", X, M),
    case("matmul", LINE, M),
    case("matmul", ROW, M),
    case("dot", X, M),
    case("vdot", X, Y),
    case("inner", X, Y),
    case("outer", ROW, ROW),
    case("tensordot", LINE, M, axes=1),
    case("tensordot", X, Y, axes=[[0], [0]]),
    case("einsum", "bti,ij->btj", LINE, M),
    case("einsum", "ij->j", X),
]
REDUCTIONS = [
    *(
        case(n, X)
        for n in [
            "sum",
            "mean",
            "prod",
            "max",
            "min",
            "amax",
            "amin",
            "var",
            "std",
            "median",
            "argmax",
            "argmin",
            "logsumexp",
            "norm",
        ]
    ),
    *(
        case(n, X, axis=-1)
        for n in [
            "sum",
            "mean",
            "prod",
            "max",
            "min",
            "amax",
            "amin",
            "var",
            "std",
            "median",
            "argmax",
            "logsumexp",
            "norm",
        ]
    ),
    *(case(n, LINE, axis=(0, 2), keepdims=True) for n in names("sum mean prod max min var std logsumexp")),
    *(case(n, TRUTH, axis=0) for n in names("any all sum mean count_nonzero")),
    *(case(n, INTS) for n in names("sum mean prod max var median argmax count_nonzero cumsum cumprod")),
    case("max", X, axis=1, initial=0.5),
    case("argmin", X, axis=1, keepdims=True),
    case("cumsum", X, axis=1),
    case("cumprod", X, axis=0),
    case("cumsum", TRUTH, axis=0),
    case("average", X, axis=1, weights=ROW),
    case("average", X, weights=POSITIVE),
    case("average", INTS, axis=0),
    case("norm", X, ord=1, axis=1),
    case("norm", X, ord="fro", axis=(0, 1)),
    case("trace", SQUARE),
    case("moments", LINE, axes=(0, 1)),
    case("moments", LINE, axes=[1], keepdims=True),
]
SHAPES = [
    case("reshape", X, (3, 2, -1)),
    case("transpose", LINE),
    case("transpose", LINE, axes=[0, 2, 1]),
    case("swapaxes", LINE, 1, 2),
    case("moveaxis", LINE, 1, -1),
    case("ravel", X),
    case("squeeze", X[:, None], axis=1),
    case("expand_dims", X, 1),
    case("expand_dims", X, (1, -1)),
    case("broadcast_to", ROW, (3, 4)),
    case("concatenate", [X, Y], axis=-1),
    case("concatenate", [X, INTS]),
    case("stack", [X, Y], axis=1),
    case("split", LINE, 2, axis=-1),
    case("split", X, [1, 3], axis=1),
    case("unstack", X, axis=1),
    case("tile", X, (1, 2)),
    case("repeat", X, 2, axis=1),
    case("flip", X, axis=1),
    case("roll", X, 1, axis=1),
    case("pad", X, ((0, 0), (1, 2))),
    case("pad", X, ((0, 0), (1, 2)), constant_values=2.0),
    case("pad", X, ((0, 0), (1, 2)), mode="reflect"),
    case("diag", SQUARE),
    case("diag", ROW, k=1),
    case("diagonal", SQUARE, offset=1),
    case("tril", X),
    case("triu", X, k=1),
    case("meshgrid", ROW, ROW[:2]),
    case("get_item", X, (slice(None), 1)),
    case("get_item", X, (Ellipsis, None, slice(1, 3))),
    case("take", X, INTS[0], axis=1),
    case("take", M, INTS, axis=0),
    case("take", X, [0, 5]),
    case("take_along_axis", X, INTS, axis=1),
    case("sort", X),
    case("argsort", X, axis=1),
    case("top_k", X, 2),
    case("in_top_k", LABELS, X, 2),
    case("digitize", X, np.array([-1.0, 0.0, 1.0], "float32")),
    case("bincount", LABELS, minlength=6),
    case("bincount", INTS, minlength=5),
    case("segment_sum", X, np.array([1, 0, 1]), 3),
    case("scatter", np.array([[0], [2], [0]]), X, (4, 4)),
    case("scatter", np.array([[0, 1], [2, 3], [0, 1]]), X[:, 0], (4, 4)),
    case("scatter_update", X, np.array([[0], [2]]), Y[:2]),
    case("scatter_update", X, np.array([[0, 1], [0, 1]]), ROW[:2], reduction="add"),
    case("slice", X, (1, 1), (2, 3)),
    case("slice_update", X, (1, 2), Y[:2, :2]),
    case("linspace", 0.0, 1.0, num=5),
    case("linspace", X, Y, num=3, axis=-1),
]
NEURAL = [
    *(
        case(n, X * 3)
        for n in [
            "relu",
            "relu6",
            "sigmoid",
            "silu",
            "softplus",
            "softsign",
            "log_sigmoid",
            "elu",
            "selu",
            "gelu",
            "celu",
        ]
    ),
    *(case(n, X * 3) for n in names("hard_sigmoid hard_silu hard_tanh leaky_relu tanh_shrink soft_shrink")),
    *(case(n, X * 3) for n in names("hard_shrink squareplus sparse_plus sparse_sigmoid softmax log_softmax")),
    case("relu", INTS - 1),
    case("softmax", LINE, axis=(1, 2)),
    case("softmax", X, axis=0),
    case("gelu", X, approximate=False),
    case("glu", X),
    case("celu", X, alpha=2.0),
    case("elu", X, 0.5),
    case("threshold", X, 0.5, -1.0),
    case("one_hot", LABELS, 5),
    case("one_hot", INTS, 4, axis=1, dtype="int32"),
    case("multi_hot", INTS, 5),
    case("normalize", X),
    case("normalize", X, axis=0, order=1),
    case("normalize", X, order=3),
    case("layer_normalization", X),
    case("layer_normalization", X, ROW, ROW, epsilon=1e-2),
    case("rms_normalization", X, ROW),
    case("batch_normalization", IMAGE, ROW, ROW**2, -1, offset=ROW, scale=ROW + 1),
    case("batch_normalization", X, ROW, ROW**2, 1),
    case("binary_crossentropy", TRUTH.astype("float32"), PROBABILITIES),
    case("binary_crossentropy", PROBABILITIES, X * 4, from_logits=True),
    case("categorical_crossentropy", PROBABILITIES, POSITIVE),
    case("categorical_crossentropy", PROBABILITIES, X * 4, from_logits=True),
    case("categorical_crossentropy", PROBABILITIES.T, X.T, from_logits=True, axis=0),
    case("sparse_categorical_crossentropy", LABELS, POSITIVE),
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
CASES = [*UNARY, *BINARY, *REDUCTIONS, *SHAPES, *NEURAL, *IMAGES]
# The rows of the families that have a file of their own, which import `case` from here.
for path in sorted(pathlib.Path(__file__).parent.glob("cases_*.py")):
    CASES += importlib.import_module(f"tests.ops.{path.stem}").CASES
IDS = [f"{name}-{i}" for i, (name, _, _) in enumerate(CASES)]
