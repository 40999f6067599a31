"""Six everyday workloads beside Keras on JAX: `fit` with default arguments, microseconds a step, and the first fit."""

import contextlib
import io
import os
import sys
import time

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
from measure import alternate, machine, median
from workloads import WORKLOADS, compiled_model, data_for

import kerasish


def workload(make, k):
    """A function that runs one epoch of `fit`, how many steps that is, and the seconds of building and the first."""
    start = time.perf_counter()
    model, kind, batch, steps = compiled_model(make, k)
    x, y = data_for(model, kind, batch * steps)

    def run():
        with contextlib.redirect_stdout(io.StringIO()):
            model.fit(x, y, batch_size=batch, epochs=1, verbose=1)

    run()
    return run, steps, time.perf_counter() - start


def main() -> None:
    chosen = [f for f in WORKLOADS if f.__name__ in (sys.argv[1:] or f.__name__)]
    print(machine(), "keras", keras.__version__)
    for make in chosen:
        ours, steps, first = workload(make, kerasish)
        theirs, _, their_first = workload(make, keras)
        seconds = alternate({"kerasish": ours, "keras": theirs}, rounds=5)
        mine, other = (median(seconds[name]) / steps * 1e6 for name in ("kerasish", "keras"))
        print(
            f"{make.__name__:12s} kerasish {mine:9.0f} µs a step, keras {other:9.0f}, {other / mine:5.2f} times as fast; "
            f"built, compiled and first epoch {first:.1f} s and {their_first:.1f} s"
        )


if __name__ == "__main__":
    main()
