"""Further interruptions of runs: each step of each optimizer, in validation, images that are turned, chains of real kills."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.callbacks import Callback
from kerasish.saving.run_file import BEFORE, NEWEST, load_run
from tests.conftest import IS_NUMPY

runs = pytest.importorskip("tests.models.test_resume")
pytestmark = pytest.mark.skipif(IS_NUMPY, reason="trains")
OPTIMIZERS = {"sgd": runs.OPTIMIZERS["sgd"], "adam": "adam"} | {x: runs.OPTIMIZERS[x] for x in ("adamw", "rmsprop")}


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_r01_any_step_of_any_optimizer_can_be_the_last(tmp_path, name):
    whole = runs.make(OPTIMIZERS[name])
    wanted = runs.fit(whole, None)
    for after in range(1, 15):
        model, history = runs.interrupted(lambda: runs.make(OPTIMIZERS[name]), tmp_path / str(after), [after])
        runs.assert_same(model, whole, history, wanted)


@pytest.mark.slow
def test_r02_images_that_are_turned_at_random_go_on_as_they_would(tmp_path):
    images = np.random.default_rng(0).normal(size=(runs.ROWS, 6, 6, 2)).astype("float32")

    def make():
        kerasish.utils.set_random_seed(1)
        body = [
            layers.RandomFlip(),
            layers.Conv2D(2, 3),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(1),
        ]
        model = kerasish.Sequential([kerasish.Input((6, 6, 2)), *body])
        model.compile("adam", "mse", metrics=["mae"], weighted_metrics=["mse"])
        return model

    arguments = {"data": (images, runs.Y), "sample_weight": runs.WEIGHT}
    whole = make()
    wanted = runs.fit(whole, None, **arguments)
    model, history = runs.interrupted(make, tmp_path, [2, 8], **arguments)
    runs.assert_same(model, whole, history, wanted)


class KillerOfValidation(Callback):
    """Ends the run in the validation of an epoch (from 1), after its first batch."""

    runs_last = True

    def __init__(self, epoch):
        super().__init__()
        self.epoch, self.seen = epoch, 0

    def on_test_begin(self, logs=None):
        self.seen += 1

    def on_test_batch_end(self, batch, logs=None):
        if self.seen == self.epoch:
            raise runs.KilledError


@pytest.mark.slow
@pytest.mark.parametrize("epoch", [1, 2, 3])
@pytest.mark.parametrize("save_freq", [1, 2, "epoch"])
def test_r04_a_kill_inside_validation_changes_nothing(tmp_path, epoch, save_freq):
    arguments = {"validation_split": 0.25}
    whole = runs.make(noisy=True)
    wanted = runs.fit(whole, None, **arguments)
    with pytest.raises(runs.KilledError):
        runs.fit(runs.make(noisy=True), tmp_path, None, [KillerOfValidation(epoch)], save_freq, **arguments)
    model = runs.make(noisy=True)
    history = runs.fit(model, tmp_path, None, [], save_freq, **arguments)
    runs.assert_same(model, whole, history, wanted)


@pytest.mark.slow
def test_r08_after_twenty_kills_a_run_is_what_it_would_have_been(tmp_path):
    root = str(Path(__file__).parents[2])
    code = runs.CHILD.format(root=root).replace("epochs=EPOCHS", "epochs=5")

    def run(kill, folder):
        command = [sys.executable, "-W", "ignore", "-c", code, str(folder), str(kill)]
        return subprocess.run(command, env=os.environ, cwd=root, capture_output=True, text=True, check=False)

    whole = run(0, tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr[-2000:]
    for kill in range(1, 21):
        assert run(kill, tmp_path / "run").returncode == -signal.SIGKILL
    done = run(0, tmp_path / "run")
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == json.loads(whole.stdout)


def test_r12_without_the_newest_file_the_one_before_it_is_taken_up(tmp_path):
    with pytest.raises(runs.KilledError):
        runs.fit(runs.make(), tmp_path, 7)
    assert load_run(tmp_path).state["trained"] == 7
    (tmp_path / NEWEST).unlink()
    assert (tmp_path / BEFORE).exists()
    assert load_run(tmp_path).state["trained"] == 6
    whole = runs.make()
    wanted = runs.fit(whole, None)
    model = runs.make()
    runs.assert_same(model, whole, runs.fit(model, tmp_path), wanted)
