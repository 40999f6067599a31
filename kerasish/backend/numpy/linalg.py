"""Matrices: decompositions and systems of equations. What has no solution is NaN, where NumPy raises."""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg

from kerasish.backend.interface import Array
from kerasish.backend.numpy.programs import shapes_only


def _or_nan(fn: Callable[..., Array], *arrays: Array) -> Array:
    """`fn` of stacks of matrices; NaN for each matrix that it refuses."""
    try:
        return fn(*arrays)
    except np.linalg.LinAlgError:
        batch = np.broadcast_shapes(*(x.shape[:-2] for x in arrays))
        if not batch:
            return np.full_like(arrays[-1], np.nan)
        full = [np.broadcast_to(x, (*batch, *x.shape[-2:])) for x in arrays]
        found = np.empty(full[-1].shape, full[-1].dtype)
        for place in np.ndindex(batch):
            found[place] = _or_nan(fn, *(x[place] for x in full))
        return found


def _finite(fn: Callable[[Array], tuple[Array, ...]], x: Array) -> tuple[Array, ...]:
    """`fn` of stacks of matrices; NaN for those that hold infinities or NaN, on which LAPACK does not converge."""
    bad = ~np.isfinite(x).all(axis=(-2, -1))
    if not bad.any():
        return fn(x)
    found = fn(np.where(bad[..., None, None], 0, x).astype(x.dtype))
    for part in found:
        part[bad] = np.nan
    return found


def cholesky(x: Array) -> Array:
    if shapes_only.get():
        return np.zeros_like(x)  # what stands for `x` is not positive definite
    return np.tril(_or_nan(np.linalg.cholesky, x))


def inverse(x: Array) -> Array:
    return _or_nan(np.linalg.inv, x)


def solve(a: Array, b: Array) -> Array:
    return _or_nan(np.linalg.solve, a, b)


def solve_triangular(a: Array, b: Array, lower: bool) -> Array:
    return solve(np.tril(a) if lower else np.triu(a), b)


def lu_factor(x: Array) -> tuple[Array, Array]:
    *batch, rows, columns = x.shape
    factors = np.empty(x.shape, x.dtype)
    pivots = np.empty((*batch, min(rows, columns)), "int32")
    (factor,) = scipy.linalg.get_lapack_funcs(("getrf",), (x,))  # not scipy's lu_factor, which warns of zeros
    for place in np.ndindex(*batch):
        factors[place], pivots[place], _ = factor(x[place])
    return factors, pivots


def eig(x: Array) -> tuple[Array, Array]:
    kind = np.result_type(x, "complex64")
    values, vectors = _finite(lambda x: tuple(part.astype(kind) for part in np.linalg.eig(x)), x)
    return values, vectors


def eigh(x: Array) -> tuple[Array, Array]:
    values, vectors = _finite(lambda x: tuple(np.linalg.eigh(x)), x)
    return values, vectors


def svd(x: Array, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    if not compute_uv:
        return _finite(lambda x: (np.atleast_1d(np.linalg.svd(x, compute_uv=False)),), x)[0]
    return _finite(lambda x: tuple(np.linalg.svd(x, full_matrices=full_matrices)), x)


def pinv(x: Array, fraction: float) -> Array:
    return _finite(lambda x: (np.linalg.pinv(x, rtol=fraction),), x)[0]
