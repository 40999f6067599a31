"""Image layers beside Keras's: the same numbers for the transformation that Keras drew, and the same configs."""

import json

import jax
import numpy as np
import pytest

from kerasish import layers
from kerasish.backend import engine

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.slow  # Keras compiles each of its operations

ONE = (1.0, 1.0)
WARPS = [
    ("RandomRotation", {"factor": (0.07, 0.07)}),
    ("RandomRotation", {"factor": (-0.6, 0.9), "interpolation": "nearest", "fill_mode": "wrap"}),
    ("RandomRotation", {"factor": 0.3, "fill_mode": "constant", "fill_value": 7.0, "data_format": "channels_first"}),
    ("RandomTranslation", {"height_factor": (0.13, 0.13), "width_factor": (-0.22, -0.22)}),
    ("RandomTranslation", {"height_factor": 0.3, "width_factor": 0.3, "fill_mode": "nearest"}),
    ("RandomZoom", {"height_factor": (0.3, 0.3), "width_factor": (-0.3, -0.3)}),
    ("RandomZoom", {"height_factor": 0.4, "fill_mode": "constant"}),
    ("RandomShear", {"x_factor": (0.2, 0.2), "y_factor": (0.1, 0.3)}),
    ("RandomPerspective", {"factor": ONE, "scale": 0.4}),
    ("RandomPerspective", {"factor": (0.5, 0.5), "interpolation": "nearest", "fill_value": 3.0}),
    ("RandomPerspective", {"factor": ONE, "scale": 0.1, "data_format": "channels_first"}),
    ("RandomShear", {"x_factor": (0.3, 0.3), "interpolation": "nearest", "fill_mode": "wrap"}),
    (
        "RandomShear",
        {"y_factor": (0.1, 0.4), "fill_mode": "constant", "fill_value": 2.0, "data_format": "channels_first"},
    ),
]
TONES = [
    ("RandomFlip", {"mode": "horizontal"}),
    ("RandomFlip", {"mode": "vertical", "data_format": "channels_first"}),
    ("RandomFlip", {}),
    ("RandomBrightness", {"factor": (0.2, 0.2)}),
    ("RandomBrightness", {"factor": 0.7, "value_range": (0, 200)}),
    ("RandomContrast", {"factor": (0.9, 0.9)}),
    ("RandomContrast", {"factor": (0.1, 0.5), "data_format": "channels_first"}),
    ("RandomHue", {"factor": (0.6, 0.6)}),
    ("RandomHue", {"factor": 0.9, "data_format": "channels_first"}),
    ("RandomSaturation", {"factor": (0.3, 0.3)}),  # above 0.5, Keras's colours leave the range of values
    ("RandomSaturation", {"factor": 0.4, "value_range": (0, 300)}),
    ("RandomSharpness", {"factor": (0.8, 0.8)}),
    ("RandomSharpness", {"factor": 0.3, "data_format": "channels_first"}),
    ("RandomGaussianBlur", {"factor": ONE, "kernel_size": (3, 5), "sigma": (0.4, 1.7)}),
    ("RandomGaussianBlur", {"factor": (0.5, 0.5), "sigma": 0.8, "data_format": "channels_first"}),
    ("RandomGrayscale", {"factor": 0.5}),
    ("RandomInvert", {"factor": (0.5, 0.5)}),
    ("RandomPosterization", {"factor": (2, 6)}),
    ("RandomPosterization", {"factor": 8, "data_format": "channels_first"}),
    ("RandomColorDegeneration", {"factor": (0.3, 0.3)}),
    ("RandomColorDegeneration", {"factor": 0.9, "data_format": "channels_first"}),
    ("RandomErasing", {"factor": ONE, "fill_value": 9.0}),
    ("RandomErasing", {"factor": (0.5, 0.5), "scale": 0.9}),
    ("Solarization", {"addition_factor": (0.1, 0.1), "threshold_factor": (0.5, 0.5)}),
    ("Solarization", {"addition_factor": 0.4, "threshold_factor": 0.9, "value_range": (-10, 260)}),
    ("MixUp", {"alpha": 1.0}),
    ("MixUp", {"data_format": "channels_first"}),
    ("CutMix", {"factor": ONE}),
    ("CutMix", {"factor": (0.3, 0.8)}),
    ("CutMix", {"factor": (0.6, 0.6)}),
    ("RandomContrast", {"factor": (0.5, 0.5), "value_range": (0, 300)}),
    ("RandomHue", {"factor": (0.1, 0.4), "value_range": (0, 300)}),
    ("RandomSaturation", {"factor": (0.2, 0.5), "data_format": "channels_first"}),
    ("RandomGaussianBlur", {"factor": ONE, "kernel_size": 5, "sigma": (1.0, 1.0)}),
    ("RandomGrayscale", {"factor": 1.0}),
    ("RandomGrayscale", {"factor": 0.3, "data_format": "channels_first"}),
    ("RandomInvert", {"factor": ONE, "value_range": (0, 300)}),
    ("RandomInvert", {"factor": 0.4, "data_format": "channels_first"}),
    ("RandomPosterization", {"factor": (4, 4), "value_range": (0, 300)}),
    ("RandomErasing", {"factor": ONE, "scale": (0.1, 0.4), "value_range": (0, 300)}),
]
FIXED = [
    ("Resizing", {"height": 5, "width": 4}),
    ("Resizing", {"height": 12, "width": 7, "interpolation": "bicubic", "antialias": True}),
    ("Resizing", {"height": 4, "width": 9, "crop_to_aspect_ratio": True, "data_format": "channels_first"}),
    ("Resizing", {"height": 4, "width": 9, "pad_to_aspect_ratio": True, "fill_value": 5.0}),
    ("Resizing", {"height": 4, "width": 9, "interpolation": "nearest"}),
    ("CenterCrop", {"height": 4, "width": 5}),
    ("CenterCrop", {"height": 3, "width": 12, "data_format": "channels_first"}),
    ("AutoContrast", {}),
    ("AutoContrast", {"value_range": (-10, 300)}),
    ("Equalization", {}),
    ("Equalization", {"bins": 20, "value_range": (0, 300), "data_format": "channels_first"}),
    ("Equalization", {"bins": 64}),
    ("ContrastLimitedAdaptiveHistogramEqualization", {}),
    (
        "ContrastLimitedAdaptiveHistogramEqualization",
        {"clip_limit": 1.5, "tile_grid_size": (2, 3), "data_format": "channels_first"},
    ),
    ("ContrastLimitedAdaptiveHistogramEqualization", {"clip_limit": 0, "tile_grid_size": (3, 2)}),
]
OTHERS = [
    ("RandomCrop", {"height": 4, "width": 5, "seed": 3}),
    ("RandomElasticTransform", {"factor": ONE, "scale": 0.5}),
    ("RandomColorJitter", {"brightness_factor": 0.2, "contrast_factor": (0.1, 0.2), "hue_factor": 0.1}),
    ("RandAugment", {"num_ops": 3, "factor": (0.1, 0.4), "seed": 2}),
    ("AugMix", {"num_chains": 2, "factor": 0.2, "all_ops": False, "seed": 2}),
    ("RandomCrop", {"height": 2, "width": 3, "data_format": "channels_first", "seed": 3}),
    ("RandomCrop", {"height": 9, "width": 12, "seed": 3}),
    ("RandomElasticTransform", {"factor": 0.3, "interpolation": "nearest", "fill_mode": "wrap"}),
    ("RandomElasticTransform", {"fill_value": 2.0, "value_range": (0, 1), "data_format": "channels_first"}),
    ("RandomColorJitter", {"value_range": (0, 1), "saturation_factor": 0.3}),
    ("RandomColorJitter", {"saturation_factor": (0.2, 0.3), "data_format": "channels_first", "seed": 5}),
    ("RandAugment", {"value_range": (0, 1), "num_ops": 1}),
    ("RandAugment", {"factor": 0.7, "interpolation": "nearest", "data_format": "channels_first"}),
    ("AugMix", {"chain_depth": 2, "alpha": 0.5}),
    ("AugMix", {"value_range": (0, 1), "interpolation": "nearest", "data_format": "channels_first"}),
    ("MaxNumBoundingBoxes", {"max_number": 3}),
    ("MaxNumBoundingBoxes", {"max_number": 1, "bounding_box_format": "xywh"}),
    ("MixUp", {"seed": 4, "bounding_box_format": "xywh"}),
]


