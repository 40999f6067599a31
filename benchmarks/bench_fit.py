"""`fit` with default arguments and the progress bar on, against a hand-written JAX loop that scans a whole epoch."""

import contextlib
import functools
import io
import os
import pty
import sys
import threading
import time

import jax
import jax.numpy as jnp
import numpy as np
from measure import Compilations, HostSyncs, alternate, data, machine, median
from workloads import WORKLOADS, compiled_model, data_for

import kerasish
from kerasish import layers
from kerasish.backend import engine

EPOCHS = 3


def handwritten(x, y, widths: list[int], batch: int, classification: bool):
    """Adam in JAX, an epoch as one `scan` over batches gathered by a permutation; the accuracy or error kept as sums."""
    random = np.random.default_rng(0)
    sizes = [x.shape[1], *widths]
    params = [
        (jnp.asarray(random.normal(size=(a, b)).astype("float32") * np.sqrt(2 / (a + b))), jnp.zeros(b))
        for a, b in zip(sizes, sizes[1:])
    ]
    zeros = jax.tree.map(jnp.zeros_like, params)
    steps = len(x) // batch

    def forward(params, x):
        for w, b in params[:-1]:
            x = jax.nn.relu(x @ w + b)
        w, b = params[-1]
        return x @ w + b

    def loss_of(params, x, y):
        out = forward(params, x)
        if classification:
            picked = jnp.take_along_axis(out, y[:, None], -1)[:, 0]
            return jnp.mean(jax.nn.logsumexp(out, -1) - picked), jnp.sum(out.argmax(-1) == y).astype("float32")
        return jnp.mean((out - y) ** 2), jnp.sum(jnp.abs(out - y))

    def step(data, state, rows):
        params, m, v, t, total, measured = state
        (loss, metric), grads = jax.value_and_grad(loss_of, has_aux=True)(params, *(array[rows] for array in data))
        t = t + 1
        rate = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        m = jax.tree.map(lambda m, g: m + (g - m) * 0.1, m, grads)
        v = jax.tree.map(lambda v, g: v + (g * g - v) * 0.001, v, grads)
        params = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-7), params, m, v)
        return (params, m, v, t, total + loss * batch, measured + metric), None

    @functools.partial(jax.jit, donate_argnums=0)
    def epoch(state, data, order):
        state, _ = jax.lax.scan(functools.partial(step, data), (*state, jnp.float32(0), jnp.float32(0)), order)
        return state

    state = [params, zeros, jax.tree.map(jnp.zeros_like, params), jnp.float32(0)]

    def run():
        on_device = jnp.asarray(x), jnp.asarray(y)  # fit starts from NumPy arrays too
        for _ in range(EPOCHS):
            order = random.permutation(len(x))[: steps * batch].reshape(steps, batch).astype("int32")
            *state[:], total, measured = epoch(state, on_device, order)
            float(total), float(measured)

    run()
    return run, steps * EPOCHS


def ours(x, y, widths: list[int], batch: int, classification: bool):
    """The same in kerasish."""
    model = kerasish.Sequential([kerasish.Input(x.shape[1:])])
    for width in widths[:-1]:
        model.add(layers.Dense(width, activation="relu"))
    model.add(layers.Dense(widths[-1]))
    loss = kerasish.losses.SparseCategoricalCrossentropy(from_logits=True) if classification else "mse"
    model.compile("adam", loss, metrics=["accuracy" if classification else "mae"])

    def run():
        with contextlib.redirect_stdout(io.StringIO()):
            model.fit(x, y, batch_size=batch, epochs=EPOCHS, verbose=1)

    run()
    return run


BY_HAND = {
    "tabular: 10-64-64-1, batch 256, 100,000 rows": (100_000, 10, None, [64, 64, 1], 256),
    "mlp: 784-128-10, batch 32, 60,000 rows": (60_000, 784, 10, [128, 10], 32),
}


