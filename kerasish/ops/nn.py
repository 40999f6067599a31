"""The ops of neural networks, as Keras's `ops.nn` has them."""

from kerasish.ops import activation, attention, convolution, crossentropy, normalization
from kerasish.ops.activation import *
from kerasish.ops.attention import *
from kerasish.ops.convolution import *
from kerasish.ops.crossentropy import *
from kerasish.ops.normalization import *

_FAMILIES = (activation, attention, convolution, crossentropy, normalization)

__all__ = [name for family in _FAMILIES for name in family.__all__]  # pyright: ignore[reportUnsupportedDunderAll]
