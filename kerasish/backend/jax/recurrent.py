"""A recurrent layer in one call where the device has a kernel for it: cuDNN's LSTM, on NVIDIA's GPUs."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental import rnn

from kerasish.backend.interface import Array


def lstm(
    sequences: Array, h: Array, c: Array, kernel: Array, recurrent_kernel: Array, bias: Array | None
) -> tuple[Array, Array, Array] | None:
    sizes = (*sequences.shape, *h.shape)
    known = all(isinstance(size, int) and size > 0 for size in sizes)
    if not known or str(sequences.dtype) != "float32" or jax.default_backend() != "gpu":
        return None
    length, batch, features = sequences.shape
    try:
        found: Any = rnn.lstm(
            jnp.swapaxes(sequences, 0, 1),
            h[None],
            c[None],
            packed(kernel, recurrent_kernel, bias),
            seq_lengths=jnp.full((batch,), length, "int32"),
            input_size=features,
            hidden_size=h.shape[-1],
            num_layers=1,
            dropout=0.0,
            bidirectional=False,
        )
    except (RuntimeError, NotImplementedError, ValueError):  # raised while tracing: no cuDNN
        return None
    outputs, h, c, *_ = found
    return jnp.swapaxes(outputs, 0, 1), h[0], c[0]


def packed(kernel: Array, recurrent_kernel: Array, bias: Array | None) -> Array:
    """The weights as cuDNN has them, in one vector: a gate's rows one after the other, and two biases."""
    zeros = jnp.zeros(kernel.shape[-1], kernel.dtype)
    parts = kernel.T, recurrent_kernel.T, zeros if bias is None else bias, zeros
    return jnp.concatenate([jnp.ravel(part) for part in parts])
