"""Matrices: decompositions, inverses, systems of equations; as Keras's `ops.linalg` has them.

A matrix is the last two axes; the others are a batch. Integers are taken as `floatx()`; 16-bit floats, which
Keras refuses here, are computed in 32 bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.ops.complex import single
from kerasish.ops.promotion import as_dtype, as_float, promoted
from kerasish.ops.reductions import norm
from kerasish.ops.transforms import jvp


def _check(name: str, x: Array, square: bool = False) -> None:
    if x.ndim < 2 or (square and x.shape[-1] != x.shape[-2]):
        wanted = "square matrices, (..., n, n)" if square else "matrices, (..., rows, columns)"
        raise ValueError(f"{name} takes {wanted}; got the shape {tuple(x.shape)}.")


def _matrices(name: str, x: Any, square: bool = False) -> tuple[Array, Any]:
    """`x` in the dtype to compute in, and the dtype of the result."""
    x = as_float(x)
    _check(name, x, square)
    return single(x), x.dtype


def _transposed(x: Array) -> Array:
    return xp.swapaxes(x, -1, -2)


def _symmetric(x: Array) -> Array:
    """The mean of `x` and its (conjugate) transpose."""
    other = _transposed(x)
    return (x + (xp.conj(other) if x.dtype.kind == "c" else other)) * as_dtype(0.5, x.dtype)


def _epsilon(x: Array) -> float:
    return max(x.shape[-2:]) * float(np.finfo(xp.real(x).dtype).eps)


@op
def cholesky(x: Any, upper: bool = False) -> Array:
    """The triangular `l` with `l @ l.T == x`, for a symmetric positive definite `x`.

    While a function is being compiled, a matrix that is not positive definite gives NaN.

    Args:
        upper: Whether to return `l.T` instead.

    Raises:
        ValueError: a matrix is not positive definite.

    Example:
        >>> float(cholesky([[4.0]])[0, 0])
        2.0
    """
    x, kind = _matrices("cholesky", x, square=True)
    factor = engine.cholesky(_symmetric(x))
    if not engine.is_traced(factor) and np.isnan(engine.to_numpy(factor)).any():
        raise ValueError("cholesky takes symmetric positive definite matrices; got one that is not.")
    return as_dtype(xp.conj(_transposed(factor)) if upper else factor, kind)


@op
def cholesky_inverse(x: Any, upper: bool = False) -> Array:
    """The inverse of `l @ l.T`, given `l`, the result of `cholesky`.

    Of a batch, the inverse of each (Keras 3.15 returns the first alone).

    Args:
        upper: Whether `x` is `l.T`.
    """
    x, kind = _matrices("cholesky_inverse", x, square=True)
    identity = xp.broadcast_to(xp.eye(x.shape[-1], dtype=x.dtype), x.shape)
    inverse = engine.solve_triangular(x, identity, lower=not upper)
    left, right = (inverse, _transposed(inverse)) if upper else (_transposed(inverse), inverse)
    return as_dtype(xp.matmul(left, right), kind)


@op
def det(x: Any) -> Array:
    """The determinant."""
    x, kind = _matrices("det", x, square=True)
    return as_dtype(xp.linalg.det(x), kind)


@op
def slogdet(x: Any) -> tuple[Array, Array]:
    """The sign of the determinant, and the logarithm of its absolute value."""
    x, kind = _matrices("slogdet", x, square=True)
    sign, logarithm = xp.linalg.slogdet(x)
    return as_dtype(sign, kind), as_dtype(logarithm, xp.real(xp.zeros((), dtype=kind)).dtype)


@op
def logdet(x: Any) -> Array:
    """The logarithm of the determinant's absolute value; of a positive definite matrix, of the determinant."""
    return slogdet(x)[1]


@op
def eig(x: Any) -> tuple[Array, Array]:
    """Eigenvalues and eigenvectors, in columns: `x @ v == v * w`. Both are complex.

    Shapes:
        x: `(..., n, n)`.
        returns: `(..., n)` and `(..., n, n)`.
    """
    return engine.eig(_matrices("eig", x, square=True)[0])


@op
def eigh(x: Any) -> tuple[Array, Array]:
    """Eigenvalues, in rising order, and eigenvectors, in columns, of the symmetric `(x + x.T) / 2`.

    Shapes:
        x: `(..., n, n)`.
        returns: `(..., n)` and `(..., n, n)`.
    """
    x, kind = _matrices("eigh", x, square=True)
    values, vectors = engine.eigh(_symmetric(x))
    return as_dtype(values, xp.real(xp.zeros((), dtype=kind)).dtype), as_dtype(vectors, kind)


@op
def inv(x: Any) -> Array:
    """The inverse matrix; of a singular matrix, infinity or NaN."""
    x, kind = _matrices("inv", x, square=True)
    return as_dtype(engine.inverse(x), kind)


@op
def lu_factor(x: Any) -> tuple[Array, Array]:
    """The factors of `p @ x == l @ u`, as LAPACK's `getrf` keeps them.

    Shapes:
        x: `(..., rows, columns)`.
        returns: `(..., rows, columns)`, with `u` in the upper triangle and `l`, but for its diagonal of ones, below;
            and `(..., min(rows, columns))`, integers: with which row each row was exchanged, in this order.
    """
    x, kind = _matrices("lu_factor", x)
    factors, pivots = engine.lu_factor(x)
    return as_dtype(factors, kind), as_dtype(pivots, "int32")


