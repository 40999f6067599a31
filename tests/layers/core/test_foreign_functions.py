"""Layers around functions of JAX and modules of Flax; and those around TensorFlow and PyTorch, which refuse."""

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.backend import backend
from kerasish.saving import register_keras_serializable

jax = pytest.importorskip("jax")
X = np.random.default_rng(0).normal(size=(12, 4)).astype("float32")


@register_keras_serializable("tests")
def first(rng, inputs):
    return {"kernel": jax.random.normal(rng, (inputs.shape[-1], 3)), "bias": np.zeros(3, "float32")}


@register_keras_serializable("tests")
def dense(params, inputs):
    return inputs @ params["kernel"] + params["bias"]


def noisy(params, state, rng, inputs, training):
    noise = jax.random.normal(rng, inputs.shape) if training else 0.0
    return (inputs + noise) * params["scale"], {"calls": state["calls"] + 1}


needs_jax = pytest.mark.skipif(backend() != "jax", reason="functions of JAX")


def test_a_function_of_jax_trains_as_a_layer():
    model = kerasish.Sequential([kerasish.Input((4,)), layers.JaxLayer(dense, first, seed=1), layers.Dense(1)])
    model.compile("adam", "mse")
    losses = model.fit(X, X[:, :1], epochs=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0] and len(model.trainable_weights) == 4


def test_the_weights_have_the_names_of_the_parameters_and_a_seed_repeats_them():
    one, other = layers.JaxLayer(dense, first, seed=1, name="j"), layers.JaxLayer(dense, first, seed=1)
    np.testing.assert_array_equal(one(X), other(X))
    assert [v.path for v in one.weights] == ["j/bias", "j/kernel"]
    assert not np.array_equal(one(X), layers.JaxLayer(dense, first, seed=2)(X))


def test_a_state_is_kept_and_each_call_gets_another_key():
    layer = layers.JaxLayer(noisy, params={"scale": np.ones(())}, state={"calls": np.zeros((), "int32")}, seed=0)
    a, b = layer(X, training=True), layer(X, training=True)
    assert not np.array_equal(a, b)
    np.testing.assert_array_equal(layer(X), X)
    assert int(layer.non_trainable_weights[0].numpy()) == 3


def test_several_inputs_come_as_they_were_given():
    layer = layers.JaxLayer(lambda inputs: inputs["a"] - inputs["b"])
    np.testing.assert_array_equal(layer({"a": X, "b": X}), 0 * X)
    symbolic = layer({"a": kerasish.Input((4,)), "b": kerasish.Input((4,))})
    assert symbolic.shape == (None, 4)


def test_the_config_is_that_of_keras():
    keras = pytest.importorskip("keras")
    ours = layers.JaxLayer(dense, first, name="j").get_config()
    theirs = keras.layers.JaxLayer(dense, first, name="j").get_config()
    assert set(ours) == set(theirs) and layers.JaxLayer(dense, first, seed=3).get_config()["seed"] == 3


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: layers.JaxLayer(dense), "call_fn takes params, so it needs an init_fn"),
        (lambda: layers.JaxLayer(lambda params, x: x, first), r"must have inputs; got call_fn\(params, x\)"),
        (lambda: layers.JaxLayer(lambda inputs, params: inputs, lambda seed: seed), "must have rng and inputs"),
        (lambda: layers.JaxLayer(3), "must be a function; got 3"),
        (lambda: layers.JaxLayer(dense, params={"kernel": "x"})(X), "nests of arrays"),
        (lambda: layers.FlaxLayer(3), "a module with `init` and `apply`"),
    ],
)
def test_functions_that_do_not_fit_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_state_of_another_structure_is_refused():
    layer = layers.JaxLayer(lambda state, inputs: (inputs, [state]), state=np.zeros(3))
    with pytest.raises(ValueError, match="must return a state of the structure that it got"):
        layer(X)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: layers.TFSMLayer("model"), "'model': that needs TensorFlow"),
        (lambda: layers.TorchModuleWrapper([]), "JAX. Write the module with kerasish's layers"),
    ],
)
def test_what_needs_tensorflow_or_pytorch_says_what_to_do_instead(make, message):
    with pytest.raises(NotImplementedError, match=message) as error:
        make()
    assert len(str(error.value)) <= 600


def network():
    linen = pytest.importorskip("flax.linen")

    class Network(linen.Module):
        @linen.compact
        def __call__(self, inputs, training=False):
            x = linen.BatchNorm(use_running_average=not training, momentum=0.5)(linen.Dense(8)(inputs))
            return linen.Dense(1)(linen.Dropout(0.2, deterministic=not training)(linen.relu(x)))

        def first_half(self, inputs):
            return inputs[:, :2]

    return Network()


@needs_jax
def test_a_module_of_flax_trains_as_a_layer_and_its_statistics_move():
    layer = layers.FlaxLayer(network(), seed=1)
    model = kerasish.Sequential([kerasish.Input((4,)), layer])
    model.compile(kerasish.optimizers.Adam(0.05), "mse")
    before = [v.numpy() for v in layer.non_trainable_weights]
    losses = model.fit(X, X[:, :1], epochs=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert all((v.numpy() != b).any() for v, b in zip(layer.non_trainable_weights, before, strict=True))


@needs_jax
def test_a_module_of_flax_gives_what_flax_gives():
    module = network()
    variables = module.init(jax.random.key(0), X)
    np.testing.assert_allclose(layers.FlaxLayer(module, variables=variables)(X), module.apply(variables, X), rtol=1e-5)
    assert layers.FlaxLayer(module, method="first_half")(X).shape == (12, 2)
