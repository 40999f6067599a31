"""Learning-rate schedules."""

import jax
import numpy as np
import pytest

from kerasish import optimizers
from kerasish.backend import engine
from kerasish.core.variable import Variable
from kerasish.optimizers import schedules

keras = pytest.importorskip("keras")

CASES = [
    ("ExponentialDecay", (0.1, 7, 0.5)),
    ("ExponentialDecay", (0.1, 7, 0.5, True)),
    ("InverseTimeDecay", (0.1, 7, 0.5)),
    ("InverseTimeDecay", (0.1, 7, 0.5, True)),
    ("PolynomialDecay", (0.1, 13, 0.01, 2.0)),
    ("PolynomialDecay", (0.1, 13, 0.01, 0.5, True)),
    ("PiecewiseConstantDecay", ([3, 20], [0.1, 0.2, 0.05])),
    ("CosineDecay", (0.1, 30, 0.1)),
    ("CosineDecay", (0.1, 30, 0.0, "warm", 0.5, 10)),
    ("CosineDecay", (0.1, 30, 0.2, "warm", 0.5, 0)),
    ("CosineDecay", (0.1, 30, 0.0, "not warm", None, 10)),
    ("CosineDecayRestarts", (0.1, 10)),
    ("CosineDecayRestarts", (0.1, 7, 1.5, 0.9, 0.1)),
    ("CosineDecayRestarts", (0.1, 10, 1.0, 0.5)),
]


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_schedules_are_keras_schedules(name, arguments):
    steps = np.arange(90, dtype="int32")
    theirs, ours = getattr(keras.optimizers.schedules, name)(*arguments), getattr(schedules, name)(*arguments)
    with jax.numpy_dtype_promotion("standard"):
        # One call for all steps, where Keras's formula takes more than one step at a time.
        whole = name != "PiecewiseConstantDecay" and "warm" not in arguments
        expected = theirs(steps) if whole else jax.lax.map(theirs, steps)
    np.testing.assert_allclose(engine.jit(ours)(steps), expected, rtol=2e-4, atol=2e-7)
    assert schedules.serialize(ours) == keras.optimizers.schedules.serialize(theirs)
    again = schedules.deserialize(keras.optimizers.schedules.serialize(theirs))
    assert float(again(5)) == float(ours(Variable(np.int32(5), name="step")))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: schedules.ExponentialDecay(0.1, 0, 0.5),
            "ExponentialDecay's decay_steps must be greater than 0; got 0",
        ),
        (lambda: schedules.InverseTimeDecay(0.1, -1, 0.5), "InverseTimeDecay's decay_steps"),
        (lambda: schedules.PolynomialDecay(0.1, 0), "PolynomialDecay's decay_steps"),
        (lambda: schedules.CosineDecay(0.1, 0), "CosineDecay's decay_steps"),
        (lambda: schedules.CosineDecay(0.1, 5, warmup_steps=-1), "warmup_steps must be at least 0; got -1"),
        (lambda: schedules.CosineDecayRestarts(0.1, 0), "first_decay_steps must be greater than 0"),
        (lambda: schedules.CosineDecayRestarts(0.1, 5, t_mul=0), "t_mul must be greater than 0"),
        (lambda: schedules.PiecewiseConstantDecay([1, 2], [0.1, 0.2]), "2 boundaries, .1, 2., and 2 values"),
        (lambda: schedules.PiecewiseConstantDecay([2, 1], [0.1, 0.2, 0.3]), r"must rise; got \[2, 1\]"),
        (lambda: schedules.OneCycle(0.1, 0), "OneCycle's total_steps must be greater than 0; got 0"),
        (lambda: schedules.OneCycle(0.1, 9, warmup_fraction=1.5), "warmup_fraction must be between 0 and 1; got 1.5"),
        (
            lambda: schedules.OneCycle(0.1, 9, warmup_fraction=0.6, annihilation_fraction=0.5),
            "must not be more than 1 together; got 0.6 and 0.5",
        ),
        (lambda: schedules.OneCycle(0.1, 9, shape="square"), "must be 'cosine' or 'linear'; got 'square'"),
        (lambda: schedules.deserialize("CosineDacay"), "Did you mean"),
    ],
)
def test_what_a_schedule_refuses(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_schedule_without_a_formula_says_so():
    with pytest.raises(NotImplementedError, match=r"has no `__call__\(self, step\)`"):
        schedules.LearningRateSchedule()(0)


def test_the_learning_rate_follows_the_schedule():
    optimizer = optimizers.SGD(schedules.PiecewiseConstantDecay([1], [1.0, 0.5]))
    weight = Variable(np.zeros(1, "float32"), name="weight")
    seen = []
    for _ in range(4):
        seen.append(float(optimizer.learning_rate))
        optimizer.apply([np.ones(1, "float32")], [weight])
    assert seen == [1.0, 1.0, 0.5, 0.5]
    assert weight.numpy() == [-3.0]


def test_one_cycle_is_that_of_optax():
    optax = pytest.importorskip("optax")
    steps = np.arange(110)
    pairs = [
        (schedules.OneCycle(0.5, 100), optax.cosine_onecycle_schedule(100, 0.5, 0.3, 25, 1e4)),
        (
            schedules.OneCycle(0.5, 100, 0.4, annihilation_fraction=0.2, shape="linear"),
            optax.linear_onecycle_schedule(100, 0.5, 0.4, 0.8, 25, 1e4),
        ),
    ]
    with jax.numpy_dtype_promotion("standard"):
        for ours, theirs in pairs:
            np.testing.assert_allclose([ours(s) for s in steps], [theirs(s) for s in steps], rtol=1e-4, atol=1e-7)


def test_one_cycle_begins_at_the_top_where_there_is_no_warm_up_and_is_written_to_configs():
    schedule = schedules.OneCycle(2.0, 10, warmup_fraction=0.0, final_fraction=0.5)
    assert [float(schedule(step)) for step in (0, 10, 99)] == [2.0, 1.0, 1.0]
    assert float(schedules.OneCycle(2.0, 10, warmup_fraction=1.0)(10)) == 2.0
    again = schedules.deserialize(schedules.serialize(schedule))
    assert again.get_config() == schedule.get_config()
