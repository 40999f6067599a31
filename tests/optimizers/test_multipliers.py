"""Learning rates by path, and freezing by stage."""

import numpy as np
import pytest

from kerasish import optimizers
from kerasish.backend import engine
from kerasish.core.context import name_scope
from kerasish.core.variable import Variable, pure
from kerasish.optimizers.schedules import PiecewiseConstantDecay

NO_FORMULA = {
    *("Optimizer", "OptaxOptimizer", "LossScaleOptimizer", "MultiOptimizer", "OptimizerMap"),
    *("get", "serialize", "deserialize", "schedules"),
}
G = np.array([1.0, -2.0], "float32")


def two_weights():
    made = []
    for scope in ("backbone", "head"):
        with name_scope(scope):
            made.append(Variable(np.array([1.0, 2.0], "float32"), name="kernel"))
    return made


@pytest.mark.parametrize(
    "make",
    [
        lambda rate, **options: optimizers.SGD(rate, momentum=0.9, weight_decay=0.1, **options),
        lambda rate, **options: optimizers.Adam(rate, **options),
        lambda rate, **options: optimizers.Ftrl(rate, **options),
        lambda rate, **options: optimizers.ScheduleFreeAdamW(rate, **options),
    ],
    ids=["SGD", "Adam", "Ftrl", "ScheduleFreeAdamW"],
)
def test_a_weight_moves_as_with_an_optimizer_of_its_own_with_that_learning_rate(make):
    weights, alone = two_weights(), two_weights()
    together = make(0.5, learning_rate_multipliers={"^backbone": 0.25})
    slow, fast = make(0.125), make(0.5)
    for _ in range(4):
        together.apply([G, G], weights)
        slow.apply([G], alone[:1])
        fast.apply([G], alone[1:])
    for a, b in zip(weights, alone, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-6)


@pytest.mark.parametrize("compiled", [True, False])
def test_a_stage_is_a_schedule_that_is_zero_first(compiled):
    weights = two_weights()
    stages = {"backbone": PiecewiseConstantDecay([1], [0.0, 0.5])}
    optimizer = optimizers.SGD(1.0, weight_decay=0.5, learning_rate_multipliers=stages)
    optimizer.build(weights)
    variables, seen = [*weights, *optimizer.variables], []
    step = pure(lambda gradient: optimizer.apply([gradient, G], weights), variables)
    step = engine.jit(step) if compiled else step
    for gradient in (np.float32([np.nan, 1]), G, G):
        for variable, value in zip(variables, step([v.value for v in variables], gradient)[1], strict=True):
            variable.assign(value)
        seen.append(weights[0].numpy().tolist())
    assert seen[:2] == [[1.0, 2.0], [1.0, 2.0]], "frozen to the bit, though the gradient is NaN and weights decay"
    assert seen[2] == [0.25, 2.5]  # 0.75 * [1, 2] - 0.5 * [1, -2]
    np.testing.assert_array_equal(weights[1].numpy(), [-1.625, 3.75])  # w = w / 2 - g, three times


@pytest.mark.parametrize("name", sorted(set(optimizers.__all__) - NO_FORMULA))
def test_every_optimizer_survives_a_learning_rate_of_zero(name):
    weights = two_weights()
    optimizer = getattr(optimizers, name)(0.1, learning_rate_multipliers={"backbone": 0.0})
    for _ in range(2):
        optimizer.apply([G, G], weights)
    np.testing.assert_array_equal(weights[0].numpy(), [1.0, 2.0])
    assert all(np.isfinite(v.numpy()).all() for v in optimizer.variables)
    assert not np.array_equal(weights[1].numpy(), [1.0, 2.0])


def test_slots_of_a_frozen_weight_follow_its_gradients():
    weights = two_weights()
    optimizer = optimizers.Adam(0.1, learning_rate_multipliers={"backbone": 0})
    optimizer.apply([G, G], weights)
    np.testing.assert_array_equal(weights[0].numpy(), [1.0, 2.0])
    np.testing.assert_allclose(optimizer.variables[2].numpy(), 0.1 * G)


def test_the_first_pattern_that_is_found_counts():
    weights = two_weights()
    optimizer = optimizers.SGD(1.0, learning_rate_multipliers={"head/": 1.0, "kernel": 0.5})
    optimizer.apply([G, G], weights)
    np.testing.assert_array_equal([w.numpy() for w in weights], [[0.5, 3.0], [0.0, 4.0]])


def test_multipliers_are_written_to_the_config_and_read_again():
    stages = {"backbone": PiecewiseConstantDecay([1], [0.0, 0.5]), "head": 2.0}
    optimizer = optimizers.AdamW(0.1, learning_rate_multipliers=stages)
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert again.get_config() == optimizer.get_config()
    assert type(again.learning_rate_multipliers["backbone"]) is PiecewiseConstantDecay
    assert "learning_rate_multipliers" not in optimizers.AdamW().get_config()


def test_multipliers_may_be_set_later():
    weights = two_weights()
    optimizer = optimizers.SGD(1.0)
    optimizer.learning_rate_multipliers = {"backbone": 0.0}
    optimizer.apply([G, G], weights)
    np.testing.assert_array_equal(weights[0].numpy(), [1.0, 2.0])


@pytest.mark.parametrize(
    ("multipliers", "message"),
    [
        ({"a": -1.0}, "must be numbers of at least 0, or schedules; got -1.0 for 'a'"),
        ({"a": float("nan")}, "got nan for 'a'"),
        ({"a": "half"}, "got 'half' for 'a'"),
        ({"(": 1.0}, r"no regular expression, '\('"),
    ],
)
def test_what_is_refused(multipliers, message):
    with pytest.raises(ValueError, match=message):
        optimizers.SGD(learning_rate_multipliers=multipliers)


def test_a_pattern_that_is_found_nowhere_is_a_warning():
    optimizer = optimizers.SGD(learning_rate_multipliers={"bakbone": 0.5})
    with pytest.warns(UserWarning, match="'bakbone' of learning_rate_multipliers is not found"):
        optimizer.build(two_weights())