class Loop:
    """What the loop does, while it is entered before a model is made.

    Attributes:
        idle: Seconds for which no program was under way: all that were started are known to be completed.
        inside: Seconds of CPU of this thread inside calls of programs, which start them.
        calls: How many calls.
    """

    def __enter__(self):
        self.idle = self.inside = 0.0
        self.calls = 0
        self._last = self._idle_since = None
        self._saved = engine.jit, engine.wait
        engine.jit, engine.wait = self._counted_jit, self._counted_wait
        return self

    def __exit__(self, *exception):
        engine.jit, engine.wait = self._saved

    def _counted_jit(self, fn, donate=()):
        program = self._saved[0](fn, donate)

        def call(*args):
            if self._idle_since is not None:
                self.idle += time.perf_counter() - self._idle_since
                self._idle_since = None
            start = time.thread_time()
            output, new = program(*args)
            self.inside += time.thread_time() - start
            self.calls += 1
            self._last = output
            return output, new

        return call

    def _counted_wait(self, x):
        self._saved[1](x)
        if x is self._last and x is not None and self._idle_since is None:
            self._idle_since = time.perf_counter()


class Marks(kerasish.callbacks.Callback):
    """The clocks at the beginning of each epoch: wall, CPU of this thread, and those of the `Loop`."""

    def __init__(self, loop: Loop) -> None:
        super().__init__()
        self.loop = loop
        self.found = []

    def on_epoch_begin(self, epoch, logs=None):
        loop, now = self.loop, time.perf_counter()
        idle = loop.idle + (now - loop._idle_since if loop._idle_since is not None else 0)
        self.found.append((now, time.thread_time(), idle, loop.inside, float(loop.calls)))


@contextlib.contextmanager
def on_a_terminal():
    """Inside it, standard output is a pseudo-terminal, so that the progress is a live line; nobody looks at it."""
    ours, theirs = pty.openpty()

    def drain():
        with contextlib.suppress(OSError):
            while os.read(ours, 65536):
                pass

    threading.Thread(target=drain, daemon=True).start()
    before = sys.stdout, os.environ.get("TERM"), os.environ.pop("CI", None)
    os.environ["TERM"] = "xterm"
    with open(theirs, "w", encoding="utf-8") as sys.stdout:
        try:
            yield
        finally:
            sys.stdout = before[0]


def share_of_python(make) -> float:
    """Fits one of the six workloads, with default arguments and a live line; prints what the loop costs.

    Python's share of a step is the time in which the loop has no program under way, so that the device waits for
    Python. The CPU time of the loop's thread outside of programs is printed too: most of it is spent while the device
    computes.
    """
    with Loop() as loop, Compilations() as compiled, on_a_terminal():
        model, kind, batch, steps = compiled_model(make, kerasish)
        x, y = data_for(model, kind, batch * steps)
        model.fit(x, y, batch_size=batch)
        marks = Marks(loop)
        at_first = compiled.count
        with HostSyncs() as syncs:
            model.fit(x, y, batch_size=batch, epochs=EPOCHS + 2, callbacks=[marks])
    wall, cpu, idle, inside, calls = (float(x) for x in np.subtract(marks.found[-1], marks.found[1]))
    print(
        f"{make.__name__:12s} {wall / EPOCHS / steps * 1e6:8.0f} µs a step; Python alone {idle / wall:.1%} of it; its CPU "
        f"time {(cpu - inside) / wall:.1%}, and that of starting programs {inside / wall:.1%}; {calls / EPOCHS:.1f} calls "
        f"and {syncs.count / (EPOCHS + 2):.1f} host syncs an epoch of {steps} steps; compiled {at_first}, in the next "
        f"fit {compiled.count - at_first}"
    )
    return idle / wall


def main() -> None:
    print(machine())
    worst = 0.0
    for name, (rows, features, classes, widths, batch) in BY_HAND.items():
        x, y = data(rows, features, classes)
        reference, steps = handwritten(x, y, widths, batch, classes is not None)
        with Compilations() as first:
            fit = ours(x, y, widths, batch, classes is not None)
        seconds = alternate({"hand-written scan": reference, "fit": fit}, rounds=7)
        with Compilations() as again, HostSyncs() as syncs:
            fit()
        per_step = {key: median(times) / steps * 1e6 for key, times in seconds.items()}
        ratio = per_step["fit"] / per_step["hand-written scan"]
        worst = max(worst, ratio)
        print(f"{name}\n  " + ", ".join(f"{key} {value:.0f} µs a step" for key, value in per_step.items()))
        print(
            f"  ratio {ratio:.3f}; programs compiled at first {first.count}, in the next fit {again.count}; "
            f"host syncs {syncs.count} in {steps} steps"
        )
    shares = {make.__name__: share_of_python(make) for make in WORKLOADS}
    if "--check" in sys.argv:
        assert worst <= 1.10, worst
        assert max(shares.values()) < 0.05, shares


if __name__ == "__main__":
    main()
