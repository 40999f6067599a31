"""What is asked of each op beside its numbers: a docstring that runs, Keras's arguments, a name in files, unknown sizes."""

import doctest
import inspect

import numpy as np
import pytest

from kerasish import ops
from kerasish.backend import backend, engine
from kerasish.core import tree
from kerasish.core.operators import OPS
from kerasish.core.symbolic import SymbolicTensor
from kerasish.ops.names import KERAS_CLASSES, KERAS_MODULES

keras = pytest.importorskip("keras")


@pytest.mark.parametrize(
    ("name", "kwargs", "shape"),
    [
        ("mean", {"axis": -1}, (None,)),
        ("reshape", {"newshape": (-1, 2)}, (None, 2)),
        ("reshape", {"newshape": (None, 2, 2)}, (None, 2, 2)),
        ("transpose", {}, (4, None)),
        ("softmax", {}, (None, 4)),
        ("expand_dims", {"axis": 1}, (None, 1, 4)),
        ("repeat", {"repeats": 3, "axis": 0}, (None, 4)),
        ("layer_normalization", {}, (None, 4)),
        ("argmax", {"axis": 1}, (None,)),
        ("one_hot", {"num_classes": 3}, (None, 4, 3)),
        ("top_k", {"k": 2}, (None, 2)),
        ("sum", {}, ()),
    ],
)
def test_an_unknown_size_stays_unknown(name, kwargs, shape):
    made = tree.leaves(getattr(ops, name)(SymbolicTensor((None, 4)), **kwargs))[0]
    assert made.shape == shape


def test_python_operators_record_the_op_of_that_name():
    x = SymbolicTensor((None, 4))
    made = [x + 1, 1 - x, x / 2, 2**x, x @ np.ones((4, 2), "float32"), x > 0, -x, abs(x), x[:, 1], x // 2, x % 2]
    assert [y.node.operation.fn.__name__ for y in made] == [
        *("add", "subtract", "true_divide", "power", "matmul", "greater", "negative", "absolute", "get_item"),
        *("floor_divide", "mod"),
    ]


@pytest.mark.parametrize("name", sorted(set(ops.__all__)))
def test_every_op_has_a_docstring_and_the_arguments_of_keras(name):
    ours, theirs = getattr(ops, name), getattr(keras.ops, name)
    assert ours.__doc__
    mine = {p.name: p.default for p in inspect.signature(ours).parameters.values()}
    other = {p.name: p.default for p in inspect.signature(theirs).parameters.values()}
    assert mine == other


def test_every_op_that_keras_writes_to_files_has_keras_s_module_and_class():
    x = keras.KerasTensor((3, 4))
    for name in ("absolute", "softmax", "erf", "norm", "stop_gradient", "rms_normalization", "layer_normalization"):
        operation = getattr(keras.ops, name)(x)._keras_history.operation
        assert (KERAS_MODULES[name], KERAS_CLASSES[name]) == (type(operation).__module__, type(operation).__name__)
    assert set(KERAS_MODULES) <= {*ops.__all__, *ops.image.__all__}
    recorded = {fn.__name__ for n, fn in OPS.items() if n in ops.__all__}
    assert recorded <= set(KERAS_MODULES)


def test_gradients_flow_through_an_op_under_strict_promotion():
    if backend() != "jax":
        pytest.skip("gradients")
    (value, _), gradient = engine.value_and_grad(lambda x: (ops.sum(ops.relu(x) * 2), None))(np.zeros(3, "float32"))
    assert float(value) == 0
    assert engine.to_numpy(gradient).tolist() == [0, 0, 0]


@pytest.mark.parametrize("name", sorted(n for n in ops.__all__ if ">>>" in (getattr(ops, n).__doc__ or "")))
def test_the_example_of_an_op_runs(name):
    fn = getattr(ops, name)
    found = doctest.DocTestParser().get_doctest(
        fn.__doc__, inspect.unwrap(fn).__globals__ | {"np": np, name: fn}, name, None, None
    )
    assert doctest.DocTestRunner().run(found).failed == 0