@op
def qr(x: Any, mode: str = "reduced") -> tuple[Array, Array]:
    """`q` with orthonormal columns, and `r` upper triangular: `q @ r == x`.

    Args:
        mode: `"reduced"`: `q` has as many columns as `r` needs; `"complete"`: `q` is square.
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(f"The mode of qr must be 'reduced' or 'complete'; got {mode!r}.")
    x, kind = _matrices("qr", x)
    q, r = xp.linalg.qr(x, mode=mode)
    return as_dtype(q, kind), as_dtype(r, kind)


@op
def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """`(u, s, v.T)` with `u @ diag(s) @ v.T == x`: orthonormal `u` and `v`, and the singular values, falling.

    Args:
        full_matrices: Whether `u` and `v` are square; else they have as many columns as there are singular values.
        compute_uv: Whether to return `u` and `v`; else `s` alone.
    """
    x, kind = _matrices("svd", x)
    found = engine.svd(x, full_matrices, compute_uv)
    return tuple(as_dtype(part, kind) for part in found) if compute_uv else as_dtype(found, kind)


@op
def matrix_rank(x: Any, tol: Any = None) -> Array:
    """How many singular values are greater than `tol`.

    Args:
        tol: By default, what rounding makes of the greatest: it times the size times the dtype's epsilon.
    """
    x, _ = _matrices("matrix_rank", x)
    values = engine.svd(x, compute_uv=False)
    if tol is None:
        limit = xp.max(values, axis=-1, keepdims=True) * as_dtype(_epsilon(x), values.dtype)
    else:
        limit = as_dtype(tol, values.dtype)[..., None]
    return xp.sum(values > limit, axis=-1, dtype="int32")


@op
def pinv(x: Any, rcond: Any = None) -> Array:
    """The pseudoinverse of Moore and Penrose: it solves `x @ y == b` by least squares, with the shortest `y`.

    Args:
        rcond: Singular values below this fraction of the greatest count as 0; by default ten times the size times
            the dtype's epsilon.
    """
    x, kind = _matrices("pinv", x)
    return as_dtype(engine.pinv(x, 10 * _epsilon(x) if rcond is None else rcond), kind)


@op
def solve(a: Any, b: Any) -> Array:
    """The `x` with `a @ x == b`.

    Shapes:
        a: `(..., n, n)`.
        b: `(..., n, columns)`, or the one vector `(n,)`.
        returns: the shape of `b`, with the batch of `a`.
    """
    a, b = promoted(a, b, floating=True)
    _check("solve", a, square=True)
    _agree("solve", a, b)
    columns = single(b)[..., None] if b.ndim == 1 else single(b)
    found = as_dtype(engine.solve(single(a), columns), b.dtype)
    return found[..., 0] if b.ndim == 1 else found


@op
def solve_triangular(a: Any, b: Any, lower: bool = False) -> Array:
    """The `x` with `a @ x == b`, where `a` is triangular: its other half is not read.

    Args:
        lower: Whether the lower triangle of `a` is meant; else the upper one.

    Shapes:
        a: `(..., n, n)`.
        b: `(..., n, columns)`, or vectors: `(..., n)`, with one axis less than `a`.
        returns: the shape of `b`, with the batch of `a`.
    """
    a, b = promoted(a, b, floating=True)
    _check("solve_triangular", a, square=True)
    vectors = b.ndim in (1, a.ndim - 1)
    columns = single(b)[..., None] if vectors else single(b)
    _agree("solve_triangular", a, columns)
    batch = np.broadcast_shapes(a.shape[:-2], columns.shape[:-2])
    a = xp.broadcast_to(single(a), (*batch, *a.shape[-2:]))
    columns = xp.broadcast_to(columns, (*batch, *columns.shape[-2:]))
    found = as_dtype(engine.solve_triangular(a, columns, lower), b.dtype)
    return found[..., 0] if vectors else found


def _agree(name: str, a: Array, b: Array) -> None:
    rows = b.shape[0 if b.ndim == 1 else -2] if b.ndim else None
    if rows != a.shape[-2]:
        raise ValueError(f"{name} takes as many rows in b as in a; got {tuple(a.shape)} and {tuple(b.shape)}.")


@op
def lstsq(a: Any, b: Any, rcond: float | None = None) -> Array:
    """The shortest `x` for which `a @ x` is nearest to `b`, by least squares.

    Args:
        rcond: Singular values below this fraction of the greatest count as 0; by default the size times the dtype's
            epsilon.

    Shapes:
        a: `(rows, n)`.
        b: `(rows,)` or `(rows, columns)`.
        returns: `(n,)` or `(n, columns)`.
    """
    a, b = promoted(a, b, floating=True)
    if a.ndim != 2 or b.ndim not in (1, 2) or a.shape[0] != b.shape[0]:
        raise ValueError(
            "lstsq takes a matrix (rows, n), and (rows,) or (rows, columns) as the right side; got the shapes "
            f"{tuple(a.shape)} and {tuple(b.shape)}."
        )
    kind, a = b.dtype, single(a)
    columns = single(b)[:, None] if b.ndim == 1 else single(b)
    found = xp.matmul(engine.pinv(a, _epsilon(a) if rcond is None else rcond), columns)
    return as_dtype(found[:, 0] if b.ndim == 1 else found, kind)


__all__ = [
    "cholesky",
    "cholesky_inverse",
    "det",
    "eig",
    "eigh",
    "inv",
    "jvp",
    "logdet",
    "lstsq",
    "lu_factor",
    "matrix_rank",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
]
