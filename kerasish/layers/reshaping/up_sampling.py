"""`UpSampling`: each axis longer by a whole factor."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend import standardize_data_format
from kerasish.backend.interface import Array
from kerasish.layers.arguments import one_of, sizes
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.layer import Layer

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")


class UpSampling(Layer):
    """Each spatial axis longer by a factor.

    Args:
        size: The factor, or one for each axis.
        data_format: Where the channels are.

    Shapes:
        x: `(batch, *spatial, channels)`.
        returns: the same, each spatial axis `size` times as long.
    """

    rank = 3

    def __init__(self, size: Any = 2, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = sizes(size, self.rank, "size", type(self).__name__)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Array) -> Array:
        first = 2 if self.data_format == "channels_first" else 1
        x = inputs
        for axis, factor in enumerate(self.size, first):
            x = ops.repeat(x, factor, axis=axis)
        return x


class UpSampling1D(UpSampling):
    """Each step `size` times.

    Args:
        size: How many times.

    Example:
        >>> UpSampling1D(2)(ops.convert_to_tensor([[[1.0], [2.0]]]))[0, :, 0].tolist()
        [1.0, 1.0, 2.0, 2.0]
    """

    rank = 1
    data_format = "channels_last"

    unwritten = {"data_format": ...}

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        Layer.__init__(self, **kwargs)
        (self.factor,) = sizes(size, 1, "size", "UpSampling1D")
        self.size = self.factor
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: Array) -> Array:
        return ops.repeat(inputs, self.factor, axis=1)


class UpSampling2D(UpSampling):
    """Images, larger by a factor.

    Args:
        size: The factor, or one for the height and one for the width.
        data_format: Where the channels are.
        interpolation: `"nearest"`, `"bilinear"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`.

    Example:
        >>> x = ops.convert_to_tensor([[[[1.0], [2.0]]]])
        >>> UpSampling2D((1, 2), interpolation="bilinear")(x)[0, 0, :, 0].tolist()
        [1.0, 1.25, 1.75, 2.0]
    """

    rank = 2

    def __init__(
        self, size: Any = (2, 2), data_format: str | None = None, interpolation: str = "nearest", **kwargs: Any
    ) -> None:
        super().__init__(size, data_format, **kwargs)
        self.interpolation = one_of(interpolation, INTERPOLATIONS, "interpolation", "UpSampling2D")

    def call(self, inputs: Array) -> Array:
        if self.interpolation == "nearest":
            return super().call(inputs)
        first = 2 if self.data_format == "channels_first" else 1
        size = [n * factor for n, factor in zip(inputs.shape[first:], self.size, strict=False)]
        return ops.image.resize(inputs, size, self.interpolation, data_format=self.data_format)


class UpSampling3D(UpSampling):
    """Volumes, larger by a factor; the values are those of the nearest voxel."""
