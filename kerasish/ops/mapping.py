"""Functions of numbers, or of small arrays, as functions of large ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kerasish.backend import xp
from kerasish.core import tree
from kerasish.core.symbolic import OpCall, any_symbolic
from kerasish.ops.promotion import tensor


def vectorize(pyfunc: Callable[..., Any], *, excluded: Any = None, signature: str | None = None) -> Callable[..., Any]:
    """A function that calls `pyfunc` for each element of its arguments, which broadcast against each other.

    Args:
        pyfunc: A function of numbers; or, with a signature, of arrays.
        excluded: The arguments, by place or by name, that are handed on whole.
        signature: The axes that `pyfunc` itself works on, as in `"(n),(n)->()"`.

    Example:
        >>> [float(x) for x in vectorize(lambda a, b: a * b)([1.0, 2.0], 3.0)]
        [3.0, 6.0]
    """
    if not callable(pyfunc):
        raise ValueError(f"vectorize takes a function; got {type(pyfunc).__name__}.")
    excluded = frozenset(excluded or ())
    mapped = xp.vectorize(pyfunc, excluded=excluded, signature=signature)

    def run(*args: Any, **kwargs: Any) -> Any:
        arrays = [x if place in excluded else tensor(x) for place, x in enumerate(args)]
        named = {name: x if name in excluded else tensor(x) for name, x in kwargs.items()}
        return tree.map(tensor, mapped(*arrays, **named))

    def call(*args: Any, **kwargs: Any) -> Any:
        if any_symbolic((args, kwargs)):
            return OpCall(run, None).symbolic_call(*args, **kwargs)
        return run(*args, **kwargs)

    run.__name__ = call.__name__ = "vectorize"
    return call


__all__ = ["vectorize"]
