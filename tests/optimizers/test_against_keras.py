"""Every optimizer and option, 200 steps beside Keras: weights, slots, paths, configs."""

import jax
import numpy as np
import pytest

from kerasish import optimizers
from kerasish.backend import engine
from kerasish.core.context import name_scope
from kerasish.core.variable import Variable, pure

keras = pytest.importorskip("keras")

SHAPES = {"kernel": (2, 3), "bias": (3,), "cube": (2, 1, 2)}
STEPS = 200

CASES = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("SGD", {"use_ema": True, "ema_momentum": 0.7, "clipvalue": 0.3}),
    ("SGD", {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 7, "loss_scale_factor": 8.0}),
    ("SGD", {"momentum": 0.5, "gradient_accumulation_steps": 3, "weight_decay": 0.1, "clipnorm": 0.5}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.9, "centered": True, "global_clipnorm": 0.5}),
    ("RMSprop", {"centered": True}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "epsilon": 1e-3, "clipnorm": 0.3}),
    ("Adam", {"global_clipnorm": 1.0, "weight_decay": 0.01, "use_ema": True}),
    (
        "Adam",
        {"gradient_accumulation_steps": 4, "use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 3},
    ),
    ("AdamW", {}),
    ("AdamW", {"amsgrad": True, "weight_decay": 0.1}),
    ("Adagrad", {"initial_accumulator_value": 0.3}),
    ("Adadelta", {"learning_rate": 1.0}),
    ("Adamax", {"epsilon": 1e-3}),
    ("Nadam", {}),
    ("Nadam", {"gradient_accumulation_steps": 2}),
    ("Lion", {"weight_decay": 0.1}),
    ("Ftrl", {}),
    (
        "Ftrl",
        {
            "learning_rate_power": -0.4,
            "l1_regularization_strength": 0.02,
            "l2_regularization_strength": 0.1,
            "l2_shrinkage_regularization_strength": 0.05,
            "beta": 0.2,
        },
    ),
    ("Lamb", {"weight_decay": 0.05}),
    ("Adafactor", {"weight_decay": 0.1}),
    ("Adafactor", {"learning_rate": 0.5, "use_ema": True}),
    ("Adafactor", {"relative_step": False, "clip_threshold": 0.3, "beta_2_decay": -0.5, "clipnorm": 1.0}),
    ("Muon", {}),
    ("Muon", {"nesterov": False, "rms_rate": None, "adam_weight_decay": None, "adam_lr_ratio": 0.5}),
    ("Muon", {"exclude_layers": ["kern"], "weight_decay": None, "ns_steps": 2, "gradient_accumulation_steps": 2}),
    ("ScheduleFreeAdamW", {}),
    ("ScheduleFreeAdamW", {"weight_decay": 0.1, "warmup_steps": 30, "epsilon": 1e-3, "use_ema": True}),
]


def case_name(case):
    return f"{case[0]}-{'-'.join(case[1])}" if isinstance(case, tuple) else None


def first_values():
    generator = np.random.default_rng(1)
    return [generator.normal(size=shape).astype("float32") for shape in SHAPES.values()]


def all_gradients(steps=STEPS):
    """Large ones and small ones, as in the beginning and at the end of a training."""
    generator = np.random.default_rng(2)
    sizes = np.where(np.arange(steps) % 2, 0.5, 0.01)
    return [
        (generator.normal(size=(steps, *shape)) * sizes.reshape(-1, *[1] * len(shape))).astype("float32")
        for shape in SHAPES.values()
    ]


def weights_of(make, scope, overwritten=()):
    with scope("model"), scope("dense"):
        weights = [make(value, name=name) for name, value in zip(SHAPES, first_values(), strict=True)]
    for weight in weights:
        weight.overwrite_with_gradient = weight.name in overwritten
    return weights


def run_keras(optimizer, gradients, overwritten=()):
    """`[weights..., optimizer variables...]` after all steps, in one program."""
    with jax.numpy_dtype_promotion("standard"):
        weights = weights_of(keras.Variable, keras.name_scope, overwritten)
        optimizer.build(weights)

        def step(state, gradients):
            return optimizer.stateless_apply(state[1], gradients, state[0]), None

        start = [w.value for w in weights], [v.value for v in optimizer.variables]
        (trained, state), _ = jax.jit(lambda start, gradients: jax.lax.scan(step, start, gradients))(start, gradients)
    return [*trained, *state]


