"""Mathematics, element by element: of one array, and of two that broadcast against each other."""

from __future__ import annotations

from typing import Any

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.ops.promotion import (
    Unary,
    as_dtype,
    as_float,
    binary,
    common_dtype,
    floating,
    floating_binary,
    integral,
    integral_binary,
    is_inexact,
    promoted,
    tensor,
    unary,
)


def _floating(name: str, fn: Unary, doc: str) -> Unary:
    """The op `fn(x)` in the dtype of `x`, whatever NumPy makes of it."""
    return floating(name, lambda x: as_dtype(fn(x), x.dtype), doc)


def _negative(x: Array) -> Array:
    return xp.signbit(x) if is_inexact(x) else x < as_dtype(0, x.dtype)


# Of one array ---------------------------------------------------------------------------------------------------------
absolute = unary("absolute", xp.abs, "`|x|`, element by element.")
abs = absolute
negative = unary("negative", xp.negative, "`-x`, element by element.")
sign = unary("sign", xp.sign, "-1, 0 or 1, as each element is below, at or above 0.")
square = unary("square", lambda x: xp.square(integral(x)), "`x * x`, element by element.")
trunc = unary("trunc", lambda x: xp.trunc(x) if is_inexact(x) else x, "Each element without its fraction.")
floor = floating("floor", xp.floor, "The greatest whole number that is not above each element.")
ceil = floating("ceil", xp.ceil, "The least whole number that is not below each element.")

sqrt = floating("sqrt", xp.sqrt, "The square root of each element.")
rsqrt = floating("rsqrt", lambda x: as_dtype(1, x.dtype) / xp.sqrt(x), "`1 / sqrt(x)`, element by element.")
reciprocal = floating("reciprocal", xp.reciprocal, "`1 / x`, element by element.")
exp = floating("exp", xp.exp, "`e ** x`, element by element.")
expm1 = floating("expm1", xp.expm1, "`e ** x - 1`, element by element; exact near 0.")
log = floating("log", xp.log, "The natural logarithm of each element.")
log1p = floating("log1p", xp.log1p, "`log(1 + x)`, element by element; exact near 0.")
log2 = floating("log2", xp.log2, "The logarithm to base 2 of each element.")
log10 = floating("log10", xp.log10, "The logarithm to base 10 of each element.")

sin = floating("sin", xp.sin, "The sine of each element, in radians.")
cos = floating("cos", xp.cos, "The cosine of each element, in radians.")
tan = floating("tan", xp.tan, "The tangent of each element, in radians.")
arcsin = floating("arcsin", xp.arcsin, "The angle, in radians, whose sine is each element.")
arccos = floating("arccos", xp.arccos, "The angle, in radians, whose cosine is each element.")
arctan = floating("arctan", xp.arctan, "The angle, in radians, whose tangent is each element.")
sinh = floating("sinh", xp.sinh, "The hyperbolic sine of each element.")
cosh = floating("cosh", xp.cosh, "The hyperbolic cosine of each element.")
tanh = floating("tanh", xp.tanh, "The hyperbolic tangent of each element.")
arcsinh = floating("arcsinh", xp.arcsinh, "The inverse hyperbolic sine of each element.")
arccosh = floating("arccosh", xp.arccosh, "The inverse hyperbolic cosine of each element.")
arctanh = floating("arctanh", xp.arctanh, "The inverse hyperbolic tangent of each element.")
erf = floating("erf", engine.erf, "The error function of each element.")
erfc = floating("erfc", engine.erfc, "`1 - erf(x)`, element by element; exact where that is small.")
erfinv = floating("erfinv", engine.erfinv, "The number whose error function is each element.")


cbrt = _floating("cbrt", xp.cbrt, "The cube root of each element.")
exp2 = _floating("exp2", xp.exp2, "`2 ** x`, element by element.")
fabs = _floating("fabs", xp.abs, "`|x|`, element by element, as floats.")
deg2rad = _floating("deg2rad", xp.deg2rad, "Degrees as radians: `x * π / 180`.")
rad2deg = _floating("rad2deg", xp.rad2deg, "Radians as degrees: `x * 180 / π`.")
sinc = _floating("sinc", xp.sinc, "`sin(πx) / (πx)`, element by element; 1 at 0.")
i0 = _floating("i0", xp.i0, "The modified Bessel function of the first kind, of order 0, of each element.")
signbit = unary("signbit", _negative, "Whether each element is below 0, or is -0.")


@op
def round(x: Any, decimals: int = 0) -> Array:
    """Each element, rounded to this many decimals; halves go to the even neighbour."""
    x = tensor(x)
    if x.dtype == bool:
        return x
    return xp.round(x, decimals)


@op
def nan_to_num(x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Array:
    """`x`, with numbers in the place of NaN and the infinities: by default 0 and the dtype's extremes."""
    x = tensor(x)
    if not is_inexact(x):
        return x
    return as_dtype(xp.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf), x.dtype)


@op
def clip(x: Any, x_min: Any, x_max: Any) -> Array:
    """Each element, but not below `x_min` nor above `x_max`; None is no bound."""
    x = x if isinstance(x, bool | int | float) else tensor(x)
    bounds = [bound for bound in (x_min, x_max) if bound is not None]
    kind = common_dtype(x, *bounds)
    kind = "int32" if kind == "bool" else kind
    low, high = (None if bound is None else as_dtype(bound, kind) for bound in (x_min, x_max))
    return xp.clip(as_dtype(x, kind), low, high)


