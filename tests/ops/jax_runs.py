"""Runs the rows of the table on JAX, all of a law in one program, for kerasish and for Keras."""

import functools

import jax
import numpy as np

import kerasish
from kerasish.core import tree
from tests.ops.cases import CASES
from tests.ops.runs import Failure, call, cotangent, inputs, is_float, rows_for

FAST = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}  # compiles in half the time


def arrays_of(x):
    """The NumPy arrays among the leaves."""
    return [leaf for leaf in tree.leaves(x) if isinstance(leaf, np.ndarray)]


def filled(x, arrays):
    """`x` with these arrays in the place of its own."""
    found = iter(arrays)
    return tree.map(lambda leaf: next(found) if isinstance(leaf, np.ndarray) else leaf, x)


def run(fn, numbers, given, shapes_only=False):
    """`fn(number, *arrays)` for each number, in one program: `{number: outputs or Failure}`."""
    failures = {}

    def program(*groups):
        results = []
        for number, arrays in zip(numbers, groups, strict=True):
            made = fn(number, *arrays)
            if isinstance(made, Failure):
                failures[number] = made
            results.append(
                [] if isinstance(made, Failure) else [None if x is None else jax.numpy.asarray(x) for x in made]
            )
        return results

    groups = [arrays_of(x) for x in given]
    try:
        results = jax.eval_shape(program, *groups) if shapes_only else jax.jit(program, compiler_options=FAST)(*groups)
    except Exception as error:  # of compilation: find the row by halving, so that it doesn't hide the others
        if len(numbers) == 1:
            return {numbers[0]: Failure(f"{type(error).__name__}: {error}"[:600])}
        half = len(numbers) // 2
        parts = (run(fn, numbers[part], given[part], shapes_only) for part in (slice(half), slice(half, None)))
        return functools.reduce(dict.__or__, parts)
    return {
        n: failures.get(n, r if shapes_only else jax.tree.map(np.asarray, r))
        for n, r in zip(numbers, results, strict=True)
    }


@functools.cache
def on_jax(law, library=kerasish, shapes_only=False, field=""):
    """The outputs of the rows for which this law is checked; of other rows, a `Failure` that says why not."""
    numbers = [n for n in rows_for(field) if not CASES[n].eager and not (library is not kerasish and CASES[n].keras)]
    given = {n: inputs(n, law) for n in rows_for(field)}

    def one(number, *arrays):
        return call(library.ops, number, *filled(given[number], arrays))

    with jax.numpy_dtype_promotion("strict" if library is kerasish else "standard"):
        results = run(one, numbers, [given[n] for n in numbers], shapes_only)
        eager = {
            n: call(library.ops, n, *given[n])
            for n in given
            if n not in results and not (library is not kerasish and CASES[n].keras)
        }
    return results | {n: x if isinstance(x, Failure) else [np.asarray(y) for y in x] for n, x in eager.items()}


def gradients(numbers):
    """For each row, the derivative of its outputs, weighted by `cotangent`, in each array of floats."""
    given = {n: inputs(n) for n in numbers}

    def one(number, *arrays):
        floats = [i for i, x in enumerate(arrays_of(given[number])) if is_float(x)]

        def scalar(chosen):
            filled_arrays = list(arrays)
            for place, x in zip(floats, chosen, strict=True):
                filled_arrays[place] = x
            outputs = call(kerasish.ops, number, *filled(given[number], filled_arrays))
            return weighted(number, outputs, jax.numpy)

        try:
            return jax.grad(scalar)([arrays[i] for i in floats])
        except Failure as failure:
            return failure
        except Exception as error:
            return Failure(f"{type(error).__name__}: {error}"[:600])

    with jax.numpy_dtype_promotion("strict"):
        return run(one, numbers, [given[n] for n in numbers])


def weighted(number, outputs, xp):
    """The sum of the floating outputs, times `cotangent`: of complex ones both parts."""
    if isinstance(outputs, Failure):
        raise outputs
    total = xp.zeros((), "float32" if xp is jax.numpy else "float64")
    for index, x in enumerate(outputs):
        x = xp.asarray(x)
        if x.dtype.kind not in "fc":
            continue
        parts = [xp.real(x), xp.imag(x)] if x.dtype.kind == "c" else [x]
        for part, extra in zip(parts, (0, 100), strict=False):
            weights = cotangent(number, index + extra, x.shape).astype(total.dtype)
            total = total + xp.sum(part.astype(total.dtype) * weights)
    return total


def sizes_and_types(x):
    """`[(shape, dtype)]` of each output."""
    return x if isinstance(x, Failure) else [(tuple(y.shape), np.dtype(y.dtype).name) for y in x]
