"""Whatever ends `fit`, `evaluate` or `predict`, and wherever: the model is that of the last completed step."""

import itertools
import pathlib
import random
import sys
import threading

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.callbacks import Callback

X = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
Y = np.random.default_rng(1).normal(size=(24, 1)).astype("float32")
OPTIONS = {"batch_size": 8, "verbose": 0}
HOOKS = {
    "fit": [
        *(f"on_{x}" for x in ("train_begin", "epoch_begin", "train_batch_begin", "train_batch_end", "test_begin")),
        *(f"on_{x}" for x in ("test_batch_begin", "test_batch_end", "test_end", "epoch_end", "train_end")),
        *("on_batch_begin", "on_batch_end"),
    ],
    "evaluate": ["on_test_begin", "on_test_batch_begin", "on_test_batch_end", "on_test_end"],
    "predict": ["on_predict_begin", "on_predict_batch_begin", "on_predict_batch_end", "on_predict_end"],
}
CASES = [(phase, hook) for phase, hooks in HOOKS.items() for hook in hooks]


class OopsError(Exception):
    """What the hooks and the data raise."""


class Rig:
    """One model, whose state can be set back, and what its state is after each step of an undisturbed training."""

    def __init__(self):
        self.model = kerasish.Sequential(
            [
                kerasish.Input((3,)),
                layers.Dense(4, "relu"),
                layers.BatchNormalization(),
                layers.Dropout(0.3),
                layers.Dense(1),
            ]
        )
        self.model.compile("adam", "mse", metrics=["mae"])
        self.model.fit(X, Y, epochs=1, **OPTIONS)
        self.first = self.state()
        self.after = {self.steps(): self.state()}
        rig = self

        class Record(Callback):
            def on_train_batch_end(self, batch, logs=None):
                rig.after[rig.steps()] = rig.state()

        self.run("fit", [Record()])
        self.outputs = self.run("predict")

    def variables(self):
        return [*self.model.every_variable(), *self.model.optimizer.every_variable()]

    def state(self):
        return [v.numpy() for v in self.variables()]

    def metrics(self):
        return [v.numpy() for v in self.model.metrics_variables]

    def steps(self):
        return int(self.model.optimizer.iterations)

    def restore(self):
        self.model.reset_metrics()
        self.model.stop_training = False
        for variable, value in zip(self.variables(), self.first, strict=True):
            variable.assign(value)

    def run(self, phase, callbacks=(), data=None):
        """The phase, from the first state on. The order of the data is the same in each run."""
        self.restore()
        kerasish.utils.set_random_seed(5)
        callbacks = list(callbacks)
        if phase == "fit":
            given = (X, Y) if data is None else (data,)
            return self.model.fit(
                *given,
                epochs=2,
                validation_data=(X[:16], Y[:16]),
                callbacks=callbacks,
                **OPTIONS if data is None else {"verbose": 0},
            )
        if phase == "evaluate":
            return self.model.evaluate(
                *((X, Y) if data is None else (data,)),
                callbacks=callbacks,
                **OPTIONS if data is None else {"verbose": 0},
            )
        return self.model.predict(
            X if data is None else data, callbacks=callbacks, **OPTIONS if data is None else {"verbose": 0}
        )

    def check(self, steps):
        """The model is that after so many steps, and can be used."""
        assert self.steps() == steps
        assert all(map(np.array_equal, self.state(), self.after[steps]))
        kerasish.utils.set_random_seed(5)
        assert np.isfinite(self.model.predict(X, verbose=0)).all()
        self.model.evaluate(X, Y, verbose=0)
        assert all(map(np.array_equal, self.state(), self.after[steps]))
        assert np.array_equal(self.run("predict"), self.outputs)


@pytest.fixture(scope="module")
def rig():
    return Rig()


def at(hook, count, action):
    """A callback that does something when `hook` is called for the so-manieth time."""
    calls = itertools.count(1)

    def act(self, *args, **kwargs):
        if next(calls) == count:
            action(self.model)

    return type("At", (Callback,), {hook: act})()


@pytest.mark.parametrize("error", [OopsError, KeyboardInterrupt])
@pytest.mark.parametrize("phase, hook", CASES)
def test_errors_in_hooks(rig, phase, hook, error):
    seen = []

    def fail(model):
        seen.append((rig.steps(), rig.metrics()))
        raise error("now")

    once = hook.endswith(("train_begin", "train_end")) or (phase != "fit" and "batch" not in hook)
    for count in {1, 1 if once else 2}:
        with pytest.raises(error, match="now"):
            rig.run(phase, [at(hook, count, fail)])
        steps, metrics = seen.pop()
        assert all(map(np.array_equal, metrics, rig.metrics()))
        rig.check(steps)


