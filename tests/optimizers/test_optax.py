"""optax's transformations as optimizers, and optimizers as transformations."""

import warnings

import jax
import numpy as np
import pytest

from kerasish import Sequential, callbacks, layers, optimizers
from kerasish.backend import engine
from kerasish.core.context import name_scope
from kerasish.core.variable import Variable, pure
from kerasish.models import load_model
from kerasish.saving import register_keras_serializable

optax = pytest.importorskip("optax")

SHAPES = {"kernel": (2, 3), "bias": (3,)}
STEPS = 12


@pytest.fixture(autouse=True)
def optax_promotes_dtypes():
    with jax.numpy_dtype_promotion("standard"):
        yield


def weights_of(dtype="float32"):
    generator = np.random.default_rng(1)
    with name_scope("model"), name_scope("dense"):
        return [
            Variable(generator.normal(size=shape).astype(dtype), name=name, dtype=dtype)
            for name, shape in SHAPES.items()
        ]


def all_gradients():
    generator = np.random.default_rng(2)
    return [generator.normal(size=(STEPS, *shape)).astype("float32") for shape in SHAPES.values()]


def run_ours(optimizer, weights):
    optimizer.build(weights)
    variables = [*weights, *optimizer.variables]
    step = pure(lambda gradients: optimizer.apply(gradients, weights), variables)
    run = engine.jit(lambda start, gradients: engine.scan(lambda s, g: (step(s, g)[1], None), start, gradients)[0])
    for variable, value in zip(variables, run([v.value for v in variables], all_gradients()), strict=True):
        variable.assign(value)
    return [w.numpy() for w in weights]


def run_optax(transformation, weights):
    params = {w.path: w.value for w in weights}

    def step(carry, gradients):
        params, state = carry
        updates, state = transformation.update(dict(zip(params, gradients, strict=True)), state, params)
        return (optax.apply_updates(params, updates), state), None

    # jax sorts the keys of dicts: gradients are given in that order
    order = sorted(params)
    gradients = [all_gradients()[list(params).index(path)] for path in order]
    params = {path: params[path] for path in order}
    (params, _), _ = jax.jit(lambda carry: jax.lax.scan(step, carry, gradients))((params, transformation.init(params)))
    return [np.asarray(params[w.path]) for w in weights]


def by_path(params):
    return {path: "slow" if path.endswith("bias") else "fast" for path in params}


