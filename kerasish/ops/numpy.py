"""The ops that NumPy has too, as Keras's `ops.numpy` has them."""

from kerasish.ops import comparison, core, creation, elementwise, products, reductions, selection, shapes
from kerasish.ops.comparison import *
from kerasish.ops.core import *
from kerasish.ops.creation import *
from kerasish.ops.elementwise import *
from kerasish.ops.products import *
from kerasish.ops.reductions import *
from kerasish.ops.selection import *
from kerasish.ops.shapes import *

_FAMILIES = (comparison, core, creation, elementwise, products, reductions, selection, shapes)

__all__ = [name for family in _FAMILIES for name in family.__all__]  # pyright: ignore[reportUnsupportedDunderAll]
