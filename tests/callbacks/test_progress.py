"""Progbar shows what Keras's shows, without colors; no control codes where no terminal is."""

import io
import re
import sys

import numpy as np
import pytest

from kerasish.callbacks import progress, terminal
from kerasish.callbacks.progress import Progbar

UPDATES = [(1, [("a", 1.0), ("b", 1.0)]), (2, [("a", 2.0), ("b", 2.0)]), (4, [("a", 3.0), ("b", 3.0)])]


class Terminal(io.StringIO):
    """Says that it is a terminal."""

    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def to_terminal(monkeypatch):
    """Call a function while standard output is a terminal of 80 columns; return what it wrote."""

    def run(function, stream=None):
        stream = stream or Terminal()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", stream)
            patch.setenv("TERM", "xterm")
            patch.delenv("CI", raising=False)
            function()
        stream.seek(0)
        return stream.read()

    return run


def run_updates(kind, updates, **arguments):
    bar = kind(**arguments)
    for current, values in updates:
        bar.update(current, values)
    return bar


def states(text):
    """What a live line showed, one after the other: without colors, bars and times, which differ."""
    text = re.sub(r"\x1b\[[0-9;]*m|\x08", "", text)
    text = re.sub(r"[━─]+", "BAR", text)
    text = re.sub(r"[\d:]+s \S+/", "TIME/", text)
    text = re.sub(r"[\d:]+s - \S+/", "TIME/", text)
    return [state.rstrip() for state in re.split(r"[\r\n]+", text) if state.strip()]


@pytest.mark.parametrize(
    "arguments",
    [
        {"target": 10},
        {"target": 4},
        {"target": None},
        {"target": 12345},
        {"target": 4, "width": 5, "unit_name": "file"},
        {"target": 10, "stateful_metrics": ["a"]},
        {"target": 10, "stateless_metrics": ["a"]},
        {"target": 4, "verbose": 0},
        {"target": 4, "verbose": 2},
        {"target": 10, "verbose": 2},
        {"target": None, "verbose": 2},
    ],
)
@pytest.mark.parametrize("finalize", [None, True])
def test_it_shows_what_keras_shows(arguments, finalize, to_terminal):
    keras = pytest.importorskip("keras")

    def show(kind):
        bar = run_updates(kind, UPDATES, interval=0, **arguments)
        if finalize:
            bar.update(5, [("a", 7.0)], finalize=True)

    assert states(to_terminal(lambda: show(Progbar))) == states(to_terminal(lambda: show(keras.utils.Progbar)))


def test_there_are_no_colors_and_no_backspaces(to_terminal):
    shown = to_terminal(lambda: run_updates(Progbar, UPDATES, target=4, interval=0))
    assert shown.count("\r") == 3
    assert not set("\x1b\x08") & set(shown)


@pytest.mark.parametrize(("done", "bar"), [(0, "────────"), (2, "━━━━────"), (4, "━━━━━━━━"), (5, "━━━━━━━━")])
def test_the_bar_is_full_at_the_end(done, bar, to_terminal):
    assert f"{done}/4 {bar} " in to_terminal(lambda: Progbar(4, width=8, interval=0).update(done))


def test_a_shorter_text_leaves_nothing_of_a_longer_one(to_terminal):
    updates = [(1, [("name", 1e6)]), (2, [("name", 1.0)])]
    shown = to_terminal(lambda: run_updates(Progbar, updates, target=10, interval=0, stateful_metrics=["name"]))
    first, second = shown.split("\r")[1:]
    assert len(second) >= len(first)


def test_a_long_line_is_cut_while_it_lives(to_terminal):
    values = [(f"metric_{n}", 1.0) for n in range(10)]
    updates = [(1, values), (10, values)]
    alive, finished = to_terminal(lambda: run_updates(Progbar, updates, target=10, interval=0)).split("\r")[1:]
    assert len(alive) == 79
    assert finished.endswith("metric_9: 1.0000\n")