TRANSFORMATIONS = {
    "sgd": lambda: optax.sgd(0.1),
    "momentum": lambda: optax.sgd(0.1, momentum=0.9, nesterov=True),
    "adamw": lambda: optax.adamw(0.01, weight_decay=0.1),
    "chain": lambda: optax.chain(optax.clip_by_global_norm(0.5), optax.scale_by_adam(), optax.scale(-0.05)),
    "schedule": lambda: optax.adam(optax.exponential_decay(0.1, 3, 0.5)),
    "inject": lambda: optax.inject_hyperparams(optax.adam)(learning_rate=0.05),
    "labels": lambda: optax.multi_transform({"fast": optax.adam(0.1), "slow": optax.sgd(0.01)}, by_path),
    "masked": lambda: optax.masked(optax.sgd(0.1), lambda p: {k: not k.endswith("bias") for k in p}),
    "multisteps": lambda: optax.MultiSteps(optax.adam(0.1), 3),
    "finite": lambda: optax.apply_if_finite(optax.sgd(0.1), 3),
    "lamb": lambda: optax.lamb(0.1),
    "prodigy": lambda: optax.contrib.prodigy(0.1),
}


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_a_transformation_does_here_what_it_does_alone(name):
    expected = run_optax(TRANSFORMATIONS[name](), weights_of())
    actual = run_ours(optimizers.get(TRANSFORMATIONS[name]()), weights_of())
    for a, b in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_the_options_of_optimizers_work_on_top():
    theirs, ours = optimizers.SGD(0.1, clipnorm=0.3), optimizers.OptaxOptimizer(optax.sgd(0.1), clipnorm=0.3)
    np.testing.assert_allclose(run_ours(ours, weights_of())[0], run_ours(theirs, weights_of())[0], rtol=1e-6)
    options = {"gradient_accumulation_steps": 3, "use_ema": True, "learning_rate_multipliers": {"bias": 0.0}}
    theirs, ours = optimizers.SGD(0.1, **options), optimizers.OptaxOptimizer(optax.sgd(0.1), **options)
    for a, b in zip(run_ours(ours, weights_of()), run_ours(theirs, weights_of()), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_weights_of_16_bits_are_updated_in_32():
    weights = weights_of("bfloat16")
    optimizer = optimizers.OptaxOptimizer(optax.adam(0.1))
    run_ours(optimizer, weights)
    assert all(w.dtype == "bfloat16" for w in weights)
    assert {v.dtype for v in optimizer.variables} == {"int32", "float32"}


def test_a_subset_of_the_weights_may_be_changed_and_more_may_join():
    kernel, bias = weights_of()
    optimizer = optimizers.OptaxOptimizer(optax.adam(0.1))
    optimizer.apply([np.ones((2, 3), "float32")], [kernel])
    mean = next(v for v in optimizer.variables if "mu" in v.path and "kernel" in v.path)
    optimizer.build([kernel, bias])
    before = bias.numpy()
    optimizer.apply([np.ones((2, 3), "float32")], [kernel])
    np.testing.assert_array_equal(bias.numpy(), before)
    assert any(v is mean for v in optimizer.variables)
    np.testing.assert_allclose(mean.numpy(), 0.19, rtol=1e-5)  # 0.1 and then 0.9 * 0.1 + 0.1


# The learning rate ---------------------------------------------------------------------------------------------------
def test_an_injected_learning_rate_is_shown_and_set():
    weight = weights_of()[1]
    optimizer = optimizers.OptaxOptimizer(
        optax.chain(optax.clip(1.0), optax.inject_hyperparams(optax.sgd)(learning_rate=0.5))
    )
    with pytest.raises(AttributeError, match="shows no learning rate before it is built"):
        _ = optimizer.learning_rate
    optimizer.build([weight])
    assert float(optimizer.learning_rate) == 0.5
    optimizer.learning_rate = 0.25
    before = weight.numpy()
    optimizer.apply([np.ones(3, "float32")])
    np.testing.assert_allclose(weight.numpy(), before - 0.25)
    with pytest.raises(ValueError, match="must be a finite number of at least 0; got -1"):
        optimizer.learning_rate = -1


def test_an_injected_schedule_is_shown_and_cannot_be_set():
    weight = weights_of()[1]
    schedule = optax.piecewise_constant_schedule(1.0, {1: 0.5, 2: 0.5})
    optimizer = optimizers.OptaxOptimizer(optax.inject_hyperparams(optax.sgd)(learning_rate=schedule))
    seen = []
    for _ in range(3):
        optimizer.apply([np.ones(3, "float32")], [weight])
        seen.append(float(optimizer.learning_rate))
    assert seen == [1.0, 0.5, 0.25]
    with pytest.raises(TypeError, match="is a schedule, so it can't be set to 0.1"):
        optimizer.learning_rate = 0.1


def test_a_hidden_learning_rate_is_an_error_that_says_how_to_show_it():
    optimizer = optimizers.OptaxOptimizer(optax.adam(0.1))
    optimizer.build(weights_of())
    with pytest.raises(AttributeError, match=r"optax.inject_hyperparams\(optax.adam\)\(learning_rate=1e-3\)"):
        _ = optimizer.learning_rate


# In a model ----------------------------------------------------------------------------------------------------------
def compiled(optimizer):
    model = Sequential([layers.Input((3,)), layers.Dense(2, name="a"), layers.Dense(1, name="b")], name="model")
    model.compile(optimizer, "mse")
    return model


def data():
    x = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")
    return x, x.sum(axis=1, keepdims=True)


def adam():
    return optax.inject_hyperparams(optax.adam)(learning_rate=0.05)


def test_a_model_trains_with_it_and_callbacks_set_its_learning_rate():
    model = compiled(adam())
    halve = callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)
    history = model.fit(*data(), epochs=3, batch_size=8, verbose=0, callbacks=[halve]).history
    np.testing.assert_allclose(history["learning_rate"], [0.025, 0.0125, 0.00625])
    assert history["loss"][2] < history["loss"][0]


