"""Laws that every op obeys: Keras's numbers and dtypes, symbolic shapes, no 64 bits, a docstring, Keras's arguments."""

import inspect

import numpy as np
import pytest

from kerasish import ops
from kerasish.backend import backend, engine
from kerasish.core import tree
from kerasish.core.dtypes import standardize_dtype
from kerasish.core.operators import OPS
from kerasish.core.symbolic import SymbolicTensor
from kerasish.ops.names import KERAS_CLASSES, KERAS_MODULES
from tests.ops.cases import CASES, IDS

jax = pytest.importorskip("jax")
keras = pytest.importorskip("keras")

# Keras refuses these inputs, or gives the dtype of a NumPy input back.
NEEDS_KERAS_TENSORS = {"in_top_k", "segment_sum", "batch_normalization", "scatter"}


def in_keras(name, args, kwargs):
    """What Keras returns for the call, as NumPy arrays."""
    with jax.numpy_dtype_promotion("standard"):
        args, kwargs = keras.tree.map_structure(_keras_tensor, (args, kwargs))
        result = getattr(keras.ops, name)(*args, **kwargs)
    return [np.asarray(x) for x in keras.tree.flatten(result)]


def _keras_tensor(x):
    return keras.ops.convert_to_tensor(x) if isinstance(x, np.ndarray) else x


@pytest.mark.parametrize(("name", "args", "kwargs"), CASES, ids=IDS)
def test_an_op_gives_the_numbers_and_the_dtype_that_keras_gives(name, args, kwargs):
    ours = tree.leaves(getattr(ops, name)(*args, **kwargs))
    theirs = in_keras(name, args, kwargs)
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        assert standardize_dtype(mine.dtype) == other.dtype.name
        np.testing.assert_allclose(engine.to_numpy(mine), other, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(("name", "args", "kwargs"), CASES, ids=IDS)
def test_the_symbolic_shape_and_dtype_are_the_real_ones(name, args, kwargs):
    arrays = [x for x in tree.leaves((args, kwargs)) if isinstance(x, np.ndarray)]
    if not arrays or arrays[0].ndim < 1:
        pytest.skip("no tensor argument")
    symbolic = SymbolicTensor(arrays[0].shape, arrays[0].dtype)
    filled_args, filled_kwargs = tree.map(lambda x: symbolic if x is arrays[0] else x, (args, kwargs))
    real = tree.leaves(getattr(ops, name)(*args, **kwargs))
    made = tree.leaves(getattr(ops, name)(*filled_args, **filled_kwargs))
    assert [(x.shape, x.dtype) for x in made] == [(tuple(x.shape), standardize_dtype(x.dtype)) for x in real]


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
    assert set(KERAS_MODULES) <= set(ops.__all__)
    recorded = {fn.__name__ for n, fn in OPS.items() if n in ops.__all__}
    assert recorded <= set(KERAS_MODULES)


def test_gradients_flow_through_an_op_under_strict_promotion():
    if backend() != "jax":
        pytest.skip("gradients")
    (value, _), gradient = engine.value_and_grad(lambda x: (ops.sum(ops.relu(x) * 2), None))(np.zeros(3, "float32"))
    assert float(value) == 0
    assert engine.to_numpy(gradient).tolist() == [0, 0, 0]
