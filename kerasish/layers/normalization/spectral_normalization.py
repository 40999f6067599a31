"""`SpectralNormalization`: a layer whose kernel stretches nothing."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from kerasish import ops
from kerasish.backend.interface import Array, Shape
from kerasish.core.context import scope
from kerasish.core.variable import Variable
from kerasish.layers.arguments import whole
from kerasish.layers.core.wrapper import Wrapper
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.layer import Layer

LEAST = 1e-12


@runtime_checkable
class HasKernel(Protocol):
    """A layer with a kernel."""

    kernel: Any


@runtime_checkable
class HasTable(Protocol):
    """A layer with a table of vectors."""

    embeddings: Any


class SpectralNormalization(Wrapper):
    """`layer(x)`, whose `kernel`, or `embeddings`, is divided by its greatest singular value at each training step.

    The singular value is estimated by power iteration, from a vector that is kept from step to step. The divided
    kernel is kept too, so that `predict` uses what was trained. (In Keras on JAX `fit` forgets it, and `predict` uses
    a kernel that was never divided.) The gradient takes the vectors of the estimate as constants.

    Args:
        layer: A layer with a `kernel` or with `embeddings`, such as `Dense`, `Conv2D`, `Embedding`.
        power_iterations: How many iterations a training step makes.

    Shapes: as `layer`.

    Raises:
        ValueError: the layer has neither a `kernel` nor `embeddings`.

    Example:
        >>> import numpy as np
        >>> from kerasish.layers import Dense
        >>> layer = SpectralNormalization(Dense(3), power_iterations=50)
        >>> y = layer(np.ones((2, 4), "float32"), training=True)
        >>> round(float(np.linalg.norm(layer.kernel.numpy(), 2)), 3)
        1.0

    Source: Miyato et al., 2018, algorithm 1, https://arxiv.org/abs/1802.05957
    """

    mixes_samples = "training"  # not rows, but calls: each changes the kernel for those that follow

    def __init__(self, layer: Layer, power_iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.power_iterations = whole(power_iterations, "power_iterations", "SpectralNormalization")

    def build(self, input_shape: Shape) -> None:
        super().build(input_shape)
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        self.kernel = self._kernel()
        self._own_trainable.append(self.kernel)  # Keras's layout of files lists it here, too
        self.vector_u = self.add_weight(
            (1, self.kernel.shape[-1]), "truncated_normal", trainable=False, name="vector_u"
        )

    def _kernel(self) -> Variable:
        if isinstance(self.layer, HasKernel):
            return self.layer.kernel
        if isinstance(self.layer, HasTable):
            return self.layer.embeddings
        raise ValueError(
            f"SpectralNormalization needs a layer with a `kernel` or `embeddings`; {type(self.layer).__name__} "
            f"{self.layer.name!r} has neither."
        )

    def call(self, inputs: Array, training: bool | None = False) -> Array:
        if training:
            with scope(dtype=None):  # in the weights' own precision
                self._normalize()
        return self.layer(inputs)

    def _normalize(self) -> None:
        kernel = self.kernel.value
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
        fixed, u = ops.stop_gradient(matrix), self.vector_u.value
        v = _unit(ops.matmul(u, ops.transpose(fixed)))
        u = _unit(ops.matmul(v, fixed))
        for _ in range(self.power_iterations - 1):
            v = _unit(ops.matmul(u, ops.transpose(fixed)))
            u = _unit(ops.matmul(v, fixed))
        greatest = ops.matmul(ops.matmul(v, matrix), ops.transpose(u))
        self.vector_u.assign(u)
        self.kernel.assign(kernel / ops.maximum(ops.reshape(greatest, ()), LEAST))


def _unit(x: Array) -> Array:
    """`x` with length 1."""
    return x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x)), LEAST))
