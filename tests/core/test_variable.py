"""`Variable`: its first value, assigning, dtypes, names, and what it says when something does not fit."""

import numpy as np
import pytest

import kerasish
from kerasish import layers, ops
from kerasish.backend import engine
from kerasish.core.context import scope
from kerasish.core.variable import Variable

IS_JAX = kerasish.config.backend() == "jax"


@pytest.mark.parametrize(
    ("initializer", "given", "dtype", "shape"),
    [
        (3, {}, "int32", ()),
        (2.5, {}, "float32", ()),
        (True, {}, "bool", ()),
        ([1.0, 2.0], {}, "float32", (2,)),
        ([1, 2], {}, "int32", (2,)),
        (np.zeros(3, "float16"), {}, "float16", (3,)),
        (np.zeros(3, "uint8"), {"dtype": "float32"}, "float32", (3,)),
        (lambda shape, dtype: np.ones(shape, dtype), {"shape": (2, 3)}, "float32", (2, 3)),
        ("ones", {"shape": (2,), "dtype": "bfloat16"}, "bfloat16", (2,)),
        (kerasish.initializers.Zeros(), {"shape": ()}, "float32", ()),
    ],
)
def test_the_first_value_gives_shape_and_dtype(initializer, given, dtype, shape):
    v = Variable(initializer, **given)
    assert (v.dtype if v.dtype != "int64" else "int32", v.shape) == (dtype, shape)
    assert (v.ndim, v.size) == (len(shape), int(np.prod(shape)))


def test_a_variable_can_be_made_of_another_and_is_a_copy():
    first = Variable(np.arange(3.0, dtype="float32"))
    second = Variable(first)
    first.assign([7.0, 7.0, 7.0])
    np.testing.assert_array_equal(second, [0, 1, 2])


def test_names_and_paths():
    assert [Variable(0.0).name for _ in range(2)] == ["variable", "variable_1"]
    with kerasish.name_scope("outer"), kerasish.name_scope("inner"):
        v = Variable(0.0, name="v")
    assert v.path == "outer/inner/v"


def test_assigning_casts_and_returns_the_new_value():
    v = Variable(np.zeros(2, "float32"))
    assert v.assign([1, 2]).dtype == "float32"
    np.testing.assert_array_equal(v.assign_add(np.array([1, 1])), [2, 3])
    np.testing.assert_array_equal(v.assign_sub(Variable(np.array([2.0, 3.0], "float32"))), [0, 0])
    np.testing.assert_array_equal(v.assign_add(1), [1, 1])


def test_a_variable_never_shares_memory_with_what_it_was_given():
    given = np.zeros(1000, "float32")
    v = Variable(given)
    given[:] = 7
    assert not v.numpy().any()
    v.assign(given)
    given[:] = 9
    assert set(v.numpy()) == {7.0}
    copy = v.numpy()
    copy[:] = 5
    assert set(v.numpy()) == {7.0}


@pytest.mark.skipif(not IS_JAX, reason="only JAX donates arrays")
def test_donating_the_array_of_one_variable_leaves_its_copies_alive():
    first = Variable(np.ones(4, "float32"))
    second = Variable(np.zeros(4, "float32"))
    second.assign(first)
    assert second._value.unsafe_buffer_pointer() != first._value.unsafe_buffer_pointer()
    first._value.delete()
    np.testing.assert_array_equal(second, np.ones(4))
    given = engine.asarray(np.ones(4, "float32"))
    second.assign(given)
    given.delete()
    np.testing.assert_array_equal(second, np.ones(4))


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda v: v.assign(np.zeros(3)), ValueError, r"'v' has the shape \(2,\); got a value of shape \(3,\)"),
        (lambda v: v.assign_add(np.zeros((2, 2))), ValueError, r"has the shape \(2,\); got a value of shape \(2, 2\)"),
        (lambda v: Variable(0.0, colour="red"), TypeError, "does not know: colour"),
        (lambda v: Variable(np.ones, shape=(None, 2), name="w"), ValueError, "'w' must be known when it is made"),
        (lambda v: Variable(np.ones), ValueError, "must be known when it is made; got None"),
        (lambda v: Variable(lambda s, dtype: np.ones(3), shape=(2,)), ValueError, r"\(3,\); expected \(2,\)"),
        (lambda v: Variable("zeroes", shape=(2,)), ValueError, "no initializer named 'zeroes'. Did you mean 'zero"),
        (lambda v: Variable(0.0, dtype="float31"), ValueError, "is not a dtype"),
    ],
)
def test_mistakes_are_explained_and_change_nothing(use, error, message):
    v = Variable(np.ones(2, "float32"), name="v")
    with pytest.raises(error, match=message) as caught:
        use(v)
    assert len(str(caught.value)) <= 600
    np.testing.assert_array_equal(v, [1, 1])


@pytest.mark.skipif(not IS_JAX, reason="only JAX traces")
def test_a_traced_value_is_refused():
    v = Variable(np.float32(0), name="v")
    with pytest.raises(RuntimeError, match=r"'v' is assigned a traced value.*pure\(fn, variables\)"):
        engine.jit(lambda x: v.assign(x))(np.float32(1))
    assert float(v) == 0


def test_what_a_call_reads_is_in_its_compute_dtype_unless_told_otherwise():
    cast, own, whole = Variable(np.float32(0.1)), Variable(np.float32(0.1), autocast=False), Variable(np.int32(1))
    with scope(dtype="bfloat16"):
        assert [str(v.value.dtype) for v in (cast, own, whole)] == ["bfloat16", "float32", "int32"]
        cast.assign_add(1.0)
    assert str(cast.value.dtype) == "float32"
    assert float(cast) == pytest.approx(1.1)  # added to the whole value, not to the one of 16 bits


def test_operators_are_ops():
    v = Variable(np.array([1.0, 4.0], "float32"))
    for found, expected in [
        (v + 1, [2, 5]),
        (1 - v, [0, -3]),
        (np.ones(2, "float32") + v, [2, 5]),
        (v * v, [1, 16]),
        (2 / v, [2, 0.5]),
        (v // 3, [0, 1]),
        (v % 3, [1, 1]),
        (v**2, [1, 16]),
        (2**v, [2, 16]),
        (-v, [-1, -4]),
        (abs(-v), [1, 4]),
        (v > 2, [False, True]),
        (v @ v, 17),
        (v[1], 4),
        (ops.sqrt(v), [1, 2]),
    ]:
        np.testing.assert_array_equal(found, expected)


def test_python_s_conversions():
    v = Variable(np.float32(2.5))
    assert (float(v), int(v), bool(v)) == (2.5, 2, True)
    assert len(Variable(np.zeros((3, 2)))) == 3
    assert np.asarray(v, "float64").dtype == "float64"


def test_variables_are_told_apart_by_identity():
    a, b = Variable(1.0), Variable(1.0)
    assert a == a
    assert a != b
    assert a in [a]
    assert a not in [b]
    assert len({a, b}) == 2
    assert "path=" in repr(a)


def test_a_layer_s_weight_carries_what_add_weight_was_given():
    layer = layers.Layer()
    v = layer.add_weight((2,), "ones", dtype="float16", regularizer="l2", constraint="non_neg", name="w")
    assert (v.dtype, v.path, v.trainable) == ("float16", "layer/w", True)
    assert isinstance(v.regularizer, kerasish.regularizers.L2)
    assert isinstance(v.constraint, kerasish.constraints.NonNeg)
    assert layer.add_weight(3).shape == (3,)
    assert layer.add_weight(dtype="int32").shape == ()
