"""The ops of neural networks, as Keras's `ops.nn` has them."""

from kerasish.ops import (
    activation,
    adaptive_pooling,
    attention,
    blocks,
    convolution,
    crossentropy,
    ctc,
    normalization,
    similarity,
    transposed,
)
from kerasish.ops.activation import *
from kerasish.ops.adaptive_pooling import *
from kerasish.ops.attention import *
from kerasish.ops.blocks import *
from kerasish.ops.complex import polar
from kerasish.ops.convolution import *
from kerasish.ops.crossentropy import *
from kerasish.ops.ctc import *
from kerasish.ops.normalization import *
from kerasish.ops.similarity import *
from kerasish.ops.transposed import *

_FAMILIES = (
    activation,
    adaptive_pooling,
    attention,
    blocks,
    convolution,
    crossentropy,
    transposed,
    ctc,
    normalization,
    similarity,
)

__all__ = ["polar", *(name for family in _FAMILIES for name in family.__all__)]  # pyright: ignore
