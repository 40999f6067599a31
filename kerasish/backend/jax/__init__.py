"""The JAX backend: the contract of `interface.py`, on XLA."""

import jax.numpy as xp

from kerasish.backend.jax.arrays import asarray, is_array, is_ready, is_traced, own, to_numpy, wait, wide_types
from kerasish.backend.jax.computation import (
    erf,
    erfinv,
    logsumexp,
    max_pool,
    scatter_update,
    segment_sum,
    sigmoid,
    sum_pool,
    take_rows,
    top_k,
)
from kerasish.backend.jax.convolution import conv
from kerasish.backend.jax.memory import keeping_memory
from kerasish.backend.jax.programs import (
    cond,
    eager,
    eval_shape,
    flatten,
    fori_loop,
    jit,
    outside_trace,
    scan,
    shapes_of,
    stop_gradient,
    tracer_errors,
    uses_convolution,
    value_and_grad,
    while_loop,
)
from kerasish.backend.jax.random import (
    random_gamma,
    random_int,
    random_keep,
    random_normal,
    random_permutation,
    random_uniform,
)

name = "jax"
differentiable = True

__all__ = [
    "asarray",
    "cond",
    "conv",
    "differentiable",
    "eager",
    "erf",
    "erfinv",
    "eval_shape",
    "flatten",
    "fori_loop",
    "is_array",
    "is_ready",
    "is_traced",
    "jit",
    "keeping_memory",
    "logsumexp",
    "max_pool",
    "name",
    "outside_trace",
    "own",
    "random_gamma",
    "random_int",
    "random_keep",
    "random_normal",
    "random_permutation",
    "random_uniform",
    "scan",
    "scatter_update",
    "segment_sum",
    "shapes_of",
    "sigmoid",
    "stop_gradient",
    "sum_pool",
    "take_rows",
    "to_numpy",
    "top_k",
    "tracer_errors",
    "uses_convolution",
    "value_and_grad",
    "wait",
    "while_loop",
    "wide_types",
    "xp",
]