@pytest.mark.parametrize("hook", HOOKS["fit"])
def test_training_that_is_stopped_in_a_hook(rig, hook):
    def stop(model):
        model.stop_training = True

    history = rig.run("fit", [at(hook, 1, stop)])
    assert len(history.epoch) <= 2
    rig.check(rig.steps())
    assert len(rig.run("fit").epoch) == 2


def failing(good, error, at):
    """Batches, the last of which is an error."""

    def batches():
        yield from itertools.islice(itertools.cycle(good), at)
        raise error("now")

    return batches()


GOOD = [(X[i : i + 8], Y[i : i + 8]) for i in (0, 8, 16)]


@pytest.mark.parametrize("error", [OopsError, KeyboardInterrupt])
@pytest.mark.parametrize("phase", ["fit", "evaluate", "predict"])
@pytest.mark.parametrize("at_batch", [0, 1, 2])
def test_errors_in_the_data(rig, phase, error, at_batch):
    before = rig.first[:]
    good = GOOD if phase != "predict" else [x for x, _ in GOOD]
    threads = threading.active_count()
    with pytest.raises(error, match="now"):
        rig.run(phase, data=failing(good, error, at_batch))
    assert rig.steps() == rig_steps(rig) + (at_batch if phase == "fit" else 0)
    if phase != "fit" or at_batch == 0:
        assert all(map(np.array_equal, before, rig.state()))
    assert threading.active_count() <= threads
    assert np.array_equal(rig.run("predict"), rig.outputs)


def rig_steps(rig):
    return min(rig.after)


@pytest.mark.parametrize("phase", ["fit", "evaluate", "predict"])
@pytest.mark.parametrize("at_batch", [1, 2])
def test_a_batch_of_another_shape(rig, phase, at_batch):
    wrong = [*GOOD[:at_batch], (X[:8, :2], Y[:8])]
    data = wrong if phase != "predict" else (x for x, _ in wrong)
    with pytest.raises(ValueError, match="shape|size|features"):
        rig.run(phase, data=iter(data))
    assert rig.steps() == rig_steps(rig) + (at_batch if phase == "fit" else 0)
    assert np.array_equal(rig.run("predict"), rig.outputs)


def test_data_errors_leave_the_state_of_the_steps_before_them(rig):
    rig.run("fit", data=[*GOOD[:2]])  # two epochs of two batches
    rig.restore()
    kerasish.utils.set_random_seed(5)
    rig.model.fit(GOOD[:2], epochs=1, verbose=0)
    expected = rig.state()
    with pytest.raises(OopsError):
        rig.run("fit", data=failing(GOOD, OopsError, 2))
    assert all(map(np.array_equal, expected, rig.state()))


# Interrupts at random places -----------------------------------------------------------------------------------------
PACKAGE = str(pathlib.Path(kerasish.__file__).parent)


class Tracer:
    """Raises KeyboardInterrupt before the so-manieth instruction of this package; counts them if it is None."""

    def __init__(self, point):
        self.point = point
        self.count = 0

    def __call__(self, frame, event, arg):
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            self.count += 1
            if self.count == self.point:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self)
        return self

    def __exit__(self, *exception):
        sys.settrace(self.before)


@pytest.mark.parametrize("phase, points", [("predict", 50), ("evaluate", 25)])
def test_interrupts_at_random_places(rig, phase, points):
    def call():
        return rig.model.predict(X, **OPTIONS) if phase == "predict" else rig.model.evaluate(X, Y, **OPTIONS)

    rig.restore()
    call()  # the first call is longer
    with Tracer(None) as counted:
        call()
    chosen = random.Random(0).sample(range(1, counted.count), points)
    interrupted = 0
    for point in chosen:
        rig.restore()
        before = rig.state()
        try:
            with Tracer(point):
                call()
        except KeyboardInterrupt:
            interrupted += 1
        assert all(map(np.array_equal, before, rig.state()))
        assert np.array_equal(rig.model.predict(X, **OPTIONS), rig.outputs)
    assert interrupted > points / 2


@pytest.mark.parametrize("points", [15, pytest.param(150, marks=pytest.mark.slow)])
def test_interrupts_of_training_at_random_places(rig, points):
    with Tracer(None) as counted:
        rig.run("fit")
    for point in random.Random(1).sample(range(1, counted.count), points):
        rig.restore()
        kerasish.utils.set_random_seed(5)
        try:
            with Tracer(point):
                rig.model.fit(X, Y, epochs=2, validation_data=(X[:16], Y[:16]), **OPTIONS)
        except KeyboardInterrupt:
            pass
        rig.check(rig.steps())
