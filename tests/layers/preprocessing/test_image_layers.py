"""Image layers: what is drawn, what moves with the images, which data they take, and what they refuse."""

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.core.random import SeedGenerator
from kerasish.layers.preprocessing.image.base import BaseImagePreprocessingLayer
from tests.conftest import IS_NUMPY

X = np.random.default_rng(0).uniform(0, 255, (4, 6, 7, 3)).astype("float32")

# What is drawn -------------------------------------------------------------------------------------------------------
# Name, arguments, what is drawn, least, greatest, mean, standard deviation of one number. Uniform over [a, b): (a + b) / 2
# and (b - a) / sqrt(12). Keras 3.15.1 gives the same for 20,000 images.
DRAWN = [
    ("RandomBrightness", (0.3,), "rgb_delta", -76.5, 76.5, 0, 44.2),
    ("RandomContrast", ((0.2, 0.7),), "contrast_factor", 0.8, 1.7, 1.25, 0.26),
    ("RandomHue", ((0.1, 0.3),), "factor", -0.15, 0.15, 0, 0.1041),
    ("RandomSaturation", ((0.4, 0.6),), "factor", 0.6667, 1.5, 1.027, 0.238),
    ("RandomSharpness", (0.3,), "factor", 0, 0.3, 0.15, 0.0866),
    ("RandomColorDegeneration", (0.3,), "factor", -0.3, 0.3, 0, 0.1732),
    ("RandomPosterization", ((2, 6),), "shift_factor", 3, 6, 4.5, 1.118),
    ("Solarization", ((0.1, 0.2),), "additions", 25.5, 51, 38.25, 7.361),
    ("RandomRotation", ((0.1, 0.3),), "angle", 36, 108, 72, 20.8),
    ("RandomTranslation", (0.2, (0.1, 0.3)), "translations", -0.8, 1.2, 0.4, 0.5416),  # of 4 pixels, both axes together
    ("RandomZoom", ((-0.5, -0.1),), "height_zoom", 0.5, 0.9, 0.7, 0.1155),
    ("RandomShear", ((0.1, 0.3), (0.1, 0.3)), "shear_factor", -0.3, 0.3, 0, 0.2082),
    ("RandomPerspective", ((0.5, 0.5),), "apply_perspective", 0, 1, 0.5, 0.5),
    ("RandomPerspective", (0.5,), "apply_perspective", 0, 1, 0.25, 0.433),
    ("RandomInvert", (0.4,), "apply_inversion", 0, 1, 0.2, 0.4),
    ("RandomGaussianBlur", (0.5, 3, (0.5, 2.0)), "blur_factor", 0.5, 2, 1.25, 0.433),
    ("RandomErasing", (0.5,), "apply_erasing", 0, 1, 0.25, 0.433),
    ("RandomErasing", (), "fill_value", 0, 255, 80.5, 101.5),
    ("RandomFlip", (), "flips", 0, 1, 0.5, 0.5),
    ("MixUp", (0.2,), "mix_weight", 0, 1, 0.5, 0.4226),  # 1 / (2 sqrt(2 alpha + 1))
]


@pytest.mark.parametrize("name, arguments, key, low, high, mean, spread", DRAWN, ids=[r[0] + r[2] for r in DRAWN])
def test_random_numbers_have_their_distribution(name, arguments, key, low, high, mean, spread):
    drawn = getattr(layers, name)(*arguments, seed=3).draw((20000, 4, 4, 1), SeedGenerator(5))
    values = np.asarray(drawn[key]).astype("float64")
    assert low - 1e-4 <= values.min() and values.max() <= high + 1e-4
    assert abs(values.mean() - mean) < 0.03 * (high - low) and abs(values.std() - spread) < 0.03 * (high - low)
    rows = values.reshape(20000, -1)
    assert len(np.unique(rows[:, 0])) > 1  # each image for itself


