"""The ops of neural networks, as Keras's `ops.nn` has them."""

from kerasish.ops.activation import *
from kerasish.ops.adaptive_pooling import *
from kerasish.ops.attention import *
from kerasish.ops.blocks import *
from kerasish.ops.complex import polar
from kerasish.ops.convolution import *
from kerasish.ops.crossentropy import *
from kerasish.ops.ctc import *
from kerasish.ops.names import namespace
from kerasish.ops.normalization import *
from kerasish.ops.similarity import *
from kerasish.ops.transposed import *

__all__ = ["polar", *namespace("nn")]  # pyright: ignore
