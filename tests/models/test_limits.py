"""`fit` on less than all of the data."""

import os

import numpy as np
import pytest

import kerasish
from kerasish import callbacks, layers
from kerasish.data import ArrayBatches, adapt
from kerasish.models.limits import FirstBatches, Kept, Limits, limited

ROWS, SIZE = 22, 4  # five whole batches, and one of two rows


def data(rows=ROWS):
    x = np.arange(rows * 2, dtype="float32").reshape(rows, 2) / rows
    return x, x.sum(-1, keepdims=True)


def stream(x, y):
    return [(x[start : start + SIZE], y[start : start + SIZE]) for start in range(0, len(x), SIZE)]


def endless(x, y):
    while True:
        yield from stream(x, y)


class Rows(callbacks.Callback):
    """How many batches each epoch has, of training and of validation."""

    def __init__(self):
        super().__init__()
        self.train, self.test = [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.train.append(0)

    def on_train_batch_end(self, batch, logs=None):
        self.train[-1] += 1

    def on_test_begin(self, logs=None):
        self.test.append(0)

    def on_test_batch_end(self, batch, logs=None):
        self.test[-1] += 1


@pytest.fixture
def model():
    model = kerasish.Sequential([kerasish.Input((2,)), layers.Dense(1)])
    model.compile(kerasish.optimizers.SGD(0.01), "mse")
    return model


def fitted(model, x, y=None, **kwargs):
    rows = Rows()
    kwargs = {"epochs": 3, "verbose": 0, "validation_data": data(), "callbacks": [rows], **kwargs}
    return model.fit(x, y, **kwargs), rows


@pytest.mark.parametrize(
    "limits, train, test",
    [
        ({"limit_train_batches": 2}, 2, 6),
        ({"limit_train_batches": 0.5, "limit_val_batches": 0.5}, 3, 3),
        ({"limit_train_batches": 0.01, "limit_val_batches": 1}, 1, 1),
        ({"limit_train_batches": 1.0, "limit_val_batches": 100}, 6, 6),
        ({"limit_train_batches": np.int64(4)}, 4, 6),
        ({"overfit_batches": 2}, 2, 6),
        ({"overfit_batches": 0.5}, 3, 6),
        ({"limit_train_batches": 2, "steps_per_epoch": 3}, 2, 6),
    ],
    ids=str,
)
def test_an_epoch_has_so_many_batches(model, limits, train, test):
    rows = fitted(model, *data(), batch_size=SIZE, **limits)[1]
    assert (rows.train, rows.test) == ([train] * 3, [test] * 3)


@pytest.mark.parametrize("limits", [{"limit_train_batches": 2}, {"overfit_batches": 2}], ids=str)
@pytest.mark.parametrize("make", [endless, stream], ids=["generator", "list"])
def test_batches_of_an_iterable_are_counted_too(model, make, limits):
    assert fitted(model, make(*data()), **limits)[1].train == [2, 2, 2]


def test_no_validation_batches_mean_no_validation(model):
    history, rows = fitted(model, *data(), limit_val_batches=0)
    assert list(history.history) == ["loss"] and rows.test == []


def test_a_limit_takes_the_first_batches_of_each_epochs_order():
    whole = ArrayBatches(*data(), batch_size=SIZE, shuffle=True, seed=3)
    first = limited(whole, 2, "limit")
    assert isinstance(first, ArrayBatches) and (first.steps, first.rows) == (2, 8)
    for epoch in range(2):
        wanted = list(whole.epoch(epoch))[:2]
        for source in (first, FirstBatches(whole, 2)):
            found = list(source.epoch(epoch))
            assert all(np.array_equal(a.data[0], b.data[0]) for a, b in zip(wanted, found, strict=True))
            assert np.array_equal(next(iter(source.epoch(epoch, skip=1))).data[0], wanted[1].data[0])
    first.set_state({"seed": 4})
    assert not np.array_equal(next(iter(first.epoch(0))).data[0], wanted[0].data[0])
    assert limited(whole, 100, "limit").rows == ROWS


def test_no_batch_of_a_stream_is_read_in_vain():
    read = []

    class Sequence(kerasish.utils.PyDataset):
        ended = 0

        def __len__(self):
            return 6

        def __getitem__(self, index):
            read.append(index)
            return stream(*data())[index]

        def on_epoch_end(self):
            self.ended += 1

    source = Sequence(workers=1)
    batches = limited(adapt(source), 2, "limit")
    read.clear()
    assert (batches.steps, len(list(batches.epoch(0)))) == (2, 2)
    assert source.ended == 1
    assert max(read) < 6


@pytest.mark.parametrize(
    "source", [lambda: adapt(*data(), batch_size=SIZE), lambda: adapt(endless(*data()))], ids=["arrays", "generator"]
)
def test_overfitting_sees_the_same_first_batches_in_each_epoch(source):
    limits = Limits(overfit_batches=2)
    assert limits.shuffle(True) is False
    batches = limits.training(source())
    batches.example()
    for epoch in range(3):
        seen = [np.asarray(batch.data[0]) for batch in batches.epoch(epoch)]
        assert np.array_equal(np.stack(seen), data()[0][: 2 * SIZE].reshape(2, SIZE, 2))


def test_kept_batches_can_begin_in_the_middle():
    kept = Kept(limited(adapt(endless(*data())), 3, "limit"))
    assert (kept.steps, kept.batch_size, kept.rows) == (3, SIZE, 12)
    assert np.array_equal(next(kept.epoch(1, skip=1)).data[0], data()[0][4:8])
    assert np.array_equal(kept.example().data[0], data()[0][:4])


@pytest.mark.parametrize("given, batches", [(True, 1), (2, 2)])
def test_a_trial_run_is_short_and_leaves_no_files(model, tmp_path, monkeypatch, given, batches):
    monkeypatch.chdir(tmp_path)
    rows, stopping = Rows(), callbacks.EarlyStopping(patience=2)
    writers = [
        callbacks.ModelCheckpoint("a.keras"),
        [callbacks.CSVLogger("log.csv"), callbacks.BackupAndRestore("backup")],
        callbacks.TensorBoard("logs"),
    ]
    history = model.fit(
        *data(),
        batch_size=SIZE,
        epochs=7,
        verbose=0,
        validation_split=0.5,
        validation_freq=5,
        callbacks=[rows, stopping, *writers],
        run_dir="run",
        fast_dev_run=given,
        limit_train_batches=5,
    )
    assert (rows.train, rows.test) == ([batches], [batches])
    assert history.epoch == [0] and set(history.history) == {"loss", "val_loss"}
    assert os.listdir(tmp_path) == []
    assert int(model.optimizer.iterations) == batches


def test_a_trial_run_takes_one_callback_a_list_of_callbacks_and_a_later_epoch(model, tmp_path):
    x, y = data()
    checkpoint = callbacks.ModelCheckpoint(tmp_path / "a.keras")
    options = {"verbose": 0, "fast_dev_run": True, "epochs": 9}
    assert model.fit(x, y, callbacks=checkpoint, initial_epoch=5, **options).epoch == [5]
    assert model.fit(x, y, callbacks=callbacks.CallbackList([checkpoint], model=model), **options).epoch == [0]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "limits, message",
    [
        ({"limit_train_batches": 0}, "limit_train_batches must be a number of batches, at least 1, or a fraction"),
        ({"limit_train_batches": 1.5}, r"a fraction above 0 and up to 1\.0; got 1\.5"),
        ({"limit_val_batches": -1}, "at least 0, or a fraction .* 0: no validation; got -1"),
        ({"overfit_batches": True}, "overfit_batches must be .* got True"),
        ({"overfit_batches": "2"}, "overfit_batches must be .* got '2'"),
        ({"overfit_batches": float("nan")}, "got nan"),
        ({"fast_dev_run": -1}, "fast_dev_run must be True, False or a number of batches; got -1"),
        ({"fast_dev_run": "yes"}, "fast_dev_run must be .* got 'yes'"),
        ({"overfit_batches": 1, "limit_train_batches": 1}, "both say which batches `fit` trains on: give one"),
    ],
    ids=str,
)
def test_limits_are_checked(model, limits, message):
    with pytest.raises(ValueError, match=message):
        model.fit(*data(), **limits)


def test_a_fraction_needs_a_number_of_batches(model):
    with pytest.raises(ValueError, match="limit_train_batches=0.5 is a fraction .* how many there are is not known"):
        model.fit(endless(*data()), limit_train_batches=0.5)
    assert Limits().training(adapt(*data())).rows == ROWS
