"""Data before it comes to a model, under the names that Keras has kept from its beginnings."""

from kerasish.preprocessing import image as image, sequence as sequence

__all__ = ["image", "sequence"]
