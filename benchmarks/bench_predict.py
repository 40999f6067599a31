"""`predict` of one row, against the bare jitted call that a user would write by hand, and against Keras.

`bare` puts a row on the device, calls the jitted function and fetches the result; `bare, no put` gives the row to the
jitted function as it is; `bare, on device` has the row there and only waits. `--large` predicts a file larger than a
quarter of the machine's memory instead, and shows what it takes. `--check` fails beyond the limits.
"""

import os
import pathlib
import sys
import tempfile
import time

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import numpy as np
from measure import alternate, machine, median
from workloads import cnn, lstm, mlp

import kerasish

try:
    import keras
except ImportError:
    keras = None

ROUNDS = 50
CALLS = 10
LIMIT = 1.3


def row(model):
    """One row of input."""
    (tensor,) = model.inputs
    random = np.random.default_rng(0)
    if tensor.dtype == "int32":
        return random.integers(0, 5_000, (1, *tensor.shape[1:])).astype("int32")
    return random.normal(size=(1, *tensor.shape[1:])).astype("float32")


def calls(make) -> dict:
    """What is timed, by name."""
    model = make(kerasish)[0]
    x = row(model)
    params, apply = model.as_pure()
    jitted = jax.jit(apply)
    on_device = jax.device_put(x)
    found = {
        "bare": lambda: np.asarray(jitted(params, jax.device_put(x))),
        "bare, no put": lambda: np.asarray(jitted(params, x)),
        "bare, on device": lambda: jitted(params, on_device).block_until_ready(),
        "predict": lambda: model.predict(x),
        "predict_on_batch": lambda: model.predict_on_batch(x),
        "model(row)": lambda: np.asarray(model(x)),
    }
    np.testing.assert_allclose(found["bare"](), found["predict"](), rtol=1e-5, atol=1e-6)
    if keras is not None:
        theirs = make(keras)[0]
        found["Keras predict"] = lambda: theirs.predict(x, verbose=0)
        found["Keras model(row)"] = lambda: np.asarray(theirs(x))
    return found


def shuffled(functions: dict) -> dict[str, list[float]]:
    """Seconds of each call; the functions in another order each time, each called some times in a row, as in a loop."""
    random = np.random.default_rng(0)
    seconds = {name: [] for name in functions}
    for _ in range(ROUNDS):
        for name in random.permutation(list(functions)):
            seconds[name] += alternate({name: functions[name]}, CALLS)[name]
    return seconds


def one_row() -> float:
    """Prints microseconds of each call, and `predict` against the bare one; returns the largest ratio."""
    worst = 0.0
    for make in (mlp, lstm, cnn):
        functions = calls(make)
        for function in functions.values():
            function()
        quick = {name: functions[name] for name in ("bare", "bare, no put", "bare, on device", "predict")}
        seconds = shuffled(quick) | alternate({n: f for n, f in functions.items() if n not in quick}, 20)
        micro = {name: median(times) * 1e6 for name, times in seconds.items()}
        ratio, strict = micro["predict"] / micro["bare"], micro["predict"] / micro["bare, no put"]
        worst = max(worst, ratio)
        print(f"{make.__name__}: predict is {ratio:.2f} times the bare call, {strict:.2f} times the one without put")
        print("  " + ", ".join(f"{name} {value:.0f} µs" for name, value in micro.items()))
    return worst


class Memory(kerasish.callbacks.Callback):
    """The most memory of the process at the end of a batch, in bytes, without the pages of mapped files.

    These the system takes back whenever it needs them.
    """

    most = 0

    def on_predict_batch_end(self, batch, logs=None):
        if batch % 16 == 0:
            Memory.most = max(Memory.most, anonymous())


def anonymous() -> int:
    """Bytes of memory of this process that are not those of a file."""
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


def large() -> float:
    """Predicts a sparse file of a quarter of the memory and a tenth more; returns the growth of memory, as a share."""
    features = 1024
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    rows = int(memory * 0.275) // (4 * features)
    model = kerasish.Sequential([kerasish.Input((features,)), kerasish.layers.Dense(1)])
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "x.npy"
        x = np.lib.format.open_memmap(path, mode="w+", dtype="float32", shape=(rows, features))
        model.predict(x[:8192], batch_size=1024)
        before, start = anonymous(), time.perf_counter()
        outputs = model.predict(x, batch_size=1024, callbacks=[Memory()])
        seconds = time.perf_counter() - start
        grown = Memory.most - before
        assert outputs.shape == (rows, 1)
        print(
            f"large: {x.nbytes / 2**30:.1f} GiB of {memory / 2**30:.1f} GiB of memory, {seconds:.1f} s, "
            f"{x.nbytes / seconds / 2**30:.2f} GiB/s; the process has {before / 2**20:.0f} MiB before, and at most "
            f"{grown / 2**20:.0f} MiB more while it predicts; outputs {outputs.nbytes / 2**20:.0f} MiB"
        )
        return grown / x.nbytes


def main() -> None:
    print(machine())
    if "--large" in sys.argv:
        share = large()
        assert "--check" not in sys.argv or share < 0.1, share
        return
    worst = one_row()
    assert "--check" not in sys.argv or worst < LIMIT, worst


if __name__ == "__main__":
    main()
