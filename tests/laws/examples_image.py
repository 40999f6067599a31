"""Rows of image layers for the table of `examples.py`.

`fixed`: ranges of one number, so that Keras draws the same. Layers that choose (which images, which place) are compared
while training by `tests/layers/preprocessing/test_image_against_keras.py`, which gives both the same choice.
"""

import dataclasses

from tests.laws.examples import IMAGE, Example

COLOURS = (None, 6, 5, 3)
SPAN = (-4, 4)
DRAWN = {"keras training": "it draws other numbers: test_image_against_keras.py gives both the same"}
REFUSED = {"keras config": "Keras writes `f` as (-f, f), which its own constructor refuses"}
FORGOTTEN = {"keras config": "Keras forgets the seed"}
WHOLE_BATCH = "Keras counts over the batch: test_image_against_keras.py compares one image"
NO_MODEL = {
    **dict.fromkeys(("keras", "keras training", "keras gradients", "keras masks"), WHOLE_BATCH),
    "keras file": "Keras can't put it into a functional model: it finds a cycle",
}
RAISES = DRAWN | dict.fromkeys(
    ("keras", "keras gradients", "keras masks", "keras file"), "Keras raises for channels first"
)
RESIZES = DRAWN | dict.fromkeys(
    ("keras", "keras gradients", "keras masks", "keras file"), "Keras leaves the images their size while predicting"
)
HALF_SCALED = {"keras training": "Keras scales the upper end of the range only; test_image_against_keras.py"}
SHIFTED = {"keras training": "Keras forgets the lower end of the range of values"}
EAGER = {"keras gradients": "Keras's can't be compiled with boxes"}
EXACT = {"precision": "the images have 16 bits; boxes and labels stay as exact as they were"}
BOXES = {"images": IMAGE, "bounding_boxes": {"boxes": (None, 4, 4), "labels": (None, 4)}}
LABELLED = {"images": IMAGE, "labels": (None, 3)}


def E(make, shapes=IMAGE, **kwargs):
    return Example(make, shapes, fixed=True, **kwargs)


def R(make, shapes=IMAGE, without=DRAWN, **kwargs):
    return Example(make, shapes, without=without, **kwargs)


