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
