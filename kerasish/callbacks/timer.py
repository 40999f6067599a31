"""Stops training when the time is over."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Mapping
from typing import Any

from kerasish.callbacks.callback import Callback, Logs


class Timer(Callback):
    """Stop training after `max_time`, at the end of the step that runs then.

    No step waits for it: a clock beside the training sets `model.stop_training`. A run that is resumed goes on with
    the time that was left.

    Args:
        max_time: Seconds, or a `datetime.timedelta`.

    Attributes:
        elapsed: Seconds of training so far.

    Raises:
        ValueError: `max_time` is not above 0.

    Example:
        >>> Timer(datetime.timedelta(hours=2)).max_time
        7200.0
    """

    def __init__(self, max_time: float | datetime.timedelta) -> None:
        super().__init__()
        seconds = max_time.total_seconds() if isinstance(max_time, datetime.timedelta) else float(max_time)
        if not seconds > 0:
            raise ValueError(f"Timer's max_time must be above 0 seconds; got {max_time!r}.")
        self.max_time = seconds
        self._before = 0.0
        self._since: float | None = None
        self._clock: threading.Timer | None = None

    @property
    def elapsed(self) -> float:
        """Seconds of training so far."""
        return self._before + (0.0 if self._since is None else time.monotonic() - self._since)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._before = 0.0
        self._start()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._stop()

    def on_exception(self, exception: BaseException) -> None:
        self._stop()

    def _start(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
        self._since = time.monotonic()
        self._clock = threading.Timer(max(self.max_time - self._before, 0.0), self._end)
        self._clock.daemon = True
        self._clock.start()

    def _stop(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
        self._before = self.elapsed
        self._since = self._clock = None

    def _end(self) -> None:
        self.model.stop_training = True
        if self.run is not None:
            self.run.interrupted = True

    def get_state(self) -> dict[str, Any]:
        return {"elapsed": self.elapsed}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._before = float(state["elapsed"])
        if self._since is not None:
            self._since = time.monotonic()
            self._start()
