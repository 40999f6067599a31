"""A run that was interrupted at any step, and taken up, gives bit for bit what the whole run gives."""

import functools
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.callbacks import (
    BackupAndRestore,
    Callback,
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TerminateOnNaN,
)
from kerasish.core.policies import set_dtype_policy
from kerasish.saving.run_file import RunState, load_run, save_run

jax = pytest.importorskip("jax")

ROWS, BATCH, EPOCHS = 18, 4, 3  # five steps an epoch, the last with two rows
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(ROWS, 4)).astype("float32")
Y = (X.sum(1, keepdims=True) > 0).astype("float32")
WEIGHT = RANDOM.uniform(0.5, 1.5, ROWS).astype("float32")


class KilledError(Exception):
    pass


class Killer(Callback):
    """Ends the run after so many batches, as a kill would: no other hook is called."""

    runs_last = True

    def __init__(self, after):
        super().__init__()
        self.after = after

    def next_batch_end(self, batch, trained):
        return max(batch, batch + self.after - trained - 1)

    def on_train_batch_end(self, batch, logs=None):
        if self.trained_batches >= self.after:
            raise KilledError


def make(optimizer="adam", noisy=False, **compile_args):
    kerasish.utils.set_random_seed(1)
    body = [layers.Dense(5, activation="relu"), layers.BatchNormalization(), layers.Dropout(0.3)] if noisy else []
    noise = [layers.GaussianNoise(0.1)] if noisy else []
    model = kerasish.Sequential([kerasish.Input((4,)), *noise, *body, layers.Dense(1)])
    loss = kerasish.losses.BinaryCrossentropy(from_logits=True)
    model.compile(optimizer() if callable(optimizer) else optimizer, loss, metrics=["accuracy"], **compile_args)
    return model


def state(model):
    """Every number that a run leaves: weights, statistics, seeds, optimizer, metrics."""
    return {f"{n}/{v.path}": v.numpy().tobytes() for n, v in enumerate(model.training_variables())}


def without_names(found):
    return list(found.values())


def fit(model, folder, after=None, callbacks=(), save_freq=1, **arguments):
    arguments = {"batch_size": BATCH, "epochs": EPOCHS, "verbose": 0, **arguments}
    data = arguments.pop("data", (X, Y))
    backup = [] if folder is None else [BackupAndRestore(folder, save_freq=save_freq, delete_checkpoint=False)]
    killer = [] if after is None else [Killer(after)]
    return model.fit(*data, callbacks=[*callbacks, *backup, *killer], **arguments)


def interrupted(build, folder, stops, make_callbacks=list, **arguments):
    """The last of several runs, each killed after so many batches since training began."""
    for after in stops:
        with pytest.raises(KilledError):
            fit(build(), folder, after, make_callbacks(), **arguments)
    model = build()
    return model, fit(model, folder, None, make_callbacks(), **arguments)


def assert_same(one, other, history, wanted):
    assert without_names(state(one)) == without_names(state(other))
    assert history.history == wanted.history
    assert history.epoch == wanted.epoch


def some(values, fast):
    """These values, of which only the `fast` ones are tried each time: every run compiles a program."""
    return [value if value in fast else pytest.param(value, marks=pytest.mark.slow) for value in values]


@functools.cache
def whole_run():
    model = make(noisy=True)
    return model, fit(model, None)


@pytest.mark.parametrize("after", some(range(1, 15), (1, 5, 8)))
def test_any_step_can_be_the_last(tmp_path, after):
    whole, wanted = whole_run()
    model, history = interrupted(lambda: make(noisy=True), tmp_path, [after])
    assert_same(model, whole, history, wanted)


OPTIMIZERS = {
    "sgd": lambda: kerasish.optimizers.SGD(0.1, momentum=0.9),
    "adamw": lambda: kerasish.optimizers.AdamW(0.01),
    "rmsprop": lambda: kerasish.optimizers.RMSprop(0.01),
    "ema": lambda: kerasish.optimizers.Adam(use_ema=True, ema_momentum=0.9),
    "accumulation": lambda: kerasish.optimizers.Adam(gradient_accumulation_steps=2),
    "schedule": lambda: kerasish.optimizers.Adam(kerasish.optimizers.schedules.ExponentialDecay(0.1, 3, 0.9)),
    "scaled": lambda: kerasish.optimizers.LossScaleOptimizer(kerasish.optimizers.SGD(0.1), dynamic_growth_steps=3),
}


