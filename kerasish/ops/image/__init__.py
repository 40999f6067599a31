"""The ops of images, as Keras's `ops.image` has them: of one image or of a batch, the channels last or first."""

from kerasish.ops.image import colours, coordinates, filters, patches, resizing, transforms
from kerasish.ops.image.colours import *
from kerasish.ops.image.coordinates import *
from kerasish.ops.image.filters import *
from kerasish.ops.image.patches import *
from kerasish.ops.image.resizing import *
from kerasish.ops.image.transforms import *

_FAMILIES = (colours, coordinates, filters, patches, resizing, transforms)

__all__ = [name for family in _FAMILIES for name in family.__all__]  # pyright: ignore[reportUnsupportedDunderAll]
