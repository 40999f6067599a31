"""Layers that prepare and vary images. They also take dicts with labels, boxes and masks: see `base.py`."""

from kerasish.layers.preprocessing.image.aug_mix import AugMix
from kerasish.layers.preprocessing.image.clahe import ContrastLimitedAdaptiveHistogramEqualization
from kerasish.layers.preprocessing.image.color_jitter import RandomColorJitter
from kerasish.layers.preprocessing.image.colors import (
    RandomColorDegeneration,
    RandomGrayscale,
    RandomHue,
    RandomSaturation,
)
from kerasish.layers.preprocessing.image.crop import CenterCrop, RandomCrop
from kerasish.layers.preprocessing.image.elastic import RandomElasticTransform
from kerasish.layers.preprocessing.image.equalization import AutoContrast, Equalization
from kerasish.layers.preprocessing.image.erasing import RandomErasing
from kerasish.layers.preprocessing.image.flip import RandomFlip
from kerasish.layers.preprocessing.image.max_num_bounding_boxes import MaxNumBoundingBoxes
from kerasish.layers.preprocessing.image.mixing import CutMix, MixUp
from kerasish.layers.preprocessing.image.perspective import RandomPerspective
from kerasish.layers.preprocessing.image.rand_augment import RandAugment
from kerasish.layers.preprocessing.image.resizing import Resizing
from kerasish.layers.preprocessing.image.rotation import RandomRotation, RandomZoom
from kerasish.layers.preprocessing.image.sharpness import RandomGaussianBlur, RandomSharpness
from kerasish.layers.preprocessing.image.tones import (
    RandomBrightness,
    RandomContrast,
    RandomInvert,
    RandomPosterization,
    Solarization,
)
from kerasish.layers.preprocessing.image.translation import RandomShear, RandomTranslation

__all__ = [
    "AugMix",
    "AutoContrast",
    "CenterCrop",
    "ContrastLimitedAdaptiveHistogramEqualization",
    "CutMix",
    "Equalization",
    "MaxNumBoundingBoxes",
    "MixUp",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomCrop",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
    "Resizing",
    "Solarization",
]
