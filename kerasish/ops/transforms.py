"""Functions made of functions: mapped over a batch, scanned, with a gradient of their own, differentiated forwards."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from kerasish.backend import engine
from kerasish.backend.interface import Tree
from kerasish.core import tree
from kerasish.core.op import op
from kerasish.core.symbolic import OpCall, any_symbolic
from kerasish.ops.control_flow import Function, arrays, guarded


@op
def vectorized_map(function: Function, elements: Tree) -> Tree:
    """`function(x)` for each `x` along the first axis of `elements`: all at once, where `map` goes one by one.

    Args:
        function: A function of one example: of an array, or of a tree of arrays if `elements` is one.

    Example:
        >>> from kerasish.ops import array
        >>> [float(y) for y in vectorized_map(lambda x: x[0] * x[1], array([[1.0, 2.0], [3.0, 4.0]]))]
        [2.0, 12.0]
    """
    return engine.vmap(guarded(function, "vectorized_map"))(arrays(elements))


@op
def associative_scan(f: Function, elems: Tree, reverse: bool = False, axis: int = 0) -> Tree:
    """`x0, f(x0, x1), f(f(x0, x1), x2), …` along `axis`, in a number of steps that is logarithmic in its size.

    Args:
        f: An associative function `(a, b) -> c` of trees like `elems`. It gets many elements at once: an array in
            which `axis` is there still, so it must work element by element along it.
        elems: An array, or a tree of arrays of the same size along `axis`.
        reverse: Whether to go from the last to the first.

    Raises:
        ValueError: the arrays differ in size along `axis`.

    Example:
        >>> from kerasish.ops import arange
        >>> associative_scan(lambda a, b: a + b, arange(4)).tolist()
        [0, 1, 3, 6]

    Source: Blelloch, 1990, https://www.cs.cmu.edu/~guyb/papers/Ble93.pdf
    """
    elems = arrays(elems)
    sizes = {x.shape[axis] for x in tree.leaves(elems)}
    if len(sizes) != 1:
        raise ValueError(f"associative_scan needs arrays of one size along axis {axis}; got the sizes {sorted(sizes)}.")
    axis = axis % tree.leaves(elems)[0].ndim if axis < 0 else axis
    return engine.associative_scan(guarded(f, "associative_scan"), elems, reverse, axis)


@op
def jvp(fun: Function, primals: Tree, tangents: Tree, has_aux: bool = False) -> Any:
    """`fun(*primals)`, and its derivative in the direction of `tangents`: forward-mode differentiation.

    Args:
        primals: A list or tuple of arguments.
        tangents: For each of them an array of the same shape and dtype.
        has_aux: Whether `fun` returns `(result, something else)`, which is returned as a third item.

    Example:
        >>> [float(y) for y in jvp(lambda x: x**2, (3.0,), (1.0,))]
        [9.0, 6.0]
    """
    if not isinstance(primals, list | tuple) or not isinstance(tangents, list | tuple):
        raise TypeError("jvp takes its primals and tangents as a list or tuple: one item for each argument of `fun`.")
    return engine.jvp(guarded(fun, "jvp"), tuple(arrays(primals)), tuple(arrays(tangents)), has_aux)


def custom_gradient(f: Function) -> Function:
    """A function whose gradient is not that of its code, but one that is written beside it.

    Args:
        f: A function of arrays that returns `(output, grad)`. `grad` takes the gradient by the output and returns that
            by the arguments: one, or a tuple of one for each.

    Example:
        >>> from kerasish.ops import clip
        >>> @custom_gradient
        ... def clip_gradient(x):
        ...     return x, lambda upstream: clip(upstream, -1, 1)
        >>> float(clip_gradient(2.0))
        2.0
    """

    def run(*args: Any) -> Tree:
        return engine.custom_gradient(_two_results(f))(*arrays(args))

    return _also_symbolic(run, f)


def _two_results(f: Function) -> Function:
    @functools.wraps(f)
    def call(*args: Any) -> Any:
        result = f(*args)
        if not (isinstance(result, tuple) and len(result) == 2 and callable(result[1])):
            raise TypeError("A function given to custom_gradient returns `(output, grad)`, where `grad` is a function.")
        return result[0], lambda upstream: result[1](upstream)

    return call


def _also_symbolic(run: Callable[..., Tree], f: Function) -> Function:
    """`run`, recorded as a node where it is called on symbolic tensors."""

    @functools.wraps(f)
    def call(*args: Any) -> Tree:
        if any_symbolic(args):
            return OpCall(run, None).symbolic_call(*args)
        return run(*args)

    return call


__all__ = ["associative_scan", "custom_gradient", "jvp", "vectorized_map"]
