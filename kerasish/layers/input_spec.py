"""`InputSpec`: what a layer demands of its input, checked before it computes."""

from __future__ import annotations

from typing import Any

from kerasish.backend.interface import Shape
from kerasish.core.dtypes import standardize_dtype


class InputSpec:
    """What a layer demands of one input.

    Args:
        dtype: The dtype it must have.
        shape: The shape it must have; None where any size will do.
        ndim: How many axes it must have.
        max_ndim: How many it may have at most.
        min_ndim: How many it must have at least.
        axes: The size that each of these axes must have, as in `{-1: 6}`.
        allow_last_axis_squeeze: Whether an axis of size 1 may be missing, or be too many, at the end.
        name: The key under which it is found in a dict of inputs.
        optional: Whether None may stand for it.

    Example:
        >>> InputSpec(min_ndim=2, axes={-1: 6})
        InputSpec(min_ndim=2, axes={-1: 6})
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Shape | None = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = None if dtype is None else standardize_dtype(dtype)
        self.shape = None if shape is None else tuple(shape)
        self.ndim = len(self.shape) if self.shape is not None else ndim
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name = name
        self.optional = optional

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return dict(vars(self))

    def __repr__(self) -> str:
        given = ", ".join(f"{key}={value!r}" for key, value in vars(self).items() if value not in (None, {}, False))
        return f"InputSpec({given})"

    def complaint(self, shape: Shape, dtype: Any) -> str | None:
        """What is wrong with an input of this shape and dtype; None if nothing is."""
        rank = len(shape)
        if self.shape is not None and self.allow_last_axis_squeeze:
            if rank == len(self.shape) + 1 and shape[-1] == 1:
                shape, rank = shape[:-1], rank - 1
            elif rank == len(self.shape) - 1 and self.shape[-1] == 1:
                shape, rank = (*shape, 1), rank + 1
        if self.dtype is not None and standardize_dtype(dtype) != self.dtype:
            return f"the dtype {self.dtype}, got {standardize_dtype(dtype)}"
        if self.ndim is not None and rank != self.ndim:
            return f"{self.ndim} axes, got {rank}"
        if self.min_ndim is not None and rank < self.min_ndim:
            return f"at least {self.min_ndim} axes, got {rank}"
        if self.max_ndim is not None and rank > self.max_ndim:
            return f"at most {self.max_ndim} axes, got {rank}"
        expected = dict(enumerate(self.shape or ())) | self.axes
        for axis, size in expected.items():
            if not -rank <= axis < rank:
                return f"an axis {axis}, got {rank} axes"
            if size is not None and shape[axis] not in (None, size):
                return f"size {size} at axis {axis}, got {shape[axis]}"
        return None


def check(spec: InputSpec | dict[str, InputSpec] | list[InputSpec], inputs: Any, layer: str) -> None:
    """Raise if `inputs`, a tensor or a list or dict of them, is not what `spec` demands."""
    if isinstance(spec, dict):
        for name, one in spec.items():
            if name not in inputs:
                raise ValueError(f"Layer {layer!r} expects an input named {name!r}; got {sorted(inputs)}.")
            check(one, inputs[name], layer)
        return
    if isinstance(spec, list | tuple):
        given = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
        if len(given) != len(spec):
            raise ValueError(f"Layer {layer!r} expects {len(spec)} inputs; got {len(given)}.")
        for one, x in zip(spec, given, strict=True):
            check(one, x, layer)
        return
    if inputs is None:
        if spec.optional:
            return
        raise ValueError(f"Layer {layer!r} needs an input; got None.")
    complaint = spec.complaint(tuple(inputs.shape), inputs.dtype)
    if complaint:
        raise ValueError(f"The input of layer {layer!r} must have {complaint}: its shape is {tuple(inputs.shape)}.")
