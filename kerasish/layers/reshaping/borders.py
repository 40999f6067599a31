"""`ZeroPadding` and `Cropping`: more, or less, around the edges."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend import standardize_data_format
from kerasish.backend.interface import Array
from kerasish.layers.arguments import margins
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.layer import Layer

Margins = Any


class Borders(Layer):
    """Something at the edges of `rank` spatial axes."""

    rank = 1
    data_format = "channels_last"

    def _around(self, pairs: Any) -> list[tuple[int, int]]:
        """`(before, after)` for every axis of the input."""
        inside = [pairs] if self.rank == 1 else list(pairs)
        first = self.data_format == "channels_first"
        return [(0, 0), (0, 0), *inside] if first else [(0, 0), *inside, (0, 0)]


class ZeroPadding(Borders):
    """Zeros around the spatial axes.

    Args:
        padding: How many: a number; one for each axis; or `(before, after)` for each axis.
        data_format: Where the channels are.

    Shapes:
        x: `(batch, *spatial, channels)`.
        returns: the same, each spatial axis longer by `before + after`.
    """

    def __init__(self, padding: Margins = 1, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        pairs = margins(padding, self.rank, "padding", type(self).__name__)
        self.padding = pairs[0] if self.rank == 1 else pairs
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Array) -> Array:
        return ops.pad(inputs, self._around(self.padding))


class Cropping(Borders):
    """The input without its edges.

    Args:
        cropping: How much is cut off: a number; one for each axis; or `(before, after)` for each axis.
        data_format: Where the channels are.

    Shapes:
        x: `(batch, *spatial, channels)`.
        returns: the same, each spatial axis shorter by `before + after`.

    Raises:
        ValueError: nothing would be left.
    """

    def __init__(self, cropping: Margins = 1, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        pairs = margins(cropping, self.rank, "cropping", type(self).__name__)
        self.cropping = pairs[0] if self.rank == 1 else pairs
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Array) -> Array:
        around = self._around(self.cropping)
        for size, (before, after) in zip(inputs.shape[1:], around[1:], strict=True):
            if before + after and before + after >= size:
                raise ValueError(
                    f"Cropping {self.name!r} takes {self.cropping!r} off an input of shape {tuple(inputs.shape)}: "
                    "nothing would be left."
                )
        return inputs[tuple(slice(b, n - a) for n, (b, a) in zip(inputs.shape, around, strict=True))]


class ZeroPadding1D(ZeroPadding):
    """`ZeroPadding` along the time.

    Example:
        >>> import numpy as np
        >>> ZeroPadding1D((1, 2))(np.zeros((2, 5, 3), "float32")).shape
        (2, 8, 3)
    """


class ZeroPadding2D(ZeroPadding):
    """`ZeroPadding` around images.

    Example:
        >>> import numpy as np
        >>> ZeroPadding2D(((1, 0), (2, 2)))(np.zeros((1, 5, 5, 3), "float32")).shape
        (1, 6, 9, 3)
    """

    rank = 2


class ZeroPadding3D(ZeroPadding):
    """`ZeroPadding` around volumes."""

    rank = 3


class Cropping1D(Cropping):
    """`Cropping` along the time.

    Example:
        >>> import numpy as np
        >>> Cropping1D((1, 2))(np.zeros((2, 5, 3), "float32")).shape
        (2, 2, 3)
    """

    data_format = "channels_last"

    unwritten = {"data_format": ...}

    def __init__(self, cropping: Margins = (1, 1), **kwargs: Any) -> None:
        Layer.__init__(self, **kwargs)
        (self.cropping,) = margins(cropping, 1, "cropping", "Cropping1D")
        self.input_spec = InputSpec(ndim=3)


class Cropping2D(Cropping):
    """`Cropping` of images; by default nothing is cut off, as in Keras."""

    rank = 2

    def __init__(self, cropping: Margins = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(cropping, data_format, **kwargs)


class Cropping3D(Cropping):
    """`Cropping` of volumes."""

    rank = 3
