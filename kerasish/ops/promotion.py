"""Arguments of ops as arrays of the right dtype; and makers of ops that do no more than that and call `xp`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasish.backend import engine, floatx
from kerasish.backend.interface import Array
from kerasish.core.dtypes import canonical, is_float_dtype, result_type
from kerasish.core.op import op
from kerasish.core.variable import Variable

Unary = Callable[[Any], Any]
Binary = Callable[[Any, Any], Any]
WEAK = (bool, int, float)
"""Python's numbers: they adopt the dtype of what they meet."""


_ARRAYS: set[type] = set()
"""The backend's types of arrays, if they are not NumPy's; filled when one is first seen."""


def tensor(x: Any) -> Array:
    """`x` as an array: numbers, lists and NumPy arrays too. 64-bit types become 32-bit ones, as the backend says.

    Raises:
        TypeError: `x` is None or another thing without numbers.
    """
    if type(x) in _ARRAYS:
        return x
    if engine.is_array(x) and not isinstance(x, np.ndarray | np.generic):
        if not engine.is_traced(x):
            _ARRAYS.add(type(x))
        return x
    if isinstance(x, Variable):
        return x.value
    if isinstance(x, bool | int | float):
        return engine.asarray(x, canonical(type(x)) if type(x) is not bool else "bool")
    if isinstance(x, list | tuple):
        return _from_list(x)
    if x is None:
        raise TypeError("None was given where an op takes a tensor.")
    found = np.asarray(x)
    if found.dtype.kind in "OUS":
        raise TypeError(f"An op takes numbers; got {type(x).__name__} of dtype {found.dtype}.")
    if engine.is_array(x) and found.dtype == canonical(found.dtype):
        return x
    return engine.asarray(found, canonical(found.dtype))


def _from_list(items: list[Any] | tuple[Any, ...]) -> Array:
    if any(engine.is_array(item) or isinstance(item, Variable | np.ndarray | np.generic) for item in items):
        return engine.xp.stack(promoted(*items))
    if any(isinstance(item, list | tuple) for item in items) and not _plain(items):
        return engine.xp.stack(promoted(*(_from_list(item) for item in items)))
    found = np.asarray(items)
    return tensor(found.astype(floatx()) if found.dtype == np.float64 else found)


def _plain(items: Any) -> bool:
    """Whether there are only Python's numbers in a nested list."""
    if isinstance(items, list | tuple):
        return all(_plain(item) for item in items)
    return isinstance(items, bool | int | float)


def as_dtype(x: Any, dtype: str) -> Array:
    """`x` as an array of this dtype."""
    if isinstance(x, bool | int | float):
        return engine.asarray(x, dtype)
    x = tensor(x)
    return x if x.dtype == dtype else x.astype(dtype)


def as_float(x: Any) -> Array:
    """`x` as an array; integers and booleans as `floatx()`."""
    if type(x) not in _ARRAYS:
        x = tensor(x)
    return x if is_inexact(x) else x.astype(canonical(floatx()))


def is_inexact(x: Array) -> bool:
    """Whether `x` holds floating or complex numbers."""
    dtype = x.dtype
    return dtype in INEXACT or is_float_dtype(dtype)


INEXACT = frozenset(map(np.dtype, ("float16", "bfloat16", "float32", "float64", "complex64", "complex128")))
HALVES = frozenset(map(np.dtype, ("float16", "bfloat16")))


def common_dtype(*xs: Any, floating: bool = False) -> str:
    """The dtype of a result of `xs`, in which Python's numbers decide nothing but their kind."""
    dtype = result_type(*(type(x) if type(x) in WEAK else tensor(x).dtype for x in xs))
    if floating and not is_float_dtype(dtype) and not dtype.startswith("complex"):
        return canonical(floatx())
    return dtype


def promoted(*xs: Any, floating: bool = False) -> list[Array]:
    """All of `xs` as arrays of the one dtype that they have in common.

    Args:
        floating: Whether integers are computed with as `floatx()`.
    """
    xs = tuple(x if type(x) in WEAK else tensor(x) for x in xs)
    if all(type(x) not in WEAK and x.dtype == xs[0].dtype for x in xs) and (not floating or is_inexact(xs[0])):
        return list(xs)
    dtype = common_dtype(*xs, floating=floating)
    return [as_dtype(x, dtype) for x in xs]


def paired(x1: Any, x2: Any) -> tuple[Any, Any]:
    """Two arguments of a function of `xp`, in their common dtype.

    A Python number beside an array whose dtype it leaves as it is stays a number: it costs less than an array.
    """
    if type(x1) in _ARRAYS:
        if type(x2) in _ARRAYS:
            if x1.dtype == x2.dtype:
                return x1, x2
        elif type(x2) in WEAK and _keeps(x1.dtype, type(x2)):
            return x1, x2
    elif type(x2) in _ARRAYS and type(x1) in WEAK and _keeps(x2.dtype, type(x1)):
        return x1, x2
    x1, x2 = promoted(x1, x2)
    return x1, x2


def _keeps(dtype: Any, kind: type) -> bool:
    """Whether arrays of this dtype keep it beside a Python number of this kind."""
    return kind is not bool and (dtype in INEXACT if kind is float else dtype.kind in "iu" or dtype in INEXACT)


def integral(x: Array) -> Array:
    """`x`, but booleans as `int32`: for arithmetic that booleans lack."""
    return x.astype("int32") if x.dtype == bool else x


def named(fn: Any, name: str, doc: str) -> Any:
    """`fn` as the op `name`, which is found as `kerasish.ops.<name>`."""
    fn.__name__ = fn.__qualname__ = name
    fn.__module__ = "kerasish.ops"
    fn.__doc__ = doc
    return op(fn, name)


def unary(name: str, fn: Unary, doc: str) -> Unary:
    """The op `fn(x)`, of any dtype."""

    def call(x: Any) -> Any:
        return fn(tensor(x))

    return named(call, name, doc)


def floating(name: str, fn: Unary, doc: str) -> Unary:
    """The op `fn(x)`; an `x` of integers is taken as `floatx()`."""

    def call(x: Any) -> Any:
        return fn(as_float(x))

    return named(call, name, doc)


def binary(name: str, fn: Binary, doc: str) -> Binary:
    """The op `fn(x1, x2)`, both in their common dtype."""

    def call(x1: Any, x2: Any) -> Any:
        return fn(*paired(x1, x2))

    return named(call, name, doc)


def floating_binary(name: str, fn: Binary, doc: str) -> Binary:
    """The op `fn(x1, x2)`, both in their common floating dtype."""

    def call(x1: Any, x2: Any) -> Any:
        x1, x2 = promoted(x1, x2, floating=True)
        return as_dtype(fn(x1, x2), x1.dtype)  # NumPy computes some functions of bfloat16 in float32

    return named(call, name, doc)


def integral_binary(name: str, fn: Binary, doc: str) -> Binary:
    """The op `fn(x1, x2)`, both in their common dtype; booleans are taken as `int32`."""

    def call(x1: Any, x2: Any) -> Any:
        return fn(*map(integral, promoted(x1, x2)))

    return named(call, name, doc)
