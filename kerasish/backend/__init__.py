"""The chosen backend: `engine` (see `interface.py`) and its array namespace `xp`. Chosen once, when first imported."""

from kerasish.backend.choose import backend, engine, xp
from kerasish.backend.lazy import lazy
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

# Keras's other names here, which stand higher on the ladder.
__getattr__ = lazy(
    "kerasish.backend",
    {
        "KerasTensor": "kerasish.core.symbolic",
        "Variable": "kerasish.core.variable",
        "clear_session": "kerasish.core.names",
        "get_uid": "kerasish.core.names",
        "is_float_dtype": "kerasish.core.dtypes",
        "is_int_dtype": "kerasish.core.dtypes",
        "is_keras_tensor": "kerasish.core.symbolic",
        "result_type": "kerasish.core.dtypes",
        "standardize_dtype": "kerasish.core.dtypes",
    },
)
