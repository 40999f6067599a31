"""`TimeDistributed`: a layer applied to each time step."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array, Tree
from kerasish.core import tree
from kerasish.layers.building import call_signature
from kerasish.layers.core.wrapper import Wrapper


class TimeDistributed(Wrapper):
    """`layer(x[:, t])` for each time step `t`.

    Time is folded into the batch, so that one call serves all steps; only a layer whose rows depend on each other, such
    as `BatchNormalization` while training, is called step by step.

    Args:
        layer: What to apply.

    Shapes:
        inputs: `(batch, time, ...)`, or a list or dict of such.
        mask: `(batch, time)`, or `(batch, time, ...)`: the layer gets the part of its step.
        returns: `(batch, time, ...)`.

    Example:
        >>> import numpy as np
        >>> from kerasish.layers import Dense
        >>> TimeDistributed(Dense(3))(np.ones((2, 4, 5), "float32")).shape
        (2, 4, 3)
    """

    supports_masking = True

    def build(self, input_shape: Any) -> None:
        def of_one_step(shape: Any) -> Any:
            if len(shape) < 3:
                raise ValueError(
                    f"{self.name!r} takes inputs of shape (batch, time, ...), three axes at least; got {shape}."
                )
            return (shape[0], *shape[2:])

        shapes = _map_shapes(of_one_step, input_shape)
        if not self.layer.built:
            self.layer.build(shapes)
            self.layer.built = True

    def call(self, inputs: Tree, training: bool | None = None, mask: Any = None) -> Tree:
        kinds = {layer.mixes_samples for layer in self.layer.layers_inside()}
        if True in kinds or ("training" in kinds and training):
            return self._step_by_step(inputs, training, mask)
        batch, time = tree.leaves(inputs)[0].shape[:2]
        outputs = self._inner(tree.map(_folded, inputs), training, tree.map(_folded, mask))
        return tree.map(lambda y: ops.reshape(y, (batch, time, *y.shape[1:])), outputs)

    def _step_by_step(self, inputs: Tree, training: bool | None, mask: Any) -> Tree:
        def part(t: int, whole: Tree) -> Tree:
            return tree.map(lambda x: None if x is None else x[:, t], whole)

        steps = range(tree.leaves(inputs)[0].shape[1])
        outputs = [self._inner(part(t, inputs), training, part(t, mask)) for t in steps]
        return tree.map(lambda *ys: ops.stack(ys, axis=1), *outputs)

    def _inner(self, inputs: Tree, training: bool | None, mask: Any) -> Tree:
        # A mask of whole time steps says nothing about what is inside of a step.
        inside = mask is not None and all(m is not None and m.ndim > 1 for m in tree.leaves(mask))
        given = {"mask": mask} if inside and "mask" in call_signature(type(self.layer)).names else {}
        return self.layer(inputs, training=training, **given)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the time steps; of a mask that goes further, what the layer leaves, or whether any is left."""
        mask = tree.leaves(previous_mask)[0]
        if mask is None or mask.ndim == 2:
            return mask
        inner = None
        if self.layer.supports_masking:
            inner = self.layer.compute_mask(tree.map(_folded, inputs), _folded(mask))
        if inner is None:
            return ops.any(mask, axis=tuple(range(2, mask.ndim)))
        return ops.reshape(inner, (*mask.shape[:2], *inner.shape[1:]))


def _folded(x: Array | None) -> Array | None:
    return None if x is None else ops.reshape(x, (x.shape[0] * x.shape[1], *x.shape[2:]))


def _map_shapes(fn: Any, shapes: Any) -> Any:
    """`fn` of each shape in a structure of shapes."""
    if isinstance(shapes, dict):
        return {key: _map_shapes(fn, shape) for key, shape in shapes.items()}
    if any(isinstance(shape, list | tuple | dict) for shape in shapes):
        return [_map_shapes(fn, shape) for shape in shapes]
    return fn(tuple(shapes))
