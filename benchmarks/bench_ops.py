"""An eager op costs at most 1.5 times the `jax.numpy` call it wraps; a functional model of 200 layers is shaped in 1 s."""

import time

import jax
import jax.numpy as jnp
import numpy as np
from measure import machine

import kerasish
from kerasish import layers, ops

X = jnp.asarray(np.linspace(-1, 1, 64, dtype="float32").reshape(8, 8))
PAIRS = {
    "add": (lambda: ops.add(X, X), lambda: jnp.add(X, X)),
    "multiply by 2.0": (lambda: ops.multiply(X, 2.0), lambda: jnp.multiply(X, 2.0)),
    "matmul": (lambda: ops.matmul(X, X), lambda: jnp.matmul(X, X)),
    "exp": (lambda: ops.exp(X), lambda: jnp.exp(X)),
    "sum": (lambda: ops.sum(X, axis=-1), lambda: jnp.sum(X, axis=-1)),
    "mean": (lambda: ops.mean(X, axis=-1), lambda: jnp.mean(X, axis=-1)),
    "max": (lambda: ops.max(X, axis=-1), lambda: jnp.max(X, axis=-1)),
    "reshape": (lambda: ops.reshape(X, (4, 16)), lambda: jnp.reshape(X, (4, 16))),
    "transpose": (lambda: ops.transpose(X), lambda: jnp.transpose(X)),
    "concatenate": (lambda: ops.concatenate([X, X], -1), lambda: jnp.concatenate([X, X], -1)),
    "where": (lambda: ops.where(X > 0, X, X), lambda: jnp.where(X > 0, X, X)),
    "relu": (lambda: ops.relu(X), lambda: jax.nn.relu(X)),
    "softmax": (lambda: ops.softmax(X), lambda: jax.nn.softmax(X)),
}
LIMIT = 1.5
ROUNDS = 40


def microseconds(function, calls: int = 50) -> float:
    """Of one call, with the device's work, which is next to none."""
    start = time.perf_counter()
    for _ in range(calls):
        last = function()
    last.block_until_ready()
    return (time.perf_counter() - start) / calls * 1e6


def compare() -> list[str]:
    """Prints one line for each op; returns the names of those beyond the limit."""
    beyond = []
    for name, functions in PAIRS.items():
        for function in functions:
            microseconds(function, 20)
        rounds = [[microseconds(function) for function in functions] for _ in range(ROUNDS)]
        ours, theirs = (min(times[i] for times in rounds) for i in (0, 1))  # other work only makes a round longer
        ratio = ours / theirs
        print(f"{name:16} {ours:7.1f} µs, jax.numpy {theirs:7.1f} µs: {ratio:.2f}")
        if ratio > LIMIT:
            beyond.append(name)
    return beyond


def build() -> kerasish.Model:
    x = inputs = kerasish.Input((32,))
    for _ in range(50):
        y = layers.Dense(32)(x)
        y = layers.LayerNormalization()(y)
        y = layers.Activation("relu")(y)
        x = layers.Add()([x, y])
    return kerasish.Model(inputs, x)


def main() -> None:
    print(machine())
    beyond = compare()
    layers.Dense(1)  # the imports are measured by bench_import.py
    times = []
    for _ in range(3):
        kerasish.utils.clear_session()
        start = time.process_time()
        model = build()
        times.append(time.process_time() - start)
    print(
        f"{len(model.layers)} layers: built and shaped in {times[0]:.2f} s of CPU the first time, {min(times):.2f} s the best"
    )
    assert times[0] < 1
    assert not beyond, f"beyond {LIMIT} times: {', '.join(beyond)}"


if __name__ == "__main__":
    main()
