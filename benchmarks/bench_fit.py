"""`fit` with default arguments and the progress bar on, against a hand-written JAX loop that scans a whole epoch."""

import contextlib
import functools
import io
import sys

import jax
import jax.numpy as jnp
import numpy as np
from measure import Compilations, HostSyncs, alternate, data, machine, median

import kerasish
from kerasish import layers

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


WORKLOADS = {
    "tabular: 10-64-64-1, batch 256, 100,000 rows": (100_000, 10, None, [64, 64, 1], 256),
    "mlp: 784-128-10, batch 32, 60,000 rows": (60_000, 784, 10, [128, 10], 32),
}


def main() -> None:
    print(machine())
    worst = 0.0
    for name, (rows, features, classes, widths, batch) in WORKLOADS.items():
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
    if "--check" in sys.argv:
        assert worst <= 1.10, worst


if __name__ == "__main__":
    main()
