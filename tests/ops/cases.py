"""Calls of ops: one table, from which all laws are checked (`test_laws*.py`). A row is a call and needs no more.

What a row or an op can't do is said here, with the reason: for a row by `but(case(...), field="reason")`, for all rows
of an op in `OPTIONS`. `cases_<family>.py` hold the rows of the families, in a list `CASES`; each may have `OPTIONS` too.
"""

import importlib
import pathlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    """One call of an op. The fields after the first three say why a law is not checked; empty: it is."""

    name: str
    """As in `ops.<name>`, which may have dots."""
    args: tuple = ()
    kwargs: dict = {}
    keras: str = ""
    """Why Keras's numbers are others."""
    numpy: str = ""
    """Why the NumPy backend's numbers are others."""
    smooth: bool | str = True
    """Why differences don't show the gradient: kinks, jumps."""
    half: str = ""
    """Why 16 bits are not tried."""
    wild: str = ""
    """Why infinities and NaN are not tried."""
    empty: str = ""
    """Why an empty first axis is not tried."""
    batch: str = ""
    """Why `vmap` is not tried."""
    unknown: str = ""
    """Why unknown sizes are not tried."""
    eager: str = ""
    """Why it needs known values, and so can't be compiled."""
    ulps: float = 16
    """Error allowed against float64, in units in the last place of the greatest output (and for 16 bits likewise)."""
    canon: Callable[[list], list] | None = None
    """What is compared instead of the outputs: for outputs that are not unique."""


def case(name: str, *args: Any, **kwargs: Any) -> Case:
    """One call of `ops.<name>`."""
    return Case(name, args, kwargs)


def but(row: Case, **options: Any) -> Case:
    """The row, with these fields."""
    return row._replace(**options)


def each(names: str, *args: Any, **kwargs: Any) -> list[Case]:
    """The same call of several ops."""
    return [case(name, *args, **kwargs) for name in names.split()]


SPREADS = "Keras multiplies by zeros what it leaves out, which spreads infinities and NaN"
NO_NAN = "NumPy's decomposition refuses NaN"
EMPTY_SEGMENT = "the extreme of an empty segment is infinite"
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