# Of two arrays --------------------------------------------------------------------------------------------------------
add = binary("add", xp.add, "`x1 + x2`, element by element.")
subtract = binary("subtract", xp.subtract, "`x1 - x2`, element by element.")
multiply = binary("multiply", xp.multiply, "`x1 * x2`, element by element.")
divide = floating_binary("divide", xp.true_divide, "`x1 / x2`, element by element; never whole-number division.")
true_divide = floating_binary("true_divide", xp.true_divide, "`x1 / x2`, element by element: `divide`.")
floor_divide = integral_binary("floor_divide", xp.floor_divide, "`x1 // x2`, element by element, rounded down.")
mod = integral_binary("mod", xp.mod, "`x1 % x2`, element by element: the remainder, with the sign of `x2`.")
maximum = binary("maximum", xp.maximum, "The greater of `x1` and `x2`, element by element; NaN if one of them is.")
minimum = binary("minimum", xp.minimum, "The lesser of `x1` and `x2`, element by element; NaN if one of them is.")
arctan2 = floating_binary("arctan2", xp.arctan2, "The angle of the point `(x2, x1)` from the first axis, in radians.")
logaddexp = floating_binary("logaddexp", xp.logaddexp, "`log(exp(x1) + exp(x2))`, element by element, no overflow.")

logaddexp2 = floating_binary("logaddexp2", xp.logaddexp2, "`log2(2 ** x1 + 2 ** x2)`, element by element.")
hypot = floating_binary("hypot", xp.hypot, "`sqrt(x1 ** 2 + x2 ** 2)`, element by element, no overflow.")
heaviside = floating_binary("heaviside", xp.heaviside, "0, `x2` or 1, as `x1` is below, at or above 0.")
nextafter = floating_binary("nextafter", xp.nextafter, "The float next to `x1` on the way to `x2`.")
fmax = binary("fmax", xp.fmax, "The greater of `x1` and `x2`, element by element; of a NaN and a number, the number.")
fmin = binary("fmin", xp.fmin, "The lesser of `x1` and `x2`, element by element; of a NaN and a number, the number.")
fmod = integral_binary("fmod", xp.fmod, "The remainder of `x1 / x2`, element by element, with the sign of `x1`.")


@op
def ldexp(x1: Any, x2: Any) -> Array:
    """`x1 * 2 ** x2`, element by element.

    Args:
        x2: Integers.
    """
    x1, x2 = as_float(x1), integral(tensor(x2))
    if x2.dtype.kind not in "iu":
        raise TypeError(f"The exponents of ldexp are integers; got {x2.dtype}.")
    wide = x1.astype("float32") if str(x1.dtype) in ("float16", "bfloat16") else x1
    return as_dtype(xp.ldexp(wide, as_dtype(x2, "int32")), x1.dtype)


@op
def power(x1: Any, x2: Any) -> Array:
    """`x1 ** x2`, element by element."""
    if type(x2) is int and not isinstance(x1, bool | int | float):
        base = integral(tensor(x1))
        if is_inexact(base):
            return xp.power(base, x2)  # a Python integer stays one: repeated products, not logarithms
    return xp.power(*map(integral, promoted(x1, x2)))


@op
def divide_no_nan(x1: Any, x2: Any) -> Array:
    """`x1 / x2`, element by element, and 0 where `x2` is 0."""
    x1, x2 = promoted(x1, x2, floating=True)
    zero, one = as_dtype(0, x1.dtype), as_dtype(1, x1.dtype)
    return xp.where(x2 == zero, zero, x1 / xp.where(x2 == zero, one, x2))


@op
def cross(x1: Any, x2: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Array:
    """The vector product of vectors of 3 or 2 components; a third that is missing is 0.

    Of two vectors of 2 components, only the third component of the product, without the axis. (JAX 0.12 and NumPy 2.5
    take 3 components only, and Keras with them.)

    Args:
        axisa: The axis of `x1` that holds the vectors.
        axisb: That of `x2`.
        axisc: That of the result.
        axis: All three at once.

    Raises:
        ValueError: there are other than 2 or 3 components.

    Example:
        >>> float(cross([1.0, 2.0], [3.0, 4.0]))
        -2.0
    """
    x1, x2 = promoted(x1, x2)
    axes = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    a, b = xp.moveaxis(x1, axes[0], -1), xp.moveaxis(x2, axes[1], -1)
    if not {a.shape[-1], b.shape[-1]} <= {2, 3}:
        raise ValueError(f"cross takes vectors of 2 or 3 components; got {a.shape[-1]} and {b.shape[-1]}.")
    third = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    if a.shape[-1] == b.shape[-1] == 2:
        return third
    a, b = map(_in_space, (a, b))
    first = a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1]
    second = a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2]
    return xp.moveaxis(xp.stack([first, second, third], axis=-1), -1, axes[2])


def _in_space(vectors: Array) -> Array:
    """With a third component."""
    return vectors if vectors.shape[-1] == 3 else xp.concat([vectors, xp.zeros_like(vectors[..., :1])], axis=-1)


__all__ = [
    "abs",
    "absolute",
    "add",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "cbrt",
    "ceil",
    "clip",
    "cos",
    "cosh",
    "cross",
    "deg2rad",
    "divide",
    "divide_no_nan",
    "erf",
    "erfc",
    "erfinv",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "heaviside",
    "hypot",
    "i0",
    "ldexp",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "nan_to_num",
    "negative",
    "nextafter",
    "power",
    "rad2deg",
    "reciprocal",
    "round",
    "rsqrt",
    "sign",
    "signbit",
    "sin",
    "sinc",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "trunc",
]
