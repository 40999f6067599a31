"""Matrices: decompositions and systems of equations. What has no solution is NaN."""

from typing import Any

import jax
import jax.numpy as jnp

from kerasish.backend.interface import Array


def cholesky(x: Array) -> Array:
    return jnp.linalg.cholesky(x)


def inverse(x: Array) -> Array:
    return jnp.linalg.inv(x)


def solve(a: Array, b: Array) -> Array:
    return jnp.linalg.solve(a, b)


def solve_triangular(a: Array, b: Array, lower: bool) -> Array:
    return jax.scipy.linalg.solve_triangular(a, b, lower=lower)


def lu_factor(x: Array) -> tuple[Array, Array]:
    lu, pivots, _ = jax.lax.linalg.lu(x)
    return lu, pivots


def eig(x: Array) -> tuple[Array, Array]:
    values, vectors = jnp.linalg.eig(x)
    return values, vectors


def eigh(x: Array) -> tuple[Array, Array]:
    values, vectors = jnp.linalg.eigh(x, symmetrize_input=False)
    return values, vectors


def svd(x: Array, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    found = jnp.linalg.svd(x, full_matrices=full_matrices, compute_uv=compute_uv)
    return tuple(found) if compute_uv else found


def pinv(x: Array, fraction: float) -> Array:
    return jnp.linalg.pinv(x, rtol=fraction)
