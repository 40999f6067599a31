"""What fit, evaluate and predict show: on a real pseudo-terminal, in a pipe, and without waiting for the device."""

import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import kerasish
from kerasish.callbacks import CallbackList, ProgbarLogger
from kerasish.callbacks.logs import LazyLogs

ROOT = Path(kerasish.__file__).parents[1]
SCRIPT = """
import sys, time
from kerasish.callbacks import CallbackList
from kerasish.callbacks.logs import LazyLogs

verbose = sys.argv[1] if sys.argv[1] == "auto" else int(sys.argv[1])
steps = eval(sys.argv[2])
callbacks = CallbackList(add_progbar=True, verbose=verbose, epochs=2, steps=steps, validation=True)
bar = callbacks.progbar
callbacks.on_train_begin()
for epoch in range(2):
    callbacks.on_epoch_begin(epoch)
    for done in range(1, 5):
        time.sleep(0.06)
        if bar.wants_report():
            bar.report(done, LazyLogs({"loss": float(done)}))
    bar.report(4)
    callbacks.on_test_begin()
    callbacks.on_test_end({"loss": 7.0})
    callbacks.on_epoch_end(epoch, {"loss": 0.5, "val_loss": 7.0})
callbacks.on_train_end()
callbacks.set_params({"verbose": verbose, "steps": 4})
callbacks.on_test_begin()
callbacks.on_test_end({"loss": 7.0})
callbacks.on_predict_begin()
callbacks.on_predict_end()
"""
TIMES = re.compile(r"\d+s( - | )\d+(us|ms|s)/step")


def in_a_pipe(verbose, steps=4, **environment):
    command = [sys.executable, "-c", SCRIPT, str(verbose), str(steps)]
    output = subprocess.run(
        command, capture_output=True, check=True, cwd=ROOT, env=os.environ | environment
    ).stdout.decode()
    return TIMES.sub(r"T\1T", output)


def on_a_terminal(verbose, steps=4, script=SCRIPT, **environment):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", script, str(verbose), str(steps)]
    clean = {name: value for name, value in os.environ.items() if name != "CI"} | {"TERM": "xterm"} | environment
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=theirs, cwd=ROOT, env=clean):
        os.close(theirs)
        output = b""
        try:
            while chunk := os.read(ours, 4096):
                output += chunk
        except OSError:  # the other side is closed
            pass
    os.close(ours)
    return TIMES.sub(r"T\1T", output.decode()).replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("verbose", "predicts"), [("auto", ""), (2, "4/4 - T - T\n"), (1, "4/4 - T - T\n")], ids=["auto", "2", "1"]
)
def test_a_pipe_gets_one_plain_line_for_each_epoch(verbose, predicts):
    assert in_a_pipe(verbose) == (
        "Epoch 1/2 - 4/4 - T - T - loss: 0.5000 - val_loss: 7.0000\n"
        "Epoch 2/2 - 4/4 - T - T - loss: 0.5000 - val_loss: 7.0000\n"
        "4/4 - T - T - loss: 7.0000\n" + predicts
    )


def test_zero_is_silent():
    assert in_a_pipe(0) == ""
    assert on_a_terminal(0) == ""


def test_a_terminal_gets_one_live_line_for_each_epoch():
    shown = on_a_terminal("auto")
    assert not set("\x1b\x08") & set(shown)
    lines = [[state.rstrip() for state in line.split("\r")] for line in shown.split("\n")]
    full = "━" * 20
    end = ["", f"4/4 {full} T T - loss: 0.5000 - val_loss: 7.0000"]
    first, *_, second = [line for line in lines if line[0] == "" and "val_loss" in line[-1]]
    assert lines[0] == ["Epoch 1/2"]
    assert lines[-1] == [""]
    assert lines[-2] == ["", f"4/4 {full} T T - loss: 7.0000"]  # evaluate; predict was not asked to show anything
    for line in (first, second):
        assert [line[0], line[-1]] == end
        # The first report has no values yet; the next, one tenth of a second later, shows those of the report before.
        assert line[1] == "1/4 " + "━" * 5 + "─" * 15 + " T T"
        assert "3/4 " + "━" * 15 + "─" * 5 + " T T - loss: 1.0000" in line
    assert len(lines) == 6


INTERRUPTED = """
from kerasish.callbacks import CallbackList
callbacks = CallbackList(add_progbar=True, verbose=1, epochs=1, steps=4)
with callbacks.guarded():
    callbacks.on_epoch_begin(0)
    callbacks.progbar.report(1, {"loss": 1.0})
    raise KeyboardInterrupt
"""


def test_what_an_exception_says_stands_below_the_line():
    line, message, *_ = on_a_terminal(1, script=INTERRUPTED).split("\n")
    assert line.startswith("\r1/4 ") and message == "Traceback (most recent call last):"