PLACES = [
    E(lambda L: L.Resizing(3, 4, "bicubic")),
    E(lambda L: L.Resizing(3, 4, crop_to_aspect_ratio=True, data_format="channels_first")),
    E(lambda L: L.Resizing(7, 4, "nearest", pad_to_aspect_ratio=True, fill_value=2.0)),
    E(lambda L: L.CenterCrop(3, 4)),
    E(lambda L: L.CenterCrop(7, 3)),
    E(lambda L: L.CenterCrop(2, 2, "channels_first")),
    E(lambda L: L.RandomRotation((0.1, 0.1), seed=3)),
    E(lambda L: L.RandomRotation((0.3, 0.3), "constant", "nearest", 3, 2.0)),
    E(lambda L: L.RandomRotation((-0.2, -0.2), "wrap", data_format="channels_first")),
    E(lambda L: L.RandomTranslation((0.1, 0.1), (-0.2, -0.2), seed=3)),
    E(lambda L: L.RandomTranslation((0.3, 0.3), (0.3, 0.3), "constant", "nearest")),
    E(lambda L: L.RandomTranslation((0.0, 0.0), (0.4, 0.4), "nearest", data_format="channels_first")),
    E(lambda L: L.RandomZoom((0.1, 0.1), (-0.2, -0.2), seed=3)),
    E(lambda L: L.RandomZoom((0.3, 0.3), (0.3, 0.3), "constant", fill_value=1.0)),
    E(lambda L: L.RandomZoom((-0.3, -0.3), (-0.3, -0.3), "wrap", "nearest")),
    R(lambda L: L.RandomFlip(seed=3)),
    R(lambda L: L.RandomFlip("horizontal")),
    R(lambda L: L.RandomFlip("vertical", 3, "channels_first")),
    R(lambda L: L.RandomShear((0.0, 0.2), (0.1, 0.3), seed=3)),
    R(lambda L: L.RandomShear((0.1, 0.2), 0.0, "nearest", "constant", 1.0)),
    R(lambda L: L.RandomShear(0.0, (0.5, 0.5), fill_mode="wrap", data_format="channels_first")),
    R(lambda L: L.RandomShear(0.2, 0.3), without=DRAWN | REFUSED),
    R(lambda L: L.RandomPerspective(seed=3)),
    R(lambda L: L.RandomPerspective((0.2, 0.8), 0.3, "nearest")),
    R(lambda L: L.RandomPerspective(0.5, fill_value=2.0, seed=3, data_format="channels_first")),
    R(lambda L: L.RandomElasticTransform(value_range=SPAN, seed=3)),
    R(lambda L: L.RandomElasticTransform(0.5, (0.1, 0.4), "nearest", "wrap")),
    R(lambda L: L.RandomElasticTransform((1.0, 1.0), 0.5, data_format="channels_first")),
]
TONES = [
    E(lambda L: L.AutoContrast(SPAN)),
    E(lambda L: L.AutoContrast()),
    E(lambda L: L.AutoContrast((0, 2)), COLOURS),
    E(lambda L: L.Equalization(SPAN), without=NO_MODEL),
    E(lambda L: L.Equalization(SPAN, 20), without=NO_MODEL),
    E(lambda L: L.Equalization((-3, 3), data_format="channels_first"), without=NO_MODEL),
    E(lambda L: L.ContrastLimitedAdaptiveHistogramEqualization(SPAN, 2.0, (2, 2))),
    E(lambda L: L.ContrastLimitedAdaptiveHistogramEqualization(SPAN, 0, (3, 2))),
    E(lambda L: L.ContrastLimitedAdaptiveHistogramEqualization((-5, 5), 1.5, (1, 2), "channels_first")),
    E(lambda L: L.RandomBrightness((0.2, 0.2), SPAN, seed=3)),
    E(lambda L: L.RandomBrightness((-0.5, -0.5), SPAN)),
    E(lambda L: L.RandomBrightness((0.9, 0.9), (0, 1)), COLOURS),
    E(lambda L: L.RandomSaturation((0.4, 0.4), (0, 1), seed=3), COLOURS, positive=True),
    E(lambda L: L.RandomSaturation((0.1, 0.1), (0, 1)), COLOURS, positive=True),
    E(lambda L: L.RandomSaturation((0.3, 0.3), (0, 1), "channels_first"), (None, 3, 4, 5), positive=True),
    E(lambda L: L.RandomColorDegeneration((0.4, 0.4), SPAN, seed=3), COLOURS),
    E(lambda L: L.RandomColorDegeneration((0.9, 0.9), SPAN), COLOURS),
    E(lambda L: L.RandomColorDegeneration((0.2, 0.2), SPAN, "channels_first"), (None, 3, 4, 5)),
    E(lambda L: L.RandomSharpness((0.8, 0.8), SPAN, seed=3)),
    E(lambda L: L.RandomSharpness((0.3, 0.3), SPAN)),
    E(lambda L: L.RandomSharpness((0.5, 0.5), SPAN, "channels_first")),
    E(lambda L: L.RandomGaussianBlur((1.0, 1.0), 3, (0.7, 0.7), SPAN, seed=3)),
    E(lambda L: L.RandomGaussianBlur((1.0, 1.0), (3, 5), (1.0, 1.0), SPAN)),
    E(lambda L: L.RandomGaussianBlur((1.0, 1.0), 5, (0.4, 0.4), SPAN, "channels_first")),
    E(lambda L: L.RandomPosterization((3, 3), SPAN, seed=3)),
    E(lambda L: L.RandomPosterization((6, 6), SPAN)),
    E(lambda L: L.RandomPosterization((1, 1), SPAN, "channels_first")),
    E(lambda L: L.Solarization((0.0, 0.0), (0.0, 0.0), SPAN, seed=3)),
    E(lambda L: L.Solarization((0.1, 0.1), (0.4, 0.4), SPAN), without=HALF_SCALED),
    E(lambda L: L.Solarization((0.0, 0.0), (0.5, 0.5), (0, 2)), COLOURS, without=HALF_SCALED),
    E(lambda L: L.RandomInvert((1.0, 1.0), (-4, 4), seed=3), without=SHIFTED),
    E(lambda L: L.RandomInvert((1.0, 1.0), (0, 1))),
    R(lambda L: L.RandomInvert(0.5, SPAN, data_format="channels_first")),
    E(lambda L: L.RandomGrayscale(1.0), COLOURS),
    E(lambda L: L.RandomGrayscale(1.0, "channels_first"), (None, 3, 4, 5)),
    R(lambda L: L.RandomGrayscale(0.5, seed=3), COLOURS, without=DRAWN | FORGOTTEN),
    R(lambda L: L.RandomContrast(0.4, SPAN, seed=3)),
    R(lambda L: L.RandomContrast((0.1, 0.5), (0, 1))),
    R(lambda L: L.RandomContrast(0.9, SPAN, data_format="channels_first")),
    R(lambda L: L.RandomHue(0.4, SPAN, seed=3), COLOURS),
    R(lambda L: L.RandomHue((0.1, 0.3), SPAN), COLOURS),
    R(lambda L: L.RandomHue(1.0, (0, 1), "channels_first"), (None, 3, 4, 5)),
    R(lambda L: L.RandomColorJitter(SPAN, 0.1, 0.2, 0.3, 0.4, seed=3), COLOURS),
    R(lambda L: L.RandomColorJitter(SPAN, saturation_factor=(0.1, 0.3)), COLOURS),
    R(
        lambda L: L.RandomColorJitter(SPAN, 0.3, hue_factor=0.2, data_format="channels_first"),
        (None, 3, 4, 5),
        without=RAISES,
    ),
]
CHOICES = [
    E(lambda L: L.MaxNumBoundingBoxes(3)),
    E(lambda L: L.MaxNumBoundingBoxes(2, bounding_box_format="xyxy"), BOXES, without=EAGER | EXACT),
    E(lambda L: L.MaxNumBoundingBoxes(6, bounding_box_format="xywh"), BOXES, without=EAGER | EXACT),
    R(lambda L: L.RandomCrop(3, 4, seed=3), without=RESIZES),
    R(lambda L: L.RandomCrop(6, 5, seed=5), without=DRAWN | {"seed": "there is one place only"}),
    R(lambda L: L.RandomCrop(2, 3, 3, "channels_first"), without=RESIZES),
    R(lambda L: L.RandomErasing(value_range=SPAN, seed=3)),
    R(lambda L: L.RandomErasing(0.5, (0.1, 0.2), 1.0)),
    R(lambda L: L.RandomErasing((1.0, 1.0), 0.5, value_range=SPAN, data_format="channels_first")),
    R(lambda L: L.MixUp(seed=3)),
    R(lambda L: L.MixUp(1.0), LABELLED, without=DRAWN | EXACT),
    R(lambda L: L.MixUp(0.5, "channels_first"), LABELLED, without=DRAWN | EXACT),
    R(lambda L: L.CutMix(seed=3)),
    R(lambda L: L.CutMix((0.5, 1.0)), LABELLED, without=DRAWN | EXACT),
    R(lambda L: L.CutMix(0.3, data_format="channels_first")),
    R(lambda L: L.RandAugment(SPAN, seed=3), COLOURS),
    R(lambda L: L.RandAugment(SPAN, 1, (0.1, 0.3), "nearest"), COLOURS),
    R(lambda L: L.RandAugment((0, 1), 3, 0.8, data_format="channels_first"), (None, 3, 4, 5)),
    R(lambda L: L.AugMix(SPAN, 2, 2, seed=3), COLOURS),
    R(lambda L: L.AugMix(SPAN, 1, 1, 0.5, all_ops=False)),
    R(lambda L: L.AugMix((0, 1), 2, 1, alpha=0.5, data_format="channels_first"), (None, 3, 4, 5)),
]

# The others compile large programs.
QUICK = ("Resizing", "CenterCrop", "RandomBrightness", "RandomFlip", "RandomGrayscale", "MaxNumBoundingBoxes")
EXAMPLES = [dataclasses.replace(e, slow=e.kind not in QUICK) for e in (*PLACES, *TONES, *CHOICES)]