def test_erased_rectangles_have_the_area_and_lie_anywhere():
    drawn = layers.RandomErasing(scale=(0.25, 0.25)).draw((3000, 20, 30, 1), SeedGenerator(1))
    masks = np.asarray(drawn["batch_masks"])[..., 0]
    assert abs(masks.mean() - 0.25) < 0.01
    rows, columns = masks.any(2), masks.any(1)
    assert (rows.sum(1) == 10).all() and (columns.sum(1) == 15).all()
    assert abs(rows[:, 0].mean() - rows[:, -1].mean()) < 0.03 and rows[:, 0].mean() > 0.02


def test_cutmix_weighs_labels_by_the_pixels_that_stay():
    layer = layers.CutMix((1.0, 1.0), seed=2)
    drawn = layer.draw((3000, 30, 40, 1), SeedGenerator(1))
    masks, weights = np.asarray(drawn["batch_masks"]), np.ravel(drawn["mix_weight"])
    np.testing.assert_allclose(weights, 1 - masks.mean((1, 2, 3)), atol=1e-6)
    assert abs(weights.mean() - 0.5) < 0.03 and abs(weights.std() - 0.2887) < 0.03  # Beta(1, 1) is uniform


@pytest.mark.parametrize("name", ["RandomFlip", "RandAugment", "RandomErasing", "MixUp"])
def test_a_seed_repeats_the_images_which_differ_from_call_to_call(name):
    first, second = (getattr(layers, name)(seed=7) for _ in range(2))
    calls = [np.asarray(first(X)) for _ in range(6)]
    np.testing.assert_array_equal(np.asarray(second(X)), calls[0])
    assert any((call != calls[0]).any() for call in calls[1:])
    np.testing.assert_array_equal(np.asarray(first(X, training=False)), X)


# What moves with the images --------------------------------------------------------------------------------------------
MOVING = [
    ("RandomFlip", {}),
    ("RandomFlip", {"mode": "horizontal"}),
    ("RandomCrop", {"height": 25, "width": 30}),
    ("CenterCrop", {"height": 30, "width": 30}),
    ("Resizing", {"height": 50, "width": 33}),
    ("Resizing", {"height": 50, "width": 33, "crop_to_aspect_ratio": True}),
    ("Resizing", {"height": 50, "width": 33, "pad_to_aspect_ratio": True}),
    ("RandomTranslation", {"height_factor": 0.3, "width_factor": 0.3}),
    ("RandomZoom", {"height_factor": 0.3, "width_factor": 0.3}),
    ("RandomShear", {"x_factor": 0.2, "y_factor": 0.2}),
    ("RandomPerspective", {"scale": 0.3}),
    ("RandomElasticTransform", {"scale": 0.5}),
    ("RandomRotation", {"factor": (0.25, 0.25)}),
]
BOX = (12, 9, 27, 21)  # left, top, right, bottom, in an image of 40 times 36 pixels


def scene(count, box=BOX, size=(36, 40)):
    image = np.zeros((count, *size, 1), "float32")
    left, top, right, bottom = box
    image[:, top:bottom, left:right] = 200
    return image


@pytest.mark.parametrize("name, arguments", MOVING, ids=[f"{n}-{i}" for i, (n, _) in enumerate(MOVING)])
def test_boxes_and_masks_follow_the_pixels(name, arguments):
    fill = {} if name in ("RandomFlip", "RandomCrop", "CenterCrop", "Resizing", "RandomPerspective") else {"c": 1}
    arguments = arguments | ({"fill_mode": "constant"} if fill else {}) | {"bounding_box_format": "xyxy"}
    layer = getattr(layers, name)(**arguments)
    images, count = scene(3), 3
    boxes = {"boxes": np.array([[BOX, (-1, -1, -1, -1)]] * count, "float32"), "labels": np.array([[5, -1]] * count)}
    out = layer({"images": images, "bounding_boxes": boxes, "segmentation_masks": (images > 0).astype("int32")})
    found, labels = np.asarray(out["bounding_boxes"]["boxes"]), np.asarray(out["bounding_boxes"]["labels"])
    bright, masks = np.asarray(out["images"])[..., 0] > 100, np.asarray(out["segmentation_masks"])[..., 0]
    assert masks.dtype == np.int32 and set(np.unique(masks)) <= {0, 1}
    assert (bright != (masks > 0)).mean() < 0.02
    assert (labels == [[5, -1]] * count).all()
    np.testing.assert_array_equal(found[:, 1], np.full((count, 4), -1))  # what is no box stays as it is
    for box, pixels in zip(found[:, 0], bright, strict=True):
        rows, columns = np.flatnonzero(pixels.any(1)), np.flatnonzero(pixels.any(0))
        seen = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
        np.testing.assert_allclose(box, seen, atol=1.01 if "Elastic" in name or "Shear" in name else 0.76)