def test_predict_shows_a_bar_when_asked():
    assert on_a_terminal(1).split("\n")[-2] == "\r4/4 " + "━" * 20 + " T T"


def test_an_unknown_length_is_a_count_until_the_end():
    shown = on_a_terminal(1, None)
    assert "\r      1/Unknown T T" in shown
    assert "\r4/4 " + "━" * 20 + " T T - loss: 0.5000 - val_loss: 7.0000\n" in re.sub(r" +\n", "\n", shown)
    assert "Epoch 1/2 - 4/4 - T - T" in in_a_pipe(2, None)


def test_a_dumb_terminal_gets_plain_lines():
    assert on_a_terminal("auto", TERM="dumb") == in_a_pipe("auto")


def test_a_notebook_gets_one_display_for_each_epoch():
    pytest.importorskip("ipykernel")
    manager = pytest.importorskip("jupyter_client.manager")
    messages = []
    kernel, client = manager.start_new_kernel(cwd=ROOT)
    try:
        script = SCRIPT.replace("sys.argv[1]", "'auto'").replace("sys.argv[2]", "'4'")
        client.execute_interactive(script, timeout=60, output_hook=messages.append)
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
    kinds = [message["msg_type"] for message in messages]
    shown = [message["content"]["data"]["text/plain"] for message in messages if "data" in message["content"]]
    assert kinds.count("display_data") == 3  # two epochs, and evaluate
    assert TIMES.sub(r"T\1T", shown[-1]) == "4/4 " + "━" * 20 + " T T - loss: 7.0000"


def test_reporting_never_reads_what_is_new(monkeypatch):
    monkeypatch.setattr("kerasish.callbacks.progress.new_line", lambda: Lines())
    monkeypatch.setattr("kerasish.callbacks.progbar_logger.INTERVAL", 0)
    read = []

    def logs(number):
        return LazyLogs({"loss": lambda: read.append(number) or float(number)})

    bar = ProgbarLogger()
    bar.set_params({"verbose": 1, "epochs": 1, "steps": 10})
    bar.on_epoch_begin(0)
    bar.report(1, logs(1))
    assert read == []
    bar.report(2, logs(2))
    assert read == [1]
    bar.on_epoch_end(0, logs(10))
    assert read == [1, 10]


class Lines:
    """A live line that shows nothing."""

    live = True

    def show(self, text):
        pass

    def finish(self, text):
        pass


def test_asking_whether_to_report_looks_at_the_clock_only(monkeypatch):
    monkeypatch.setattr("kerasish.callbacks.progress.new_line", lambda: Lines())
    monkeypatch.setattr("kerasish.callbacks.progbar_logger.INTERVAL", 0.02)
    bar = ProgbarLogger()
    assert not bar.wants_report()
    bar.set_params({"verbose": 1, "epochs": 1, "steps": 10})
    bar.on_epoch_begin(0)
    assert bar.wants_report()
    bar.report(1, {})
    assert not bar.wants_report()
    time.sleep(0.03)
    assert bar.wants_report()


def test_a_plain_line_wants_one_report_to_leave_out_the_compilation(capsys):
    bar = ProgbarLogger()
    bar.set_params({"verbose": 2, "epochs": 1, "steps": 1001})
    bar.on_epoch_begin(0)
    time.sleep(0.3)
    assert bar.wants_report()
    bar.report(1, {"loss": 1.0})
    assert not bar.wants_report()
    bar.on_epoch_end(0, {"loss": 0.5})
    speed = re.fullmatch(r"1001/1001 - 0s - (\d+)us/step - loss: 0.5000\n", capsys.readouterr().out)
    assert int(speed[1]) < 100  # 300 with the first step


def test_validation_is_not_shown_and_not_timed(capsys):
    callbacks = CallbackList(add_progbar=True, verbose=2, epochs=1, steps=1)
    callbacks.on_train_begin()
    callbacks.on_epoch_begin(0)
    callbacks.on_test_begin()
    assert not callbacks.progbar.wants_report()
    callbacks.progbar.report(5, {"loss": 1.0})
    time.sleep(0.1)
    callbacks.on_test_end({"loss": 2.0})
    callbacks.on_epoch_end(0, {"loss": 0.5})
    assert re.fullmatch(r"1/1 - 0s - (\d\d?|[0-4]\d\d|)(us|ms)/step - loss: 0.5000\n", capsys.readouterr().out)


def test_only_four_kinds_of_verbose():
    with pytest.raises(ValueError, match="verbose must be 'auto', 0, 1 or 2; got 3"):
        ProgbarLogger().set_params({"verbose": 3})
