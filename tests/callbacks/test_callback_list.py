"""Hooks are called in order; who overrides none costs nothing."""

import pytest

from kerasish.callbacks import Callback, CallbackList, History, LambdaCallback, ModelCheckpoint, ProgbarLogger
from kerasish.callbacks.callback import HOOKS
from kerasish.callbacks.logs import LazyLogs


class Recorder(Callback):
    """Notes the epoch hooks."""

    def __init__(self, notes, name):
        super().__init__()
        self.notes = notes
        self.name = name

    def on_epoch_begin(self, epoch, logs=None):
        self.notes.append((self.name, "begin", epoch))

    def on_epoch_end(self, epoch, logs=None):
        self.notes.append((self.name, "end", epoch))


class Counting(Callback):
    """Has a state."""

    def __init__(self, count=0):
        super().__init__()
        self.count = count

    def get_state(self):
        return {"count": self.count}

    def set_state(self, state):
        self.count = state["count"]


def every_hook_of(notes):
    def note(hook):
        return lambda *arguments: notes.append((hook, arguments[:-1]))

    return {hook: note(hook) for hook in HOOKS}


def test_hooks_are_called_in_the_order_of_the_list():
    notes = []
    callbacks = CallbackList([Recorder(notes, "a"), Recorder(notes, "b")])
    callbacks.on_epoch_begin(3)
    callbacks.on_epoch_end(3)
    assert notes == [("a", "begin", 3), ("b", "begin", 3), ("a", "end", 3), ("b", "end", 3)]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_reaches_the_callback(hook):
    notes = []
    callbacks = CallbackList([LambdaCallback(**{hook: every_hook_of(notes)[hook]})])
    position = (2,) if "batch" in hook or "epoch" in hook else ()
    getattr(callbacks, hook)(*position, {"loss": 1.0})
    assert notes == [(hook, position)]


@pytest.mark.parametrize("edge", ["begin", "end"])
def test_on_batch_is_a_short_name_of_on_train_batch(edge):
    notes = []
    callbacks = CallbackList([LambdaCallback(**{f"on_batch_{edge}": lambda batch, logs: notes.append(batch)})])
    assert callbacks.overrides(f"on_train_batch_{edge}")
    assert not callbacks.overrides(f"on_test_batch_{edge}")
    getattr(callbacks, f"on_train_batch_{edge}")(5)
    assert notes == [5]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_plain_callback_overrides_nothing(hook):
    assert not CallbackList([Callback(), LambdaCallback()]).overrides(hook)


def test_a_method_in_a_subclass_or_on_the_instance_overrides():
    class OfClass(Callback):
        def on_batch_end(self, batch, logs=None):
            pass

    of_instance = Callback()
    of_instance.on_train_batch_end = lambda batch, logs: None
    assert OfClass().overrides("on_train_batch_end")
    assert OfClass().overrides("on_batch_end")
    assert of_instance.overrides("on_train_batch_end")
    assert not OfClass().overrides("on_train_batch_begin")


def test_the_default_callbacks_leave_the_batches_alone():
    callbacks = CallbackList([ModelCheckpoint("x.keras")], add_history=True, add_progbar=True)
    assert not any(callbacks.overrides(hook) for hook in HOOKS if "batch" in hook)


def test_logs_that_nobody_looks_at_are_not_read():
    def fail():
        raise AssertionError("read")

    CallbackList([LambdaCallback(on_train_batch_end=lambda batch, logs: None)]).on_train_batch_end(
        0, LazyLogs({"loss": fail})
    )


def test_what_one_callback_adds_to_the_logs_the_next_one_and_the_caller_see():
    seen = []
    callbacks = CallbackList(
        [
            LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(lr=0.1)),
            LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(dict(logs))),
        ]
    )
    logs = LazyLogs({"loss": 1.0})
    callbacks.on_epoch_end(0, logs)
    callbacks.on_epoch_end(1, {"loss": 2.0})
    assert seen == [{"loss": 1.0, "lr": 0.1}, {"loss": 2.0, "lr": 0.1}]
    assert logs == {"loss": 1.0, "lr": 0.1}


def test_history_and_progress_come_last_and_once():
    mine = Callback()
    kinds = [type(c) for c in CallbackList([mine], add_history=True, add_progbar=True).callbacks]
    assert kinds == [Callback, History, ProgbarLogger]
    own = [ProgbarLogger(), History(), mine]
    assert CallbackList(own, add_history=True, add_progbar=True).callbacks == own


def test_model_and_parameters_reach_everyone(make_model):
    model, mine = make_model(), Callback()
    callbacks = CallbackList([mine], add_history=True, model=model, epochs=2, verbose=0)
    assert mine.model is model
    assert mine.params == callbacks.params == {"epochs": 2, "verbose": 0}
    assert model.history is callbacks.history


@pytest.mark.parametrize("given", [None, [], ()])
def test_no_callbacks_at_all(given):
    assert CallbackList(given).callbacks == []


def test_one_callback_and_nested_lists_are_unfolded():
    a, b = Callback(), Callback()
    assert CallbackList(a).callbacks == [a]
    assert CallbackList([[a], CallbackList([b])]).callbacks == [a, b]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([3], "got 3, a int. Write a subclass of Callback"),
        ([History], r"got the class History. Make an instance of it: History\(...\)"),
        ([print], "write LambdaCallback"),
        (["early_stopping"], "got 'early_stopping', a str"),
    ],
)
def test_what_is_not_a_callback_is_refused(given, message):
    with pytest.raises(TypeError, match=message):
        CallbackList(given)


def test_states_go_back_to_where_they_came_from():
    state = CallbackList([Counting(1), Callback(), Counting(2)]).get_state()
    assert state == {"callbacks": [{"class": "Counting", "state": {"count": n}} for n in (1, 2)]}
    again = CallbackList([Counting(), Counting(), Recorder([], "new")])
    again.set_state(state)
    assert [c.count for c in again.callbacks[:2]] == [1, 2]


def test_a_state_without_its_callback_is_refused():
    state = CallbackList([Counting(1)]).get_state()
    with pytest.raises(ValueError, match="The saved state has a Counting, but this run has none"):
        CallbackList([Callback()]).set_state(state)


def test_an_exception_in_a_hook_is_the_users():
    def fail(epoch, logs):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        CallbackList([LambdaCallback(on_epoch_end=fail)]).on_epoch_end(0)


def test_every_callback_is_told_of_an_exception_whatever_the_others_do():
    class Told(Callback):
        def __init__(self, fails):
            super().__init__()
            self.fails, self.told = fails, []

        def on_exception(self, exception):
            self.told.append(exception)
            if self.fails:
                raise RuntimeError("my own")

    callbacks = [Told(False), Told(True), Told(False)]
    first = KeyError("first")
    with pytest.raises(RuntimeError, match="my own") as found, CallbackList(callbacks).guarded():
        raise first
    assert [callback.told for callback in callbacks] == [[first]] * 3
    assert found.value.__cause__ is first
