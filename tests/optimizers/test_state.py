"""Saving and loading the variables of an optimizer."""

import numpy as np
import pytest

from kerasish import optimizers
from kerasish.backend import engine
from kerasish.core.variable import Variable

G = np.array([1.0, 2.0], "float32")


def trained():
    weight = Variable(np.ones(2, "float32"), name="weight")
    optimizer = optimizers.Nadam(0.1, use_ema=True)
    for _ in range(3):
        optimizer.apply([G], [weight])
    return optimizer, weight


def fresh(weight):
    optimizer = optimizers.Nadam(0.5, use_ema=True)
    optimizer.build([weight])
    return optimizer


def test_what_is_saved_is_loaded():
    old, weight = trained()
    store = {}
    old.save_own_variables(store)
    assert list(store) == [str(i) for i in range(len(old.variables))]
    new = fresh(weight)
    new.load_own_variables(store)
    for a, b in zip(new.variables, old.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    new = fresh(weight)
    new.set_weights([v.value for v in old.variables])
    assert int(new.iterations) == 3


def test_a_different_number_of_variables_is_skipped_with_a_warning():
    old, weight = trained()
    store = {}
    old.save_own_variables(store)
    del store["0"]
    new = fresh(weight)
    with pytest.warns(UserWarning, match="it has 6 variables whereas the saved optimizer has 5"):
        new.load_own_variables(store)
    assert int(new.iterations) == 0


def test_a_different_shape_changes_nothing():
    old, weight = trained()
    store = {}
    old.save_own_variables(store)
    store["4"] = np.zeros(3)
    new = fresh(weight)
    with pytest.raises(ValueError, match=r"has the shape \(2,\); got a value of shape \(3,\)"):
        new.load_own_variables(store)
    assert int(new.iterations) == 0


def test_set_weights_wants_all_of_them_and_a_built_optimizer():
    optimizer, _ = trained()
    with pytest.raises(ValueError, match=r"has 6 variables; set_weights\(\) got 1 values"):
        optimizer.set_weights([np.int32(0)])
    with pytest.raises(ValueError, match="has no slots yet"):
        optimizers.SGD().set_weights([])


def test_slots_are_no_one_elses_variables():
    """What a model finds in an optimizer are the optimizer's variables, not the weights."""
    optimizer, weight = trained()
    assert [v for _, v in optimizer.named_variables()] == optimizer.variables
    assert all(v is not weight for v in optimizer.variables)
    assert not any(v.trainable for v in optimizer.variables)


def test_building_compiles_nothing():
    jax = pytest.importorskip("jax")
    events = []
    jax.monitoring.register_event_duration_secs_listener(lambda name, *_, **__: events.append(name))
    try:
        weight = Variable(np.ones((3, 5, 7), "float32"), name="weight")
        optimizers.Adam(amsgrad=True, use_ema=True, gradient_accumulation_steps=2).build([weight])
    finally:
        jax.monitoring.clear_event_listeners()
    assert not [name for name in events if "compile" in name]


def test_a_state_that_was_given_away_is_copied():
    """Steps donate their arrays: a value set from another optimizer's variable must be a copy."""
    old, weight = trained()
    new = fresh(weight)
    new.set_weights([v.value for v in old.variables])
    run = engine.jit(lambda values: [v + v for v in values], donate=0)
    run([v.value for v in new.variables])
    assert int(old.iterations) == 3
