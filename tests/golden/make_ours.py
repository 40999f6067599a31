"""Makes this version's own files in this folder: `python tests/golden/make_ours.py VERSION`. Made once, never again.

Each release adds a set; every later version must load all of them: `tests/saving/test_golden.py`.
"""

import contextlib
import pathlib
import shutil
import sys
import tempfile

import numpy as np

import kerasish
from kerasish import callbacks, layers, optimizers

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


class Interrupt(callbacks.Callback):
    """Ends a run in its third epoch."""

    def on_train_batch_end(self, batch, logs=None):
        if self.trained_batches == 5:
            raise KeyboardInterrupt


def trained(x, y, folder, *more):
    """The model after four epochs; what is in the folder is taken up."""
    kerasish.utils.set_random_seed(7)
    model = model_of()
    best = callbacks.EarlyStopping("loss", patience=9, restore_best_weights=True)
    backup = callbacks.BackupAndRestore(folder, save_freq=1, delete_checkpoint=False)
    model.fit(x, y, batch_size=4, epochs=4, verbose=0, callbacks=[best, *more, backup])
    return model


def make_run(start, x, y):
    """The folder of a run that was interrupted, and the weights that it comes to."""
    with contextlib.suppress(KeyboardInterrupt):
        trained(x, y, f"{start}_run", Interrupt())
    with tempfile.TemporaryDirectory() as folder:
        weights = trained(x, y, shutil.copytree(f"{start}_run", f"{folder}/run")).get_weights()
    np.savez_compressed(f"{start}_run.npz", x=x, y=y, **{f"w{i}": w for i, w in enumerate(weights)})


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
    make_run(start, x, y)


if __name__ == "__main__":
    main(sys.argv[1])
