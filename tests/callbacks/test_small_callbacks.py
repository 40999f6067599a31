"""History, LambdaCallback, TerminateOnNaN and LearningRateScheduler."""

import json

import numpy as np
import pytest

from kerasish.callbacks import History, LambdaCallback, LearningRateScheduler, TerminateOnNaN
from kerasish.callbacks.logs import LazyLogs


def test_history_keeps_floats_of_every_epoch(run_epochs):
    history = History()
    history.on_train_begin()
    history.on_epoch_end(0, LazyLogs({"loss": np.float32(0.5)}))
    history.on_epoch_end(1, LazyLogs({"loss": np.float32(0.25), "val_loss": 1.0}))
    assert history.history == {"loss": [0.5, 0.25], "val_loss": [1.0]}
    assert type(history.history["loss"][0]) is float
    assert history.epoch == [0, 1]


def test_history_goes_on_from_its_state():
    history, again = History(), History()
    history.on_epoch_end(0, {"loss": 0.5})
    again.on_train_begin()
    again.set_state(json.loads(json.dumps(history.get_state())))
    again.on_epoch_end(1, {"loss": 0.25})
    assert (again.history, again.epoch) == ({"loss": [0.5, 0.25]}, [0, 1])
    assert history.history == {"loss": [0.5]}


def test_a_lambda_callback_calls_its_functions():
    notes = []
    callback = LambdaCallback(
        on_epoch_begin=lambda epoch, logs: notes.append(("begin", epoch)),
        on_train_end=lambda logs: notes.append(("end", logs)),
        color="red",
    )
    callback.on_epoch_begin(1, {})
    callback.on_epoch_end(1, {})
    callback.on_train_end({"loss": 1.0})
    assert notes == [("begin", 1), ("end", {"loss": 1.0})]
    assert callback.color == "red"


@pytest.mark.parametrize(
    ("hooks", "message"),
    [
        ({"on_epoch_ends": print}, "no hook named 'on_epoch_ends'. Did you mean 'on_epoch_end'?"),
        ({"on_quit": print}, "no hook named 'on_quit'"),
        ({"on_test_end": 3}, "LambdaCallback's on_test_end must be a function; got 3"),
        ({"on_epoch_end": 3}, "LambdaCallback's on_epoch_end must be a function; got 3"),
    ],
)
def test_a_lambda_callback_refuses_what_would_never_be_called(hooks, message):
    with pytest.raises(TypeError, match=message):
        LambdaCallback(**hooks)


@pytest.mark.parametrize("loss", [np.nan, np.inf, -np.inf])
def test_terminate_on_nan_stops_and_says_where(loss, make_model, capsys):
    callback, model = TerminateOnNaN(), make_model()
    model.weight[1] = np.nan
    callback.set_model(model)
    callback.on_epoch_begin(1)
    callback.on_train_batch_end(2, LazyLogs({"loss": 1.0}))
    assert not model.stop_training
    callback.on_train_batch_end(3, LazyLogs({"loss": loss}))
    assert model.stop_training
    assert capsys.readouterr().out == (
        f"Epoch 2, batch 3: the loss is {loss}. The first weight that is not finite is dense/kernel. "
        "Training is stopped.\n"
    )


def test_terminate_on_nan_can_raise(make_model):
    callback = TerminateOnNaN(raise_error=True)
    callback.set_model(make_model())
    callback.on_train_batch_end(0, {"accuracy": 1.0})
    with pytest.raises(RuntimeError, match="Epoch 1, batch 3: the loss is nan. Lower the learning rate"):
        callback.on_train_batch_end(3, {"loss": float("nan")})


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own
@pytest.mark.parametrize(
    "schedule", [lambda epoch, rate: rate * 0.5, lambda epoch: 0.3 / (epoch + 1), lambda epoch: np.float32(0.3)]
)
def test_the_schedule_sets_the_learning_rate_as_in_keras(schedule, run_epochs, make_model):
    keras = pytest.importorskip("keras")
    theirs = make_model()
    theirs.optimizer = keras.optimizers.SGD(0.1)
    _, expected = run_epochs(keras.callbacks.LearningRateScheduler(schedule), [1.0, 1.0, 1.0], model=theirs)
    _, logs = run_epochs(LearningRateScheduler(schedule), [1.0, 1.0, 1.0])
    assert logs == expected


def test_the_scheduler_tells_each_learning_rate(run_epochs, capsys):
    run_epochs(LearningRateScheduler(lambda epoch: 0.5, verbose=1), [1.0])
    assert capsys.readouterr().out == "Epoch 1: LearningRateScheduler setting learning rate to 0.5.\n"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1, "must return a float; for epoch 0 it returned 1, a int"),
        ("a", "it returned 'a', a str"),
        (None, "it returned None"),
        (-0.1, "must be a finite number, at least 0; .* returned -0.1 for epoch 0"),
        (float("nan"), "returned nan for epoch 0"),
    ],
)
def test_what_is_no_learning_rate_is_refused(value, message, run_epochs):
    with pytest.raises(ValueError, match=message):
        run_epochs(LearningRateScheduler(lambda epoch: value), [1.0])


def test_an_error_in_the_schedule_is_shown_as_it_is(run_epochs):
    def schedule(epoch, rate):
        raise TypeError("mine")

    with pytest.raises(TypeError, match="mine"):
        run_epochs(LearningRateScheduler(schedule), [1.0])


def test_a_schedule_must_be_a_function():
    with pytest.raises(TypeError, match=r"needs a function schedule\(epoch, learning_rate\); got 0.1"):
        LearningRateScheduler(0.1)
