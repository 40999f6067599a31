"""EarlyStopping and ReduceLROnPlateau: Keras's decisions, and NaN is the worst value."""

import copy
import math

import numpy as np
import pytest

from kerasish.callbacks import EarlyStopping, ReduceLROnPlateau
from kerasish.callbacks.monitor import MonitorCallback

NAN = float("nan")
DOWN_AND_UP = [3.0, 2.0, 2.5, 2.4, 1.0, 1.0, 1.1, 0.9, 0.9, 0.9, 0.9]
FLAT = [1.0] * 12


def keras_run(keras, kind, arguments, values, run_epochs, make_model, name):
    model = make_model()
    model.optimizer = keras.optimizers.SGD(0.1)
    callback = getattr(keras.callbacks, kind)(**arguments)
    return callback, *run_epochs(callback, values, name, model)


@pytest.mark.parametrize("values", [DOWN_AND_UP, FLAT, [3.0, 2.6, 2.4, 2.3, 2.0, 1.0], [math.inf, math.inf, 1.0, 2.0]])
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"patience": 2, "restore_best_weights": True},
        {"patience": 20, "restore_best_weights": True},
        {"patience": 2, "min_delta": 0.5},
        {"patience": 2, "min_delta": -0.5},
        {"patience": 2, "baseline": 2.0, "restore_best_weights": True},
        {"patience": 3, "baseline": 0.5},
        {"patience": 1, "start_from_epoch": 3, "restore_best_weights": True},
        {"patience": 2, "mode": "max", "monitor": "score"},
        {"patience": 2, "mode": "max", "monitor": "score", "min_delta": 0.5, "baseline": 2.2},
    ],
)
def test_early_stopping_decides_as_keras(arguments, values, run_epochs, make_model):
    keras = pytest.importorskip("keras")
    name = arguments.get("monitor", "val_loss")
    theirs, their_model, _ = keras_run(keras, "EarlyStopping", arguments, values, run_epochs, make_model, name)
    ours = EarlyStopping(**arguments)
    model, _ = run_epochs(ours, values, name)
    assert (ours.best, ours.best_epoch, ours.wait, ours.stopped_epoch) == (
        theirs.best,
        theirs.best_epoch,
        theirs.wait,
        theirs.stopped_epoch,
    )
    assert model.stop_training == their_model.stop_training
    np.testing.assert_array_equal(model.weight, their_model.weight)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own
@pytest.mark.parametrize("values", [DOWN_AND_UP, FLAT, [1.0, 0.99995, 0.9, 0.9, 0.9, 0.9, 0.5]])
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"patience": 0},
        {"patience": 2},
        {"patience": 2, "cooldown": 2, "factor": 0.5, "min_lr": 0.02},
        {"patience": 1, "cooldown": 1, "factor": 0.5, "min_lr": 0.02},
        {"patience": 1, "factor": 0.5, "min_delta": 0.2},
        {"patience": 1, "mode": "max", "monitor": "score"},
    ],
)
def test_the_learning_rate_falls_as_in_keras(arguments, values, run_epochs, make_model):
    keras = pytest.importorskip("keras")
    name = arguments.get("monitor", "val_loss")
    theirs, _, expected = keras_run(keras, "ReduceLROnPlateau", arguments, values, run_epochs, make_model, name)
    ours = ReduceLROnPlateau(**arguments)
    _, logs = run_epochs(ours, values, name)
    assert logs == expected
    assert (ours.best, ours.wait, ours.cooldown_counter) == (theirs.best, theirs.wait, theirs.cooldown_counter)


def test_nan_at_first_does_not_stop_early_stopping_from_working(run_epochs):
    callback = EarlyStopping(patience=2, restore_best_weights=True)
    model, _ = run_epochs(callback, [NAN, 1.0, NAN, 0.5, NAN, NAN, 0.1])
    assert (callback.best, callback.best_epoch, callback.stopped_epoch) == (0.5, 3, 5)
    np.testing.assert_array_equal(model.weight, [4.0, 4.0])  # those of the fourth epoch


def test_nan_forever_exhausts_the_patience(run_epochs):
    callback = EarlyStopping(patience=2, restore_best_weights=True)
    run_epochs(callback, [NAN] * 5)
    assert (callback.best, callback.best_weights, callback.stopped_epoch) == (None, None, 1)


def test_nan_at_first_does_not_stop_the_plateau_from_being_seen(run_epochs):
    callback = ReduceLROnPlateau(patience=2, factor=0.5)
    _, logs = run_epochs(callback, [NAN, 1.0, 1.0, NAN])
    assert callback.best == 1.0
    assert [round(entry["rate_after"], 4) for entry in logs] == [0.1, 0.1, 0.1, 0.05]


@pytest.mark.parametrize("mode", ["min", "max"])
def test_nan_is_never_an_improvement(mode):
    assert not MonitorCallback(mode=mode).is_improvement(NAN, None)
    assert not MonitorCallback(mode=mode).is_improvement(NAN, 1.0)


def test_the_best_weights_are_copies(run_epochs, make_model):
    callback, model = EarlyStopping(monitor="loss", restore_best_weights=True), make_model()
    callback.set_model(model)
    callback.on_train_begin()
    callback.on_epoch_end(0, {"loss": 1.0})
    model.weight += 7  # in place
    callback.on_train_end()
    np.testing.assert_array_equal(model.weight, [0.0, 0.0])


def test_early_stopping_tells_what_it_did(run_epochs, capsys):
    run_epochs(EarlyStopping(patience=1, verbose=1, restore_best_weights=True), [2.0, 1.0, 1.5])
    assert capsys.readouterr().out == "Epoch 3: early stopping\nRestoring the weights of the best epoch, 2\n"


