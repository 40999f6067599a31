"""`Overlay`, `pure` and `value_and_grad`: code with assignments, as functions of values."""

import threading

import numpy as np
import pytest

import kerasish
from kerasish import layers, ops
from kerasish.backend import engine
from kerasish.core.context import collected_losses
from kerasish.core.variable import Overlay, Variable, pure, value_and_grad

needs_gradients = pytest.mark.skipif(kerasish.config.backend() == "numpy", reason="NumPy has no gradients")


def scalar(value, name="v", **kwargs):
    return Variable(np.float32(value), name=name, **kwargs)


def test_inside_an_overlay_its_values_are_read_and_assigned():
    v = scalar(1)
    with Overlay([v], [np.float32(5)]) as overlay:
        assert float(v) == 5
        v.assign(6)
        assert float(v) == 6
        assert float(overlay.read(v)) == 6
    assert float(v) == 1


def test_overlays_nest():
    a, b = scalar(1), scalar(10)
    with Overlay([a], [np.float32(2)]) as outer:
        with Overlay([b], [np.float32(20)]) as inner:
            assert (float(a), float(b)) == (2, 20)
            a.assign(3)
            assert [v is a for v, _ in inner.assigned_besides([b])] == [True]
        assert (float(a), float(b)) == (2, 10)
        assert outer.assigned_besides([]) == []


def test_an_overlay_is_gone_after_an_error():
    v = scalar(1)
    with pytest.raises(KeyError), Overlay([v], [np.float32(5)]):
        raise KeyError
    assert float(v) == 1


def test_an_overlay_needs_a_value_for_each_variable():
    with pytest.raises(ValueError, match="zip"):
        Overlay([scalar(0)], [])


def test_other_threads_do_not_see_an_overlay():
    v = scalar(1)
    seen = {}
    ready = threading.Barrier(2)

    def run(name, value):
        with Overlay([v], [np.float32(value)]):
            ready.wait()
            v.assign_add(1)
            seen[name] = float(v)
            ready.wait()

    threads = [threading.Thread(target=run, args=pair) for pair in (("a", 10), ("b", 20))]
    with Overlay([v], [np.float32(5)]):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert float(v) == 5
    assert seen == {"a": 11, "b": 21}
    assert float(v) == 1


def test_pure_has_no_side_effects_and_takes_and_returns_values():
    count, total = scalar(0, "count"), scalar(100, "total")

    def step(x, scale=1):
        count.assign_add(1)
        total.assign_add(x * scale)
        return total.value * 2

    output, new = pure(step, [count, total])([np.float32(7), np.float32(1)], 5, 2)
    assert (float(output), [float(x) for x in new]) == (22, [8, 11])
    assert (float(count), float(total)) == (0, 100)


def test_pure_gives_back_the_values_of_variables_that_were_only_read():
    v = scalar(0)
    assert pure(lambda: None, [v])([np.float32(3)])[1] == [3]


def test_pure_runs_inside_pure():
    v = scalar(1)

    def inner():
        return v.assign_add(1)

    def outer():
        v.assign(10)
        output, (new,) = pure(inner, [v])([v.value])
        return output, new, v.value

    (output, new, kept), (last,) = pure(outer, [v])([np.float32(0)])
    assert [float(x) for x in (output, new, kept, last)] == [11, 11, 10, 10]


def test_the_same_code_compiles():
    v = scalar(0)
    run = engine.jit(pure(lambda x: v.assign_add(x), [v]))
    (values,) = (run([v.value], np.float32(2))[1],)
    assert float(run(values, np.float32(3))[1][0]) == 5


def test_an_assignment_that_pure_was_not_told_of_is_refused():
    known, stray = scalar(0, "known"), scalar(0, "stray")

    def forgetful():
        known.assign(1)
        stray.assign(1)

    with pytest.raises(
        RuntimeError, match=r"forgetful assigned stray, which it was not told about. Keep each variable"
    ):
        pure(forgetful, [known])([known.value])
    assert (float(known), float(stray)) == (0, 0)


