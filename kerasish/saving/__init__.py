"""Files: models and weights in Keras's formats, written whole or not at all, read without running anything in them."""

from typing import TYPE_CHECKING

from kerasish.backend.lazy import lazy
from kerasish.core.registry import (
    CustomObjectScope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from kerasish.saving.errors import CorruptModelError, IncompatibleModelError, UnsafeModelError
from kerasish.saving.file_editor import KerasFileEditor
from kerasish.saving.model_files import save_model
from kerasish.saving.objects import revive_compile_config as revive_compile_config, serialize_keras_object
from kerasish.saving.weights import load_weights, save_weights

if TYPE_CHECKING:
    from kerasish.saving.model_files import load_model as load_model
    from kerasish.saving.objects import deserialize_keras_object as deserialize_keras_object

custom_object_scope = CustomObjectScope

__all__ = [
    "CorruptModelError",
    "CustomObjectScope",
    "IncompatibleModelError",
    "KerasFileEditor",
    "UnsafeModelError",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]

# Reading needs every class that a file may name: they register themselves when `models` is imported.
__getattr__ = lazy(
    "kerasish.saving",
    {"load_model": "kerasish.saving.model_files", "deserialize_keras_object": "kerasish.saving.objects"},
    first="kerasish.models",
)
