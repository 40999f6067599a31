"""Arrays in and out of JAX."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kerasish.backend.interface import Array, Tree


def asarray(x: Any, dtype: str | None = None) -> Array:
    if isinstance(x, np.ndarray):
        # A copy, since device_put shares aligned memory with the caller; and no jnp.asarray, which compiles a program
        # for each shape that it meets.
        return jax.device_put(np.array(x, dtype))
    return jnp.asarray(x, dtype)


def adopt(x: Any, dtype: str | None = None) -> Array:
    return jax.device_put(np.asarray(x, dtype))  # of memory that begins at a multiple of 64 bytes it makes no copy


def own(x: Any, dtype: str | None = None) -> Array:
    if isinstance(x, jax.Array):
        return jnp.array(x, dtype, copy=True)
    # device_put, not jnp.array: it compiles no program. Of a copy: `may_alias=False` still shares aligned memory.
    return jax.device_put(np.array(x, dtype))


def to_numpy(x: Array) -> np.ndarray:
    return np.asarray(x)


def is_array(x: Any) -> bool:
    return isinstance(x, jax.Array)


def is_traced(x: Any) -> bool:
    return isinstance(x, jax.core.Tracer)  # pyright: ignore[reportAttributeAccessIssue]


def wait(x: Tree) -> None:
    jax.block_until_ready(x)


def is_ready(x: Array) -> bool:
    return x.is_ready() if isinstance(x, jax.Array) else True  # pyright: ignore[reportAttributeAccessIssue]


def wide_types() -> bool:
    return jax.config.jax_enable_x64  # pyright: ignore[reportAttributeAccessIssue]
