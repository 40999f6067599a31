"""Every row of the table of ops under `vmap`: as if it were called for each example by itself."""

import functools

import jax
import numpy as np
import pytest

from kerasish import ops
from tests.ops.cases import CASES, IDS
from tests.ops.runs import Failure, call, inputs, on_numpy, rows_for

pytest.importorskip("jax")
from tests.ops.jax_runs import arrays_of, filled, run

pytestmark = pytest.mark.slow
MAPPED = [n for n in rows_for("batch") if arrays_of(inputs(n)) and not (CASES[n].eager or CASES[n].numpy)]


@functools.cache
def all_mapped():
    """The rows for pairs of inputs, the second of which is the first flipped."""

    def one(number, *pairs):
        def single(*arrays):
            found = call(ops, number, *filled(inputs(number), arrays))
            if isinstance(found, Failure):
                raise found
            return found

        try:
            return jax.vmap(single)(*pairs)
        except Failure as failure:
            return failure
        except Exception as error:
            return Failure(f"{type(error).__name__}: {error}"[:600])

    with jax.numpy_dtype_promotion("strict"):
        return run(one, MAPPED, [inputs(n, "pairs") for n in MAPPED])


@pytest.mark.parametrize("number", MAPPED, ids=[IDS[n] for n in MAPPED])
def test_vmap_is_one_call_for_each_example(number):
    found = all_mapped()[number]
    if isinstance(found, Failure):
        raise found
    canon = CASES[number].canon or list
    for index, law in enumerate(("plain", "flipped")):
        expected = on_numpy(law)[number]
        if isinstance(expected, Failure):
            raise expected
        for mine, other in zip(canon([x[index] for x in found]), canon(expected), strict=True):
            np.testing.assert_allclose(mine, other, rtol=2e-5, atol=2e-6)