@pytest.mark.parametrize("name", some(OPTIMIZERS, ("ema", "accumulation")))
def test_every_state_of_an_optimizer_is_kept(tmp_path, name):
    whole = make(OPTIMIZERS[name])
    wanted = fit(whole, None)
    model, history = interrupted(lambda: make(OPTIMIZERS[name]), tmp_path, [7])
    assert_same(model, whole, history, wanted)


VARIANTS = {
    "weights": {"sample_weight": WEIGHT},
    "validation": {"validation_split": 0.25},
    "classes": {"class_weight": {0: 1.0, 1: 2.0}},
    "batches shuffled": {"shuffle": "batch"},
    "in order": {"shuffle": False},
    "fewer steps": {"steps_per_epoch": 3},
}


@pytest.mark.parametrize("name", some(VARIANTS, ("weights", "validation")))
def test_it_holds_for_the_arguments_of_fit(tmp_path, name):
    whole = make(noisy=True)
    wanted = fit(whole, None, **VARIANTS[name])
    model, history = interrupted(lambda: make(noisy=True), tmp_path, [2, 4], **VARIANTS[name])
    assert_same(model, whole, history, wanted)


@pytest.mark.parametrize("steps", some([2, 5], (2,)))
def test_it_holds_for_several_steps_in_a_call(tmp_path, steps):
    whole = make(noisy=True, steps_per_execution=steps)
    wanted = fit(whole, None)
    build = lambda: make(noisy=True, steps_per_execution=steps)  # noqa: E731
    model, history = interrupted(build, tmp_path, [3, 9], save_freq=3)
    assert_same(model, whole, history, wanted)


@pytest.mark.parametrize("swap_on_epoch", some([False, True], (True,)))
def test_the_weights_behind_their_averages_are_kept(tmp_path, swap_on_epoch):
    callbacks = lambda: [kerasish.callbacks.SwapEMAWeights(swap_on_epoch)]  # noqa: E731
    whole = make(OPTIMIZERS["ema"])
    wanted = fit(whole, None, callbacks=callbacks(), validation_split=0.25)
    build = lambda: make(OPTIMIZERS["ema"])  # noqa: E731
    model, history = interrupted(build, tmp_path, [3, 9], callbacks, save_freq="epoch", validation_split=0.25)
    assert_same(model, whole, history, wanted)


def test_arrays_of_callbacks_are_no_texts(tmp_path):
    # A header of 32 MB is the most that is read; the best weights may be as large as the model.
    model = kerasish.Sequential([kerasish.Input((4,)), layers.Dense(1000), layers.Dense(1)])
    model.compile("sgd", "mse")
    best = EarlyStopping("loss", restore_best_weights=True)
    model.fit(X, Y, epochs=1, verbose=0, callbacks=[best, BackupAndRestore(tmp_path, delete_checkpoint=False)])
    content = (tmp_path / "run.safetensors").read_bytes()
    assert int.from_bytes(content[:8], "little") < 2**14 < 4 * model.count_params() < len(content) / 2
    found = load_run(tmp_path)
    kept = [array for name, array in found.arrays.items() if name.startswith("state/")]
    assert all(map(np.array_equal, kept, model.get_weights())) and len(kept) == 4


class Named(Callback):
    def get_state(self):
        return {"names": np.array(["a", "b"])}


def test_a_state_with_an_array_of_texts_is_refused_when_it_is_saved(tmp_path):
    with pytest.raises(TypeError, match="keeps arrays of numbers.*it got one of <U1.*return lists instead"):
        fit(make(), tmp_path, callbacks=[Named()])


@pytest.mark.slow
def test_a_chain_of_interruptions(tmp_path):
    whole, wanted = whole_run()
    model, history = interrupted(lambda: make(noisy=True), tmp_path, range(1, 15, 2))
    assert_same(model, whole, history, wanted)


@pytest.mark.parametrize("after", some([4, 7, 9], (7,)))
def test_callbacks_decide_as_if_nothing_had_happened(tmp_path, after):
    def callbacks(folder):
        return lambda: [
            EarlyStopping("loss", patience=1, restore_best_weights=True),
            ReduceLROnPlateau("loss", patience=1, min_delta=0.5),
            LearningRateScheduler(lambda epoch, rate: rate * 0.9),
            ModelCheckpoint(folder / "{epoch}.weights.h5", "loss", save_best_only=True, save_weights_only=True),
            CSVLogger(folder / "log.csv"),
        ]

    os.makedirs(tmp_path / "a")
    os.makedirs(tmp_path / "b")
    whole = make(noisy=True)
    wanted = fit(whole, None, None, callbacks(tmp_path / "a")())
    model, history = interrupted(lambda: make(noisy=True), tmp_path / "run", [after], callbacks(tmp_path / "b"))
    assert_same(model, whole, history, wanted)
    assert (tmp_path / "a/log.csv").read_text() == (tmp_path / "b/log.csv").read_text()
    assert sorted(os.listdir(tmp_path / "a")) == sorted(os.listdir(tmp_path / "b"))


