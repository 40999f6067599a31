"""Both backends keep the contract of `interface.py`, and treat arrays and errors alike."""

import inspect
import types

import ml_dtypes
import numpy as np
import pytest

import kerasish.backend.jax as jax_backend
import kerasish.backend.numpy as numpy_backend
from kerasish.backend.interface import Backend

BACKENDS = pytest.mark.parametrize("engine", [jax_backend, numpy_backend], ids=["jax", "numpy"])
FUNCTIONS = [name for name, member in vars(Backend).items() if inspect.isfunction(member) and name[0] != "_"]


@BACKENDS
def test_the_module_satisfies_the_protocol(engine):
    assert isinstance(engine, Backend)
    assert isinstance(engine.name, str) and isinstance(engine.xp, types.ModuleType)
    assert isinstance(engine.tracer_errors, tuple)


@BACKENDS
@pytest.mark.parametrize("function", FUNCTIONS)
def test_arguments_have_the_names_and_defaults_of_the_contract(engine, function):
    expected = list(inspect.signature(getattr(Backend, function)).parameters.values())[1:]
    found = list(inspect.signature(getattr(engine, function)).parameters.values())
    assert [(p.name, p.default) for p in found] == [(p.name, p.default) for p in expected]


@BACKENDS
def test_all_lists_exactly_the_contract(engine):
    assert set(engine.__all__) == {*FUNCTIONS, "name", "xp", "differentiable", "tracer_errors", "escape_errors"}


@BACKENDS
@pytest.mark.parametrize(
    ("given", "dtype"), [(1.5, "float32"), ([1, 2], "int32"), ([[True]], "bool"), (1j, "complex64")]
)
def test_python_numbers_become_narrow_arrays(engine, given, dtype):
    for make in (engine.asarray, engine.own):
        array = make(given)
        assert engine.is_array(array) and array.dtype == dtype and not engine.is_traced(array)
        np.testing.assert_array_equal(engine.to_numpy(array), given)


@BACKENDS
@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32", "int8", "uint32", "bool"])
def test_a_given_dtype_is_kept(engine, dtype):
    for make in (engine.asarray, engine.own):
        array = make(np.array([0.0, 1.0]), dtype)
        assert str(array.dtype) == dtype and engine.to_numpy(array).tolist() == [0, 1]


def test_numpy_keeps_wide_arrays_and_large_integers():
    assert numpy_backend.asarray(np.zeros(2)).dtype == "float64" and numpy_backend.wide_types()
    assert numpy_backend.asarray(2**40) == 2**40
    assert not jax_backend.wide_types()


@BACKENDS
@pytest.mark.parametrize("size", [1, 16, 1000, 100_000])
def test_own_shares_no_memory(engine, size):
    for _ in range(20):  # JAX shares memory by chance, where it is aligned
        source = np.zeros(size, "float32")
        owned = engine.own(source)
        again = engine.own(owned)
        source += 1
        assert engine.to_numpy(owned).max() == 0 and engine.to_numpy(again).max() == 0


def test_owned_arrays_can_be_donated():
    source = np.zeros(1000, "float32")
    owned = jax_backend.own(source)
    added = jax_backend.jit(lambda x: x + 1, donate=0)(owned)
    assert owned.is_deleted() and float(added.max()) == 1 and source.max() == 0


@BACKENDS
def test_waiting_makes_ready(engine):
    x = engine.xp.ones((3,))
    engine.wait({"a": [x, x]})
    assert engine.is_ready(x) and engine.is_ready(3.0)


@BACKENDS
def test_strings_and_lists_are_no_arrays(engine):
    assert not engine.is_array("a") and not engine.is_array([1]) and not engine.is_array(1.0)
    assert engine.is_array(engine.xp.sum(engine.xp.ones(3)))


@BACKENDS
def test_shapes_are_evaluated_without_values(engine):
    def fn(x, y):
        return {"a": engine.xp.matmul(x, y), "b": [x.sum() / 0, 1.0], "none": None}

    found = engine.eval_shape(fn, ((2, 3), "float32"), ((3, 4), "float32"))
    assert found["a"].shape == (2, 4) and found["a"].dtype == "float32" and found["none"] is None
    assert found["b"][0].shape == () and found["b"][1].dtype == "float32"


@BACKENDS
def test_shapes_follow_from_arrays_and_from_shapes(engine):
    def fn(state, x):
        return {"total": state["total"] + x.sum(), "rows": engine.xp.concatenate([x, x])}

    found = engine.shapes_of(fn, {"total": engine.asarray(0.0)}, engine.xp.ones((2, 3), "float32"))
    assert found["total"].shape == () and found["rows"].shape == (4, 3) and found["rows"].dtype == "float32"
    assert engine.shapes_of(fn, found, found["rows"])["rows"].shape == (8, 3)


@BACKENDS
def test_bfloat16_shapes(engine):
    found = engine.eval_shape(lambda x: x + x, ((2,), "bfloat16"))
    assert found.dtype == ml_dtypes.bfloat16


def test_numpy_shapes_of_large_convolutions_cost_nothing():
    def fn(x, kernel):
        return numpy_backend.conv(x, kernel, (1, 1), ((1, 1), (1, 1)), (1, 1))

    found = numpy_backend.eval_shape(fn, ((16, 500, 500, 64), "float32"), ((3, 3, 64, 64), "float32"))
    assert found.shape == (16, 500, 500, 64)


def test_numpy_refuses_gradients():
    with pytest.raises(NotImplementedError, match="computes no gradients.*KERASISH_BACKEND=jax"):
        numpy_backend.value_and_grad(lambda x: (x.sum(), None))
    assert not numpy_backend.differentiable and jax_backend.differentiable


def test_gradients_and_stopped_gradients():
    def fn(x, y):
        return (x * jax_backend.stop_gradient(x) * y).sum(), {"aux": y}

    (value, aux), gradient = jax_backend.value_and_grad(fn)(jax_backend.asarray([2.0]), jax_backend.asarray([3.0]))
    assert float(value) == 12 and float(aux["aux"][0]) == 3 and float(gradient[0]) == 6


def test_tracer_errors_are_what_a_trace_raises():
    @jax_backend.jit
    def fn(x):
        assert jax_backend.is_traced(x)
        with jax_backend.outside_trace():
            assert not jax_backend.is_traced(jax_backend.xp.ones(2) + 1)
        return x if x > 0 else -x

    with pytest.raises(jax_backend.tracer_errors):
        fn(1.0)
    with jax_backend.eager():
        assert jax_backend.jit(lambda x: x if x > 0 else -x)(jax_backend.asarray(-1.0)) == 1


@BACKENDS
def test_a_compiled_function_takes_trees(engine):
    run = engine.jit(lambda state, x: ([state["a"] + x], None), donate=0)
    (total,), none = run({"a": engine.own([1.0, 2.0])}, engine.asarray(1.0))
    assert engine.to_numpy(total).tolist() == [2, 3] and none is None
    with engine.outside_trace(), engine.eager():
        assert engine.is_array(engine.stop_gradient(engine.xp.ones(2)))
