"""Small things that programs around models need."""

from kerasish.callbacks.progress import Progbar
from kerasish.config import (
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
)
from kerasish.core.dtypes import standardize_dtype
from kerasish.core.names import clear_session
from kerasish.core.random import set_random_seed
from kerasish.core.registry import (
    CustomObjectScope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from kerasish.core.symbolic import get_source_inputs, is_symbolic as is_keras_tensor
from kerasish.data import PyDataset, unpack as unpack_x_y_sample_weight
from kerasish.models.plotting import model_to_dot, model_to_mermaid, plot_model
from kerasish.saving.objects import deserialize_keras_object, serialize_keras_object
from kerasish.utils import bounding_boxes as bounding_boxes
from kerasish.utils.audio_directory import audio_dataset_from_directory
from kerasish.utils.batches import pack_x_y_sample_weight
from kerasish.utils.config_object import Config
from kerasish.utils.feature_space import FeatureSpace
from kerasish.utils.files import get_file
from kerasish.utils.image_directory import image_dataset_from_directory
from kerasish.utils.images import array_to_img, img_to_array, load_img, save_img
from kerasish.utils.numerical import normalize, to_categorical
from kerasish.utils.sequence import pad_sequences
from kerasish.utils.splitting import split_dataset
from kerasish.utils.text_directory import text_dataset_from_directory
from kerasish.utils.timeseries import timeseries_dataset_from_array

custom_object_scope = CustomObjectScope
Sequence = PyDataset

__all__ = [
    "Config",
    "CustomObjectScope",
    "FeatureSpace",
    "Progbar",
    "PyDataset",
    "Sequence",
    "array_to_img",
    "audio_dataset_from_directory",
    "bounding_boxes",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "get_source_inputs",
    "image_dataset_from_directory",
    "img_to_array",
    "is_interactive_logging_enabled",
    "is_keras_tensor",
    "load_img",
    "model_to_dot",
    "model_to_mermaid",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "save_img",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "standardize_dtype",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
    "to_categorical",
    "unpack_x_y_sample_weight",
]
