"""`Input`: where data enters a functional model."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish.backend.interface import Shape
from kerasish.core.dtypes import standardize_dtype
from kerasish.core.symbolic import Node, SymbolicTensor
from kerasish.layers.layer import Layer


class InputLayer(Layer):
    """Where data enters a functional model; `Input` makes one and returns its tensor.

    Args:
        shape: The shape of one sample; None for a size that varies.
        batch_size: The number of samples, if it is fixed.
        dtype: The dtype that the data is cast to; by default `floatx()`.
        sparse: Not supported: must be False.
        ragged: Not supported: must be False.
        batch_shape: The shape with the batch, instead of `shape`.
        input_tensor: A symbolic tensor to use instead of a new one.
        optional: Whether None may be given for it.
        name: By default `input_layer` and a number.
    """

    def __init__(
        self,
        shape: Shape | None = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Shape | None = None,
        input_tensor: SymbolicTensor | None = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, dtype=_dtype_of(dtype, input_tensor))
        if sparse or ragged or kwargs:
            raise ValueError(f"Input {self.name!r} is dense: sparse, ragged and {sorted(kwargs)} are not supported.")
        if shape is not None and batch_shape is not None:
            raise ValueError(f"Input {self.name!r} takes `shape` or `batch_shape`, not both.")
        if input_tensor is not None:
            batch_shape = input_tensor.shape
        elif batch_shape is None:
            if shape is None:
                raise ValueError(f"Input {self.name!r} needs a `shape`, such as (784,) for a vector of 784 numbers.")
            batch_shape = (batch_size, *_checked(shape, self.name))
        self.batch_shape = _checked(batch_shape, self.name)
        self.sparse = False
        self.ragged = False
        self.optional = optional
        self.input_dtype_name = standardize_dtype(_dtype_of(dtype, input_tensor))
        self.built = True
        if input_tensor is None:
            input_tensor = SymbolicTensor(self.batch_shape, self.input_dtype_name, name=self.name)
        Node(self, (), {}, input_tensor)

    def call(self, *args: Any) -> Any:
        return args[0] if args else None

    @property
    def dtype(self) -> str:
        """The dtype that the data is cast to."""
        return self.input_dtype_name

    def get_config(self) -> dict[str, Any]:
        return {
            "batch_shape": self.batch_shape,
            "dtype": self.dtype,
            "sparse": False,
            "ragged": False,
            "name": self.name,
            "optional": self.optional,
        }


def _dtype_of(dtype: Any, tensor: SymbolicTensor | None) -> Any:
    return tensor.dtype if tensor is not None else dtype


def _checked(shape: Any, name: str) -> Shape:
    if isinstance(shape, int) or not all(d is None or (isinstance(d, int | np.integer) and d >= 0) for d in shape):
        raise ValueError(
            f"The shape of input {name!r} must be a tuple of sizes, with None for one that varies; got {shape!r}."
            + (f" Did you mean ({shape},)?" if isinstance(shape, int) else "")
        )
    return tuple(None if d is None else int(d) for d in shape)


def Input(  # noqa: N802  Keras's name
    shape: Shape | None = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Shape | None = None,
    name: str | None = None,
    tensor: SymbolicTensor | None = None,
    optional: bool = False,
) -> SymbolicTensor:
    """A symbolic tensor that stands for the data: the start of a functional model. Arguments as for `InputLayer`.

    Example:
        >>> Input((28, 28, 1), name="image").shape
        (None, 28, 28, 1)
    """
    layer = InputLayer(
        shape,
        batch_size,
        dtype,
        sparse,
        ragged,
        batch_shape=batch_shape,
        input_tensor=tensor,
        optional=optional,
        name=name,
    )
    return layer.output
