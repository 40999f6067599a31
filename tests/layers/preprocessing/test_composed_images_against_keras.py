"""Image layers whose random choices are not plain numbers, beside Keras's: the choice is handed over, or vanishes."""

import warnings

import jax
import numpy as np
import pytest

from kerasish import layers
from kerasish.backend import engine

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.slow  # Keras compiles each of its operations

X = np.ascontiguousarray((np.random.default_rng(0).beta(0.7, 1.5, (3, 8, 9, 3)) * 255).astype("float32"))
RAND_AUGMENTS = [{"factor": 0.4}, {"factor": (0.2, 0.3), "interpolation": "nearest"}, {"value_range": (0, 300)}]
NAMES = (
    *("random_shear", "random_translation", "random_rotation", "solarization", "random_posterization"),
    *("auto_contrast", "equalization", "random_brightness", "random_color_degeneration", "random_contrast"),
    "random_sharpness",
)
"""What our layers choose from, in their order, by Keras's names."""


@pytest.fixture(autouse=True)
def keras_promotes():
    with jax.numpy_dtype_promotion("standard"):
        yield


def both(name, arguments):
    return (getattr(module, name)(**arguments, seed=1) for module in (layers, keras.layers))


def as_ours(transformation):
    return jax.tree.map(lambda x: np.asarray(x) if isinstance(x, jax.Array) else x, transformation)


def ours_of(layer, x, drawn):
    with jax.numpy_dtype_promotion("strict"):
        return np.asarray(layer.transform_images(engine.asarray(x), drawn, training=True))


def theirs_of(layer, x, drawn):
    return np.asarray(layer.transform_images(keras.ops.convert_to_tensor(x), drawn, training=True))


@pytest.mark.parametrize("arguments", RAND_AUGMENTS, ids=str)
@pytest.mark.parametrize("chosen", range(len(NAMES)))
def test_each_choice_of_rand_augment_is_that_of_keras_for_what_keras_drew(arguments, chosen):
    ours, theirs = both("RandAugment", arguments | {"num_ops": 1})
    x = X[:1]  # Keras's Equalization counts over the batch
    drawn = theirs.get_random_transformation(x)
    names = list(drawn["transforms"])
    wanted = theirs_of(theirs, x, drawn | {"layer_idxes": keras.ops.convert_to_tensor([names.index(NAMES[chosen])])})
    transforms = [as_ours(drawn["transforms"][name]) or {} for name in NAMES]
    got = ours_of(ours, x, {"layer_idxes": np.array([chosen]), "transforms": transforms})
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=5e-3)


def test_what_rand_augment_chooses_is_made_in_turn():
    ours, theirs = both("RandAugment", {"num_ops": 3, "factor": 0.4})
    drawn = theirs.get_random_transformation(X)
    names = list(drawn["transforms"])
    transforms = [as_ours(drawn["transforms"][name]) or {} for name in NAMES]
    for chosen in ([0, 7, 2], [9, 9, 4], [10, 1, 3]):
        order = keras.ops.convert_to_tensor([names.index(NAMES[index]) for index in chosen])
        wanted = theirs_of(theirs, X, drawn | {"layer_idxes": order})
        got = ours_of(ours, X, {"layer_idxes": np.array(chosen), "transforms": transforms})
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=5e-3)


def aug_mix_as_ours(layer, drawn, count):
    """What Keras drew, as our layer draws it: a table of chains and steps, with a number past the last for nothing."""
    chains, depth = drawn["chain_transforms"], layer.chain_depth
    table = layer.draw((count, *X.shape[1:]), layer.seed_generator) | {
        "layer_idxes": np.full((len(chains), depth), len(layer.choices)),
        "chain_mixing_weights": np.repeat(np.asarray(drawn["chain_mixing_weights"])[:, None], count, axis=1),
        "weight_sample": np.full(count, np.asarray(drawn["weight_sample"])),
    }
    table["transforms"] = jax.tree.map(lambda x: np.array(x), table["transforms"])
    for row, chain in enumerate(chains):
        for place, step in enumerate(chain):
            index = NAMES.index(step["layer_name"])
            table["layer_idxes"][row, place] = index
            for key, values in table["transforms"][index].items():
                values[row, place] = np.asarray(step["transformation"][key]).reshape(values[row, place].shape)
    return table


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("arguments", [{}, {"factor": 0.6, "num_chains": 2, "interpolation": "nearest"}], ids=str)
def test_aug_mix_mixes_the_chains_that_keras_drew(arguments, seed):
    ours, theirs = (m.AugMix(**arguments, seed=seed) for m in (layers, keras.layers))
    x = X[:1]
    drawn = theirs.get_random_transformation(x)
    wanted = theirs_of(theirs, x, drawn)
    got = ours_of(ours, x, aug_mix_as_ours(ours, drawn, len(x)))
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=5e-3)


@pytest.mark.parametrize(
    "arguments",
    [
        {"brightness_factor": (0.2, 0.2)},
        {"saturation_factor": (0.3, 0.3)},
        {"brightness_factor": (-0.3, -0.3), "saturation_factor": (0.1, 0.1)},
    ],
    ids=str,
)
def test_a_jitter_of_one_strength_is_that_of_keras(arguments):
    ours, theirs = both("RandomColorJitter", arguments)
    np.testing.assert_allclose(ours(X, training=True), theirs(X, training=True), rtol=1e-5, atol=5e-3)


