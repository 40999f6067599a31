"""Several callbacks as one."""

from __future__ import annotations

import contextlib
import inspect
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from kerasish.callbacks.callback import Callback, Logs, ModelLike
from kerasish.callbacks.history import History
from kerasish.callbacks.logs import LazyLogs
from kerasish.callbacks.progbar_logger import ProgbarLogger


class CallbackList(Callback):
    """Calls each hook of several callbacks, in their order, on one thread.

    Args:
        callbacks: One callback, or several. Lists of callbacks among them are unfolded.
        add_history: Whether to add a `History` at the end, unless there is one.
        add_progbar: Whether to add a `ProgbarLogger` at the end, unless there is one.
        model: Given to each callback, if not None. Its `history` becomes the `History`.
        **params: Given to each callback, if there are any.

    Raises:
        TypeError: something in `callbacks` is not a callback.

    Example:
        >>> callbacks = CallbackList(add_history=True)
        >>> callbacks.overrides("on_epoch_end"), callbacks.overrides("on_train_batch_end")
        (True, False)
    """

    def __init__(
        self,
        callbacks: Callback | Collection[Callback] | None = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: ModelLike | None = None,
        **params: Any,
    ) -> None:
        super().__init__()
        self.callbacks = _flat(callbacks)
        self.trained_batches = 0
        if add_history and self.history is None:
            self.callbacks.append(History())
        if add_progbar and self.progbar is None:
            self.callbacks.append(ProgbarLogger())
        self.callbacks.sort(key=lambda callback: callback.runs_last)
        if model is not None:
            self.set_model(model)
        if params:
            self.set_params(params)
        else:
            self.params = {}

    @property
    def history(self) -> History | None:
        """The first `History` of the list, if any."""
        return next((c for c in self.callbacks if isinstance(c, History)), None)

    @property
    def progbar(self) -> ProgbarLogger | None:
        """The first `ProgbarLogger` of the list, if any."""
        return next((c for c in self.callbacks if isinstance(c, ProgbarLogger)), None)

    def set_model(self, model: ModelLike) -> None:
        """Give every callback the model, and the model its `History`."""
        super().set_model(model)
        if self.history is not None:
            model.history = self.history
        for callback in self.callbacks:
            callback.set_model(model)

    def set_params(self, params: dict[str, Any]) -> None:
        """Give every callback the parameters of the run."""
        super().set_params(params)
        for callback in self.callbacks:
            callback.set_params(params)

    def overrides(self, hook: str) -> bool:
        """Whether any callback does something at `hook`."""
        return any(callback.overrides(hook) for callback in self.callbacks)

    def end_of_call(self, batch: int, steps: int) -> int:
        """The last batch of a call that begins with `batch`; a callback that wants all is called every `steps`."""
        listeners = [callback for callback in self.callbacks if callback.overrides("on_train_batch_end")]
        wanted = [callback.next_batch_end(batch, self.trained_batches) for callback in listeners]
        return min(batch + steps - 1 if number is None else number for number in wanted)

    def get_state(self) -> dict[str, Any]:
        """The state of each callback that has one, with the name of its class."""
        states = ((type(callback).__name__, callback.get_state()) for callback in self.callbacks)
        return {"callbacks": [{"class": name, "state": state} for name, state in states if state]}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up what `get_state` returned. Callbacks are matched by class, and among one class by order.

        Raises:
            ValueError: a callback whose state was kept is not in this list.
        """
        waiting: defaultdict[str, list[Callback]] = defaultdict(list)
        for callback in self.callbacks:
            waiting[type(callback).__name__].append(callback)
        for entry in state.get("callbacks", ()):
            if not waiting[entry["class"]]:
                given = ", ".join(type(c).__name__ for c in self.callbacks) or "none"
                raise ValueError(
                    f"The saved state has a {entry['class']}, but this run has none to continue it; its callbacks "
                    f"are: {given}. Pass the same callbacks as in the run that is resumed."
                )
            waiting[entry["class"]].pop(0).set_state(entry["state"])

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """Inside it, every callback is told of an exception, which then goes on."""
        try:
            yield
        except BaseException as exception:
            try:
                self.on_exception(exception)
            except BaseException as another:
                raise another from exception  # an ExitStack forgets what came before
            raise

    def on_exception(self, exception: BaseException) -> None:
        with contextlib.ExitStack() as stack:  # goes on where one of them raises
            for callback in reversed(self.callbacks):
                stack.callback(callback.on_exception, exception)

    def _emit(self, hook: str, *position: int, logs: Logs | None, callbacks: list[Callback] | None = None) -> None:
        listeners = [c for c in (self.callbacks if callbacks is None else callbacks) if c.overrides(hook)]
        if listeners:
            logs = LazyLogs.wrap(logs)
        for callback in listeners:
            getattr(callback, hook)(*position, logs)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._emit("on_batch_begin", batch, logs=logs)

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._emit("on_batch_end", batch, logs=logs)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._emit("on_epoch_begin", epoch, logs=logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._emit("on_epoch_end", epoch, logs=logs)

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._emit("on_train_batch_begin", batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Call the callbacks that want to know of this batch."""
        before, self.trained_batches = self.trained_batches, self.trained_batches + 1
        due = [callback for callback in self.callbacks if callback.next_batch_end(batch, before) in (None, batch)]
        for callback in due:
            callback.trained_batches = self.trained_batches
        self._emit("on_train_batch_end", batch, logs=logs, callbacks=due)

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._emit("on_test_batch_begin", batch, logs=logs)

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._emit("on_test_batch_end", batch, logs=logs)

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._emit("on_predict_batch_begin", batch, logs=logs)

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._emit("on_predict_batch_end", batch, logs=logs)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.trained_batches = 0
        self._emit("on_train_begin", logs=logs)

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._emit("on_train_end", logs=logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._emit("on_test_begin", logs=logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._emit("on_test_end", logs=logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._emit("on_predict_begin", logs=logs)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._emit("on_predict_end", logs=logs)


def _flat(callbacks: Any) -> list[Callback]:
    """The callbacks in one list, in order, each of them checked."""
    if callbacks is None:
        return []
    if isinstance(callbacks, CallbackList):
        return list(callbacks.callbacks)
    if isinstance(callbacks, Callback):
        return [callbacks]
    if isinstance(callbacks, list | tuple | set | frozenset):
        return [callback for entry in callbacks for callback in _flat(entry)]
    raise TypeError(
        f"Each callback must be an instance of kerasish.callbacks.Callback; got {_shortly(callbacks)}."
        + _hint(callbacks)
    )


def _shortly(x: Any) -> str:
    text = f"{x!r}, a {type(x).__name__}" if not inspect.isclass(x) else f"the class {x.__name__}"
    return text if len(text) <= 120 else f"{text[:117]}..."


def _hint(x: Any) -> str:
    if inspect.isclass(x):
        return f" Make an instance of it: {x.__name__}(...)."
    if callable(x):
        return " To call a function at a hook, write LambdaCallback(on_epoch_end=function)."
    return " Write a subclass of Callback, or LambdaCallback with a function for each hook."
