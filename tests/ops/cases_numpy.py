"""Rows of the ops that NumPy has too: element by element, bits, NaN, statistics, splitting, searching."""

import numpy as np

from tests.ops.cases import INTS, LABELS, LINE, POSITIVE, ROW, SQUARE, TRUTH, X, Y, but, case, each

HOLES = np.where(TRUTH, X, np.nan).astype("float32")
LONG_HOLES = np.where(np.arange(7)[:, None] % 3, LINE, np.nan).astype("float32")
COMPLEX = (X + 1j * Y).astype("complex64")
WHOLE = np.array([[12, 18, 7], [0, 5, 30]], "int32")
SHIFTS = np.array([[0, 1, 5], [2, 3, 4]], "int32")
BYTES = np.array([[1, 200, 7, 64], [0, 255, 3, 9]], "uint8")
RISING = np.array([-1.0, 0.0, 0.5, 2.0], "float32")
SAMPLES = np.linspace(-2, 3, 23, dtype="float32") ** 2
REPEATED = np.array([3, 1, 2, 1, 3, 3], "int32")

IMAGINARY = {"half": "complex", "smooth": "complex gradients are conjugated", "wild": "complex"}
ONLY_NAN = {"smooth": "where there are only NaN there is no slope"}

ELEMENTWISE = [
    *each("cbrt exp2 fabs deg2rad rad2deg sinc i0 erfc signbit angle isposinf isneginf isreal real imag conj", X),
    *each("cbrt exp2 fabs deg2rad rad2deg sinc i0 erfc signbit angle isposinf isneginf isreal real imag conj", INTS),
    *each("cbrt exp2 fabs deg2rad rad2deg sinc i0 erfc isposinf isreal conjugate real", TRUTH),
    *each("cbrt exp2 fabs sinc erfc signbit conjugate", LINE),
    *each("cbrt exp2 deg2rad erfc", 1.5),
    *(but(row, **IMAGINARY) for row in each("angle real imag conj conjugate isreal view_as_real", COMPLEX)),
    case("erfc", X * 4),
    case("view_as_real", X),
    case("view_as_complex", X[:, :2]),
    case("view_as_complex", LINE[:, :, 1:3]),
    case("polar", POSITIVE, X),
    case("polar", POSITIVE, ROW),
    case("view", X, "int32"),
    case("view", INTS, "float32"),
    case("view", INTS, "uint8"),
    case("view", BYTES, "int32"),
    case("view", BYTES, "int16"),
    case("view", X),
    *each("fmax fmin fmod heaviside hypot logaddexp2 nextafter", X, Y),
    *each("fmax fmin heaviside hypot logaddexp2 nextafter", X, ROW),
    *each("fmax fmin fmod hypot logaddexp2", INTS, LABELS[:, None] + 1),
    *each("fmax fmin heaviside hypot logaddexp2", INTS, X),
    *each("fmax fmin fmod heaviside hypot nextafter", X, 2),
    *each("fmax fmin", HOLES, Y),
    case("ldexp", X, INTS),
    case("ldexp", INTS, INTS),
    case("ldexp", X, 3),
    case("kron", X, SQUARE),
    case("kron", ROW, ROW[:2]),
    case("kron", INTS, X),
    case("cdist", X, Y),
    case("cdist", LINE, LINE[:, 2:4] + 1),
    case("cdist", LINE, Y),
]
BITS = [
    *each("bitwise_and bitwise_or bitwise_xor left_shift right_shift bitwise_left_shift gcd lcm", WHOLE, SHIFTS),
    *each("bitwise_right_shift bitwise_and bitwise_or bitwise_xor", WHOLE, 3),
    *each("bitwise_and bitwise_or bitwise_xor", TRUTH, ~TRUTH),
    *each("bitwise_not bitwise_invert", WHOLE),
    *each("bitwise_not bitwise_invert", TRUTH),
    *each("bitwise_not bitwise_invert", BYTES),
    *each("bitwise_and bitwise_xor gcd lcm", BYTES[0], WHOLE[0, 0]),
    *each("right_shift bitwise_right_shift", -WHOLE, SHIFTS),
    case("gcd", -WHOLE, 6),
    case("lcm", WHOLE, 4),
]
REDUCED = "nanmax nanmean nanmin nanprod nanstd nansum nanvar nanmedian"
NAN = [
    *each(
        "nanmax nanmean nanmedian nanmin nanprod nanstd nansum nanvar nanargmax nanargmin nancumprod nancumsum", HOLES
    ),
    *each("nanmax nanmean nanmedian nanmin nanprod nanstd nansum nanvar nancumprod nancumsum", HOLES, axis=1),
    *each("nanmax nanmean nanmin nanprod nanstd nansum nanvar nanmedian", HOLES, axis=0, keepdims=True),
    *(but(row, **ONLY_NAN) for row in each(REDUCED, LONG_HOLES, axis=(0, 2))),
    *each("nanmax nanmean nanmedian nanmin nanprod nanstd nansum nanvar nanargmax nanargmin nancumprod", INTS),
    *each("nanmax nanmin nanmean nansum", TRUTH, axis=0),
    *each("nanargmax nanargmin", LONG_HOLES, axis=1),
    *each("nanargmax nanargmin", HOLES[:2], axis=1, keepdims=True),
    *(but(row, **ONLY_NAN) for row in each(f"{REDUCED} nanargmax", HOLES * np.float32("nan"), axis=1)),
    but(case("nancumsum", HOLES, axis=0, dtype="float32"), smooth="differences need float64"),
    case("nancumsum", TRUTH),
]
METHODS = ("linear", "lower", "higher", "midpoint", "nearest")
STATISTICS = [
    *(case("quantile", X, np.array([0.1, 0.45, 0.93], "float32"), method=method) for method in METHODS),
    *(case("nanquantile", HOLES, 0.4, axis=1, method=method) for method in METHODS),
    case("quantile", X, 0.3),
    case("quantile", X, [0.0, 1.0], axis=0),
    case("quantile", LINE, 0.25, axis=(0, 2), keepdims=True),
    case("quantile", LINE, np.array([0.2, 0.8], "float32"), axis=1, keepdims=True),
    case("quantile", INTS, 0.7, axis=-1),
    but(case("quantile", HOLES, 0.5, axis=0), **ONLY_NAN),
    case("percentile", X, 30),
    case("percentile", LINE, np.array([5.0, 45.0, 95.0], "float32"), axis=1),
    case("nanpercentile", HOLES, 30.0, axis=0),
    case("nanpercentile", LONG_HOLES, np.array([30.0, 62.0], "float32"), axis=(1, 2), keepdims=True),
    case("nanquantile", INTS, 0.2),
    *each("ptp", X),
    case("ptp", X, axis=0, keepdims=True),
    case("ptp", LINE, axis=(0, 2)),
    case("ptp", INTS, axis=1),
    case("corrcoef", X),
    case("corrcoef", LINE[0]),
    case("corrcoef", INTS),
    case("histogram", SAMPLES),
    case("histogram", SAMPLES, bins=4, range=(1.0, 5.0)),
    case("histogram", LABELS, bins=3),
    case("trapezoid", X),
    case("trapezoid", X, axis=0, dx=0.5),
    case("trapezoid", X, RISING),
    case("trapezoid", X, np.cumsum(POSITIVE, 0), axis=0),
    case("trapezoid", INTS),
    case("diff", X),
    case("diff", LINE, n=2, axis=1),
    case("diff", TRUTH),
    case("diff", INTS, n=0),
    *(case("correlate", SAMPLES, ROW, mode=mode) for mode in ("valid", "same", "full")),
    case("correlate", ROW, SAMPLES),
    case("correlate", REPEATED, LABELS, mode="full"),
]
SPLITTING = [
    case("array_split", X, 3, axis=1),
    case("array_split", LINE, 2, axis=-2),
    case("array_split", INTS, 2),
    case("hsplit", X, 2),
    case("hsplit", ROW, 2),
    case("hsplit", LINE, [2, 5]),
    case("vsplit", X, 3),
    case("vsplit", LINE, [1]),
    case("dsplit", LINE, 2),
    *each("hstack vstack dstack", [X, Y]),
    *each("hstack vstack dstack", [ROW, ROW + 1]),
    *each("hstack vstack dstack", [X, INTS]),
    case("append", X, Y),
    case("append", X, INTS, axis=1),
    case("append", X, Y, axis=0),
    case("diagflat", X),
    case("diagflat", ROW, k=-1),
    case("fliplr", LINE),
    case("flipud", X),
    case("flipud", ROW),
    case("rot90", X),
    case("rot90", LINE, k=-1, axes=(1, 2)),
    case("rot90", X, k=2),
    case("rearrange", LINE, "b t c -> c b t"),
    case("rearrange", X, "a b -> (a b)"),
    case("rearrange", LINE, "b t (h c) -> b h t c", h=2),
]
SEARCHING = [
    case("argpartition", X, 1),
    case("argpartition", LINE, 3, axis=1),
    case("argpartition", INTS, -2, axis=0),
    case("argpartition", ROW, 2),
    case("searchsorted", RISING, X),
    case("searchsorted", RISING, RISING, side="right"),
    case("searchsorted", LABELS[[0, 2, 1]], 1.5),
    case("isin", INTS, LABELS),
    case("isin", X, X[0], invert=True),
    case("isin", INTS, [2, 7], assume_unique=True),
    case("unravel_index", np.array([5, 7, -1, 99], "int32"), (2, 4)),
    case("unravel_index", LABELS, (2, 1, 3)),
    case("unique", REPEATED, size=5, return_counts=True, return_index=True),
    case("unique", REPEATED, size=4, fill_value=7),
    case("unique", REPEATED, size=2, return_counts=True),
    case("unique", X, size=14),
]
RANGES = [
    case("geomspace", POSITIVE, POSITIVE + 3, 4),
    case("geomspace", ROW, ROW * 5, 3, endpoint=False, axis=-1),
    case("geomspace", 1.0, 1000.0, 4),
    case("geomspace", LABELS + 1, LABELS + 5, 4, axis=1),
    case("logspace", X, Y, 4),
    case("logspace", ROW, ROW + 1, 3, endpoint=False, base=2, axis=-1),
    case("logspace", 0, 3, 4),
    case("logspace", 0.0, 3.0, 4, dtype="int32"),
    case("vander", ROW),
    case("vander", ROW, 3, increasing=True),
    case("vander", LABELS, 2),
    *each("bartlett blackman hamming hanning", 6),
    *each("bartlett blackman hamming hanning", 1),
    case("kaiser", 7, 3.0),
    case("kaiser", 5, 14),
]
CASES = [*ELEMENTWISE, *BITS, *NAN, *STATISTICS, *SPLITTING, *SEARCHING, *RANGES]
FLUSHED = "XLA takes the least numbers as 0"
ORDER = "sums and products of the greatest numbers depend on their order"
OPTIONS = {
    **{key: {"wild": FLUSHED} for key in ["heaviside"]},
    **{key: {"wild": ORDER} for key in ["nanprod", "nancumprod", "corrcoef", "trapezoid"]},
    **{key: {"wild": "Keras makes NaN of infinity times 0"} for key in ["quantile", "nanquantile", "nanmedian"]},
    "sinc": {"wild": "at infinity older JAX and NumPy give NaN, newer JAX 0"},
    "argpartition": {"wild": "Keras orders NaN otherwise"},
    "geomspace": {"wild": "of 0 and infinity there are no ratios"},
    "logspace": {"wild": ORDER},
    "unique": {"wild": FLUSHED},
    "histogram": {"smooth": "it counts"},
    "nanstd": {"smooth": "of one number, a root of 0", "wild": ORDER},
    "nextafter": {"smooth": "JAX has no gradient for it"},
    **{key: {"eager": "Keras's can't be compiled"} for key in ["bartlett", "blackman", "hamming", "hanning", "kaiser"]},
    "rearrange": {"eager": "Keras's can't be compiled with sizes"},
    "view_as_complex": {
        "wild": "Keras makes NaN of infinity times 0",
        "unknown": "the last axis must be known to be 2",
    },
    "view": {"smooth": "it reads bytes", "half": "the sizes of bytes differ", "wild": "bytes"},
}
