"""Laws that every op obeys: Keras's numbers and dtypes, symbolic shapes, no 64 bits, a docstring, Keras's arguments."""

import doctest
import functools
import inspect

import numpy as np
import pytest

import kerasish
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


NEEDS_VALUES = {"bincount"}  # Keras's can't be compiled for arguments that are unknown


@functools.cache
def all_results(library):
    """What `library.ops` returns for all cases: one program, so one compilation."""
    compiled = [number for number, (name, _, _) in enumerate(CASES) if name not in NEEDS_VALUES]
    leaves = tree.leaves([CASES[number][1:] for number in compiled])

    def call(number, case):
        args, kwargs = case
        return tree.leaves(getattr(library.ops, CASES[number][0])(*args, **kwargs))

    def run(*arrays):
        found = iter(arrays)
        fill = functools.partial(tree.map, lambda x: next(found) if isinstance(x, np.ndarray) else x)
        return [call(number, fill(CASES[number][1:])) for number in compiled]

    fast = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}  # compiles in half the time
    jit = engine.jit if library is kerasish else functools.partial(jax.jit, compiler_options=fast)
    with jax.numpy_dtype_promotion("strict" if library is kerasish else "standard"):
        results = dict(zip(compiled, jit(run)(*(x for x in leaves if isinstance(x, np.ndarray))), strict=True))
        return [results.get(i) or call(i, CASES[i][1:]) for i in range(len(CASES))]


@pytest.mark.parametrize("number", range(len(CASES)), ids=IDS)
def test_an_op_gives_the_numbers_and_the_dtype_that_keras_gives(number):
    ours, theirs = all_results(kerasish)[number], all_results(keras)[number]
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        assert standardize_dtype(mine.dtype) == other.dtype.name
        np.testing.assert_allclose(engine.to_numpy(mine), np.asarray(other), rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("number", range(len(CASES)), ids=IDS)
def test_the_symbolic_shape_and_dtype_are_the_real_ones(number):
    name, args, kwargs = CASES[number]
    arrays = [x for x in tree.leaves((args, kwargs)) if isinstance(x, np.ndarray)]
    if not arrays or arrays[0].ndim < 1:
        pytest.skip("no tensor argument")
    symbolic = SymbolicTensor(arrays[0].shape, arrays[0].dtype)
    filled_args, filled_kwargs = tree.map(lambda x: symbolic if x is arrays[0] else x, (args, kwargs))
    real = all_results(kerasish)[number]
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


@pytest.mark.parametrize("name", sorted(n for n in ops.__all__ if ">>>" in (getattr(ops, n).__doc__ or "")))
def test_the_example_of_an_op_runs(name):
    found = doctest.DocTestParser().get_doctest(getattr(ops, name).__doc__, vars(ops).copy(), name, None, None)
    assert doctest.DocTestRunner().run(found).failed == 0
