"""`Identity`: the input as it is."""

from __future__ import annotations

from kerasish.backend.interface import Tree
from kerasish.layers.layer import Layer


class Identity(Layer):
    """`x`: a place-holder, for any structure of tensors."""

    supports_masking = True

    def call(self, inputs: Tree) -> Tree:
        return inputs
