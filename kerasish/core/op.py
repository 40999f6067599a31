"""`op`: lets a function written for arrays take variables and symbolic tensors as well."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from kerasish.backend import engine
from kerasish.core import tree
from kerasish.core.operators import OPS
from kerasish.core.symbolic import OpCall, SymbolicTensor
from kerasish.core.variable import Variable

Fn = TypeVar("Fn", bound=Callable[..., Any])


def op(fn: Fn, name: str | None = None) -> Fn:
    """Let `fn`, written for arrays, take variables and symbolic tensors as well.

    On symbolic tensors nothing is computed: the call is recorded, and the result is symbolic.

    Args:
        fn: A function of arrays and of nests of them.
        name: Its public name, if not the function's own.
    """

    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        for x in args:  # the usual case first: no walk through trees
            if type(x) not in _PLAIN and not _is_plain(x):
                break
        else:
            if not kwargs or _is_plain(tuple(kwargs.values())):
                return fn(*args, **kwargs)
        variables = False
        for leaf in tree.leaves((args, kwargs)):
            if isinstance(leaf, SymbolicTensor):
                return OpCall(call).symbolic_call(*args, **kwargs)
            variables = variables or isinstance(leaf, Variable)
        if variables:
            args, kwargs = tree.map(_value, (args, kwargs))
        return fn(*args, **kwargs)

    call.__name__ = name or fn.__name__
    call.__doc__ = fn.__doc__
    OPS[call.__name__] = call
    return call  # pyright: ignore[reportReturnType]


_PLAIN: set[type] = {bool, int, float, complex, str, type(None), slice, type(...), np.ndarray, np.float32, np.int32}
"""Types of which no variable and no symbolic tensor is, or holds one: those, and the backend's arrays once seen."""


def _is_plain(x: Any) -> bool:
    """Whether `x` holds no variable and no symbolic tensor, as far as one can see at once."""
    kind = type(x)
    if kind in _PLAIN:
        return True
    if kind is tuple or kind is list:
        for item in x:  # noqa: SIM110  a loop: `all` with a generator costs twice as much, on the hot path
            if not _is_plain(item):
                return False
        return True
    if engine.is_array(x):
        _PLAIN.add(kind)
        return True
    return False


def _value(x: Any) -> Any:
    return x.value if isinstance(x, Variable) else x
