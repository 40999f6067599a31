"""Saves the model when the system ends the program."""

from __future__ import annotations

import signal
import threading
from os import PathLike, fspath
from types import FrameType
from typing import Any

from kerasish.callbacks.callback import Callback, Logs
from kerasish.callbacks.terminal import announce


class SaveOnSignal(Callback):
    """When a signal comes, finish the step, save the model, end `fit`, and let the signal do what it would have done.

    A cluster that wants the machine back sends SIGTERM some seconds before it kills: without this, the work since the
    last checkpoint is lost.

    Args:
        filepath: Where to save: `.keras`, `.h5`, or `.weights.h5` for the weights alone.
        signals: Which signals.
        resend: Whether the signal is sent again once the model is saved, which ends the program as the sender wants.

    Attributes:
        received: The signal that came, or None.

    Example:
        >>> SaveOnSignal("last.keras").signals
        (<Signals.SIGTERM: 15>,)
    """

    def __init__(
        self,
        filepath: str | PathLike[str],
        signals: tuple[signal.Signals, ...] = (signal.SIGTERM,),
        resend: bool = True,
    ) -> None:
        super().__init__()
        self.filepath = fspath(filepath)
        self.signals = tuple(signals)
        self.resend = resend
        self.received: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.received = None
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("SaveOnSignal works only where `fit` runs on the main thread, which gets the signals.")
        self._before = {number: signal.signal(number, self._come) for number in self.signals}

    def _come(self, number: int, frame: FrameType | None) -> None:
        self.received = signal.Signals(number)
        self.model.stop_training = True
        if self.run is not None:
            self.run.interrupted = True

    def _give_back(self) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        self._before = {}

    def on_exception(self, exception: BaseException) -> None:
        waits = self.received if self._before else None
        self._give_back()
        if waits is not None and self.resend:  # it has been held back, and nothing else will end the program
            signal.raise_signal(waits)

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._give_back()
        if self.received is None:
            return
        announce(f"{self.received.name} came: saving to {self.filepath}")
        if self.filepath.endswith(".weights.h5"):
            self.model.save_weights(self.filepath, overwrite=True)
        else:
            self.model.save(self.filepath, overwrite=True)
        if self.resend:
            signal.raise_signal(self.received)