@pytest.mark.parametrize("name", ["model.keras", "model.weights.h5"])
def test_training_goes_on_from_a_file_as_if_it_had_not_stopped(tmp_path, name):
    straight, path = compiled(adam()), tmp_path / name
    straight.fit(*data(), epochs=2, batch_size=8, shuffle=False, verbose=0)
    straight.save(path) if path.suffix == ".keras" else straight.save_weights(path)
    if path.suffix == ".keras":
        resumed = load_model(path, custom_objects={"optax": adam()})
    else:
        resumed = compiled(adam())
        resumed.optimizer.build(resumed.trainable_variables)
        resumed.load_weights(path)
    assert int(resumed.optimizer.iterations) == 4
    for model in (straight, resumed):
        model.fit(*data(), epochs=1, batch_size=8, shuffle=False, verbose=0)
    for a, b in zip(resumed.get_weights(), straight.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_file_without_its_transformation_predicts_and_says_why_it_does_not_train(tmp_path):
    model = compiled(optax.sgd(0.1))
    model.fit(*data(), batch_size=8, verbose=0)
    model.save(tmp_path / "model.keras")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loaded = load_model(tmp_path / "model.keras")
    assert any("give it: load_model(path, custom_objects={'optax'" in str(w.message) for w in caught)
    np.testing.assert_array_equal(loaded.predict(data()[0], verbose=0), model.predict(data()[0], verbose=0))
    with pytest.raises(ValueError, match="was an optax transformation when the model was saved"):
        loaded.fit(*data(), verbose=0)


@register_keras_serializable("tests")
def registered_rule():
    return optax.sgd(0.1, momentum=0.9)


def test_a_registered_function_that_makes_it_is_found_by_its_name():
    made = optimizers.OptaxOptimizer(registered_rule, clipnorm=1.0)
    config = optimizers.serialize(made)
    assert config["config"]["transformation"] == "tests>registered_rule"
    again = optimizers.deserialize(config)
    assert again.get_config() == made.get_config() and again.transformation is not None


# The other way -------------------------------------------------------------------------------------------------------
OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(0.1, momentum=0.9, weight_decay=0.1),
    "adam": lambda: optimizers.Adam(0.1, clipnorm=0.5, gradient_accumulation_steps=2),
    "nadam": lambda: optimizers.Nadam(optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)),
    "muon": lambda: optimizers.Muon(0.1),
    "schedule_free": lambda: optimizers.ScheduleFreeAdamW(0.1),
    "scaled": lambda: optimizers.LossScaleOptimizer(optimizers.SGD(0.1), initial_scale=1.0),
    "optax": lambda: optimizers.OptaxOptimizer(optax.adam(0.1), clipnorm=0.5),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_does_as_a_transformation_what_it_does_in_a_model(name):
    expected = run_ours(OPTIMIZERS[name](), weights_of())
    actual = run_optax(optax.chain(optax.identity(), OPTIMIZERS[name]().as_optax()), weights_of())
    for a, b in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def test_as_optax_keeps_what_does_not_decay_by_name_and_the_state_of_the_optimizer():
    optimizer = optimizers.SGD(0.5, weight_decay=1.0)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    init, update = optimizer.as_optax()
    params = {"dense": {"bias": np.ones(2, "float32"), "kernel": np.ones(2, "float32")}}
    zeros = jax.tree.map(np.zeros_like, params)
    updates, _ = update(zeros, jax.jit(init)(params), params)
    assert updates["dense"]["bias"].tolist() == [0, 0] and updates["dense"]["kernel"].tolist() == [-0.5, -0.5]
    assert int(optimizer.iterations) == 0


# Refusals ------------------------------------------------------------------------------------------------------------
def test_what_is_refused():
    weights = weights_of()
    gradients = [np.zeros(w.shape, "float32") for w in weights]
    with pytest.raises(TypeError, match="takes an object with `init` and `update`.*got 3"):
        optimizers.OptaxOptimizer(3)
    with pytest.raises(ValueError, match=r"put optax.add_decayed_weights into the transformation"):
        optimizers.OptaxOptimizer(optax.sgd(0.1), weight_decay=0.1)
    with pytest.raises(TypeError, match="such as L-BFGS, can't be used here"):
        optimizers.OptaxOptimizer(optax.lbfgs()).apply(gradients, weights)
    odd = optax.GradientTransformation(lambda params: {"note": "text"}, lambda g, s, p=None: (g, s))
    with pytest.raises(TypeError, match="must be made of arrays; 'note' is 'text'"):
        optimizers.OptaxOptimizer(odd).apply(gradients, weights)
    grows = optax.GradientTransformation(lambda params: {"a": 1.0}, lambda g, s, p=None: (g, {**s, "b": 2.0}))
    with pytest.raises(TypeError, match="changed its structure in an update: it had 1 arrays and has 2"):
        optimizers.OptaxOptimizer(grows).apply(gradients, weights)
    with pytest.raises(ValueError, match="needs the parameters"):
        optimizers.SGD().as_optax().update({}, ())
    by_identity = optimizers.SGD(weight_decay=0.1)
    by_identity.exclude_from_weight_decay(var_list=weights)
    with pytest.raises(ValueError, match="can't leave out weights by identity"):
        by_identity.as_optax()
