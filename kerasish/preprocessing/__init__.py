"""Data before it comes to a model, under the names that Keras has kept from its beginnings."""

from kerasish.preprocessing import image as image, sequence as sequence
from kerasish.utils.image_directory import image_dataset_from_directory
from kerasish.utils.text_directory import text_dataset_from_directory
from kerasish.utils.timeseries import timeseries_dataset_from_array

__all__ = [
    "image",
    "image_dataset_from_directory",
    "sequence",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
]
