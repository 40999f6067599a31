"""Every layer of the table beside Keras's, with the same weights; and what only differs in special cases."""

import dataclasses
import functools
import inspect
import json

import jax
import numpy as np
import pytest

from kerasish import layers
from kerasish.backend import engine
from kerasish.core.context import masks
from kerasish.core.random import SeedGenerator
from tests.laws.examples import all_of, one_of_each, under
from tests.laws.examples_wrapping import KNOWN_TO_KERAS

keras = pytest.importorskip("keras")
for known in KNOWN_TO_KERAS:
    keras.saving.register_keras_serializable("laws")(known)


def with_same_weights(example, ours, theirs, x):
    """Call both once, so that they are built, and give both the same weights."""
    example.call(ours, x), example.call(theirs, x)
    weights = [np.random.default_rng(i).uniform(0.5, 1.5, v.shape) for i, v in enumerate(ours.weights)]
    weights = [w.astype(str(v.dtype)) for w, v in zip(weights, ours.weights, strict=True)]
    ours.set_weights(weights)
    theirs.set_weights(weights)


def keras_call(layer, *args, **kwargs):
    with jax.numpy_dtype_promotion("standard"):
        return layer(*args, **kwargs)


BY_DEFAULT = ("Dense", "Embedding", "Masking", "LSTM", "Bidirectional", "MultiHeadAttention", "Attention", "Add")


def is_random(layer):
    return any(isinstance(found, SeedGenerator) for _, found in layer.stateful_objects())


@pytest.mark.filterwarnings("ignore:`fft_length` is recommended", "ignore:Explicitly requested dtype int64")
@one_of_each(under("keras"))
def test_outputs_and_paths_of_weights_are_those_of_keras(example):
    keras.utils.clear_session(free_memory=False)
    ours, theirs, x = example.make(layers), example.make(keras.layers), example.inputs(3)
    with jax.numpy_dtype_promotion("standard"):
        with_same_weights(example, ours, theirs, x)
    if "keras paths" not in example.without:
        assert [v.path for v in ours.weights] == [v.path for v in theirs.weights]
    assert [v.trainable for v in ours.weights] == [v.trainable for v in theirs.weights]
    drawn = "keras training" in example.without or (is_random(ours) and not example.fixed)
    for training in (False,) if drawn else (False, True):
        wanted = example.call(functools.partial(keras_call, theirs), x, training=training)
        found = example.call(ours, x, training=training)
        for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    for one, other in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(one.numpy(), np.asarray(other), rtol=1e-4, atol=1e-5, err_msg=one.path)


def maskable(example):
    """Whether its inputs may have a mask: sequences and images of floats, and ids."""
    shapes = jax.tree.leaves(example.over(lambda shape: shape), is_leaf=lambda x: isinstance(x, tuple))
    return not example.words and not isinstance(example.shapes, dict) and (example.ids or min(map(len, shapes)) > 2)


MASKED = [e for e in under("keras masks") if maskable(e)]


