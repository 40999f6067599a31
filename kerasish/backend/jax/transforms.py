"""Functions made of functions: mapped over a batch, differentiated, scanned, run again instead of kept."""

import functools
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import jax
import jax.numpy as jnp

from kerasish.backend.interface import Array, Tree


def vmap(fn: Callable[..., Tree]) -> Callable[..., Tree]:
    return jax.vmap(fn)


def checkpoint(fn: Callable[..., Any]) -> Callable[..., Any]:
    return jax.checkpoint(fn)


def custom_gradient(fn: Callable[..., Any]) -> Callable[..., Any]:
    return jax.custom_gradient(fn)


def jvp(fn: Callable[..., Any], primals: Sequence[Tree], tangents: Sequence[Tree], has_aux: bool = False) -> Any:
    return jax.jvp(fn, tuple(primals), tuple(tangents), has_aux=has_aux)


def associative_scan(fn: Callable[[Tree, Tree], Tree], xs: Tree, reverse: bool, axis: int) -> Tree:
    return jax.lax.associative_scan(fn, xs, reverse=reverse, axis=axis)


def device(name: str) -> AbstractContextManager[Any]:
    kind, _, number = name.partition(":")
    devices = jax.devices({"gpu": "gpu", "cuda": "cuda"}.get(kind, kind))
    index = int(number or 0)
    if index >= len(devices):
        raise ValueError(f"There is no device {name!r}; of this kind there are {len(devices)}.")
    return jax.default_device(devices[index])


def segment_reduce(x: Array, segment_ids: Array, num_segments: int, reduction: str) -> Array:
    if reduction == "mul" and jnp.issubdtype(x.dtype, jnp.inexact):
        return _segment_product(x, segment_ids, num_segments)
    fn = {"max": jax.ops.segment_max, "min": jax.ops.segment_min, "mul": jax.ops.segment_prod}[reduction]
    return fn(x, segment_ids, num_segments)


@functools.partial(jax.custom_jvp, nondiff_argnums=(2,))
def _segment_product(x: Array, segment_ids: Array, num_segments: int) -> Array:
    return jax.ops.segment_prod(x, segment_ids, num_segments)


@_segment_product.defjvp
def _segment_product_jvp(num_segments: int, primals: Any, tangents: Any) -> Any:
    # JAX has no gradient of products at indices that come twice. Each element's is the product of the others; not by
    # division alone, as elements may be 0.
    x, segment_ids = primals
    zero, one = jnp.zeros((), x.dtype), jnp.ones((), x.dtype)
    filled = jnp.where(x == zero, one, x)
    product = jax.ops.segment_prod(filled, segment_ids, num_segments)
    zeros = jax.ops.segment_sum((x == zero).astype("int32"), segment_ids, num_segments)
    there, count = product[segment_ids], zeros[segment_ids]
    others = jnp.where(count == 0, there / filled, jnp.where((count == 1) & (x == zero), there, zero))
    slope = jax.ops.segment_sum(others * tangents[0], segment_ids, num_segments)
    return jnp.where(zeros == 0, product, zero), slope


def scatter_reduce(x: Array, index: Any, values: Array, reduction: str) -> Array:
    place = x.at[index]
    return {"add": place.add, "mul": place.mul, "max": place.max, "min": place.min}[reduction](values)
