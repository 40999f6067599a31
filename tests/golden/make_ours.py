"""Makes this version's own files in this folder: `python tests/golden/make_ours.py VERSION`. Made once, never again.

Each release adds a set; every later version must load all of them: `tests/saving/test_golden.py`.
"""

import pathlib
import sys

import numpy as np

import kerasish
from kerasish import layers, optimizers

HERE = pathlib.Path(__file__).parent


def model_of():
    """Small, with a bit of everything: a nested model, statistics, a seed, a schedule."""
    x = layers.Input((3,), name="x")
    inner = kerasish.Sequential([layers.Input((4,)), layers.Dense(3, name="p"), layers.BatchNormalization(name="n")])
    y = inner(layers.Dense(4, activation="tanh", name="q")(x))
    model = kerasish.Model(x, layers.Dense(2, name="r")(layers.Dropout(0.25, seed=1, name="s")(y)), name="golden")
    rate = optimizers.schedules.ExponentialDecay(0.01, 10, 0.5)
    model.compile(optimizers.Adam(rate), "mse", metrics=["mae"])
    return model


def main(version):
    kerasish.utils.set_random_seed(7)
    model = model_of()
    random = np.random.default_rng(0)
    x, y = random.normal(size=(8, 3)).astype("float32"), random.normal(size=(8, 2)).astype("float32")
    for _ in range(3):
        model.train_on_batch(x, y)
    start = HERE / f"ours_{version}"
    model.save(f"{start}.keras")
    model.save(f"{start}.h5")
    model.save_weights(f"{start}.weights.h5")
    model.save_weights(f"{start}_shards.weights.json", max_shard_size=5e-7)
    model.save_weights(f"{start}.safetensors")
    output = model.predict(x)
    model.train_on_batch(x, y)
    after = {f"w{i}": w for i, w in enumerate(model.get_weights())}
    np.savez_compressed(f"{start}.npz", x=x, y=y, output=output, **after)


if __name__ == "__main__":
    main(sys.argv[1])
