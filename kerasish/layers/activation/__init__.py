"""Layers that apply a function to each number."""

from kerasish.layers.activation.relu import ELU, LeakyReLU, PReLU, ReLU
from kerasish.layers.activation.softmax import Softmax

__all__ = [
    "ELU",
    "LeakyReLU",
    "PReLU",
    "ReLU",
    "Softmax",
]
