"""How many operations a function takes: counted in its program, which is not run."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.extend.core

from kerasish.backend.interface import Tree

_ELEMENTWISE = frozenset(
    {"add", "add_any", "sub", "mul", "div", "rem", "pow", "integer_pow", "max", "min", "neg", "abs", "sign", "square"}
    | {"floor", "ceil", "round", "clamp", "nextafter", "exp", "exp2", "log", "log1p", "expm1", "sqrt", "rsqrt", "cbrt"}
    | {"sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"}
    | {"logistic", "erf", "erfc", "erf_inv", "lgamma", "digamma"}
)
_REDUCTIONS = frozenset(["reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "argmax", "argmin"])
_RUNNING = frozenset(["cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp"])
_WINDOWS = frozenset(["reduce_window_sum", "reduce_window_max", "reduce_window_min", "reduce_window"])


def count_flops(fn: Callable[..., Any], *args: Tree) -> int:
    return _count(jax.make_jaxpr(fn)(*args).jaxpr)


def _count(jaxpr: Any) -> int:
    return sum(_count_one(equation) for equation in jaxpr.eqns)


def _count_one(equation: Any) -> int:
    name, params = equation.primitive.name, equation.params
    if name == "dot_general":
        (contracted, _), _ = params["dimension_numbers"]
        return 2 * _size(equation.outvars[0]) * math.prod(equation.invars[0].aval.shape[i] for i in contracted)
    if name == "conv_general_dilated":
        return _count_convolution(equation)
    if name in _ELEMENTWISE:
        return _size(equation.outvars[0]) if _is_float(equation.outvars[0]) else 0
    if name in _REDUCTIONS | _RUNNING:
        return _size(equation.invars[0]) if _is_float(equation.invars[0]) else 0
    if name in _WINDOWS:
        return _size(equation.outvars[0]) * math.prod(params["window_dimensions"])
    if name == "cond":
        return max(_count(branch.jaxpr) for branch in params["branches"])
    inside = sum(_count(one) for one in _inner(params))
    return inside * params["length"] if name == "scan" else inside


def _count_convolution(equation: Any) -> int:
    """Two for each element of the kernel, per output; positions in the padding are counted."""
    kernel = equation.invars[1].aval.shape
    features = kernel[equation.params["dimension_numbers"].rhs_spec[0]]
    return 2 * _size(equation.outvars[0]) * (math.prod(kernel) // max(features, 1))


def _inner(params: dict[str, Any]) -> list[Any]:
    """The programs among the parameters of an operation."""
    found = []
    for value in params.values():
        for one in value if isinstance(value, tuple | list) else (value,):
            if isinstance(one, jax.extend.core.ClosedJaxpr):
                found.append(one.jaxpr)
            elif isinstance(one, jax.extend.core.Jaxpr):
                found.append(one)
    return found


def _size(variable: Any) -> int:
    return math.prod(variable.aval.shape)


def _is_float(variable: Any) -> bool:
    return jax.numpy.issubdtype(variable.aval.dtype, jax.numpy.inexact)
