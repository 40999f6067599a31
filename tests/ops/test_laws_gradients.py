"""Gradients of every smooth row of the table of ops, against differences that the NumPy backend makes in float64."""

import functools

import numpy as np
import pytest

from tests.ops.cases import CASES, IDS
from tests.ops.runs import STEP, Failure, direction, has_floats, inputs, is_float, on_numpy, rows_for

pytest.importorskip("jax")
from tests.ops.jax_runs import arrays_of, gradients, weighted

SMOOTH = [
    n for n in rows_for("smooth") if has_floats(CASES[n]) and not (CASES[n].eager or CASES[n].numpy or CASES[n].canon)
]


@functools.cache
def all_gradients():
    """Of all smooth rows: one program."""
    return gradients(SMOOTH)


@pytest.mark.parametrize("number", SMOOTH, ids=[IDS[n] for n in SMOOTH])
def test_the_gradient_is_what_differences_show(number):
    after, before = (weighted(number, on_numpy(law)[number], np) for law in ("plus", "minus"))
    slope = (after - before) / (2 * STEP)
    found = all_gradients()[number]
    if isinstance(found, Failure):
        raise found
    floats = [x for x in arrays_of(inputs(number)) if is_float(x)]
    terms = [g * direction(number, i, x.shape) for i, (g, x) in enumerate(zip(found, floats, strict=True))]
    size = sum(np.abs(t).sum() for t in terms)
    assert abs(sum(t.sum() for t in terms) - slope) <= 1e-4 * size + 1e-6
