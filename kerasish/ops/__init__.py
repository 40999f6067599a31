"""Functions on tensors, under Keras's names: on arrays, variables and symbolic tensors alike.

A family is a module; what stands in its `__all__` is an op. `names.py` says where Keras has them.
"""

from kerasish.ops import nn as nn, numpy as numpy
from kerasish.ops.activation import *
from kerasish.ops.attention import *
from kerasish.ops.comparison import *
from kerasish.ops.control_flow import *
from kerasish.ops.convolution import *
from kerasish.ops.core import *
from kerasish.ops.creation import *
from kerasish.ops.crossentropy import *
from kerasish.ops.elementwise import *
from kerasish.ops.names import FAMILIES as _FAMILIES
from kerasish.ops.normalization import *
from kerasish.ops.products import *
from kerasish.ops.reductions import *
from kerasish.ops.selection import *
from kerasish.ops.shapes import *

__all__ = [name for family in _FAMILIES for name in family.__all__]  # pyright: ignore[reportUnsupportedDunderAll]
