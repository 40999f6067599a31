"""Rows of image layers for the table of `examples.py`.

Ranges of one number, so that Keras draws the same; layers that choose (which images, which place) have `keras=False`:
`tests/layers/preprocessing/test_image_against_keras.py` gives both the same choice.
"""

import dataclasses

from tests.laws.examples import IMAGE, Example

E = Example
COLOURS = (None, 6, 5, 3)
SPAN = (-4, 4)

EXAMPLES = [
    E(lambda L: L.Resizing(3, 4, "bicubic"), IMAGE),
    E(lambda L: L.Resizing(3, 4, crop_to_aspect_ratio=True, data_format="channels_first"), IMAGE),
    E(lambda L: L.CenterCrop(3, 4), IMAGE),
    E(lambda L: L.CenterCrop(7, 3), IMAGE),
    E(lambda L: L.AutoContrast(SPAN), IMAGE),
    E(lambda L: L.Equalization(SPAN), IMAGE, keras=False),
    E(lambda L: L.ContrastLimitedAdaptiveHistogramEqualization(SPAN, 2.0, (2, 2)), IMAGE),
    E(lambda L: L.RandomBrightness((0.2, 0.2), SPAN, seed=3), IMAGE),
    E(lambda L: L.RandomSaturation((0.4, 0.4), SPAN, seed=3), COLOURS, keras=False),
    E(lambda L: L.RandomColorDegeneration((0.4, 0.4), SPAN, seed=3), COLOURS),
    E(lambda L: L.RandomSharpness((0.8, 0.8), SPAN, seed=3), IMAGE),
    E(lambda L: L.RandomGaussianBlur((1.0, 1.0), 3, (0.7, 0.7), SPAN, seed=3), IMAGE, keras=False),
    E(lambda L: L.RandomPosterization((3, 3), SPAN, seed=3), IMAGE, keras=False),
    E(lambda L: L.Solarization((0.0, 0.0), (0.0, 0.0), SPAN, seed=3), IMAGE),
    E(lambda L: L.RandomInvert((1.0, 1.0), (-4, 4), seed=3), IMAGE, keras=False),
    E(lambda L: L.RandomRotation((0.1, 0.1), seed=3), IMAGE),
    E(lambda L: L.RandomTranslation((0.1, 0.1), (-0.2, -0.2), seed=3), IMAGE),
    E(lambda L: L.RandomZoom((0.1, 0.1), (-0.2, -0.2), seed=3), IMAGE),
    E(lambda L: L.RandomGrayscale(1.0, seed=3), COLOURS, keras=False),
    E(lambda L: L.MaxNumBoundingBoxes(3), IMAGE),
    E(lambda L: L.RandomFlip(seed=3), IMAGE, keras=False),
    E(lambda L: L.RandomCrop(3, 4, seed=3), IMAGE, keras=False),
    E(lambda L: L.RandomContrast(0.4, SPAN, seed=3), IMAGE, keras=False),
    E(lambda L: L.RandomHue(0.4, SPAN, seed=3), COLOURS, keras=False),
    E(lambda L: L.RandomShear(0.2, 0.3, seed=3), IMAGE, keras=False),
    E(lambda L: L.RandomPerspective(seed=3), IMAGE, keras=False),
    E(lambda L: L.RandomElasticTransform(value_range=SPAN, seed=3), IMAGE, keras=False),
    E(lambda L: L.RandomErasing(value_range=SPAN, seed=3), IMAGE, keras=False),
    E(lambda L: L.RandomColorJitter(SPAN, 0.1, 0.2, 0.3, 0.4, seed=3), COLOURS, keras=False),
    E(lambda L: L.MixUp(seed=3), IMAGE, keras=False),
    E(lambda L: L.CutMix(seed=3), IMAGE, keras=False),
    E(lambda L: L.RandAugment(SPAN, seed=3), COLOURS, keras=False),
    E(lambda L: L.AugMix(SPAN, 2, 2, seed=3), COLOURS, keras=False),
]

# The others compile large programs.
QUICK = ("Resizing", "CenterCrop", "RandomBrightness", "RandomFlip", "RandomGrayscale", "MaxNumBoundingBoxes")
EXAMPLES = [dataclasses.replace(e, slow=e.kind not in QUICK) for e in EXAMPLES]