def test_a_box_that_leaves_the_image_gets_the_label_of_none():
    layer = layers.RandomTranslation((0, 0), (0.5, 0.5), bounding_box_format="rel_xywh")
    boxes = {"boxes": np.array([[[0.6, 0.1, 0.3, 0.3], [0.4, 0.1, 0.3, 0.3]]], "float32"), "labels": np.array([[1, 2]])}
    out = layer({"images": X[:1], "bounding_boxes": boxes})["bounding_boxes"]
    assert np.asarray(out["labels"]).tolist() == [[-1, 2]]
    np.testing.assert_allclose(np.asarray(out["boxes"])[0, 1], [0.9, 0.1, 0.1, 0.3], atol=1e-6)


def test_boxes_keep_32_bits_where_images_have_16():
    layer = layers.RandomFlip("horizontal", seed=1, dtype="mixed_bfloat16", bounding_box_format="xyxy")
    boxes = {"boxes": np.array([[[301.0, 1, 333, 5]]] * 4, "float32"), "labels": np.zeros((4, 1), "int32")}
    out = layer({"images": np.zeros((4, 6, 511, 1), "float32"), "bounding_boxes": boxes})
    assert str(out["images"].dtype) == "bfloat16"
    assert set(np.asarray(out["bounding_boxes"]["boxes"])[:, 0, 0]) <= {301.0, 178.0}


def test_mixup_mixes_labels_and_joins_boxes():
    layer = layers.MixUp(1.0, seed=1, bounding_box_format="xyxy")
    boxes = {"boxes": np.arange(16, dtype="float32").reshape(4, 1, 4), "labels": np.arange(4).reshape(4, 1)}
    data = {"images": X, "labels": np.eye(4, dtype="int32"), "bounding_boxes": boxes}
    out = layer(data)
    labels, found = np.asarray(out["labels"]), np.asarray(out["bounding_boxes"]["labels"])
    np.testing.assert_allclose(labels.sum(1), 1, rtol=1e-6)
    assert found.shape == (4, 2) and (found[:, 0] == np.arange(4)).all()
    weight, other = labels[np.arange(4), np.arange(4)], found[:, 1]
    mixed = [w * X[i] + (1 - w) * X[j] if i != j else X[i] for i, (w, j) in enumerate(zip(weight, other, strict=True))]
    np.testing.assert_allclose(out["images"], mixed, rtol=1e-4, atol=1e-3)
    with pytest.raises(ValueError, match="one-hot vectors"):
        layer({"images": X, "labels": np.arange(4)})


@pytest.mark.parametrize("name", ["AutoContrast", "Equalization", "ContrastLimitedAdaptiveHistogramEqualization"])
def test_an_image_of_one_value_has_no_nan(name):
    assert np.isfinite(np.asarray(getattr(layers, name)()(np.full((1, 8, 8, 1), 9, "float32"), training=True))).all()


# Data -------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name, wanted", [("RandomBrightness", [15, 30, 255]), ("Solarization", [10, 25, 5])])
def test_integers_are_rounded_not_wrapped(name, wanted):
    layer = (
        layers.RandomBrightness((0.02, 0.02)) if name == "RandomBrightness" else layers.Solarization(0.0, (0.5, 0.5))
    )
    out = layer(np.array([[[10], [25], [250]]], "uint8"))
    assert str(out.dtype) == ("uint8" if name == "RandomBrightness" else "float32")
    assert np.asarray(out).ravel().tolist() == wanted


