"""The compiled step: how many programs, which state, what an interrupt leaves behind."""

import os
import sys
import threading

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.callbacks.callback import HOOKS as HOOKS_OF_ALL

jax = pytest.importorskip("jax")


def data(rows=40):
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, 3)).astype("float32")
    return x, x.sum(-1, keepdims=True)


def make_model(*more):
    kerasish.utils.set_random_seed(0)
    model = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(4, activation="relu"), *more, layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


class Compiled:
    """Counts the programs that XLA compiles."""

    active = None

    def __enter__(self):
        self.count = 0
        Compiled.active = self
        return self

    def __exit__(self, *exception):
        Compiled.active = None


def note_compilation(event, duration, **kwargs):
    if Compiled.active is not None and event == "/jax/core/compile/backend_compile_duration":
        Compiled.active.count += 1


jax.monitoring.register_event_duration_secs_listener(note_compilation)


@pytest.mark.parametrize("rows", [40, 37])
def test_one_program_for_each_phase_whatever_the_number_of_rows(rows):
    model = make_model(layers.Dropout(0.5))
    x, y = data(rows)
    with Compiled() as compiled:
        model.fit(x, y, batch_size=8, epochs=3, verbose=0, validation_data=(x, y), validation_batch_size=8)
    assert compiled.count == 2
    with Compiled() as compiled:
        model.fit(x, y, batch_size=8, epochs=2, verbose=0, validation_data=(x, y), validation_batch_size=8)
    assert compiled.count == 0
    with Compiled() as compiled:
        model.predict(x, batch_size=8)
    assert compiled.count == 1


def test_compile_again_keeps_the_program_of_predict():
    model = make_model()
    x, _ = data()
    model.predict(x, batch_size=8)
    model.compile("sgd", "mse")
    with Compiled() as compiled:
        model.predict(x, batch_size=8)
    assert compiled.count == 0


def test_building_a_convnet_compiles_nothing():
    with Compiled() as compiled:
        model = kerasish.Sequential([kerasish.Input((16, 16, 3))])
        for _ in range(4):
            model.add(layers.Conv2D(8, 3, padding="same"))
            model.add(layers.BatchNormalization())
        assert model.count_params() > 0
    assert compiled.count == 0


def test_a_failed_step_leaves_the_last_completed_one():
    model = make_model()
    x, y = data()

    def batches():
        yield x[:8], y[:8]
        yield x[8:16], y[8:16]
        raise OSError("the disk is gone")

    twin = make_model()
    twin.train_on_batch(x[:8], y[:8])
    twin.train_on_batch(x[8:16], y[8:16])
    with pytest.raises(OSError, match="the disk is gone"):
        model.fit(batches(), verbose=0)
    for one, other in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    model.fit(x, y, verbose=0)


HOOKS = [name for name in HOOKS_OF_ALL if "predict" not in name]


@pytest.mark.parametrize("hook", HOOKS)
def test_an_exception_in_any_hook_leaves_a_model_that_works(hook):
    model = make_model()
    x, y = data()

    def fail(self, *args, **kwargs):
        raise KeyboardInterrupt

    callback = type("Failing", (kerasish.callbacks.Callback,), {hook: fail})()
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, batch_size=8, verbose=0, validation_data=(x, y), callbacks=[callback])
    assert np.isfinite(model.predict(x)).all()
    assert all(np.isfinite(w).all() for w in model.get_weights())
    model.fit(x, y, batch_size=8, verbose=0)


def test_a_failed_predict_keeps_the_weights():
    model = make_model()
    x, _ = data()
    expected = model.predict(x)
    with pytest.raises(ValueError, match="expects shape"):
        model.predict(np.zeros((4, 9)))
    np.testing.assert_array_equal(model.predict(x), expected)