def test_it_changes_only_now_and_then(to_terminal):
    updates = [(n, None) for n in range(1, 1001)]
    shown = to_terminal(lambda: run_updates(Progbar, updates, target=1000, interval=60))
    assert shown.count("\r") == 2  # the first and the last


def test_elsewhere_one_plain_line_is_written_at_the_end(capsys):
    bar = Progbar(4, interval=0)
    for current, values in UPDATES:
        bar.update(current, values)
    text = capsys.readouterr().out
    assert re.fullmatch(r"4/4 - 0s - \S+/step - a: 3.0000 - b: 3.0000\n", text)


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": "xterm", "CI": "true"}])
def test_some_terminals_are_for_nobodys_eyes(environment, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert not terminal.on_terminal(environment)
    assert terminal.on_terminal({"TERM": "xterm", "CI": "false"})


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_poor_encoding_is_no_error(encoding, to_terminal):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    stream.isatty = lambda: True
    shown = to_terminal(lambda: Progbar(2, width=4).update(1, [("Ω", 1.0)]), stream)
    assert re.search(r"1/2 ==\.\. \S+ \S+/step - \?: 1.0000", shown)


class OnlyWrites:
    """The least that standard output may be."""

    def write(self, text):
        pass

    def flush(self):
        pass


@pytest.mark.parametrize("stream", [None, OnlyWrites()])
def test_a_strange_standard_output_is_no_error(stream, monkeypatch):
    monkeypatch.setattr(sys, "stdout", stream)
    Progbar(1).update(1, [("loss", 1.0)])


@pytest.mark.parametrize(
    ("value", "text"),
    [  # as Keras 3.15.1 shows them; it has an error for text
        (1e-5, "1.0000e-05"),
        (1e-3, "1.0000e-03"),
        (0.0010001, "0.0010"),
        (0.0, "0.0000e+00"),
        (-0.0001, "-1.0000e-04"),
        (-5.0, "-5.0000"),
        (1234567.0, "1234567.0000"),
        (np.array([1.0, 2.0]), "1.5000"),
        (np.float32(0.5), "0.5000"),
        (3, "3.0000"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (True, "1.0000"),
        ("text", "text"),
        (None, "None"),
        (["a", "b"], "['a', 'b']"),
        ([1.0, 3.0], "2.0000"),
        ([], "[]"),
        ({"a": 1}, "{'a': 1}"),
    ],
)
def test_values_have_four_digits(value, text, capsys):
    Progbar(1).update(1, [("x", value)])
    assert capsys.readouterr().out.endswith(f" - x: {text}\n")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.5, "0s"), (8.9, "8s"), (196, "3:16"), (9980, "2:46:20"), (499900, "138:51:40")]
)
def test_times_are_read_as_on_a_clock(seconds, text):
    assert progress._clock(seconds) == text


@pytest.mark.parametrize("seconds, text", [(0, "0s"), (12e-6, "12us"), (0.0105, "10ms"), (1.2, "1s"), (50, "50s")])
def test_the_time_of_a_step_has_a_unit(seconds, text):
    assert progress._speed(seconds) == text


def test_adding_is_updating_by_steps(to_terminal):
    bar = Progbar(4, verbose=0)

    def show():
        bar = Progbar(4, interval=0)
        bar.add(1, [("x", 1.0)])
        bar.add(2, [("x", 4.0)])

    assert states(to_terminal(show))[-1] == "3/4 BAR TIME/step - x: 3.0000"  # (1 + 2 * 4) / 3
    bar.add(1)
    bar.add(2)
    assert bar.seen == 3


def test_a_message_does_not_stand_on_the_live_line(to_terminal, capsys):
    assert to_terminal(lambda: terminal.announce("Epoch 1: hello")) == "\nEpoch 1: hello\n"
    terminal.announce("Epoch 1: hello")
    assert capsys.readouterr().out == "Epoch 1: hello\n"


def test_both_kinds_of_names_are_one_too_many():
    with pytest.raises(ValueError, match=r"stateful_metrics .* or stateless_metrics .*, not both"):
        Progbar(1, stateful_metrics=["a"], stateless_metrics=["b"])
