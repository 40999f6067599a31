"""Callbacks that look at the clock, at signals, at averages, or send logs away."""

import datetime
import http.server
import itertools
import json
import os
import signal
import threading
import time
import urllib.parse

import numpy as np
import pytest

import kerasish
from kerasish.callbacks import LambdaCallback, RemoteMonitor, SaveOnSignal, SwapEMAWeights, Timer, Tracker

X = np.random.default_rng(0).normal(size=(32, 3)).astype("float32")
Y = X.sum(1, keepdims=True)


def make_model(**optimizer):
    kerasish.utils.set_random_seed(0)
    model = kerasish.Sequential([kerasish.Input((3,)), kerasish.layers.Dense(1)])
    model.compile(kerasish.optimizers.SGD(0.1, **optimizer), "mse")
    return model


def fails_at(hook, count):
    """A callback that raises when `hook` is called for the so-manieth time."""
    calls = itertools.count(1)

    def fail(*_):
        if next(calls) == count:
            raise OverflowError(hook)

    return LambdaCallback(**{hook: fail})


# The clock -----------------------------------------------------------------------------------------------------------
def test_training_ends_when_the_time_is_over():
    model = make_model()
    timer = Timer(0.2)
    history = model.fit(X, Y, epochs=100_000, verbose=0, callbacks=[timer])
    assert 0 < len(history.epoch) < 100_000
    assert 0.2 <= timer.elapsed < 20


def test_a_timer_that_is_resumed_has_only_the_time_that_was_left():
    timer = Timer(datetime.timedelta(seconds=60))
    timer.set_model(make_model())
    timer.on_train_begin()
    timer.set_state({"elapsed": 59.9})
    assert timer.elapsed >= 59.9
    deadline = time.monotonic() + 30
    while not timer.model.stop_training and time.monotonic() < deadline:
        time.sleep(0.01)
    timer.on_train_end()
    assert timer.model.stop_training
    assert timer.get_state()["elapsed"] >= 60


def test_an_exception_stops_the_clock():
    timer, model = Timer(0.3), make_model()
    with pytest.raises(OverflowError):
        model.fit(X, Y, verbose=0, callbacks=[timer, fails_at("on_train_begin", 1)])
    time.sleep(0.4)
    assert not model.stop_training


@pytest.mark.parametrize("bad", [0, -1, float("nan"), datetime.timedelta()])
def test_a_time_that_is_none_is_refused(bad):
    with pytest.raises(ValueError, match="max_time must be above 0 seconds"):
        Timer(bad)


# Signals -------------------------------------------------------------------------------------------------------------
def send(epoch, logs):
    if epoch == 1:
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("name", ["m.keras", "m.weights.h5"])
def test_a_signal_saves_the_model_and_ends_training(tmp_path, name):
    model = make_model()
    before = signal.getsignal(signal.SIGTERM)
    callback = SaveOnSignal(tmp_path / name, resend=False)
    history = model.fit(X, Y, epochs=50, verbose=0, callbacks=[LambdaCallback(on_epoch_end=send), callback])
    assert len(history.epoch) in (2, 3)
    assert callback.received == signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before
    twin = make_model()
    twin.load_weights(tmp_path / name)
    np.testing.assert_array_equal(twin.get_weights()[0], model.get_weights()[0])


def test_the_signal_then_does_what_it_would_have_done(tmp_path):
    received = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: received.append(number))
    try:
        callback = SaveOnSignal(tmp_path / "m.keras")
        make_model().fit(X, Y, epochs=50, verbose=0, callbacks=[LambdaCallback(on_epoch_end=send), callback])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert received == [signal.SIGTERM]
    assert (tmp_path / "m.keras").exists()


@pytest.mark.parametrize("resend", [False, True])
def test_after_an_exception_signals_are_what_they_were_and_none_is_lost(tmp_path, resend):
    received = []
    own = lambda number, frame: received.append(number)  # noqa: E731
    before = signal.signal(signal.SIGTERM, own)
    try:
        sends = LambdaCallback(on_test_begin=lambda logs: signal.raise_signal(signal.SIGTERM))
        callbacks = [SaveOnSignal(tmp_path / "m.keras", resend=resend), sends, fails_at("on_test_begin", 1)]
        with pytest.raises(OverflowError):
            make_model().fit(X, Y, verbose=0, validation_data=(X, Y), callbacks=callbacks)
        assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)
    assert received == [signal.SIGTERM] * resend


# Averages ------------------------------------------------------------------------------------------------------------
def kernel(model):
    return model.get_weights()[0].copy()


