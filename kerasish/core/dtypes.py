"""Names of dtypes, promotion, and policies: which dtype a layer computes in, and which its weights have."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from kerasish.backend import engine
from kerasish.backend.settings import FLOAT_TYPES, floatx

INT_TYPES = ("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64")
ALLOWED = (
    *FLOAT_TYPES,
    *INT_TYPES,
    "bool",
    "string",
    "float8_e4m3fn",
    "float8_e5m2",
    "complex64",
    "complex128",
    "int4",
)
NARROW = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}
PYTHON_TYPES = {bool: "bool", int: "int32", float: "float32"}


def standardize_dtype(dtype: Any) -> str:
    """The name of `dtype`, which may be a name, a NumPy or JAX dtype, or a Python type; `floatx()` for None."""
    if dtype is None:
        return floatx()
    if isinstance(dtype, str) and dtype in ALLOWED:
        return dtype
    if dtype is int:
        return "int32"
    if dtype is float:
        return floatx()
    if dtype is str:
        return "string"
    return _name_of(dtype)


@functools.lru_cache(maxsize=256)
def _name_of(dtype: Any) -> str:
    try:
        name = np.dtype(dtype).name
    except TypeError:
        name = repr(dtype).rsplit(".", 1)[-1]  # torch.float32, tf.float32
    name = {"str": "string", "object": "string"}.get(name, name)
    if name not in ALLOWED:
        raise ValueError(f"{dtype!r} is not a dtype; allowed are {', '.join(ALLOWED)}.")
    return name


def is_float_dtype(dtype: Any) -> bool:
    """Whether `dtype` is one of the floating types."""
    return standardize_dtype(dtype).startswith(("float", "bfloat"))


def is_int_dtype(dtype: Any) -> bool:
    """Whether `dtype` is one of the integer types."""
    return standardize_dtype(dtype) in INT_TYPES


def canonical(dtype: Any) -> str:
    """`dtype` as the backend keeps it: without 64 bits, where it has none."""
    name = standardize_dtype(dtype)
    return name if engine.wide_types() else NARROW.get(name, name)


def result_type(*dtypes: Any) -> str:
    """The dtype of a result of arguments of these dtypes: Keras's rule.

    Integers give way to floats; `float16` with `bfloat16` is `float32`; the Python types `int` and `float` count
    only where nothing else decides. 64-bit types become 32-bit ones where the backend has no others.

    Example:
        >>> result_type("int32", "float16"), result_type("float16", "bfloat16"), result_type("int8", float)
        ('float16', 'float32', 'float32')
    """
    # By identity: NumPy's dtype `bool` equals Python's, and is not it.
    return _result_type(
        tuple(d if type(d) is type and d in PYTHON_TYPES else standardize_dtype(d) for d in dtypes), floatx()
    )


@functools.lru_cache(maxsize=4096)
def _promoted(dtypes: tuple[Any, ...], default_float: str) -> str:
    strong = [d if isinstance(d, str) else "bool" for d in dtypes if isinstance(d, str) or d is bool]
    # Integers beside a float decide nothing, nor what they would be among themselves.
    strong = [d for d in strong if d.startswith(("float", "bfloat", "complex"))] or strong
    result = functools.reduce(_promote, strong) if strong else None
    if float in dtypes and (result is None or not is_float_dtype(result)):
        return default_float
    if int in dtypes and result in (None, "bool"):
        return "int32"
    return result or default_float


def _result_type(dtypes: tuple[Any, ...], default_float: str) -> str:
    return canonical(_promoted(dtypes, default_float))


def _promote(a: str, b: str) -> str:
    if a == b or b == "bool":
        return a
    if a == "bool":
        return b
    floats = [x for x in (a, b) if x.startswith(("float", "bfloat", "complex"))]
    if len(floats) == 1:
        return floats[0]
    if floats:
        return "float32" if set(floats) == {"float16", "bfloat16"} else max(floats, key=lambda x: np.dtype(x).itemsize)
    return _promote_integers(*sorted((a, b), key=lambda x: x.startswith("u")))


def _promote_integers(signed: str, other: str) -> str:
    """`signed` comes first if only one of them is."""
    bits, other_bits = (8 * np.dtype(x).itemsize for x in (signed, other))
    if signed.startswith("u") == other.startswith("u"):
        return signed if bits >= other_bits else other
    if other_bits == 64:
        return floatx()
    return signed if bits > other_bits else f"int{2 * other_bits}"