def named(rows):
    return pytest.mark.parametrize("name, arguments", rows, ids=[f"{n}-{i}" for i, (n, _) in enumerate(rows)])


def images(arguments, batch=3, dtype="float32"):
    random = np.random.default_rng(0)
    x = random.beta(0.7, 1.5, (batch, 8, 9, 3)) * 255
    x = x.transpose(0, 3, 1, 2) if arguments.get("data_format") == "channels_first" else x
    return np.ascontiguousarray(x.astype(dtype))


def both(name, arguments):
    return (getattr(module, name)(**arguments) for module in (layers, keras.layers))


def as_ours(transformation):
    """Keras's transformation, as arrays of NumPy."""
    return jax.tree.map(lambda x: np.asarray(x) if isinstance(x, jax.Array) else x, transformation)


@pytest.fixture(autouse=True)
def keras_promotes():
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype int64")
@named(WARPS + TONES)
def test_images_are_kerass_for_what_keras_drew(name, arguments):
    ours, theirs = both(name, arguments | {"seed": 1})
    x = images(arguments)
    drawn = theirs.get_random_transformation({"images": keras.ops.convert_to_tensor(x)} if "Mix" in name else x)
    wanted = np.asarray(theirs.transform_images(keras.ops.convert_to_tensor(x), drawn, training=True))
    with jax.numpy_dtype_promotion("strict"):
        got = ours.transform_images(engine.asarray(x), as_ours(drawn), training=True)
    assert got.dtype == wanted.dtype
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=2e-3)


@named(FIXED)
def test_layers_without_chance_give_kerass_images(name, arguments):
    ours, theirs = both(name, arguments)
    x = images(arguments, batch=1)  # Keras's Equalization counts over the batch
    wanted = np.asarray(theirs(x, training=True))
    with jax.numpy_dtype_promotion("strict"):
        np.testing.assert_allclose(ours(x, training=True), wanted, rtol=1e-5, atol=2e-4)
        predicted = ours(x, training=False)
    np.testing.assert_allclose(predicted, np.asarray(theirs(x, training=False)), rtol=1e-5, atol=2e-4)


@named(WARPS + TONES + FIXED + OTHERS)
def test_configs_have_kerass_keys_and_values(name, arguments):
    keras.utils.clear_session(free_memory=False)
    ours, theirs = (json.loads(json.dumps(layer.get_config())) for layer in both(name, arguments))
    assert ours == theirs
    twin = getattr(layers, name).from_config(theirs)
    assert json.loads(json.dumps(twin.get_config())) == theirs
