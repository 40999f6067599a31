"""Keras's stateless scopes, and the device."""

import numpy as np
import pytest

from kerasish import layers
from kerasish.backend import backend
from kerasish.core.scopes import StatelessScope, SymbolicScope, device
from kerasish.core.variable import Variable


def test_what_is_assigned_stays_in_the_scope():
    v, other = Variable(1.0, name="v"), Variable(2.0, name="other")
    with StatelessScope([(v, 5)]) as scope:
        assert float(v) == 5
        v.assign(7.0)
        scope.add_update((other, 3.0))
        assert float(other) == 3
    assert (float(v), float(other)) == (1, 2)
    assert (float(scope.get_current_value(v)), float(scope.get_current_value(other))) == (7, 3)
    assert scope.get_current_value(Variable(0.0)) is None
    assert scope.state_mapping[id(v)] == 7


def test_what_is_no_variable_or_has_not_its_shape_is_refused():
    with pytest.raises(ValueError, match="pairs of a Variable and its value; got 3"):
        StatelessScope([(3, 4)])
    with pytest.raises(ValueError, match=r"has the shape \(\); the StatelessScope was given a value of shape \(2,\)"):
        StatelessScope([(Variable(1.0, name="v"), np.ones(2))])


def test_a_symbolic_scope_forgets():
    layer = layers.BatchNormalization()
    layer.build((None, 2))
    with SymbolicScope():
        layer(np.ones((3, 2), "float32"), training=True)
    assert layer.moving_mean.numpy().tolist() == [0, 0]


def test_arrays_are_made_on_a_device():
    with device("CPU:0"):
        assert float(Variable(1.0)) == 1
    with pytest.raises(ValueError, match="named by a string"):
        device(3)
    if backend() == "jax":
        with pytest.raises(ValueError, match="no device 'cpu:99'"):
            device("cpu:99")
