"""Functions on tensors, under Keras's names: on arrays, variables and symbolic tensors alike.

A family is a module; what stands in its `__all__` is an op. `names.py` says where Keras has them.
"""

from kerasish.ops import image as image, linalg as linalg, nn as nn, numpy as numpy
from kerasish.ops.activation import *
from kerasish.ops.adaptive_pooling import *
from kerasish.ops.attention import *
from kerasish.ops.bits import *
from kerasish.ops.blocks import *
from kerasish.ops.comparison import *
from kerasish.ops.complex import *
from kerasish.ops.control_flow import *
from kerasish.ops.convolution import *
from kerasish.ops.core import *
from kerasish.ops.creation import *
from kerasish.ops.crossentropy import *
from kerasish.ops.ctc import *
from kerasish.ops.elementwise import *
from kerasish.ops.fourier import *
from kerasish.ops.linalg import *
from kerasish.ops.mapping import *
from kerasish.ops.names import FAMILIES as _FAMILIES
from kerasish.ops.nan import *
from kerasish.ops.normalization import *
from kerasish.ops.products import *
from kerasish.ops.ranges import *
from kerasish.ops.rearranging import *
from kerasish.ops.reductions import *
from kerasish.ops.searching import *
from kerasish.ops.segments import *
from kerasish.ops.selection import *
from kerasish.ops.shapes import *
from kerasish.ops.similarity import *
from kerasish.ops.splitting import *
from kerasish.ops.statistics import *
from kerasish.ops.transforms import *
from kerasish.ops.transposed import *
from kerasish.ops.windows import *

__all__ = list(dict.fromkeys(name for family in _FAMILIES for name in family.__all__))  # pyright: ignore[reportUnsupportedDunderAll]