def test_one_image_in_a_dict_keeps_its_rank_and_other_entries_pass():
    layer = layers.CenterCrop(2, 3, bounding_box_format="xyxy")
    boxes = {"boxes": np.array([[1, 1, 6, 6]], "float32"), "labels": np.array([3])}
    data = {"images": X[0], "labels": np.array([1, 0]), "bounding_boxes": boxes, "other": np.zeros(9)}
    out = layer(data | {"segmentation_masks": np.ones((6, 7), "uint8")})
    assert out["images"].shape == (2, 3, 3) and out["segmentation_masks"].shape == (2, 3)
    assert out["bounding_boxes"]["boxes"].shape == (1, 4) and out["other"].shape == (9,)
    assert out["labels"].tolist() == [1, 0]


def test_boxes_are_cut_or_filled_to_a_number():
    boxes = {"boxes": np.arange(24, dtype="float32").reshape(2, 3, 4), "labels": np.arange(6).reshape(2, 3)}
    few, many = (
        layers.MaxNumBoundingBoxes(n, bounding_box_format="xyxy")({"images": X[:2], "bounding_boxes": boxes})
        for n in (2, 4)
    )
    assert np.asarray(few["bounding_boxes"]["labels"]).tolist() == [[0, 1], [3, 4]]
    assert np.asarray(many["bounding_boxes"]["labels"]).tolist() == [[0, 1, 2, -1], [3, 4, 5, -1]]
    assert (np.asarray(many["bounding_boxes"]["boxes"])[:, 3] == -1).all()


REFUSED = [
    (np.zeros((3, 4)), "takes an array of one image"),
    ((X, np.zeros(4)), "got a tuple"),
    ({"labels": np.zeros(4)}, "the key 'images'"),
    ({"images": X, "bounding_boxes": np.zeros((4, 1, 4))}, "a dict of 'boxes' and 'labels'"),
    ({"images": X, "bounding_boxes": {"boxes": np.zeros((4, 1, 4)), "labels": np.zeros((4, 1))}}, "their format"),
]


@pytest.mark.parametrize("data, message", REFUSED, ids=[m for _, m in REFUSED])
def test_other_data_are_refused(data, message):
    with pytest.raises(ValueError, match=message):
        layers.RandomFlip()(data)


WRONG = [
    ("RandomRotation", (2.0,), "at least -1 and at most 1; got 2.0"),
    ("RandomRotation", ((0.1, 0.2, 0.3),), "a range of two numbers"),
    ("RandomRotation", (0.1, "mirror"), "fill_mode must be one of"),
    ("RandomRotation", (0.1, "wrap", "cubic"), "interpolation must be one of"),
    ("RandomZoom", (-1.0,), "above -1"),
    ("RandomShear", (-0.2,), "x_factor must be a number"),
    ("RandomContrast", (1.5,), "at least 0 and at most 1"),
    ("RandomHue", (-0.1,), "at least 0"),
    ("RandomPosterization", (9,), "at most 8"),
    ("RandomBrightness", (0.1, (3, 3)), "value_range must be"),
    ("RandomBrightness", (0.1, 255), "value_range must be"),
    ("RandomGrayscale", (1.5,), "at most 1"),
    ("RandomGaussianBlur", (0.5, 4), "must be odd"),
    ("RandomGaussianBlur", (0.5, 3, 2.0), "sigma must be a number"),
    ("RandomPerspective", (0.5, 2.0), "scale must be at least 0"),
    ("RandomErasing", (0.5, 2.0), "scale must be a number"),
    ("RandomFlip", ("both",), "mode must be one of"),
    ("RandomCrop", (0, 3), "height must be a positive integer"),
    ("Resizing", (3, 3, "area"), "interpolation must be one of"),
    ("Resizing", (3, 3, "nearest", True, True), "got both"),
    ("MixUp", (0,), "above 0"),
    ("AugMix", ((0, 255), 3, 3, 0.3, -1.0), "alpha must be a number above 0"),
    ("RandAugment", ((0, 255), 0), "num_ops must be a positive integer"),
    ("Equalization", ((0, 255), 0), "bins must be a positive integer"),
    ("ContrastLimitedAdaptiveHistogramEqualization", ((0, 255), -1), "clip_limit must be"),
    ("MaxNumBoundingBoxes", (0,), "max_number must be a positive integer"),
]


