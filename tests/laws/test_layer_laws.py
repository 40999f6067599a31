"""What must hold for every layer of the table."""

import json
import os
import pathlib
import subprocess
import sys

import jax
import numpy as np
import pytest

from kerasish import layers
from kerasish.backend import engine
from kerasish.core import tree
from kerasish.core.context import masks
from kerasish.core.policies import set_dtype_policy
from kerasish.core.random import SeedGenerator
from kerasish.core.symbolic import SymbolicTensor
from kerasish.core.variable import Variable, value_and_grad
from tests.laws.examples import EXAMPLES, one_of_each, under

ROOT = pathlib.Path(__file__).parents[2]


def layer_of(example):
    """The layer, built, with weights that differ from layer to layer and from place to place."""
    layer = example.make(layers)
    example.call(layer, example.inputs(3))
    weights = [np.random.default_rng(i).uniform(0.5, 1.5, v.shape) for i, v in enumerate(layer.weights)]
    layer.set_weights([w.astype(v.dtype) for w, v in zip(weights, layer.weights, strict=True)])
    return layer


def arrays(x):
    return [np.asarray(leaf) for leaf in tree.leaves(x)]


def assert_close(x, y, tolerance=1e-5):
    for one, other in zip(arrays(x), arrays(y), strict=True):
        if one.dtype == object:
            assert one.tolist() == other.tolist()
        else:
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


def dtype_of(x):
    return "string" if x.dtype == object else str(x.dtype)


def is_random(layer):
    return any(isinstance(x, SeedGenerator) for _, x in layer.stateful_objects())


@one_of_each(under("shapes"))
def test_the_symbolic_shape_and_dtype_are_the_real_ones(example):
    layer = example.make(layers)
    symbolic = example.call(layer, example.over(lambda shape: SymbolicTensor(shape, example.dtype)))
    for batch in (1, 3):
        real = example.call(layer, example.inputs(batch))
        for one, other in zip(tree.leaves(real), tree.leaves(symbolic), strict=True):
            assert one.shape == tuple(batch if d is None else d for d in other.shape)
            assert dtype_of(one) == other.dtype


@one_of_each(under("config"))
def test_a_config_as_json_and_the_weights_make_the_same_layer(example):
    layer = layer_of(example)
    config = layer.get_config()
    twin = type(layer).from_config(json.loads(json.dumps(config)))
    assert json.dumps(twin.get_config()) == json.dumps(config)
    x = example.inputs(3)
    example.call(twin, x)
    twin.set_weights(layer.get_weights())
    assert [v.shape for v in twin.weights] == [v.shape for v in layer.weights]
    assert_close(example.call(twin, x, training=False), example.call(layer, x, training=False), 0)


@one_of_each(under("rows"))
def test_a_row_does_not_depend_on_the_rows_beside_it(example):
    layer = layer_of(example)
    modes = {False: (False, True), "training": (False,), True: ()}[layer.mixes_samples]
    for training in modes:
        if training and is_random(layer):
            continue
        x = example.inputs(3)
        whole = example.call(layer, x, training=training)
        for row in range(3):
            alone = example.call(layer, tree.map(lambda leaf, row=row: leaf[row : row + 1], x), training=training)
            assert_close(alone, tree.map(lambda leaf, row=row: leaf[row : row + 1], whole), 2e-5)


@one_of_each(under("empty"))
def test_an_empty_batch_gives_an_empty_batch(example):
    layer = layer_of(example)
    full, empty = (example.call(layer, example.inputs(batch)) for batch in (3, 0))
    for one, other in zip(tree.leaves(empty), tree.leaves(full), strict=True):
        assert one.shape == (0, *other.shape[1:])


MASKABLE = [e for e in EXAMPLES if e.shapes == (None, 5, 4) and not e.mixes_time]


@one_of_each(MASKABLE)
def test_what_is_masked_does_not_matter(example):
    layer = layer_of(example)
    if not layer.supports_masking:
        pytest.skip("loses masks, with a warning")
    mask = np.array([[1, 1, 1, 0, 0], [1, 0, 1, 1, 0], [1, 1, 1, 1, 1]], bool)
    outputs = []
    for filling in (3.0, -7.0):
        x = engine.asarray(np.where(mask[..., None], example.inputs(3), np.float32(filling)))
        masks.set(x, engine.asarray(mask))
        y = layer(x, training=not is_random(layer))
        outputs.append([np.where(mask[..., None], a, 0) if a.shape[1:2] == (5,) else a for a in arrays(y)])
        passed = masks.get(y) if not isinstance(y, list | tuple) else None
        if passed is not None and type(layer).compute_mask is layers.Layer.compute_mask:
            assert (np.asarray(passed) == mask).all()
    assert_close(*outputs)


@one_of_each(under("precision"))
def test_mixed_precision_computes_in_16_bits_and_keeps_weights_in_32(example):
    set_dtype_policy("mixed_bfloat16")
    try:
        layer = example.make(layers)
        y = example.call(layer, example.inputs(3), training=True)
    finally:
        set_dtype_policy(None)
    found = {dtype_of(leaf) for leaf in tree.leaves(y)}
    assert found == {"bfloat16"} or not found & {"bfloat16", "float16", "float32", "float64"}
    assert not {v.dtype for v in layer.weights} & {"bfloat16", "float16"}


