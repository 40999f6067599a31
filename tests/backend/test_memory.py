"""Memory that a program frees is there for the next call; afterwards the system has it back."""

import os
import platform
import subprocess
import sys

import pytest

from kerasish.backend import backend

pytestmark = pytest.mark.skipif(
    backend() != "jax" or platform.libc_ver()[0] != "glibc", reason="only where XLA uses glibc's allocator"
)

CODE = """
import contextlib, resource
import numpy as np
from kerasish.backend import engine, xp

spread = engine.jit(lambda x: xp.sum(xp.abs(x @ x.T)))  # needs 64 MB and more beside its argument
x = engine.asarray(np.random.default_rng(0).random((4096, 16)).astype("float32"))


def pages(calls):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(calls):
        engine.wait(spread(x))
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // calls


pages(1)
alone = pages(2)
with engine.keeping_memory(), engine.keeping_memory():
    pages(1)
    kept = pages(2)
print(alone, kept, pages(2))
"""


def faults(**environment):
    """Pages that a call touches for the first time: before, inside and after the context."""
    done = subprocess.run(
        [sys.executable, "-c", CODE], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return [int(word) for word in done.stdout.split()]


def test_memory_is_kept_between_calls_and_given_back_at_the_end():
    before, inside, after = faults()
    if before < 16_000:  # 64 MB in pages of 4 KiB
        pytest.skip("this system's pages are large")
    assert inside < before / 10
    assert after > before / 2


def test_an_allocator_set_by_the_user_stays_as_it_is():
    before, inside, _ = faults(MALLOC_ARENA_MAX="4")
    assert inside > before / 2
