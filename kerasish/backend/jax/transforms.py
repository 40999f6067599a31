"""Functions made of functions: mapped over a batch, differentiated, scanned, run again instead of kept."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import jax

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
    fn = {"max": jax.ops.segment_max, "min": jax.ops.segment_min, "mul": jax.ops.segment_prod}[reduction]
    return fn(x, segment_ids, num_segments)


def scatter_reduce(x: Array, index: Any, values: Array, reduction: str) -> Array:
    place = x.at[index]
    return {"add": place.add, "mul": place.mul, "max": place.max, "min": place.min}[reduction](values)
