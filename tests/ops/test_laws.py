"""Laws of every row of the table of ops: the numbers and dtypes of Keras, of the NumPy backend, and of float64."""

import numpy as np
import pytest

from kerasish import ops
from kerasish.core import tree
from kerasish.core.dtypes import NARROW, standardize_dtype
from kerasish.core.symbolic import SymbolicTensor
from tests.ops.cases import CASES, IDS
from tests.ops.runs import Failure, find, has_axes, inputs, on_numpy, rows_for

pytest.importorskip("jax")
keras = pytest.importorskip("keras")
from tests.ops.jax_runs import on_jax  # noqa: E402

EPSILON = float(np.finfo("float32").eps)


def over(field, *conditions):
    """Parametrizes a law by the numbers of the rows for which it is checked."""
    numbers = [n for n in rows_for(field) if all(condition(CASES[n]) for condition in conditions)]
    return pytest.mark.parametrize("number", numbers, ids=[IDS[n] for n in numbers])


def outputs(results, number):
    """The outputs of a row, as they are compared; raises what the row raised."""
    found = results[number]
    if isinstance(found, Failure):
        raise found
    canon = CASES[number].canon
    return canon([np.asarray(x) for x in found]) if canon else found


def narrow(dtype):
    """Without 64 bits: JAX has none."""
    name = standardize_dtype(dtype)
    return NARROW.get(name, name)


@over("keras")
def test_an_op_gives_the_numbers_and_the_dtype_that_keras_gives(number):
    ours, theirs = outputs(on_jax("plain"), number), outputs(on_jax("plain", keras), number)
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.dtype == other.dtype
        np.testing.assert_allclose(mine, other, rtol=2e-5, atol=2e-6)


@over("numpy")
def test_both_backends_give_the_same_numbers_and_dtypes(number):
    ours, theirs = outputs(on_jax("plain"), number), outputs(on_numpy("plain"), number)
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        assert standardize_dtype(mine.dtype) == narrow(other.dtype)
        np.testing.assert_allclose(mine, other, rtol=2e-5, atol=2e-6)


@over("numpy", lambda row: row.ulps)
def test_an_op_keeps_to_its_error_budget(number):
    """The reference is the NumPy backend on float64. The unit is that of the greatest output near: of its own array."""
    ours, exact = outputs(on_jax("plain"), number), outputs(on_numpy("float64"), number)
    for mine, other in zip(ours, exact, strict=True):
        assert other.dtype.name in ("float64", "complex128") or mine.dtype == other.dtype
        if other.size and mine.dtype.kind in "fc":
            finite = np.isfinite(other)
            assert (np.isfinite(mine) == finite).all()
            size = np.abs(other[finite]).max(initial=0)
            error = np.abs(mine[finite].astype(other.dtype) - other[finite]).max(initial=0)
            unit = max(EPSILON, float(np.finfo(mine.dtype).eps)) * size
            assert error <= CASES[number].ulps * unit, f"{error / unit:.1f} units in the last place"


@over("")
def test_the_symbolic_shape_and_dtype_are_the_real_ones(number):
    args, kwargs = inputs(number)
    made = tree.leaves(
        find(ops, CASES[number].name)(*symbolic((args, kwargs), {})[0], **symbolic((args, kwargs), {})[1])
    )
    real = outputs(on_jax("plain"), number) if not CASES[number].canon else on_jax("plain")[number]
    assert [(x.shape, x.dtype) for x in made] == [(tuple(x.shape), standardize_dtype(x.dtype)) for x in real]


def symbolic(x, unknown):
    """`x` with symbolic tensors in the place of arrays of floats; with None where `unknown` says for which axes."""
    counter = iter(range(1000))

    def change(leaf):
        if not isinstance(leaf, np.ndarray):
            return leaf
        axes = unknown.get(next(counter), ())
        return SymbolicTensor([None if axis in axes else n for axis, n in enumerate(leaf.shape)], leaf.dtype)

    return tree.map(change, x)


def choices_of_unknown(row):
    """Which sizes are unknown: each axis of the first array, and the batch of all arrays that have it."""
    arrays = [x for x in tree.leaves((row.args, row.kwargs)) if isinstance(x, np.ndarray)]
    place = next(i for i, x in enumerate(arrays) if x.ndim)
    yield from ({place: (axis,)} for axis in range(arrays[place].ndim))
    yield {i: (0,) for i, x in enumerate(arrays) if x.ndim and len(x) == len(arrays[place])}


@over("unknown", has_axes, lambda row: not row.eager)
def test_unknown_sizes_give_what_is_known(number):
    row = CASES[number]
    real = on_jax("plain")[number]
    for unknown in choices_of_unknown(row):
        args, kwargs = symbolic((row.args, row.kwargs), unknown)
        made = tree.leaves(find(ops, row.name)(*args, **kwargs))
        for x, y in zip(made, real, strict=True):
            assert x.dtype == standardize_dtype(y.dtype)
            assert len(x.shape) == y.ndim
            wrong = [axis for axis, (m, n) in enumerate(zip(x.shape, y.shape, strict=True)) if m not in (None, n)]
            assert not wrong, f"with {unknown} unknown: {x.shape}, really {y.shape}"