@pytest.mark.parametrize("name, arguments, message", WRONG, ids=[f"{r[0]}-{i}" for i, r in enumerate(WRONG)])
def test_wrong_arguments_are_refused(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(layers, name)(*arguments)


def test_an_unknown_format_of_boxes_is_refused():
    with pytest.raises(ValueError, match="RandomFlip's bounding_box_format must be"):
        layers.RandomFlip(bounding_box_format="corners")


def test_cutmix_refuses_boxes():
    boxes = {"boxes": np.zeros((4, 1, 4), "float32"), "labels": np.zeros((4, 1), "int32")}
    with pytest.raises(NotImplementedError, match="does not support bounding boxes"):
        layers.CutMix(bounding_box_format="xyxy")({"images": X, "bounding_boxes": boxes})


class Shifted(BaseImagePreprocessingLayer):
    """A layer of a user, with Keras's methods."""

    def get_random_transformation(self, data, training=True, seed=None):
        return {"by": 3.0} if training else None

    def transform_images(self, images, transformation, training=True):
        return images + transformation["by"] if training else images

    def transform_labels(self, labels, transformation, training=True):
        return labels * 2


def test_users_write_layers_with_kerass_methods():
    layer = Shifted(factor=0.2, bounding_box_format="xyxy")
    out = layer({"images": X, "labels": np.ones(4, "float32")})
    np.testing.assert_allclose(out["images"], X + 3)
    assert out["labels"].tolist() == [2, 2, 2, 2]
    assert layer.get_config()["factor"] == (-0.2, 0.2)
    with pytest.raises(NotImplementedError, match="what becomes of segmentation masks"):
        layer({"images": X, "segmentation_masks": X[..., :1]})


TRAINED = [
    [("RandomFlip", {}), ("RandomCrop", {"height": 5, "width": 6}), ("RandomRotation", {"factor": 0.1})],
    pytest.param([("RandAugment", {"num_ops": 3}), ("RandomElasticTransform", {})], marks=pytest.mark.slow),
    pytest.param([("AugMix", {"num_chains": 2}), ("RandomPerspective", {})], marks=pytest.mark.slow),
    pytest.param([("RandomColorJitter", {"hue_factor": 0.1}), ("RandomGaussianBlur", {})], marks=pytest.mark.slow),
]


@pytest.mark.skipif(IS_NUMPY, reason="trains")
@pytest.mark.parametrize("steps", TRAINED, ids=lambda steps: steps[0][0])
def test_augmentation_trains_inside_a_model_and_rests_while_predicting(steps):
    varying = [getattr(layers, name)(seed=1, **arguments) for name, arguments in steps]
    body = [layers.Conv2D(3, 1), *varying, layers.Flatten(), layers.Dense(2)]
    model = kerasish.Sequential([kerasish.Input((6, 7, 3)), *body])
    model.compile("sgd", kerasish.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = model.layers[0].get_weights()
    history = model.fit(X / 255, np.array([0, 1, 0, 1]), batch_size=2, epochs=2, verbose=0).history["loss"]
    assert np.isfinite(history).all()
    after = model.layers[0].get_weights()
    assert any((a != b).any() for a, b in zip(before, after, strict=True))  # gradients come through
    assert all(np.isfinite(a).all() for a in after)
    np.testing.assert_array_equal(model.predict(X / 255, verbose=0), model.predict(X / 255, verbose=0))
