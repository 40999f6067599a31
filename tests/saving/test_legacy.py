"""The old HDF5 format, `.h5`: both ways with Keras 3, by order and by name."""

import json

import h5py
import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.saving import CorruptModelError, IncompatibleModelError, UnsafeModelError, load_model
from kerasish.saving.keras2 import modern_model
from tests.saving.architectures import ARCHITECTURES, attention, cnn, dicts, mlp, nested_sequential, randomize

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:keras", "ignore::DeprecationWarning")

# Keras can't read ops back from a `.h5` file, and has two layers where one is in two models.
NOT_IN_H5 = {"ops_in_graph", "more_ops", "layer_in_two_models"}
FEW = [mlp, cnn, nested_sequential, dicts, attention]


def same(a, b):
    for x, y in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_array_equal(np.asarray(x), np.asarray(y))


def both_ways(make, tmp_path):
    for ours, theirs in ((kerasish, keras), (keras, kerasish)):
        saved = randomize(make(ours))
        saved.save(tmp_path / "m.h5")
        same(saved, theirs.saving.load_model(tmp_path / "m.h5"))
        fresh = make(theirs)
        fresh.load_weights(str(tmp_path / "m.h5"))
        same(saved, fresh)


@pytest.mark.parametrize("make", FEW)
def test_models_and_weights_go_both_ways(make, tmp_path):
    both_ways(make, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("make", [make for make in ARCHITECTURES if make not in FEW and make.__name__ not in NOT_IN_H5])
def test_all_models_and_weights_go_both_ways(make, tmp_path):
    both_ways(make, tmp_path)


def test_ops_are_read_that_keras_writes_and_can_not_read_itself(tmp_path):
    x = keras.Input((3,))
    keras.Model(x, keras.ops.relu(x) + 1.0).save(tmp_path / "m.h5")
    model = load_model(tmp_path / "m.h5")
    np.testing.assert_array_equal(model(np.float32([[-1, 0, 2]])), [[1, 1, 3]])


def layout(path):
    found = {}
    with h5py.File(path) as file:

        def note(name, x):
            names = {key: np.asarray(x.attrs[key]).tolist() for key in x.attrs if key.endswith("_names")}
            found[name] = (getattr(x, "shape", None), names)

        file.visititems(note)
    return found


def test_the_layout_is_keras_s(tmp_path):
    keras.utils.clear_session(free_memory=False)  # its names begin anew, as ours do
    x, y = np.ones((2, 3), "float32"), np.ones((2, 2), "float32")
    for k in (kerasish, keras):
        inner = k.Sequential(
            [k.Input((3,)), k.layers.BatchNormalization(name="n"), k.layers.Dense(3, name="e")], name="inner"
        )
        model = k.Sequential([k.Input((3,)), inner, k.layers.Dense(2, name="d")], name="m")
        model.compile("adam", "mse")
        model.train_on_batch(x, y)
        model.save(tmp_path / f"{k.__name__}.h5")
    assert layout(tmp_path / "kerasish.h5") == layout(tmp_path / "keras.h5")


def trained(k, **compiled):
    model = k.Sequential([k.Input((3,)), k.layers.Dense(4, activation="tanh"), k.layers.Dense(2)])
    model.compile(**compiled(k) if callable(compiled) else compiled)
    return model


X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = np.random.default_rng(1).normal(size=(8, 2)).astype("float32")


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_training_goes_on_in_both(optimizer, tmp_path):
    # Keras 3.15.1 writes the state of the optimizer to `.h5` files, but does not read it: so not from us to Keras.
    for save, load in ((keras, kerasish), (kerasish, kerasish)):
        chosen = getattr(save.optimizers, optimizer)(0.01)
        model = trained(save, optimizer=chosen, loss=save.losses.MeanSquaredError())
        for _ in range(2):
            model.train_on_batch(X, Y)
        model.save(tmp_path / "m.h5")
        again = load.saving.load_model(tmp_path / "m.h5")
        for a, b in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
            np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
        model.train_on_batch(X, Y)
        again.train_on_batch(X, Y)
        for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
            np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-5, atol=1e-6)


