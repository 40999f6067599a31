"""The ops that NumPy has too, as Keras's `ops.numpy` has them."""

from kerasish.ops import core
from kerasish.ops.bits import *
from kerasish.ops.comparison import *
from kerasish.ops.complex import *
from kerasish.ops.core import *
from kerasish.ops.creation import *
from kerasish.ops.elementwise import *
from kerasish.ops.linalg import slogdet
from kerasish.ops.mapping import *
from kerasish.ops.names import namespace
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

__all__ = ["slogdet", *core.__all__, *namespace("numpy")]  # pyright: ignore