def test_eight_threads_predict_and_nothing_is_lost():
    model = make_model(layers.Dropout(0.5))
    x, _ = data(64)
    expected, before = model.predict(x), model.get_weights()
    results, errors = [], []

    def work(seed):
        try:
            for _ in range(20):
                results.append(np.array_equal(model.predict(x), expected))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors and len(results) == 160 and all(results)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_seeds_and_statistics_ride_along():
    model = make_model(layers.BatchNormalization(), layers.Dropout(0.5))
    x, y = data()
    seeds = [v.numpy() for v in model.variables if "seed" in v.path]
    mean = model.layers[1].moving_mean.numpy()
    model.fit(x, y, batch_size=8, verbose=0)
    assert [int(v.numpy()[1]) for v in model.variables if "seed" in v.path] == [int(s[1]) + 5 for s in seeds]
    assert not np.array_equal(mean, model.layers[1].moving_mean.numpy())


def test_a_run_is_repeatable_by_its_seed():
    x, y = data()
    results = []
    for _ in range(2):
        kerasish.utils.set_random_seed(7)  # before the Dropout is made, which draws its seed then
        model = make_model(layers.Dropout(0.5))
        model.fit(x, y, batch_size=8, epochs=2, verbose=0)
        results.append(model.get_weights())
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


def test_eager_steps_show_real_values():
    seen = []

    class Peek(layers.Layer):
        def call(self, x):
            seen.append(isinstance(x, jax.core.Tracer))
            return x

    model = kerasish.Sequential([kerasish.Input((3,)), Peek(), layers.Dense(1)])
    seen.clear()
    model.compile("sgd", "mse", run_eagerly=True)
    x, y = data(8)
    seen.clear()
    model.evaluate(x, y, verbose=0)
    assert seen[-1] is False


def test_a_question_about_a_value_is_answered_in_the_users_words():
    class Asks(layers.Layer):
        def call(self, x):
            return x if x.sum() > 0 else -x

    model = kerasish.Sequential([layers.Dense(1), Asks()])
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match=r"test_step\.py:\d+: return x if x\.sum\(\) > 0.*run_eagerly=True"):
        model.fit(*data(), verbose=0)


def test_a_fit_of_one_batch_is_not_deep():
    """The limits of the design: 20 frames, 150 functions (Keras 3.15.1: 406 functions in 59 files)."""
    model = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = data(8)
    model.fit(x, y, verbose=0)
    seen, depth, deepest = set(), 0, 0

    def watch(frame, event, argument):
        nonlocal depth, deepest
        code = frame.f_code
        if f"{os.sep}kerasish{os.sep}" in code.co_filename and "site-packages" not in code.co_filename:
            if event == "call":
                depth += 1
                deepest = max(deepest, depth)
                if not code.co_name.startswith("<"):
                    seen.add((code.co_filename, code.co_name))
            elif event == "return":
                depth -= 1

    sys.setprofile(watch)
    try:
        model.fit(x, y, verbose=0)
    finally:
        sys.setprofile(None)
    assert deepest < 20 and len(seen) < 150, (deepest, len(seen))


@pytest.mark.parametrize("steps_per_execution", [None, 4])
def test_steps_between_two_saves_run_in_one_call(tmp_path, steps_per_execution):
    calls, saved = [], []

    class Counted(kerasish.Sequential):
        def save(self, filepath, overwrite=True):
            saved.append(str(filepath)[-9:])

    model = Counted([kerasish.Input((3,)), kerasish.layers.Dense(1)])
    model.compile("sgd", "mse", steps_per_execution=steps_per_execution)
    x = np.zeros((16, 3), "float32")
    model.fit(x, x[:, :1], batch_size=2, verbose=0)  # 8 steps; compiled, and the pace is known
    program = next(iter(model.programs.values()))
    run_rows = program.run_rows
    program.run_rows = lambda *args, **kwargs: calls.append(args[3:5]) or run_rows(*args, **kwargs)
    checkpoint = kerasish.callbacks.ModelCheckpoint(tmp_path / "{epoch}-{batch}.keras", save_freq=6)
    model.fit(x, x[:, :1], batch_size=2, epochs=2, verbose=0, callbacks=[checkpoint], shuffle=False)
    assert saved == ["1-6.keras", "2-4.keras"]
    ends = {first + count for first, count in calls}
    assert {6, 8, 4} <= ends
    if steps_per_execution:
        assert calls == [(0, 4), (4, 2), (6, 2), (0, 4), (4, 4)]
