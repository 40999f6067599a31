"""Attention by a kernel that never holds all weights at once, where the device has one: cuDNN's, on NVIDIA's GPUs."""

import functools

import jax

from kerasish.backend.interface import Array

HALF = ("float16", "bfloat16")
GREATEST_HEAD = 128
OLDEST = 8.0  # Ampere, the first generation for which cuDNN has the kernel


def flash_attention(
    query: Array, key: Array, value: Array, bias: Array | None, mask: Array | None, scale: float, is_causal: bool
) -> Array | None:
    size = query.shape[-1]
    if str(query.dtype) not in HALF or size % 8 or size > GREATEST_HEAD or not _has_kernel():
        return None
    try:
        return jax.nn.dot_product_attention(
            query, key, value, bias, mask, scale=scale, is_causal=is_causal, implementation="cudnn"
        )
    except (RuntimeError, NotImplementedError, ValueError):  # raised while tracing: no cuDNN, too old, or this shape
        return None


@functools.cache
def _has_kernel() -> bool:
    if jax.default_backend() != "gpu":
        return False
    return all(float(device.compute_capability) >= OLDEST for device in jax.local_devices())