JITTER = {"brightness_factor": 0.3, "contrast_factor": (0.1, 0.4), "saturation_factor": (0.1, 0.3), "hue_factor": 0.4}
ELASTIC = {"factor": (1.0, 1.0), "value_range": (-1e6, 1e6), "fill_mode": "nearest"}


def test_a_jitter_of_everything_has_kerass_mean_and_spread():
    image = X[:1]
    means = [[], []]
    for index, layer in enumerate(both("RandomColorJitter", JITTER)):
        out = np.asarray(layer(np.repeat(image, 1500, axis=0), training=True)).astype("float64")
        means[index] = [out.mean((1, 2, 3)), out.std((1, 2, 3)), out[:, 3, 4, 0], out[:, 5, 2, 2]]
    for mine, other in zip(*means, strict=True):
        error = np.hypot(mine.std(), other.std()) / np.sqrt(len(mine))
        assert abs(mine.mean() - other.mean()) < 5 * error
        assert abs(mine.std() - other.std()) < 5 * error  # a standard deviation varies less than a mean


def bends(layer, width, axis):
    """How far the middle of a ramp is bent along an axis, for each image of several calls."""
    places = np.indices((40, width))[axis].astype("float32")
    ramp = np.repeat(places[None, :, :, None], 16, axis=0)
    found = [np.asarray(layer(ramp, training=True)) - ramp for _ in range(8)]
    return np.concatenate(found)[:, 8:-8, 8:-8, 0].astype("float64")


@pytest.mark.parametrize("strength, width, axis", [(0.2, 40, 1), (0.45, 60, 0), (0.6, 40, 1), (1.0, 40, 0)])
def test_elastic_bends_have_kerass_spread_and_smoothness(strength, width, axis):
    arguments = ELASTIC | {"scale": (strength, strength)}
    mine, other = (bends(layer, width, axis) for layer in both("RandomElasticTransform", arguments))
    for of in (
        lambda x: (x**2).mean((1, 2)),
        lambda x: (x[:, 1:] * x[:, :-1]).mean((1, 2)),
        lambda x: (x[:, :, 2:] * x[:, :, :-2]).mean((1, 2)),
        lambda x: (x[:, 5:] * x[:, :-5]).mean((1, 2)),
        lambda x: x.mean((1, 2)),
    ):
        a, b = of(mine), of(other)
        assert abs(a.mean() - b.mean()) < 5 * np.hypot(a.std(), b.std()) / np.sqrt(len(a))


@pytest.mark.parametrize("size", [(3, 4), (8, 9), (1, 9)])
def test_crops_are_those_of_keras_at_the_place_that_keras_drew(size):
    ours, theirs = (m.RandomCrop(*size, seed=1) for m in (layers, keras.layers))
    top, left = (int(x) for x in theirs.get_random_transformation(X))
    wanted = theirs_of(theirs, X, (top, left))
    drawn = {"top": np.full(3, top), "left": np.full(3, left), "input_shape": X.shape}
    np.testing.assert_array_equal(ours_of(ours, X, drawn), wanted)


def test_each_crop_is_a_window_and_every_window_comes():
    layer = layers.RandomCrop(6, 7, seed=1)
    windows = [X[0, top : top + 6, left : left + 7] for top in range(3) for left in range(3)]
    seen = np.zeros(9)
    for crop in np.asarray(layer(np.repeat(X[:1], 900, axis=0), training=True)):
        seen[[(crop == window).all() for window in windows].index(True)] += 1
    assert abs(seen - 100).max() < 5 * np.sqrt(100 * 8 / 9)


@pytest.mark.parametrize("name, arguments", [("MixUp", {}), ("CutMix", {"factor": (1.0, 1.0)})])
def test_labels_are_mixed_as_keras_mixes_them(name, arguments):
    ours, theirs = both(name, arguments)
    labels = np.eye(3, dtype="float32")
    with warnings.catch_warnings(action="ignore"):  # Keras asks for 64 bits
        drawn = theirs.get_random_transformation({"images": keras.ops.convert_to_tensor(X)})
    got = ours.transform_labels(engine.asarray(labels), as_ours(drawn))
    np.testing.assert_allclose(got, theirs.transform_labels(labels, drawn), atol=1e-6)


@pytest.mark.parametrize(
    "name, arguments", [("RandomFlip", {}), ("RandomTranslation", {"height_factor": 0.3, "width_factor": 0.3})]
)
def test_boxes_move_as_in_keras(name, arguments):
    # Keras 3.15.1 moves boxes by other lengths than images when zoomed, sheared, cropped or seen from a side; ours follow
    # the pixels: test_image_layers.py.
    ours, theirs = both(name, arguments | {"bounding_box_format": "xyxy"})
    boxes = {"boxes": [[[1, 1, 5, 6], [2, 3, 8, 7]]] * 3, "labels": [[0, 1]] * 3}
    boxes = {key: np.array(value, "float32") for key, value in boxes.items()}
    drawn = theirs.get_random_transformation(X)
    wanted = theirs.transform_bounding_boxes(jax.tree.map(keras.ops.convert_to_tensor, boxes), drawn, training=True)
    got = ours.transform_bounding_boxes(jax.tree.map(engine.asarray, boxes), as_ours(drawn), training=True)
    for key, value in wanted.items():
        np.testing.assert_allclose(got[key], value, atol=1e-4)