def test_an_error_inside_pure_changes_nothing():
    v = scalar(1)

    def fails():
        v.assign(2)
        raise KeyError("x")

    with pytest.raises(KeyError):
        pure(fails, [v])([v.value])
    assert float(v) == 1


def test_a_layer_first_met_in_a_trace_gets_real_weights():
    dense = layers.Dense(2)
    shape = engine.eval_shape(lambda x: dense(x), ((4, 3), "float32")).shape
    assert shape == (4, 2)
    assert not engine.is_traced(dense.kernel._value)
    assert dense(np.ones((4, 3), "float32")).shape == (4, 2)


@needs_gradients
def test_value_and_grad_of_a_function_of_variables():
    w, b = Variable(np.array([1.0, 2.0], "float32")), scalar(3)
    (loss, aux), (dw, db) = value_and_grad(lambda: (ops.sum(w * w) * b, "aux"), [w, b])
    assert (float(loss), aux, float(db)) == (15, "aux", 5)
    np.testing.assert_array_equal(dw, [6, 12])  # 2 w b


@needs_gradients
def test_statistics_assigned_under_the_gradient_are_kept():
    w, mean = scalar(3), scalar(0)

    def loss():
        mean.assign(0.9 * mean + 0.1 * w)
        return w**2, None

    for expected in (0.3, 0.57):
        (_, gradient) = value_and_grad(loss, [w])
        assert float(gradient[0]) == 6
        assert float(mean) == pytest.approx(expected)
        assert not engine.is_traced(mean._value)


@needs_gradients
def test_a_differentiated_variable_that_is_assigned_keeps_its_new_value():
    w = scalar(3)

    def loss():
        value = w**2
        w.assign(10)
        return value, None

    _, (gradient,) = value_and_grad(loss, [w])
    assert (float(gradient), float(w)) == (6, 10)


@needs_gradients
def test_gradients_inside_pure_inside_jit():
    w, count = scalar(3, "w"), scalar(0, "count")

    def step(x):
        def loss():
            count.assign_add(1)
            return (w * x) ** 2, None

        (value, _), (gradient,) = value_and_grad(loss, [w])
        w.assign_sub(0.1 * gradient)
        return value

    run = engine.jit(pure(step, [w, count]))
    value, (new_w, new_count) = run([w.value, count.value], np.float32(2))
    assert float(value) == 36
    assert float(new_w) == pytest.approx(3 - 0.1 * 24)
    assert float(new_count) == 1
    assert (float(w), float(count)) == (3, 0)


@needs_gradients
def test_gradients_of_gradients():
    w = scalar(2)

    def inner():
        _, (gradient,) = value_and_grad(lambda: (w**3, None), [w])
        return gradient, None

    (first, _), (second,) = value_and_grad(inner, [w])
    assert (float(first), float(second)) == (12, 12)  # 3 w², 6 w


@needs_gradients
def test_dropout_draws_another_mask_at_each_step_under_the_gradient():
    w = Variable(np.ones(64, "float32"))
    dropout = layers.Dropout(0.5, seed=1)

    def loss():
        return ops.sum(dropout(w.value, training=True)), None

    _, (first,) = value_and_grad(loss, [w])
    _, (second,) = value_and_grad(loss, [w])
    assert not np.array_equal(first, second)


@needs_gradients
def test_traced_losses_do_not_stay_behind():
    class Adds(layers.Layer):
        def call(self, x):
            self.add_loss(ops.sum(x))
            return x

    layer, w = Adds(), scalar(2)

    def loss():
        layer(w.value)
        return sum(layer.losses), None

    (value, _), _ = value_and_grad(loss, [w])
    assert float(value) == 2
    assert not any(engine.is_traced(x) for _, x in collected_losses())
    engine.jit(pure(lambda x: layer(x), []))([], np.float32(1))
    assert not any(engine.is_traced(x) for _, x in collected_losses())