def test_seeds_go_on_too(tmp_path):
    model = kerasish.Sequential([layers.Input((3,)), layers.Dense(6), layers.Dropout(0.5)])
    model.compile("sgd", "mse")
    model.train_on_batch(X, np.ones((8, 6), "float32"))
    model.save(tmp_path / "m.h5")
    again = load_model(tmp_path / "m.h5")
    for a, b in zip(model.variables, again.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_without_optimizer_there_is_none_in_the_file(tmp_path):
    model = trained(kerasish, optimizer="adam", loss="mse")
    model.train_on_batch(X, Y)
    model.save(tmp_path / "m.h5", include_optimizer=False)
    assert load_model(tmp_path / "m.h5").optimizer is None
    model.save(tmp_path / "m.h5")
    assert load_model(tmp_path / "m.h5", compile=False).optimizer is None
    with pytest.raises(TypeError, match="'foo'"):
        model.save(tmp_path / "m.h5", foo=1)


def test_long_lists_of_names_go_both_ways(tmp_path):
    def make(k):
        return k.Sequential([k.Input((3,)), *[k.layers.Dense(1, name="n" * 9000 + str(i)) for i in range(9)]])

    for ours, theirs in ((kerasish, keras), (keras, kerasish)):
        model = randomize(make(ours))
        model.save(tmp_path / "m.h5")
        with h5py.File(tmp_path / "m.h5") as file:
            assert "layer_names1" in file["model_weights"].attrs
        same(model, theirs.saving.load_model(tmp_path / "m.h5"))


def model_of(*pairs):
    return kerasish.Sequential([layers.Input((3,)), *[layers.Dense(units, name=name) for name, units in pairs]])


def filled(model, value):
    model.set_weights([np.full(w.shape, value, w.dtype) for w in model.get_weights()])
    return model


def values(model):
    return [sorted({float(x) for w in layer.get_weights() for x in np.unique(w)}) for layer in model.layers]


def test_by_name_layers_find_their_weights_and_others_are_left_alone(tmp_path):
    filled(model_of(("a", 3), ("b", 4)), 5).save(tmp_path / "m.h5")
    model = filled(model_of(("new", 3), ("a", 3)), 1)
    model.load_weights(tmp_path / "m.h5", by_name=True)
    assert values(model) == [[1], [5]]


def test_what_does_not_fit_is_shown_in_a_table_or_left_out(tmp_path):
    path = tmp_path / "m.h5"
    filled(model_of(("a", 3), ("b", 4)), 5).save(path)
    model = filled(model_of(("a", 3), ("b", 2)), 1)
    for by_name in (False, True):
        with pytest.raises(IncompatibleModelError, match=r"b/kernel: \(3, 4\) float32 / \(3, 2\) float32"):
            model.load_weights(path, by_name=by_name)
    assert values(model) == [[1], [1]]
    with pytest.warns(UserWarning, match=r"left out.*\n.*b/kernel"):
        model.load_weights(path, by_name=True, skip_mismatch=True)
    assert values(model) == [[5], [1]]
    with pytest.raises(IncompatibleModelError, match=r"for 2 layers \(a, b\).*1 layers.*by_name=True"):
        model_of(("a", 3)).load_weights(path)
    with pytest.raises(IncompatibleModelError, match="no layer of the model"):
        model_of(("z", 3)).load_weights(path, by_name=True)
    with pytest.raises(ValueError, match="by_name.*old"):
        model.load_weights(tmp_path / "m.weights.h5", by_name=True)


def test_weights_saved_before_layers_were_frozen_find_their_places(tmp_path):
    def make(frozen):
        inner = kerasish.Sequential(
            [layers.Input((3,)), layers.BatchNormalization(name="n"), layers.Dense(3, name="d")]
        )
        inner.name = "inner"
        inner.trainable = not frozen
        return kerasish.Sequential([layers.Input((3,)), inner])

    model = randomize(make(False))
    model.save(tmp_path / "m.h5")
    frozen = make(True)
    frozen.load_weights(tmp_path / "m.h5")
    same(model, frozen)


def test_files_of_keras_2_in_the_old_layout_may_have_the_new_name(tmp_path):
    filled(model_of(("a", 3)), 5).save(tmp_path / "m.h5")
    (tmp_path / "m.h5").rename(tmp_path / "m.weights.h5")
    model = filled(model_of(("a", 3)), 1)
    model.load_weights(tmp_path / "m.weights.h5")
    assert values(model) == [[5]]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda f: f.attrs.pop("model_config"), IncompatibleModelError, "holds no model.*load_weights"),
        (lambda f: f["model_weights"].attrs.pop("layer_names"), CorruptModelError, "layer_names"),
        (lambda f: f["model_weights"].pop("a"), CorruptModelError, "lists the layer 'a'"),
        (lambda f: f["model_weights/a/m/a"].pop("bias"), CorruptModelError, "lists the weights"),
        (lambda f: f.create_dataset("model_weights/evil", data=[1.0]), IncompatibleModelError, "does not list"),
        (lambda f: f.attrs.create("model_config", "{"), CorruptModelError, "SHA-256"),
        (
            lambda f: (f.attrs.pop("kerasish_config_sha256"), f.attrs.create("model_config", '{"a": 1}')),
            CorruptModelError,
            "no 'class_name'",
        ),
    ],
)
def test_files_that_are_no_models_are_refused(tmp_path, change, error, message):
    model = kerasish.Sequential([layers.Input((3,)), layers.Dense(3, name="a")], name="m")
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "a") as file:
        change(file)
    with pytest.raises(error, match=message):
        load_model(tmp_path / "m.h5")


