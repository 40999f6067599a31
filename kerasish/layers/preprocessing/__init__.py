"""Layers that prepare raw data."""

from kerasish.layers.preprocessing.category_encoding import CategoryEncoding
from kerasish.layers.preprocessing.discretization import Discretization
from kerasish.layers.preprocessing.hashed_crossing import HashedCrossing
from kerasish.layers.preprocessing.hashing import Hashing
from kerasish.layers.preprocessing.image import *
from kerasish.layers.preprocessing.image import __all__ as _IMAGE_LAYERS
from kerasish.layers.preprocessing.integer_lookup import IntegerLookup
from kerasish.layers.preprocessing.mel_spectrogram import MelSpectrogram
from kerasish.layers.preprocessing.normalization import Normalization
from kerasish.layers.preprocessing.pipeline import Pipeline
from kerasish.layers.preprocessing.rescaling import Rescaling
from kerasish.layers.preprocessing.stft_spectrogram import STFTSpectrogram
from kerasish.layers.preprocessing.string_lookup import StringLookup
from kerasish.layers.preprocessing.text_vectorization import TextVectorization

__all__ = [  # pyright: ignore[reportUnsupportedDunderAll]
    "CategoryEncoding",
    "Discretization",
    "HashedCrossing",
    "Hashing",
    "IntegerLookup",
    "MelSpectrogram",
    "Normalization",
    "Pipeline",
    "Rescaling",
    "STFTSpectrogram",
    "StringLookup",
    "TextVectorization",
    *_IMAGE_LAYERS,
]
