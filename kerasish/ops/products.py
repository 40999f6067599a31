"""Products of matrices and vectors."""

from __future__ import annotations

from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.core.dtypes import canonical
from kerasish.core.op import op
from kerasish.ops.promotion import INEXACT, as_dtype, binary, integral_binary, promoted, tensor
from kerasish.ops.reductions import SUM_TYPES


def _widened(*xs: Any) -> list[Array]:
    """The arrays in their common dtype; but products of `int8` alone, as in quantized models, are summed in 32 bits."""
    arrays = [tensor(x) for x in xs]
    if all(x.dtype in INEXACT and x.dtype == arrays[0].dtype for x in arrays):
        return arrays
    if all(x.dtype == "int8" for x in arrays):
        return [x.astype("int32") for x in arrays]
    return promoted(*xs)


@op
def matmul(x1: Any, x2: Any) -> Array:
    """`x1 @ x2`: the matrix product of the last two axes, the others broadcasting. `int8` gives `int32`.

    Example:
        >>> matmul([[1, 2]], [[3], [4]]).shape
        (1, 1)
    """
    x1, x2 = _widened(x1, x2)
    return as_dtype(xp.matmul(x1, x2), x1.dtype)  # NumPy's of bfloat16 is float32


dot = binary("dot", xp.dot, "Over the last axis of `x1` and the last but one of `x2`, the sum of the products.")
vdot = binary("vdot", xp.vdot, "The sum of the products of all elements.")
inner = binary("inner", xp.inner, "The sum of the products over the last axis of both.")
outer = binary("outer", xp.outer, "Each element of `x1` times each of `x2`: a matrix.")

kron = integral_binary("kron", xp.kron, "Kronecker's product: each element of `x1` times the whole of `x2`, as blocks.")


@op
def cdist(x: Any, y: Any) -> Array:
    """The Euclidean distance of each row of `x` from each row of `y`.

    At distance 0 the gradient is 0 (Keras's is NaN).

    Shapes:
        x: `(..., m, features)`.
        y: `(..., n, features)`.
        returns: `(..., m, n)`.
    """
    x, y = promoted(x, y, floating=True)
    if x.ndim < 2 or y.ndim < 2 or x.shape[-1] != y.shape[-1]:
        raise ValueError(
            "cdist takes rows of one length, (..., m, features) and (..., n, features); got the shapes "
            f"{tuple(x.shape)} and {tuple(y.shape)}."
        )
    gap = x[..., :, None, :] - y[..., None, :, :]
    squared = xp.sum(gap * gap, axis=-1)
    zero, one = as_dtype(0, squared.dtype), as_dtype(1, squared.dtype)
    return xp.where(squared == zero, zero, xp.sqrt(xp.where(squared == zero, one, squared)))


@op
def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Array:
    """The sum of the products over several axes.

    Args:
        axes: How many: the last ones of `x1`, the first ones of `x2`; or which: a list for each of them.
    """
    axes = tuple(tuple(a) if isinstance(a, list) else a for a in axes) if isinstance(axes, list | tuple) else axes
    return xp.tensordot(*promoted(x1, x2), axes=axes)


@op
def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Array:
    """The sum of products that the subscripts describe.

    Args:
        subscripts: A letter for each axis, as in `"bij,bjk->bik"`; letters that the result lacks are summed over.

    Example:
        >>> einsum("ij->ji", [[1, 2, 3]]).shape
        (3, 1)
    """
    if set(kwargs) - {"optimize"}:
        raise TypeError(f"einsum got an argument it does not know: {', '.join(set(kwargs) - {'optimize'})}.")
    return xp.einsum(subscripts, *_widened(*operands), optimize=kwargs.get("optimize", "optimal"))


@op
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """The sum over the diagonal of the matrices in two axes."""
    x = tensor(x)
    kind = canonical(SUM_TYPES.get(str(x.dtype), x.dtype))
    return xp.sum(xp.diagonal(x, offset=offset, axis1=axis1, axis2=axis2), axis=-1, dtype=kind)


__all__ = ["cdist", "dot", "einsum", "inner", "kron", "matmul", "outer", "tensordot", "trace", "vdot"]