@pytest.mark.parametrize("swap_on_epoch", [False, True])
def test_evaluation_sees_the_averages_and_training_the_weights(swap_on_epoch):
    seen = {}
    model = make_model(use_ema=True, ema_momentum=0.9)
    plain = make_model()
    look = LambdaCallback(
        on_test_begin=lambda logs: seen.update(test=kernel(model)),
        on_epoch_end=lambda epoch, logs: seen.update(end=kernel(model)),
    )
    swap = SwapEMAWeights(swap_on_epoch)
    model.fit(X, Y, epochs=3, verbose=0, shuffle=False, validation_data=(X, Y), callbacks=[swap, look])
    plain.fit(X, Y, epochs=3, verbose=0, shuffle=False)
    # One batch an epoch: three steps; the average begins as the first weights after a step.
    steps = [kernel(make_model())]
    for epochs in (1, 2, 3):
        one = make_model()
        one.fit(X, Y, epochs=epochs, verbose=0, shuffle=False)
        steps.append(kernel(one))
    average = steps[1]
    for after in steps[2:]:
        average = 0.9 * average + 0.1 * after
    np.testing.assert_allclose(seen["test"], average, rtol=1e-5)
    np.testing.assert_allclose(seen["end"], average if swap_on_epoch else kernel(plain), rtol=1e-5)
    np.testing.assert_allclose(kernel(model), average, rtol=1e-5)


@pytest.mark.parametrize("hook", ["on_test_begin", "on_test_batch_end", "on_test_end", "on_epoch_end"])
def test_after_an_exception_the_weights_are_those_of_the_last_step(hook):
    model, plain = make_model(use_ema=True, ema_momentum=0.9), make_model()
    with pytest.raises(OverflowError):
        swap = [SwapEMAWeights(swap_on_epoch=True), fails_at(hook, 2)]
        model.fit(X, Y, epochs=3, verbose=0, shuffle=False, validation_data=(X, Y), callbacks=swap)
    plain.fit(X, Y, epochs=2, verbose=0, shuffle=False)
    np.testing.assert_allclose(kernel(model), kernel(plain), rtol=1e-6)


@pytest.mark.parametrize(("phase", "hook"), [("evaluate", "on_test_batch_end"), ("predict", "on_predict_batch_end")])
def test_an_exception_in_evaluate_or_predict_leaves_the_weights(phase, hook):
    model = make_model(use_ema=True, ema_momentum=0.9)
    for _ in range(3):
        model.train_on_batch(X, Y)
    before = kernel(model)
    with pytest.raises(OverflowError):
        callbacks = [SwapEMAWeights(), fails_at(hook, 1)]
        (
            model.evaluate(X, Y, verbose=0, callbacks=callbacks)
            if phase == "evaluate"
            else model.predict(X, callbacks=callbacks)
        )
    np.testing.assert_array_equal(kernel(model), before)


def test_an_optimizer_without_averages_is_refused():
    with pytest.raises(ValueError, match="compile the model with use_ema=True"):
        make_model().fit(X, Y, verbose=0, callbacks=[SwapEMAWeights()])


# Logs that are sent away ---------------------------------------------------------------------------------------------
def test_a_tracker_gets_floats_and_steps():
    found = []
    model = make_model()
    tracker = Tracker(lambda logs, step: found.append((sorted(logs), step)), every=3)
    model.fit(X, Y, batch_size=8, epochs=2, verbose=0, callbacks=[tracker])  # 4 steps an epoch
    assert found == [
        (["batch_loss"], 3),
        (["epoch", "loss"], 4),
        (["batch_loss"], 6),
        (["epoch", "loss"], 8),
    ]


@pytest.mark.parametrize("bad", [0, "batch", 1.5, True])
def test_a_tracker_s_every_is_checked(bad):
    with pytest.raises(ValueError, match="every must be 'epoch' or a number of batches"):
        Tracker(print, every=bad)


@pytest.mark.parametrize("as_json", [False, True])
def test_logs_are_posted(as_json):
    bodies = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            bodies.append((self.path, self.headers["Content-Type"], self.headers["X-Key"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        root = f"http://127.0.0.1:{server.server_port}"
        monitor = RemoteMonitor(root, "/in/", field="logs", headers={"X-Key": "k"}, send_as_json=as_json)
        monitor.on_epoch_end(2, {"loss": np.float32(0.5)})
    finally:
        server.shutdown()
        server.server_close()
    ((path, kind, key, body),) = bodies
    text = body if as_json else urllib.parse.parse_qs(body)["logs"][0]
    assert (path, key, json.loads(text)) == ("/in/", "k", {"epoch": 2, "loss": 0.5})
    assert ("json" in kind) is as_json


def test_a_server_that_is_not_there_is_a_warning():
    with pytest.warns(UserWarning, match="could not send epoch 1"):
        RemoteMonitor("http://127.0.0.1:9").on_epoch_end(0, {"loss": 1.0})


def test_an_address_that_is_a_file_is_refused():
    with pytest.raises(ValueError, match="must begin with 'http://' or 'https://'"):
        RemoteMonitor("file:///etc/passwd")
