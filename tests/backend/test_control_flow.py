"""Loops and branches: the same on both backends."""

import numpy as np
import pytest

import kerasish.backend.jax as jax_backend
import kerasish.backend.numpy as numpy_backend

BACKENDS = pytest.mark.parametrize("engine", [jax_backend, numpy_backend], ids=["jax", "numpy"])


def running_sum(carry, x):
    total = carry["total"] + x["a"]
    return {"total": total}, (total, {"twice": 2 * x["b"]}, None)


@BACKENDS
@pytest.mark.parametrize(("reverse", "expected"), [(False, [1, 3, 6]), (True, [6, 5, 3])])
def test_scan_carries_and_stacks(engine, reverse, expected):
    xs = {"a": engine.asarray([1.0, 2.0, 3.0]), "b": engine.asarray(np.arange(6, dtype="int32").reshape(3, 2))}
    carry, (totals, other, none) = engine.scan(running_sum, {"total": engine.asarray(0.0)}, xs, reverse=reverse)
    assert float(carry["total"]) == 6 and none is None
    assert engine.to_numpy(totals).tolist() == expected and totals.dtype == "float32"
    assert engine.to_numpy(other["twice"]).tolist() == [[0, 2], [4, 6], [8, 10]]


@BACKENDS
def test_scan_without_inputs_takes_a_length(engine):
    carry, ys = engine.scan(lambda c, x: (c * 2, c), engine.asarray(1), None, length=4, unroll=2)
    assert int(carry) == 16 and engine.to_numpy(ys).tolist() == [1, 2, 4, 8] and ys.dtype == "int32"


@BACKENDS
def test_scan_of_no_steps_keeps_the_shapes(engine):
    xs = {"a": engine.asarray(np.zeros(0, "float32")), "b": engine.asarray(np.zeros((0, 2), "int32"))}
    carry, (totals, other, _) = engine.scan(running_sum, {"total": engine.asarray(5.0)}, xs)
    assert float(carry["total"]) == 5 and totals.shape == (0,) and other["twice"].shape == (0, 2)


@pytest.mark.parametrize(("xs", "length"), [(None, None), (np.zeros(3), 2), ((np.zeros(3), np.zeros(2)), None)])
def test_scan_refuses_an_unclear_number_of_steps(xs, length):
    with pytest.raises(ValueError, match="scan needs one number of steps"):
        numpy_backend.scan(lambda c, x: (c, x), 0, xs, length)


@BACKENDS
@pytest.mark.parametrize(("pred", "expected"), [(True, 3), (False, -1)])
def test_cond_takes_one_branch(engine, pred, expected):
    found = engine.cond(engine.asarray(pred), lambda a, b: [a + b], lambda a, b: [a - b], 1, 2)
    assert int(found[0]) == expected


@BACKENDS
def test_while_loop_runs_as_long_as_the_condition_holds(engine):
    found = engine.while_loop(lambda s: s["n"] < 100, lambda s: {"n": s["n"] * 3}, {"n": engine.asarray(1)})
    assert int(found["n"]) == 243


@BACKENDS
@pytest.mark.parametrize(("lower", "upper", "expected"), [(2, 5, 9), (3, 3, 0), (4, 1, 0)])
def test_fori_loop_counts(engine, lower, upper, expected):
    found = engine.fori_loop(lower, engine.asarray(upper), lambda i, s: (s[0] + i,), (engine.asarray(0),))
    assert int(found[0]) == expected and found[0].dtype == "int32"


@BACKENDS
def test_loops_have_shapes_even_where_zeros_would_never_end(engine):
    def fn(x):
        doubled = engine.while_loop(lambda s: s[0] < 10, lambda s: s * 2, x)
        counted = engine.fori_loop(0, 3, lambda i, s: s + 1, doubled)
        return engine.scan(lambda c, y: (c, c * y), counted, engine.xp.ones((7, 1), "float32"))

    carry, ys = engine.eval_shape(fn, ((4,), "float32"))
    assert carry.shape == (4,) and ys.shape == (7, 4) and ys.dtype == "float32"
