"""Runs every row of the table: on JAX as one program for a law, on the NumPy backend in a process of its own.

Run as a program it is that process: `python -m tests.ops.runs LAW FILE`, with KERASISH_BACKEND=numpy.
"""

import functools
import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
import warnings
import zlib

import numpy as np

from kerasish import ops
from kerasish.backend import backend, engine, set_floatx
from kerasish.core import tree
from tests.ops.cases import CASES

STEP = 1e-6
"""Of differences in float64: the truncation, of the order of its square, is below the rounding."""
WILD = (0.0, -0.0, np.inf, -np.inf, np.nan, 1e30, -1e30, 2e-38, 1.0, 88.0, -88.0, 1e4)
"""Sums of them don't overflow, or they would depend on their order; below 1e-38 XLA takes 0."""


def is_float(x):
    """Whether `x` is an array of floating numbers."""
    return isinstance(x, np.ndarray) and x.dtype.name.startswith(("float", "bfloat", "complex"))


def inputs(number, law="plain"):
    """`(args, kwargs)` of the row, changed as the law says."""
    row = CASES[number]
    floats = [x for x in tree.leaves((row.args, row.kwargs)) if is_float(x)]
    counter = iter(range(len(floats)))

    def change(x):
        if isinstance(x, np.ndarray) and law == "pairs":
            return np.stack([x, flipped(x)])
        if law == "flipped":
            return flipped(x)
        if isinstance(x, np.ndarray) and law == "empty":
            return x[:0] if x.ndim and len(x) == len(first(row)) else x
        if not is_float(x):
            return x
        index = next(counter)
        if law in ("plus", "minus"):
            return wide(x) + (STEP if law == "plus" else -STEP) * direction(number, index, x.shape)
        if law == "float64":
            return wide(x)
        if law.startswith(("bfloat16", "float16")):
            half = x.astype(law.split()[0])
            return half.astype("float64") if law.endswith("wide") else half
        if law == "wild" and index == 0 and x.dtype == np.float32:
            return np.resize(np.roll(np.array(WILD, "float32"), turn(number)), x.shape)
        return x

    return tree.map(change, (row.args, row.kwargs))


@functools.cache
def turn(number):
    """By how much the wild numbers of a row are turned: others for each row of an op, whatever rows of others there are."""
    name = CASES[number].name
    return zlib.crc32(name.encode()) + sum(row.name == name for row in CASES[:number])


def flipped(x):
    """An array of floats backwards; anything else as it is."""
    return np.flip(x, -1) if is_float(x) and x.ndim else x


def wide(x):
    """`x` with twice the bits."""
    return x.astype("complex128" if x.dtype.kind == "c" else "float64")


def first(row):
    """The row's first array that has axes."""
    return next(x for x in tree.leaves((row.args, row.kwargs)) if isinstance(x, np.ndarray) and x.ndim)


def has_axes(row):
    """Whether there is such an array."""
    return any(isinstance(x, np.ndarray) and x.ndim for x in tree.leaves((row.args, row.kwargs)))


def has_floats(row):
    """Whether there is an array of floats."""
    return any(is_float(x) for x in tree.leaves((row.args, row.kwargs)))


def direction(number, index, shape):
    """A random direction in which to differentiate by the floats of this index."""
    return np.random.default_rng((number, index)).normal(size=shape)


def cotangent(number, index, shape):
    """The weights with which the outputs of this index make one number."""
    return np.random.default_rng((number, index, 1)).normal(size=shape)


def find(namespace, name):
    """`namespace.<name>`, which may have dots."""
    return functools.reduce(getattr, name.split("."), namespace)


class Failure(Exception):  # noqa: N818
    """What a row raised, in the place of its outputs."""


def call(namespace, number, args, kwargs):
    """The row's outputs as a list; or a `Failure`, so that one row doesn't hide the others."""
    try:
        return tree.leaves(find(namespace, CASES[number].name)(*args, **kwargs))
    except Exception as error:
        return Failure(f"{type(error).__name__}: {error}"[:600])


def rows_for(field):
    """The numbers of the rows for which the law of this field is checked."""
    plain = CASES[0]._field_defaults
    return [n for n, row in enumerate(CASES) if not field or getattr(row, field) == plain[field]]


@functools.cache
def on_numpy(law):
    """The outputs of all rows on the NumPy backend, as NumPy arrays."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "results"
        start = (
            "import sys; from tests.ops import runs; runs.write_results(*sys.argv[1:])"  # not -m: Failure is pickled
        )
        command = [sys.executable, "-c", start, law, str(path)]
        root = pathlib.Path(__file__).parents[2]
        done = subprocess.run(
            command, env=os.environ | {"KERASISH_BACKEND": "numpy"}, cwd=root, capture_output=True, text=True
        )
        if done.returncode:
            return [Failure(done.stderr[-2000:])] * len(CASES)
        return pickle.loads(path.read_bytes())


def write_results(law, path):
    """What the process does."""
    assert backend() == "numpy"
    warnings.simplefilter("ignore")
    if law in ("float64", "plus", "minus") or law.endswith("wide"):
        set_floatx("float64")  # so that integers too become float64
    with np.errstate(all="ignore"):
        results = [call(ops, number, *inputs(number, law)) for number in range(len(CASES))]
    as_numpy = [r if isinstance(r, Failure) else [engine.to_numpy(x) for x in r] for r in results]
    pathlib.Path(path).write_bytes(pickle.dumps(as_numpy))


if __name__ == "__main__":
    write_results(*sys.argv[1:])
