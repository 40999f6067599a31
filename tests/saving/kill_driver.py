"""Kills a real `fit` at random moments, again and again, and looks at what it has saved. Run by `test_random_kills.py`.

JAX starts its threads when it is first used, so this process, which only imports it, may fork: each training is a child.
"""

import os
import random
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

import kerasish
from kerasish import layers
from kerasish.callbacks import BackupAndRestore, LambdaCallback, ModelCheckpoint
from kerasish.saving import load_model, run_file
from kerasish.saving.archive import read_archive
from kerasish.saving.state import verify_state
from tests.saving.scenes import ended, forked

ROWS = 64


def train(folder, began):
    x = np.random.default_rng(0).normal(size=(ROWS, 4)).astype("float32")
    model = kerasish.Sequential([kerasish.Input((4,)), layers.Dense(30), layers.Dropout(0.1), layers.Dense(1)])
    model.compile("adam", "mse")
    saves = [ModelCheckpoint(folder / "m.keras", save_freq=1), BackupAndRestore(folder / "run", save_freq=1)]
    if not (folder / "m.keras").exists():
        model.save(folder / "m.keras")
    begins = LambdaCallback(on_train_batch_end=lambda batch, logs: os.write(began, b"!"))
    model.fit(x, x[:, :1], batch_size=8, epochs=10_000, verbose=0, callbacks=[begins, *saves])


def looked_at(folder):
    """`(epoch, batch)` of the run that is saved; raises if a file is not whole."""
    with open(folder / "m.keras", "rb") as file:
        contents = read_archive(file, "m.keras")
        verify_state(contents.weights, "m.keras", contents.manifest)
        contents.finish()
    run = run_file.load_run(folder / "run")
    return (run.state["epoch"], run.state["batch"]) if run is not None else (0, 0)


def main(kills):
    choose = random.Random(0)
    last, wrong = (0, 0), []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for number in range(kills):
            began, begins = os.pipe()
            pid = forked(lambda: train(folder, begins))  # noqa: B023
            os.close(begins)
            if os.read(began, 1) != b"!":
                wrong.append(f"kill {number}: the training did not begin")
            os.close(began)
            time.sleep(choose.random() * 0.5)
            os.kill(pid, signal.SIGKILL)
            if ended(pid) != -signal.SIGKILL:
                wrong.append(f"kill {number}: the training ended by itself")
            try:
                found = looked_at(folder)
            except Exception as error:
                wrong.append(f"kill {number}: {type(error).__name__}: {error}")
                continue
            if found < last:
                wrong.append(f"kill {number}: the run went back from {last} to {found}")
            last = found
            if len([name for name in os.listdir(folder) if name.endswith(".tmp")]) > 1:
                wrong.append(f"kill {number}: left {os.listdir(folder)}")
        model = load_model(folder / "m.keras")
        if not all(np.isfinite(w).all() for w in model.get_weights()):
            wrong.append("the last checkpoint is not finite")
    if last == (0, 0):
        wrong.append("nothing was trained")
    print(f"{kills} kills; the run came to epoch {last[0]}, batch {last[1]}")
    print("\n".join(wrong[:20]))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(int(sys.argv[1]))