def run_ours(optimizer, gradients, overwritten=()):
    weights = weights_of(Variable, name_scope, overwritten)
    optimizer.build(weights)
    variables = [*weights, *optimizer.variables]
    step = pure(lambda gradients: optimizer.apply(gradients, weights), variables)
    run = engine.jit(lambda start, gradients: engine.scan(lambda s, g: (step(s, g)[1], None), start, gradients)[0])
    return run([v.value for v in variables], gradients)


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_two_hundred_steps_end_where_keras_ends(case):
    name, options = case
    options = {"learning_rate": 0.02, **options}
    keras.utils.clear_session(free_memory=False)
    theirs, ours = getattr(keras.optimizers, name)(**options), getattr(optimizers, name)(**options)
    expected, actual = run_keras(theirs, all_gradients()), run_ours(ours, all_gradients())
    paths = [v.path for v in theirs.variables]
    # Keras leaves Nadam's product without a name; how it is called depends on what was made before.
    paths = [p.replace("variable", "nadam/u_product") for p in paths]
    # Where there is nothing to factor, Adafactor has a whole number that Keras calls after the weight alone.
    paths = [p if "/" in p else f"adafactor/{p}" for p in paths]
    assert [v.path for v in ours.variables] == paths
    for path, a, b in zip([*SHAPES, *paths], actual, expected, strict=True):
        assert a.dtype == b.dtype, path
        largest = np.max(np.abs(b))  # relative to it: a number that comes near zero has the rounding of its history
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5 * largest + 1e-9, err_msg=path)


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_configs_are_keras_configs(case):
    name, options = case
    keras.utils.clear_session(free_memory=False)
    theirs, ours = getattr(keras.optimizers, name)(**options), getattr(optimizers, name)(**options)
    assert optimizers.serialize(ours) == keras.optimizers.serialize(theirs)
    again = optimizers.deserialize(keras.optimizers.serialize(theirs))
    assert again.get_config() == ours.get_config()


def test_a_schedule_is_part_of_the_config_and_leaves_no_learning_rate_variable():
    keras.utils.clear_session(free_memory=False)
    theirs = keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5))
    ours = optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 10, 0.5))
    assert ours.get_config() == theirs.get_config()
    assert [v.path for v in ours.variables] == [v.path for v in theirs.variables] == ["sgd/iteration"]
    assert type(optimizers.get(optimizers.serialize(ours)).get_config()["learning_rate"]) is dict
    for a, b in zip(run_ours(ours, all_gradients()), run_keras(theirs, all_gradients()), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "options", [{"loss_scale_factor": 2.0, "weight_decay": 0.1}, {"gradient_accumulation_steps": 2}], ids=str
)
def test_a_weight_overwritten_by_its_gradient_is_as_in_keras(options):
    options = {"learning_rate": 0.1, "momentum": 0.5, "clipnorm": 0.1, "use_ema": True, **options}
    theirs, ours = keras.optimizers.SGD(**options), optimizers.SGD(**options)
    expected, actual = run_keras(theirs, all_gradients(4), ["bias"]), run_ours(ours, all_gradients(4), ["bias"])
    for a, b in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_the_loss_scale_is_halved_and_doubled_as_in_keras():
    gradients = [8 * g for g in all_gradients(20)]
    gradients[1][[4, 5, 12]] = np.inf
    gradients[0][15] = np.nan
    keras.utils.clear_session(free_memory=False)

    def make(package):
        return package.LossScaleOptimizer(package.Adam(0.1), initial_scale=8.0, dynamic_growth_steps=3)

    theirs, ours = make(keras.optimizers), make(optimizers)
    assert optimizers.serialize(ours) == keras.optimizers.serialize(theirs)
    expected, actual = run_keras(theirs, gradients), run_ours(ours, gradients)
    assert [v.path for v in ours.variables] == [v.path for v in theirs.variables]
    for a, b in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    stores = {}, {}
    ours.save_own_variables(stores[0])
    theirs.save_own_variables(stores[1])
    assert list(stores[0]) == list(stores[1])


@pytest.mark.parametrize("names", [["bias"], ["dense"], ["k.*l", "cub"]])
def test_names_that_do_not_decay_are_as_in_keras(names):
    """Keras looks for the text in the names of the weights; a pattern is searched for."""
    results = []
    for package, make, scope in (
        (keras.optimizers, keras.Variable, keras.name_scope),
        (optimizers, Variable, name_scope),
    ):
        weights = weights_of(make, scope)
        optimizer = package.SGD(0.1, weight_decay=0.1)
        optimizer.exclude_from_weight_decay(var_names=names)
        optimizer.build(weights)
        optimizer.apply([np.zeros(shape, "float32") for shape in SHAPES.values()], weights)
        results.append([np.asarray(w.value) for w in weights])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
