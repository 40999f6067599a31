"""What all tests run under: Keras beside us on JAX, strict dtype promotion, fixed seeds."""

import gc
import os
import tempfile

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("KERASISH_COMPILATION_CACHE", "off")  # the user's folder is not ours to fill

import hypothesis
import jax
import numpy as np
import pytest

import kerasish

hypothesis.settings.register_profile("quick", max_examples=25, deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("quick")

collect_ignore_glob = ["golden/make_*.py"]  # they write the golden files, with packages that tests don't need
# Most of the time goes into compiling: quickly rather than well, and once where tests build the same model again.
compiled = tempfile.TemporaryDirectory(prefix="kerasish-tests-")  # one a process: jax writes its files in place
jax.config.update("jax_disable_most_optimizations", True)
jax.config.update("jax_compilation_cache_dir", compiled.name)
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)

IS_NUMPY = os.environ.get("KERASISH_BACKEND", "jax") == "numpy"


@pytest.fixture(autouse=True)
def strict_and_seeded():
    """Strict dtype promotion, the same seeds and fresh names for each test."""
    np.random.seed(0)
    kerasish.utils.clear_session()
    kerasish.utils.set_random_seed(0)
    with jax.numpy_dtype_promotion("strict"):
        yield


def pytest_collection_finish():
    """What imports and collection made is never freed: the garbage collector need not walk it again and again."""
    gc.freeze()


def pytest_make_parametrize_id(config, val, argname):
    """No addresses in the names of tests: the workers of xdist must agree on them."""
    return f"{argname}-{type(val).__name__}" if " at 0x" in repr(val) else None
