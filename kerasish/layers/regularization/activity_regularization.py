"""`ActivityRegularization`: a penalty on what passes."""

from __future__ import annotations

from typing import Any

from kerasish.backend.interface import Array
from kerasish.layers.layer import Layer
from kerasish.regularizers import L1L2


class ActivityRegularization(Layer):
    """The input as it is; adds `(l1 * sum|x| + l2 * sum(x ** 2)) / batch` to the loss.

    Args:
        l1: Weight of the absolute values.
        l2: Weight of the squares.
    """

    supports_masking = True

    unwritten = {"activity_regularizer": ...}

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=L1L2(l1=l1, l2=l2), **kwargs)
        self.l1 = l1
        self.l2 = l2

    def call(self, inputs: Array) -> Array:
        return inputs