class Counter:
    """An iterator of batches that knows where it is."""

    def __init__(self):
        self.next = 0

    def __iter__(self):
        return self

    def __next__(self):
        rows = [(self.next * 3 + k) % ROWS for k in range(BATCH)]
        self.next += 1
        return X[rows], Y[rows]

    def get_state(self):
        return {"next": self.next}

    def set_state(self, state):
        self.next = state["next"]


def test_an_iterator_with_a_state_goes_on_at_its_place(tmp_path):
    arguments = {"batch_size": None, "steps_per_epoch": 5}
    whole = make()
    wanted = fit(whole, None, data=(Counter(),), **arguments)
    with pytest.raises(KilledError):
        fit(make(), tmp_path, 7, data=(Counter(),), **arguments)
    model = make()
    assert_same(model, whole, fit(model, tmp_path, data=(Counter(),), **arguments), wanted)


def test_a_generator_without_a_state_is_taken_up_at_the_end_of_an_epoch_and_says_so(tmp_path):
    def generator():
        while True:
            yield X[:BATCH], Y[:BATCH]

    arguments = {"batch_size": None, "steps_per_epoch": 5}
    with pytest.raises(KilledError), pytest.warns(UserWarning, match="only at the end of an epoch"):
        fit(make(), tmp_path, 7, data=(generator(),), **arguments)
    seen = []
    look = LambdaCallback(on_epoch_begin=lambda epoch, logs: seen.append(epoch))
    with pytest.warns(UserWarning, match="only at the end of an epoch"):
        fit(make(), tmp_path, None, [look], data=(generator(),), **arguments)
    assert seen == [1, 2]


# What has changed in between ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("build", "data", "arguments", "message"),
    [
        (lambda: make("sgd"), (X, Y), {}, "optimizer class was 'Adam', and is 'SGD' now"),
        (make, (X[:12], Y[:12]), {}, "data steps was 5, and is 3 now"),
        (make, (X, Y), {"batch_size": 6}, "data batch_size was 4, and is 6 now"),
        (lambda: make(noisy=True), (X, Y), {}, "model layers was a list of .* can't|model layers was .* now"),
    ],
)
def test_another_run_is_refused(tmp_path, build, data, arguments, message):
    with pytest.raises(KilledError):
        fit(make(), tmp_path, 7)
    model = build()
    before = [w.copy() for w in model.get_weights()]
    with pytest.raises(ValueError, match=message):
        fit(model, tmp_path, data=data, **arguments)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_more_epochs_and_another_rate_are_allowed(tmp_path, capsys):
    with pytest.raises(KilledError):
        fit(make(lambda: kerasish.optimizers.SGD(0.1)), tmp_path, 7)
    model = make(lambda: kerasish.optimizers.SGD(0.05))
    history = fit(model, tmp_path, epochs=5)
    assert history.epoch == [0, 1, 2, 3, 4]
    assert float(model.optimizer.learning_rate) == pytest.approx(0.05)
    assert "The learning rate was 0.1; this run goes on with 0.05" in capsys.readouterr().out


# Files ---------------------------------------------------------------------------------------------------------------
def newest(folder):
    return pathlib.Path(folder, "run.safetensors")


def test_a_damaged_file_is_replaced_by_the_one_before(tmp_path):
    with pytest.raises(KilledError):
        fit(make(), tmp_path, 7)
    data = bytearray(newest(tmp_path).read_bytes())
    data[-5] ^= 1
    newest(tmp_path).write_bytes(data)
    whole = make()
    wanted = fit(whole, None)
    model = make()
    with pytest.warns(UserWarning, match=r"goes on from the file before it"):
        history = fit(model, tmp_path)
    assert_same(model, whole, history, wanted)


def test_two_damaged_files_are_an_error_and_no_new_start(tmp_path):
    with pytest.raises(KilledError):
        fit(make(), tmp_path, 7)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match="No file in .* can be read to go on from"):
        fit(make(), tmp_path)


