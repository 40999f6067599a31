"""`op`: lets a function written for arrays take variables and symbolic tensors as well."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

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


def _value(x: Any) -> Any:
    return x.value if isinstance(x, Variable) else x