@pytest.mark.slow
@one_of_each([e for e in EXAMPLES if e.smooth])
def test_gradients_are_those_of_finite_differences(example):
    with jax.enable_x64(True):
        set_dtype_policy("float64")
        try:
            layer = example.make(layers)
            inputs = tree.map(lambda x: Variable(x, name="x"), example.inputs(3, dtype="float64"))
            example.call(layer, tree.map(lambda v: v.value, inputs))
        finally:
            set_dtype_policy(None)
        variables = [*tree.leaves(inputs), *layer.trainable_variables]

        def loss():
            outputs = example.call(layer, tree.map(lambda v: v.value, inputs), training=True)
            return sum(
                engine.xp.sum(y * y * engine.xp.arange(1.0, y.size + 1).reshape(y.shape)) for y in tree.leaves(outputs)
            ), None

        _, gradients = value_and_grad(loss, variables)
        start = [v.numpy() for v in variables]
        steps = [np.random.default_rng(i).normal(size=v.shape) * 1e-6 for i, v in enumerate(variables)]
        values = []
        for sign in (1, -1):
            for v, at, step in zip(variables, start, steps, strict=True):
                v.assign(at + sign * step)
            values.append(float(loss()[0]))
        expected = sum(float((np.asarray(g) * step).sum()) for g, step in zip(gradients, steps, strict=True))
        np.testing.assert_allclose((values[0] - values[1]) / 2, expected, rtol=1e-5)


@one_of_each([e for e in under("seed") if e.seeded])
def test_a_seed_repeats_the_random_numbers_which_differ_from_call_to_call(example):
    x = example.inputs(3)
    first, second = example.make(layers), example.make(layers)
    example.call(first, x, training=False)
    example.call(second, x, training=False)
    second.set_weights(first.get_weights())
    calls = [example.call(first, x, training=True) for _ in range(4)]
    assert_close(example.call(second, x, training=True), calls[0], 0)
    differ = any((a != b).any() for call in calls[1:] for a, b in zip(arrays(calls[0]), arrays(call), strict=True))
    assert differ != example.fixed
    assert_close(example.call(first, x, training=False), example.call(second, x, training=False), 0)


IDENTITIES = [
    e
    for e in EXAMPLES
    if e.kind.endswith("Noise") or (e.kind.endswith(("Dropout", "1D", "2D", "3D")) and "Dropout" in e.kind)
]


@one_of_each(IDENTITIES)
def test_what_only_disturbs_training_rests_while_predicting(example):
    x = example.inputs(3)
    assert_close(example.make(layers)(x, training=False), x, 0)


@pytest.mark.parametrize(
    "make, shape",
    [
        (lambda: layers.Dense(3), (2, None)),
        (lambda: layers.Conv2D(3, 2), (2, 4, 4, None)),
        (lambda: layers.Conv2D(4, 2, groups=2), (2, 4, 4, 3)),
        (lambda: layers.BatchNormalization(), (2, None)),
        (lambda: layers.LayerNormalization(), (2, None)),
        (lambda: layers.PReLU(), (2, None)),
        (lambda: layers.Add(), [(2, 3), (2, 4)]),
    ],
)
def test_a_build_that_fails_leaves_no_weights(make, shape):
    layer = make()
    with pytest.raises(ValueError):
        layer.build(shape)
    assert layer.weights == [] and not layer.built


def outputs_of_all(rows):
    """Outputs of these rows: what both backends must agree on. Of what is random, only while predicting."""
    found = {}
    for index, example in enumerate(rows):
        layer = layer_of(example)
        for training in (False,) if is_random(layer) and not example.fixed else (False, True):
            for place, array in enumerate(arrays(example.call(layer, example.inputs(3), training=training))):
                array = array.astype(str if array.dtype == object else "float32")
                found[f"{index}:{example.name}:{training}:{place}"] = array
    return found


def of_each_class(rows):
    """The first row of each class."""
    return list({e.kind: e for e in reversed(rows)}.values())


ROWS = {
    "one of each": of_each_class([e for e in under("backends") if not e.slow]),
    "all": under("backends"),
}


@pytest.mark.parametrize("which", ["one of each", pytest.param("all", marks=pytest.mark.slow)])
def test_the_numpy_backend_gives_the_same_outputs(which, tmp_path):
    script = "import sys, numpy; from tests.laws import test_layer_laws as laws; "
    script += "numpy.savez(sys.argv[1], **laws.outputs_of_all(laws.ROWS[sys.argv[2]]))"
    environment = os.environ | {"KERASISH_BACKEND": "numpy", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script, str(tmp_path / "numpy.npz"), which]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    ours = outputs_of_all(ROWS[which])
    with np.load(tmp_path / "numpy.npz") as theirs:
        assert set(theirs) == set(ours)
        for name, array in ours.items():
            if array.dtype.kind == "U":
                assert theirs[name].tolist() == array.tolist()
            else:
                np.testing.assert_allclose(theirs[name], array, rtol=2e-5, atol=2e-5, err_msg=name)