def test_files_go_at_a_good_end_only(tmp_path):
    make().fit(X, Y, epochs=2, verbose=0, callbacks=[BackupAndRestore(tmp_path / "run")])
    assert not (tmp_path / "run").exists()
    bad = X.copy()
    bad[7] = np.nan
    model = make()
    with pytest.warns(UserWarning, match="(?i)nan"):
        callbacks = [TerminateOnNaN(), BackupAndRestore(tmp_path / "run", save_freq=1)]
        model.fit(bad, Y, batch_size=BATCH, epochs=2, verbose=0, shuffle=False, callbacks=callbacks)
    assert newest(tmp_path / "run").exists()


def test_fit_takes_a_run_up_by_itself(tmp_path):
    whole = make()
    wanted = whole.fit(X, Y, batch_size=BATCH, epochs=4, verbose=0)
    folder = tmp_path / "run"
    make().fit(X, Y, batch_size=BATCH, epochs=2, verbose=0, resume="auto", run_dir=folder)
    model = make()
    history = model.fit(X, Y, batch_size=BATCH, epochs=4, verbose=0, resume=True, run_dir=folder)
    assert_same(model, whole, history, wanted)
    again = make().fit(X, Y, batch_size=BATCH, epochs=4, verbose=0, resume="auto", run_dir=folder)
    assert again.history == wanted.history, "a run that is finished does nothing"
    anew = make().fit(X, Y, batch_size=BATCH, epochs=1, verbose=0, run_dir=folder)
    assert anew.epoch == [0]


def test_resume_needs_a_folder_with_a_run(tmp_path):
    with pytest.raises(ValueError, match="resume needs `run_dir`"):
        make().fit(X, Y, resume="auto")
    with pytest.raises(FileNotFoundError, match="no run in"):
        make().fit(X, Y, resume=True, run_dir=tmp_path / "none")
    with pytest.raises(ValueError, match="resume must be 'auto', True or False"):
        make().fit(X, Y, resume="always", run_dir=tmp_path)


CHILD = """
import json, os, signal, sys
sys.path.insert(0, {root!r})
from tests.models.test_resume import *
model = make(noisy=True)
kill = int(sys.argv[2])
if kill:
    class Kill(Killer):
        def on_train_batch_end(self, batch, logs=None):
            if self.trained_batches >= self.after:
                os.kill(os.getpid(), signal.SIGKILL)
    callbacks = [BackupAndRestore(sys.argv[1], save_freq=1), Kill(kill)]
else:
    callbacks = [BackupAndRestore(sys.argv[1], save_freq=1)]
history = model.fit(X, Y, batch_size=BATCH, epochs=EPOCHS, verbose=0, callbacks=callbacks)
print(json.dumps([history.history, [value.hex() for value in state(model).values()]]))
"""


@pytest.mark.slow
def test_a_killed_process_is_continued_by_another(tmp_path):
    root = str(pathlib.Path(__file__).parents[2])

    def run(kill, folder, seed):
        code = [sys.executable, "-c", CHILD.format(root=root), str(folder), str(kill)]
        environment = os.environ | {"PYTHONHASHSEED": str(seed), "OMP_NUM_THREADS": str(1 + seed)}
        return subprocess.run(code, env=environment, cwd=tmp_path if seed else root, capture_output=True, text=True)

    whole = run(0, tmp_path / "whole", 0)
    assert whole.returncode == 0, whole.stderr[-2000:]
    assert run(4, tmp_path / "run", 1).returncode == -9
    assert run(9, tmp_path / "run", 2).returncode == -9
    done = run(0, tmp_path / "run", 3)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == json.loads(whole.stdout)


def test_a_file_of_another_version_is_refused(tmp_path):
    with pytest.raises(KilledError):
        fit(make(), tmp_path, 7)
    found = load_run(tmp_path)
    for path in tmp_path.iterdir():
        path.unlink()
    save_run(tmp_path, RunState(found.arrays, {**found.state, "version": 3}))
    with pytest.raises(ValueError, match=r"its format is 3, this one reads 1 and 2"):
        fit(make(), tmp_path)


@pytest.mark.slow
def test_it_holds_for_16_bits_and_a_scale_of_the_loss(tmp_path):
    set_dtype_policy("mixed_float16")
    try:
        whole = make(noisy=True)
        wanted = fit(whole, None)
        assert type(whole.optimizer).__name__ == "LossScaleOptimizer"
        model, history = interrupted(lambda: make(noisy=True), tmp_path, [6])
        assert_same(model, whole, history, wanted)
    finally:
        set_dtype_policy(None)