def test_the_plateau_tells_what_it_did(run_epochs, capsys):
    run_epochs(ReduceLROnPlateau(patience=1, verbose=1, factor=0.5, min_lr=0.05), [2.0, 2.0])
    # 0.05000000074505806 is half of the float32 nearest to 0.1
    assert capsys.readouterr().out == "Epoch 2: ReduceLROnPlateau reducing learning rate to 0.05000000074505806.\n"


@pytest.mark.parametrize(
    "make",
    [
        lambda: EarlyStopping(patience=2, restore_best_weights=True, min_delta=0.1),
        lambda: ReduceLROnPlateau(patience=2, cooldown=1),
    ],
)
def test_a_resumed_callback_goes_on_as_if_nothing_had_happened(make, run_epochs, make_model):
    whole = make()
    whole_model, _ = run_epochs(whole, DOWN_AND_UP)
    first, second, model = make(), make(), make_model()
    first.set_model(model)
    first.on_train_begin()
    second.set_model(model)
    for epoch, value in enumerate(DOWN_AND_UP):
        if epoch == 3:
            second.on_train_begin()
            second.set_state(copy.deepcopy(first.get_state()))
        model.weight = np.full(2, epoch + 1, "float32")
        (first if epoch < 3 else second).on_epoch_end(epoch, {"val_loss": value})
        if model.stop_training:
            break
    second.on_train_end()
    np.testing.assert_equal(second.get_state(), whole.get_state())
    np.testing.assert_array_equal(model.weight, whole_model.weight)
    assert model.optimizer.learning_rate == whole_model.optimizer.learning_rate


@pytest.mark.parametrize(
    ("monitor", "better"),
    [
        ("loss", 0.5),
        ("val_loss", 0.5),
        ("mae", 0.5),
        ("val_mae", 0.5),
        ("accuracy", 2.0),
        ("val_accuracy", 2.0),
        ("left_accuracy", 2.0),
        ("val_left_loss", 0.5),
    ],
)
def test_the_mode_comes_from_the_metric(monitor, better, make_model):
    callback = EarlyStopping(monitor=monitor)
    callback.set_model(make_model([("loss", "down"), ("accuracy", "up"), ("mae", "down"), ("count", None)]))
    callback.on_train_begin()
    callback.on_epoch_end(0, {monitor: 1.0})
    callback.on_epoch_end(1, {monitor: better})
    assert callback.best == better


@pytest.mark.parametrize("monitor", ["count", "f1_of_mine"])
def test_a_mode_that_nobody_knows_must_be_written(monitor, run_epochs, make_model):
    with pytest.raises(ValueError, match=f"watches '{monitor}', and cannot tell .* Write mode='max' or mode='min'"):
        run_epochs(EarlyStopping(monitor=monitor), [1.0], monitor, make_model([("count", None)]))


@pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau])
def test_a_log_that_there_is_not_is_named_with_those_that_there_are(kind, run_epochs):
    callback = kind(monitor="val_los")
    callback.set_params({"validation": True})
    callback.on_train_begin()
    with pytest.raises(ValueError, match="no log named 'val_los'; available: loss, val_loss. Did you mean 'val_loss'?"):
        callback.on_epoch_end(0, {"loss": 1.0, "val_loss": 2.0})


def test_a_validation_log_without_validation_is_refused_at_the_start(run_epochs):
    with pytest.raises(ValueError, match="watches 'val_loss', but this training has no validation data"):
        run_epochs(EarlyStopping(), [None], params={"validation": False})


def test_a_validation_log_of_another_callback_needs_no_validation_data(run_epochs):
    callback = EarlyStopping(monitor="val_mine", mode="max")
    run_epochs(callback, [1.0, 2.0], "val_mine", params={"validation": False})
    assert callback.best == 2.0
    with pytest.raises(ValueError, match="no log named 'val_mine'; available: loss. Names with val_ need validation"):
        run_epochs(callback, [None], params={"validation": False})


def test_an_epoch_without_validation_does_not_count(run_epochs):
    callback = EarlyStopping(patience=2)
    model, _ = run_epochs(callback, [None, 1.0, None, 2.0, None], params={"validation": True})
    assert (callback.wait, callback.best, model.stop_training) == (1, 1.0, False)


def test_an_epoch_without_validation_is_mentioned_when_nobody_knows_of_one(run_epochs):
    with pytest.warns(UserWarning, match="EarlyStopping does nothing in this epoch. .* available: loss"):
        run_epochs(EarlyStopping(), [None, None], params={})


def test_an_unknown_mode_is_taken_as_auto_with_a_warning():
    with pytest.warns(UserWarning, match="EarlyStopping's mode must be 'auto', 'min' or 'max'; got 'least'"):
        assert EarlyStopping(mode="least").mode == "auto"


def test_a_vector_cannot_be_watched(run_epochs):
    with pytest.raises(ValueError, match=r"watches 'f1', which is not one number but an array of shape \(2,\)"):
        run_epochs(EarlyStopping(monitor="f1", mode="max"), [np.ones(2)], "f1")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: EarlyStopping(baseline=NAN), "EarlyStopping's baseline must be a number; got nan"),
        (lambda: EarlyStopping(patience=-1), "patience must be at least 0 epochs; got -1"),
        (lambda: ReduceLROnPlateau(factor=1.0), "factor must be at least 0 and less than 1; got 1.0"),
        (lambda: ReduceLROnPlateau(factor=NAN), "factor must be at least 0 and less than 1; got nan"),
        (lambda: MonitorCallback(best=NAN), "The value that MonitorCallback is to beat must be a number; got nan"),
    ],
)
def test_bad_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_monitor_must_be_a_name():
    with pytest.raises(TypeError, match="monitor must be the name of a log, such as 'val_loss'; got 3"):
        EarlyStopping(monitor=3)