UNARY = [
    *each("absolute abs negative square sign trunc floor ceil round exp expm1 sin cos tan arctan sinh cosh tanh", X),
    *each("arcsinh erf reciprocal isnan isinf isfinite nan_to_num", X),
    *each("sqrt rsqrt log log1p log2 log10", POSITIVE),
    *each("arcsin arccos arctanh erfinv", UNIT),
    *each("exp sin cos tanh sqrt log log1p arctan erf square negative absolute sign floor", LINE**2 + 1),
    *each("exp square absolute negative sign floor ceil round trunc sqrt isnan sin tanh", INTS + 1),
    *each("absolute isfinite sqrt exp cos floor nan_to_num", TRUTH),
    *each("exp sqrt absolute negative square log tanh floor round", 1.5),
    case("arccosh", POSITIVE + 1),
    case("absolute", INTS - 1),
    case("floor", INTS),
    case("round", X, decimals=1),
    case("round", X * 100, decimals=-1),
    case("nan_to_num", X, nan=1.0, posinf=2.0, neginf=-2.0),
    case("clip", X, -0.5, 0.5),
    case("clip", INTS, 1, 2),
    case("clip", X, ROW - 1, ROW + 1),
    case("logical_not", TRUTH),
    case("logical_not", INTS),
    case("saturate_cast", X * 300, "uint8"),
    case("saturate_cast", INTS - 2, "uint8"),
    but(case("cast", X * 3, "int32"), wild="what an integer can't hold is up to the machine"),
    case("cast", INTS, "float32"),
    case("cast", X, "bool"),
    case("cast", TRUTH, "float16"),
    case("stop_gradient", X),
    case("convert_to_tensor", X),
    case("convert_to_tensor", [[1, 2.5], [3, 4]]),
    case("array", INTS),
    case("copy", X),
    case("zeros_like", X),
    case("ones_like", INTS),
    case("full_like", X, 3),
    case("zeros_like", X, dtype="int32"),
]
BINARY = [
    *each("add subtract multiply divide true_divide divide_no_nan maximum minimum", X, Y),
    *each("floor_divide mod arctan2 logaddexp equal not_equal less less_equal greater greater_equal", X, Y),
    *each("add subtract multiply divide maximum minimum arctan2 logaddexp mod less", LINE, ROW),
    *each("add subtract multiply divide maximum minimum arctan2 logaddexp equal greater", ROW[:, None], ROW),
    *each("add multiply divide maximum subtract logaddexp arctan2 less_equal", X, INTS + 1),
    *each("add multiply subtract divide maximum power mod floor_divide equal", POSITIVE, 2),
    *each("add multiply subtract divide minimum power not_equal", 2.5, POSITIVE),
    but(case("logaddexp", 2.5, POSITIVE), half="Keras takes a number for an array of float32"),
    *each("logical_and logical_or logical_xor", TRUTH, ~TRUTH),
    *each("logical_and logical_or logical_xor", INTS, TRUTH),
    *each("add multiply divide floor_divide mod power", INTS, LABELS[:, None] + 1),
    *each("subtract maximum minimum less equal arctan2 logaddexp divide_no_nan true_divide", INTS, LABELS[:, None]),
    case("greater_equal", X, ROW),
    case("power", POSITIVE, Y),
    case("power", X, 3),
    but(case("divide_no_nan", X, np.where(TRUTH, Y, 0).astype("float32")), smooth="it jumps where the divisor is 0"),
    case("where", TRUTH, X, Y),
    case("where", TRUTH, X, 0.0),
    case("where", INTS, X, ROW),
    case("isclose", X, X + np.float32(1e-7)),
    case("allclose", X, X),
    case("select", [X > 1, X > 0], [X, Y], 0.5),
    case("cross", X[:, :3], Y[:, :3]),
    but(case("cross", X[:, :2], Y[:, :2]), keras="with JAX 0.12 it refuses vectors of 2 components"),
    but(case("cross", X[:, :3], Y[:1, :2]), keras="likewise", unknown="2 or 3 components: that decides on the rank"),
    case("cross", X.T[:3], Y[:, :3], axisa=0, axisc=0),
    case("cross", LINE[:, :3], LINE[:, 3:6], axis=1),
    case("matmul", X, M),
    case("matmul", LINE, M),
    case("matmul", ROW, M),
    case("matmul", X, ROW),
    case("matmul", ROW, ROW),
    case("matmul", IMAGE, np.swapaxes(IMAGE, 2, 3)),
    case("matmul", INTS, INTS.T),
    case("dot", X, M),
    case("dot", LINE, M),
    case("dot", LINE, ROW),
    case("vdot", X, Y),
    case("inner", X, Y),
    case("outer", ROW, ROW),
    case("outer", X, ROW),
    case("tensordot", LINE, M, axes=1),
    case("tensordot", X, Y, axes=[[0], [0]]),
    case("tensordot", LINE, LINE, axes=[[0, 2], [0, 2]]),
    case("tensordot", ROW, ROW, axes=0),
    case("einsum", "bti,ij->btj", LINE, M),
    case("einsum", "ij->j", X),
    case("einsum", "ij,ij->i", X, Y),
    case("einsum", "...i,ij->...j", LINE, M),
    case("einsum", "bthd,bshd->bhts", HEADS, HEADS),
    case("einsum", "ii->i", SQUARE),
    case("einsum", "i,j,k->ijk", ROW, ROW, ROW),
]
REDUCTIONS = [
    *each("sum mean prod max min amax amin var std median argmax argmin logsumexp norm", X),
    *each("sum mean prod max min amax amin var std median argmax argmin logsumexp norm", X, axis=-1),
    *each("sum mean prod max min amax amin var std median logsumexp any all", LINE, axis=(0, 2), keepdims=True),
    *each("sum mean prod max min var std median argmax argmin logsumexp norm cumsum cumprod", LINE, axis=1),
    *each("sum mean max min argmax argmin var logsumexp", VOLUME, axis=-2, keepdims=True),
    *each("any all sum mean count_nonzero max argmax prod cumprod", TRUTH, axis=0),
    *each("sum mean prod max var median argmax count_nonzero cumsum cumprod", INTS),
    *each("sum mean prod max std min argmin count_nonzero any all average logsumexp", INTS, axis=1),
    case("max", X, axis=1, initial=0.5),
    case("min", X, axis=1, initial=0.5),
    case("argmin", X, axis=1, keepdims=True),
    case("cumsum", X, axis=1),
    case("cumprod", X, axis=0),
    case("cumsum", TRUTH, axis=0),
    case("cumsum", INTS, axis=1, dtype="float32"),
    but(
        case("prod", X, axis=0, dtype="float16"),
        half="it asks for 16 bits itself",
        smooth="differences need more than 16 bits",
    ),
    case("average", X, axis=1, weights=ROW),
    case("average", X, weights=POSITIVE),
    case("average", INTS, axis=0),
    *(case("norm", X, ord=order, axis=1) for order in (0, 1, 2, 3, np.inf, -np.inf)),
    *(case("norm", SQUARE, ord=order, axis=(0, 1)) for order in ("fro", 1, -1, np.inf)),
    *(but(case("norm", SQUARE, ord=order, axis=(0, 1)), wild=NO_NAN) for order in ("nuc", 2, -2)),
    case("norm", LINE, axis=(1, 2), keepdims=True),
    case("trace", SQUARE),
    case("trace", LINE, offset=1, axis1=1, axis2=2),
    case("moments", LINE, axes=(0, 1)),
    case("moments", LINE, axes=[1], keepdims=True),
]
SHAPES = [
    case("reshape", X, (3, 2, -1)),
    case("reshape", LINE, (-1, 4)),
    case("transpose", LINE),
    case("transpose", LINE, axes=[0, 2, 1]),
    case("swapaxes", LINE, 1, 2),
    case("moveaxis", LINE, 1, -1),
    case("moveaxis", VOLUME, (1, 2), (-1, 0)),
    case("ravel", X),
    case("squeeze", X[:, None], axis=1),
    case("expand_dims", X, 1),
    case("expand_dims", X, (1, -1)),
    case("broadcast_to", ROW, (3, 4)),
    case("concatenate", [X, Y], axis=-1),
    case("concatenate", [X, INTS]),
    case("stack", [X, Y], axis=1),
    case("stack", [X, INTS, Y]),
    case("split", LINE, 2, axis=-1),
    case("split", X, [1, 3], axis=1),
    but(case("unstack", X, axis=1), unknown="how many outputs there are must be known"),
    case("unstack", X, num=4, axis=1),
    case("tile", X, (1, 2)),
    case("tile", ROW, (2, 1)),
    case("repeat", X, 2, axis=1),
    case("repeat", X, 3),
    case("flip", X, axis=1),
    case("flip", LINE),
    case("roll", X, 1, axis=1),
    case("roll", LINE, (1, -2), axis=(0, 1)),
    case("roll", X, 5),
    case("pad", X, ((0, 0), (1, 2))),
    case("pad", X, 1),
    case("pad", X, ((0, 0), (1, 2)), constant_values=2.0),
    *(case("pad", X, ((0, 0), (1, 2)), mode=mode) for mode in ("reflect", "symmetric", "edge", "wrap")),
    case("diag", SQUARE),
    case("diag", ROW, k=1),
    case("diagonal", SQUARE, offset=1),
    case("diagonal", LINE, axis1=1, axis2=2),
    *each("tril triu", X),
    *each("tril triu", LINE, k=1),
    *each("tril triu", LINE, k=-1),
    case("meshgrid", ROW, ROW[:2]),
    case("meshgrid", ROW, ROW[:2], ROW[:3], indexing="ij"),
    case("get_item", X, (slice(None), 1)),
    case("get_item", X, (Ellipsis, None, slice(1, 3))),
    case("get_item", LINE, (slice(None, None, -1), slice(-3, None), 0)),
    case("get_item", X, LABELS % 3),
    case("take", X, INTS[0], axis=1),
    case("take", M, INTS, axis=0),
    case("take", X, [0, 5]),
    case("take", X, -1, axis=1),
    case("take_along_axis", X, INTS, axis=1),
    *each("sort argsort", X),
    *each("sort argsort", LINE, axis=1),
    *each("sort argsort", INTS, axis=0),
    case("top_k", X, 2),
    case("top_k", INTS, 3),
    but(case("in_top_k", LABELS, X, 2), wild="in Keras a score that is infinite counts"),
    case("digitize", X, np.array([-1.0, 0.0, 1.0], "float32")),
    case("bincount", LABELS, minlength=6),
    case("bincount", INTS, minlength=5),
    case("segment_sum", X, np.array([1, 0, 1]), 3),
    *each("segment_sum segment_prod", X, np.array([1, -1, 1]), 3),
    *(but(row, smooth=EMPTY_SEGMENT) for row in each("segment_max segment_min", X, np.array([1, -1, 1]), 3)),
    *each("segment_sum segment_prod", LINE[0], np.array([1, 0, 1, 2, 2, 0, 5]), 4),
    *(
        but(row, smooth=EMPTY_SEGMENT)
        for row in each("segment_max segment_min", LINE[0], np.array([1, 0, 1, 2, 2, 0, 5]), 4)
    ),
    *each("segment_sum segment_max segment_min segment_prod", INTS, np.array([1, 0, 1]), 3),
    *each("scatter_update", X, np.array([[0], [2], [0]]), Y, reduction="add"),
    *each("scatter_update", X, np.array([[0], [2], [0]]), Y, reduction="mul"),
    *each("scatter_update", X, np.array([[0], [2], [0]]), Y, reduction="max"),
    *each("scatter_update", X, np.array([[0], [2], [0]]), Y, reduction="min"),
    case("associative_scan", lambda a, b: a + b, LINE, axis=1),
    case("associative_scan", lambda a, b: a * b, X, reverse=True),
    case("vectorized_map", lambda x: x * 2, X),
    case("map", lambda x: x + 1, X),
    case("fori_loop", 0, 3, lambda i, x: x * 2, X),
    case("scan", lambda c, x: (c + x, c * x), ROW, X),
    case("scan", lambda c, x: (c + x, c * x), ROW, X, reverse=True),
    but(
        case("while_loop", lambda i, x: i < 3, lambda i, x: (i + 1, x * 2), (0, X)),
        smooth="a loop of unknown length has no gradient",
    ),
    case("scatter", np.array([[0], [2], [0]]), X, (4, 4)),
    case("scatter", np.array([[0, 1], [2, 3], [0, 1]]), X[:, 0], (4, 4)),
    case("scatter_update", X, np.array([[0], [2]]), Y[:2]),
    case("scatter_update", X, np.array([[0, 1], [0, 1]]), ROW[:2], reduction="add"),
    case("slice", X, (1, 1), (2, 3)),
    case("slice", LINE, [0, 2, 1], [2, 3, 2]),
    case("slice_update", X, (1, 2), Y[:2, :2]),
    case("linspace", 0.0, 1.0, num=5),
    case("linspace", X, Y, num=3, axis=-1),
    case("linspace", X, 2.0, num=4, endpoint=False),
    case("arange", 2, 9, 3),
    case("arange", 0.0, 1.0, 0.25),
    *each("zeros ones", (2, 3)),
    case("full", (2, 2), 7),
    case("eye", 3),
    case("eye", 3, 4, k=1),
    case("identity", 3),
    case("tri", 3, 4, k=-1),
]
CASES = [*UNARY, *BINARY, *REDUCTIONS, *SHAPES]
OPTIONS: dict[str, dict[str, Any]] = {
    "stop_gradient": {"smooth": "it has a value, and no gradient"},
    "bincount": {"eager": "Keras's needs known values"},
    "linspace": {"wild": "between infinities the backends differ"},
    "image.affine_transform": {"wild": SPREADS},
    "image.map_coordinates": {"wild": "coordinates that are no numbers"},
    "image.extract_patches": {"wild": SPREADS, "empty": "windows don't fit into nothing"},
    "image.extract_patches_3d": {"wild": SPREADS, "empty": "windows don't fit into nothing"},
    "image.scale_and_translate": {"empty": "its output shape says how large the batch is"},
    "image.rgb_to_hsv": {"wild": "colours are finite"},
    "image.hsv_to_rgb": {"wild": "colours are finite"},
    "diagonal": {"unknown": "an unknown size counts as the greater of two"},
}
"""What holds for all rows of an op."""


def _all_cases() -> list[Case]:
    """The rows above and those of the families, with what `OPTIONS` says where a row says nothing itself."""
    cases, options = list(CASES), dict(OPTIONS)
    for path in sorted(pathlib.Path(__file__).parent.glob("cases_*.py")):
        family = importlib.import_module(f"tests.ops.{path.stem}")
        cases += family.CASES
        for name, more in vars(family).get("OPTIONS", {}).items():
            options[name] = options.get(name, {}) | more
    plain = Case("")._asdict()
    return [
        row._replace(**{k: v for k, v in options.get(row.name, {}).items() if getattr(row, k) == plain[k]})
        for row in cases
    ]


CASES = _all_cases()
IDS = [f"{row.name}-{i}" for i, row in enumerate(CASES)]
