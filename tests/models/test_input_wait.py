"""The progress says when the device waits for data, and only then."""

import re
import time

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.backend import backend
from kerasish.callbacks.progress import Progbar
from kerasish.models.loop import InputWait

pytestmark = pytest.mark.skipif(backend() != "jax", reason="only JAX trains")


def compiled_model():
    model = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


class Slow(kerasish.utils.PyDataset):
    """Batches that take their time."""

    def __init__(self, seconds, steps=16, **kwargs):
        super().__init__(**kwargs)
        self.seconds = seconds
        self.steps = steps

    def __len__(self):
        return self.steps

    def __getitem__(self, index):
        time.sleep(self.seconds)
        return np.ones((4, 3), "float32"), np.ones((4, 1), "float32")


def shown(text):
    """The percentages in the lines."""
    return [int(number) for number in re.findall(r"step - data (\d+)%", text)]


@pytest.mark.parametrize("workers", [0, 1], ids=["on the same thread", "on a thread"])
def test_slow_data_are_named_as_what_takes_the_time(capsys, workers):
    compiled_model().fit(Slow(0.02, workers=workers), epochs=2, verbose=2)
    found = shown(capsys.readouterr().out)
    assert len(found) == 2 and min(found) > 50 and max(found) <= 100


def test_a_generator_of_unknown_length_and_an_evaluation(capsys):
    model = compiled_model()
    model.fit((Slow(0)[0] for _ in range(1)), verbose=0)

    def batches():
        for _ in range(12):
            time.sleep(0.02)
            yield np.ones((4, 3), "float32"), np.ones((4, 1), "float32")

    model.fit(batches(), verbose=2)
    model.evaluate(Slow(0.02), verbose=2)
    assert len(shown(capsys.readouterr().out)) == 2


@pytest.mark.parametrize("method", ["evaluate", "predict"])
@pytest.mark.parametrize("workers", [0, 1], ids=["on the same thread", "on a thread"])
def test_an_evaluation_and_a_prediction_say_so_too(capsys, method, workers):
    model = compiled_model()
    getattr(model, method)(Slow(0.02, workers=workers), verbose=1)
    found = shown(capsys.readouterr().out)
    assert len(found) == 1 and 50 < found[0] <= 100
    getattr(model, method)(Slow(0.0), verbose=1)
    getattr(model, method)(np.ones((64, 3), "float32"), *[np.ones((64, 1))] * (method == "evaluate"), verbose=1)
    text = capsys.readouterr().out
    assert text.count("step") == 2 and not shown(text)


def test_arrays_and_quick_data_say_nothing(capsys):
    model = compiled_model()
    x = np.ones((64, 3), "float32")
    model.fit(x, x[:, :1], epochs=2, verbose=2)
    model.fit(Slow(0.0), epochs=2, verbose=2, validation_data=Slow(0.02))  # a validation is not part of the steps
    text = capsys.readouterr().out
    assert text.count("step - loss") == 4 and not shown(text)


class Waited:
    """Batches that were waited for as long as is said."""

    waited = 0.0


def test_to_wait_while_the_device_computes_costs_nothing():
    batches = Waited()
    wait = InputWait(batches)
    wait.launched(None, measure=False)
    wait._busy = wait._remaining = 0.3  # of which a step on the device takes so long
    batches.waited += 0.3
    wait.launched(None, measure=False)
    assert wait.lost == 0 and wait.share == 0
    batches.waited += 0.5
    wait.launched(None, measure=False)
    assert wait.lost == pytest.approx(0.2) and wait.share > 0


@pytest.mark.parametrize(("share", "text"), [(0.0, None), (0.09, None), (0.384, "data 38%"), (1.0, "data 100%")])
def test_the_share_is_shown_from_a_tenth_on(capsys, share, text):
    bar = Progbar(2, verbose=2)
    bar.input_share = share
    bar.update(2, [("loss", 0.5)])
    line = capsys.readouterr().out
    assert ("data" in line) == (text is not None)
    assert text is None or f"step - {text} - loss: 0.5000" in line
