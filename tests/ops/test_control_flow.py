"""Branches and loops: the same with known values and inside a compiled function; never an assignment that is lost."""

import numpy as np
import pytest

from kerasish import ops
from kerasish.backend import engine
from kerasish.core.symbolic import SymbolicTensor
from kerasish.core.variable import Variable


def test_a_branch_is_taken_with_known_and_with_traced_conditions():
    def choose(x):
        return ops.cond(x > 0, lambda: x + 1, lambda: x - 1)

    assert float(choose(ops.array(2.0))) == 3
    assert float(engine.jit(choose)(np.float32(-2))) == -3


def test_switch_keeps_its_index_inside():
    def choose(i):
        return ops.switch(i, [lambda x: x, lambda x: x * 2, lambda x: x * 3], 5.0)

    assert [float(choose(i)) for i in (-1, 1, 7)] == [5, 10, 15]
    compiled = engine.jit(choose)
    assert [float(compiled(np.int32(i))) for i in (-1, 1, 7)] == [5, 10, 15]


def test_while_loop_takes_several_variables_one_or_a_bound():
    i, total = ops.while_loop(lambda i, t: i < 5, lambda i, t: (i + 1, t + i), (0, 0))
    assert (int(i), int(total)) == (5, 10)
    assert int(ops.while_loop(lambda i: i < 5, lambda i: i + 1, 0, maximum_iterations=3)) == 3


def test_loops_gather_what_their_bodies_return():
    assert int(ops.fori_loop(1, 4, lambda i, total: total + i, 0)) == 6
    carry, steps = ops.scan(lambda c, x: (c + x, c * x), np.float32(0), np.arange(3, dtype="float32"))
    assert float(carry) == 3
    assert np.asarray(steps).tolist() == [0, 0, 2]
    assert np.asarray(ops.map(lambda x: x * 2, np.arange(3))).tolist() == [0, 2, 4]
    assert np.asarray(ops.vectorized_map(lambda x: x + 1, np.arange(3))).tolist() == [1, 2, 3]


def test_an_assignment_in_a_loop_is_refused():
    count = Variable(np.float32(0), name="count")
    with pytest.raises(RuntimeError, match="`fori_loop` assigned count"):
        ops.fori_loop(0, 3, lambda i, x: x + count.assign_add(1.0), 0.0)
    assert float(count) == 0


def test_a_symbolic_loop_is_recorded():
    x = ops.while_loop(lambda x: ops.sum(x) < 10, lambda x: x * 2, SymbolicTensor((None, 2)))
    assert x.shape == (None, 2)
