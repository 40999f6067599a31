"""Every row of the table of ops in 16 bits: the dtypes of Keras, and numbers near those of float64."""

import numpy as np
import pytest

from kerasish.core.dtypes import standardize_dtype
from tests.ops.cases import CASES, IDS
from tests.ops.runs import Failure, has_floats, on_numpy, rows_for

pytest.importorskip("jax")
keras = pytest.importorskip("keras")
from tests.ops.jax_runs import on_jax, sizes_and_types  # noqa: E402

HALVES = [n for n in rows_for("half") if has_floats(CASES[n]) and not CASES[n].eager]
WIDER = 4
"""16 bits are rounded at each step, so that errors add up."""


pytestmark = pytest.mark.slow  # each type is a program


def both(numbers):
    """Each number with each of the types."""
    cases = [pytest.param(n, dtype, id=f"{IDS[n]}-{dtype}") for dtype in ("bfloat16", "float16") for n in numbers]
    return pytest.mark.parametrize(("number", "dtype"), cases)


@both([n for n in HALVES if not CASES[n].keras])
def test_16_bits_give_the_dtypes_that_keras_gives(number, dtype):
    theirs = sizes_and_types(on_jax(dtype, keras, shapes_only=True, field="half")[number])
    if isinstance(theirs, Failure):
        pytest.skip("Keras can't")
    assert sizes_and_types(on_jax(dtype, field="half")[number]) == theirs


@both([n for n in HALVES if not CASES[n].numpy and not CASES[n].canon])
def test_16_bits_give_numbers_near_those_of_64(number, dtype):
    found, exact = on_jax(dtype, field="half")[number], on_numpy(f"{dtype} wide")[number]
    for result in (found, exact):
        if isinstance(result, Failure):
            raise result
    epsilon = {"bfloat16": 2.0**-7, "float16": 2.0**-10}[dtype]
    for mine, other in zip(found, exact, strict=True):
        assert mine.shape == other.shape
        if standardize_dtype(mine.dtype).startswith(("float", "bfloat")) and other.size:
            finite = np.isfinite(other) & (np.abs(other) < (6e4 if dtype == "float16" else 3e38))
            size = np.abs(other[finite]).max(initial=0)
            error = np.abs(mine.astype("float64")[finite] - other[finite]).max(initial=0)
            assert error <= WIDER * CASES[number].ulps / 16 * epsilon * size, f"{error / size / epsilon:.1f} units"