def test_a_model_that_can_not_be_compiled_as_it_was_is_loaded_with_a_warning(tmp_path):
    model = trained(kerasish, optimizer="sgd", loss="mse")
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "a") as file:
        del file.attrs["kerasish_config_sha256"]
        config = json.loads(file.attrs["training_config"])
        config["optimizer_config"]["config"]["evil"] = 1
        file.attrs["training_config"] = json.dumps(config)
    with pytest.warns(UserWarning, match=r"can't be compiled as it was: .*evil.*model\.compile"):
        assert load_model(tmp_path / "m.h5").built


def test_names_that_can_not_be_groups_are_refused_when_saving(tmp_path):
    with pytest.raises(ValueError, match=r"names of their own.*\.keras"):
        model_of(("..", 2)).save(tmp_path / "m.h5")


def dense(**config):
    return {"class_name": "Dense", "config": {"units": 2, "name": "d"} | config}


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (dense(batch_input_shape=[None, 3]), {"units": 2}),
        (dense(dtype={"class_name": "Policy", "config": {"name": "mixed_float16"}}), {"dtype": "DTypePolicy"}),
        (
            dense(kernel_initializer={"class_name": "VarianceScaling", "config": {"distribution": "normal"}}),
            {"kernel_initializer": "VarianceScaling"},
        ),
        (
            dense(kernel_regularizer={"class_name": "L1L2", "config": {"l1": 0, "l2": 0.1}}),
            {"kernel_regularizer": "L1L2"},
        ),
    ],
)
def test_the_dialect_of_keras_2_is_understood(layer, expected):
    first = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 3], "name": "i"}}
    config = {"class_name": "Sequential", "config": [first, layer]}
    found = modern_model(config, "test")["config"]["layers"]
    assert found[0]["config"]["batch_shape"] == [None, 3]
    for key, value in expected.items():
        shown = found[1]["config"][key]
        assert (shown["class_name"] if isinstance(shown, dict) else shown) == value
    assert "batch_input_shape" not in found[1]["config"]
    assert kerasish.models.Sequential.from_config(modern_model(config, "test")["config"]).output_shape == (None, 2)


def test_what_has_no_counterpart_is_told():
    layer = {"class_name": "TFOpLambda", "config": {"name": "tf.add", "function": "add"}, "inbound_nodes": []}
    with pytest.raises(IncompatibleModelError, match=r"'tf\.add' is a function of TensorFlow"):
        modern_model({"class_name": "Functional", "config": {"layers": [layer]}}, "m.h5")


def test_a19_old_bytecode_is_refused(tmp_path):
    model_of(("a", 3)).save(tmp_path / "m.h5")
    code = {
        "class_name": "Lambda",
        "config": {"name": "l", "function": ["4wEA", None, None], "function_type": "lambda"},
    }
    with h5py.File(tmp_path / "m.h5", "a") as file:
        del file.attrs["kerasish_config_sha256"]
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"].append(code)
        file.attrs["model_config"] = json.dumps(config)
    with pytest.raises(UnsafeModelError, match="bytecode"):
        load_model(tmp_path / "m.h5")