@pytest.mark.filterwarnings("ignore:`fft_length` is recommended", "ignore:Explicitly requested dtype int64")
@pytest.mark.filterwarnings("ignore:Layer .* mask")
@one_of_each(
    [e for e in MASKED if e.kind in BY_DEFAULT]
    + [dataclasses.replace(e, slow=True) for e in MASKED if e.kind not in BY_DEFAULT]
)
def test_masks_go_on_as_in_keras(example):
    ours, theirs, x = example.make(layers), example.make(keras.layers), example.inputs(3)
    with jax.numpy_dtype_promotion("standard"):
        with_same_weights(example, ours, theirs, x)

    def with_mask(leaf, to_array, attach):
        leaf = to_array(leaf)
        if not example.ids:
            seen = np.random.default_rng(leaf.shape[1]).uniform(size=leaf.shape[:2]) < 0.7
            attach(leaf, np.asarray(seen | (np.arange(leaf.shape[1]) == 0)))
        return leaf

    mine = jax.tree.map(lambda a: with_mask(a, engine.asarray, lambda t, m: masks.set(t, engine.asarray(m))), x)
    for_keras = jax.tree.map(
        lambda a: with_mask(a, keras.ops.convert_to_tensor, lambda t, m: setattr(t, "_keras_mask", m)), x
    )
    got = example.call(ours, mine, training=False)
    wanted = example.call(functools.partial(keras_call, theirs), for_keras, training=False)
    for one, other in zip(jax.tree.leaves(got), jax.tree.leaves(wanted), strict=True):
        mask, expected = masks.get(one), getattr(other, "_keras_mask", None)
        assert (mask is None) == (expected is None)
        seen = slice(None)
        if mask is not None:
            np.testing.assert_array_equal(np.asarray(mask), np.asarray(expected))
            seen = np.asarray(mask)
        np.testing.assert_allclose(np.asarray(one)[seen], np.asarray(other)[seen], rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore:`fft_length` is recommended")  # says Keras
@all_of(under("keras config"))
def test_configs_are_those_of_keras(example):
    keras.utils.clear_session(free_memory=False)
    ours, theirs = (json.loads(json.dumps(example.make(module).get_config())) for module in (layers, keras.layers))
    assert without_modules(ours) == without_modules(theirs)


def without_modules(config):
    """The config, without the modules of registered objects of users: Keras writes them, and nobody reads them."""
    if isinstance(config, list):
        return [without_modules(one) for one in config]
    if not isinstance(config, dict):
        return config
    own = str(config.get("registered_name")).startswith("laws>")
    return {key: without_modules(one) for key, one in config.items() if not (own and key == "module")}


OWN = [name for name in layers.__all__ if name not in ("Layer", "InputSpec", "serialize", "deserialize")]


@pytest.mark.parametrize("name", OWN)
def test_arguments_have_kerass_names_and_order(name):
    ours, theirs = (
        [p for p in inspect.signature(getattr(module, name)).parameters if p not in ("kwargs", "args")]
        for module in (layers, keras.layers)
    )
    assert ours[: len(theirs)] == theirs
    assert set(ours[len(theirs) :]) <= set(inspect.signature(layers.Layer).parameters)


NORMALIZATIONS = [
    {"momentum": 0.9},
    {"momentum": 0.9, "axis": 1, "scale": False},
    {"momentum": 0.9, "renorm": True, "renorm_momentum": 0.8},
    {"renorm": True, "renorm_momentum": 0.8, "renorm_clipping": {"rmax": 1.3, "rmin": 0.3, "dmax": 0.5}},
]


@pytest.mark.parametrize("arguments", NORMALIZATIONS)
def test_batch_normalization_follows_kerass_averages(arguments):
    x = np.random.default_rng(0).normal(2, 3, (4, 5, 3)).astype("float32")
    ours, theirs = (m.BatchNormalization(**arguments) for m in (layers, keras.layers))
    for batch in (x, x**2 / 3, x - 5):
        got, wanted = ours(batch, training=True), keras_call(theirs, batch, training=True)
        np.testing.assert_allclose(got, wanted, rtol=2e-4, atol=2e-5)
    for mine, other in zip(ours.weights, theirs.weights, strict=True):
        assert mine.name == other.name
        np.testing.assert_allclose(mine.numpy(), np.asarray(other), rtol=1e-4, atol=1e-5, err_msg=mine.name)
    np.testing.assert_allclose(ours(x), keras_call(theirs, x), rtol=1e-4, atol=1e-5)


def test_masked_statistics_are_kerass():
    x = np.random.default_rng(0).normal(2, 3, (2, 3, 4)).astype("float32")
    mask = np.array([[1, 1, 0], [1, 0, 0]], bool)
    ours, theirs = (m.BatchNormalization(momentum=0.5) for m in (layers, keras.layers))
    got, wanted = ours(x, training=True, mask=mask), keras_call(theirs, x, training=True, mask=mask)
    np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(ours.moving_variance.numpy(), np.asarray(theirs.moving_variance), rtol=1e-5)


MASKS = (np.array([[1, 1, 0]], bool), np.array([[1, 0, 0]], bool))
MERGES = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")


@pytest.mark.parametrize("name", MERGES)
@pytest.mark.parametrize("given", [(0, 1), (0, None), (None, 1)], ids=str)
def test_merged_masks_are_kerass(name, given):
    x, y = np.random.default_rng(0).normal(size=(2, 1, 3, 2)).astype("float32")
    found = [None if index is None else MASKS[index] for index in given]
    layer, other = getattr(layers, name)(), getattr(keras.layers, name)()
    got, wanted = layer.compute_mask([x, y], found), other.compute_mask([x, y], found)
    assert (got is None) == (wanted is None) and (got is None or (np.asarray(got) == np.asarray(wanted)).all())
    if name == "Multiply":
        tensors = [engine.asarray(x), engine.asarray(y)]
        for tensor, mask in zip(tensors, found, strict=True):
            masks.set(tensor, None if mask is None else engine.asarray(mask))
        for_keras = [keras.ops.convert_to_tensor(one) for one in (x, y)]
        for tensor, mask in zip(for_keras, found, strict=True):
            tensor._keras_mask = mask
        np.testing.assert_allclose(layer(tensors), keras_call(other, for_keras), rtol=1e-6)


@pytest.mark.parametrize("axis", [1, -1])
@pytest.mark.parametrize("given", [(0, 1), (0, None), (None, 1), (None, None)], ids=str)
def test_concatenated_masks_are_kerass(axis, given):
    x, y = np.zeros((2, 1, 3, 2), "float32")
    found = [None if index is None else MASKS[index] for index in given]
    got = layers.Concatenate(axis).compute_mask([x, y], found)
    wanted = keras.layers.Concatenate(axis).compute_mask([x, y], found)
    assert (got is None) == (wanted is None) and (got is None or (np.asarray(got) == np.asarray(wanted)).all())


@pytest.mark.parametrize("axis", [-1, [1, 2]])
def test_masked_softmax_is_kerass(axis):
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    mask = np.random.default_rng(1).random((2, 3, 4)) < 0.5
    mask[0, 0] = False
    got, wanted = layers.Softmax(axis)(x, mask=mask), keras_call(keras.layers.Softmax(axis), x, mask=mask)
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
def test_masked_average_over_time_is_kerass(data_format):
    x = np.random.default_rng(0).normal(size=(2, 3, 3)).astype("float32")
    mask = np.array([[1, 1, 0], [0, 1, 0]], bool)
    ours, theirs = (m.GlobalAveragePooling1D(data_format, keepdims=True) for m in (layers, keras.layers))
    np.testing.assert_allclose(ours(x, mask=mask), keras_call(theirs, x, mask=mask), rtol=1e-5)


@pytest.mark.parametrize(
    "axes, shapes", [(1, [(2, 3), (2, 3, 5)]), ((2, 2), [(2, 3, 4, 5), (2, 5, 4, 7)]), (-1, [(2, 3, 4), (2, 5, 4)])]
)
def test_dot_of_any_axes_is_kerass(axes, shapes):
    x, y = (np.random.default_rng(0).normal(size=s).astype("float32") for s in shapes)
    got, wanted = layers.dot([x, y], axes), keras_call(keras.layers.Dot(axes), [x, y])
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["Dropout", "GaussianDropout", "AlphaDropout", "GaussianNoise", "SpatialDropout1D"])
def test_random_layers_keep_kerass_mean_and_spread(name):
    x = np.full((1, 400, 400) if name != "SpatialDropout1D" else (400, 1, 400), 2, "float32")
    got, wanted = (
        np.asarray(call(getattr(module, name)(0.3, seed=1), x, training=True))
        for call, module in ((lambda f, *a, **k: f(*a, **k), layers), (keras_call, keras.layers))
    )
    # 160,000 numbers: the mean of each varies by about 0.004, the standard deviation by less.
    assert abs(got.mean() - wanted.mean()) < 0.03 and abs(got.std() - wanted.std()) < 0.03
