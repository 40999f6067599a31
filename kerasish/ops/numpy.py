"""The ops that NumPy has too, as Keras's `ops.numpy` has them."""

from kerasish.ops import (
    bits,
    comparison,
    complex,
    core,
    creation,
    elementwise,
    mapping,
    nan,
    products,
    ranges,
    rearranging,
    reductions,
    searching,
    selection,
    shapes,
    splitting,
    statistics,
    windows,
)
from kerasish.ops.bits import *
from kerasish.ops.comparison import *
from kerasish.ops.complex import *
from kerasish.ops.core import *
from kerasish.ops.creation import *
from kerasish.ops.elementwise import *
from kerasish.ops.linalg import slogdet
from kerasish.ops.mapping import *
from kerasish.ops.nan import *
from kerasish.ops.products import *
from kerasish.ops.ranges import *
from kerasish.ops.rearranging import *
from kerasish.ops.reductions import *
from kerasish.ops.searching import *
from kerasish.ops.selection import *
from kerasish.ops.shapes import *
from kerasish.ops.splitting import *
from kerasish.ops.statistics import *
from kerasish.ops.windows import *

_FAMILIES = (
    bits,
    comparison,
    complex,
    core,
    creation,
    elementwise,
    mapping,
    nan,
    products,
    ranges,
    rearranging,
    reductions,
    searching,
    selection,
    shapes,
    splitting,
    statistics,
    windows,
)

__all__ = ["slogdet", *(name for family in _FAMILIES for name in family.__all__)]  # pyright: ignore
