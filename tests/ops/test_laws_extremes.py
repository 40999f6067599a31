"""Every row of the table of ops on zeros of both signs, infinities, NaN, the greatest and least numbers; on nothing."""

import numpy as np
import pytest

from tests.ops.cases import CASES, IDS
from tests.ops.runs import Failure, has_axes, has_floats, on_numpy, rows_for

pytest.importorskip("jax")
keras = pytest.importorskip("keras")
from tests.ops.jax_runs import on_jax, sizes_and_types  # noqa: E402

WILD = [n for n in rows_for("wild") if has_floats(CASES[n]) and not (CASES[n].canon or CASES[n].eager)]
EMPTY = [n for n in rows_for("empty") if has_axes(CASES[n]) and not (CASES[n].keras or CASES[n].eager)]


def same(mine, other):
    """Whether infinities and NaN are in the same places, and the other numbers near each other."""
    for x, y in zip(mine, other, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-6)


def outputs(results, number):
    if isinstance(results[number], Failure):
        raise results[number]
    return results[number]


@pytest.mark.parametrize("number", [n for n in WILD if not CASES[n].keras], ids=lambda n: IDS[n])
def test_extreme_numbers_give_what_keras_gives(number):
    same(outputs(on_jax("wild", field="wild"), number), outputs(on_jax("wild", keras, field="wild"), number))


@pytest.mark.parametrize("number", [n for n in WILD if not CASES[n].numpy], ids=lambda n: IDS[n])
def test_extreme_numbers_give_the_same_on_both_backends(number):
    same(outputs(on_jax("wild", field="wild"), number), outputs(on_numpy("wild"), number))


@pytest.mark.slow
@pytest.mark.parametrize("number", EMPTY, ids=lambda n: IDS[n])
def test_an_empty_axis_gives_what_keras_gives(number):
    theirs = on_jax("empty", keras, field="empty")[number]
    if isinstance(theirs, Failure):
        pytest.skip("Keras can't")
    ours = outputs(on_jax("empty", field="empty"), number)
    assert sizes_and_types(ours) == sizes_and_types(theirs)
    same(ours, theirs)
