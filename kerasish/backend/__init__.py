"""The chosen backend: `engine` (see `interface.py`) and its array namespace `xp`. Chosen once, when first imported."""

from kerasish.backend.choose import backend, engine, xp
from kerasish.backend.settings import (
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
    standardize_data_format,
)

__all__ = [
    "backend",
    "engine",
    "epsilon",
    "floatx",
    "image_data_format",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_data_format",
    "xp",
]
