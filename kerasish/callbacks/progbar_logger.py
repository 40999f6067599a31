"""Shows the progress of fit, evaluate and predict."""

from __future__ import annotations

from typing import Any

from kerasish.callbacks.callback import Callback, Logs
from kerasish.callbacks.logs import LazyLogs
from kerasish.callbacks.progress import Progbar
from kerasish.callbacks.terminal import shows_live_lines, write

# At most ten changes a second: more cannot be read, and each change costs the device a copy.
INTERVAL = 0.1


class ProgbarLogger(Callback):
    """Shows the progress of `fit`, `evaluate` and `predict`, as their `verbose` says.

    - 0: nothing.
    - 1: a line that changes, on a terminal and in a notebook; elsewhere like 2, without control codes.
    - 2: one line for each epoch.
    - `"auto"`: 1 on a terminal and in a notebook, otherwise 2; `predict` shows nothing.

    It has no batch hooks, which would forbid the loop to run many steps in one compiled call. The loop asks
    `wants_report()`, which looks at the clock only, and if so calls `report(done, logs)`. What is shown are the
    values of the report before: they are ready by now, so nobody waits for the device. The end of an epoch shows
    its final values.

    Example:
        >>> progbar = ProgbarLogger()
        >>> progbar.set_params({"verbose": 2, "epochs": 3, "steps": 10})
        >>> progbar.wants_report()
        False
    """

    def __init__(self) -> None:
        super().__init__()
        self.verbose: int = 1
        self.epochs: int = 1
        self.progbar: Progbar | None = None
        self._asked: int | str = "auto"
        self._fitting = False
        self._validating = False
        self._previous: LazyLogs | None = None
        self._shown = 0

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        self._asked = params.get("verbose", "auto")
        if self._asked not in ("auto", 0, 1, 2):
            raise ValueError(f"verbose must be 'auto', 0, 1 or 2; got {self._asked!r}.")
        self.verbose = resolve_verbose(self._asked)
        self.epochs = params.get("epochs") or 1

    def wants_report(self) -> bool:
        """Whether the line should change now. Only the clock is asked."""
        progbar = self.progbar
        if progbar is None or self._validating or not self.verbose:
            return False
        # The first report is wanted even without a live line: a step's time is measured from there, after compiling.
        return progbar.is_due() or not progbar.started

    def report(self, done: int, logs: Logs | None = None) -> None:
        """Show that `done` steps of this epoch are done, with the values of the report before.

        Args:
            done: The number of steps since the epoch began.
            logs: Values by now. They are read at the next report, when the device has made them.
        """
        if self.progbar is None or self._validating:
            return
        values = list(self._previous.items()) if self._previous is not None and self.progbar.is_due() else []
        # The end of the epoch has values of its own, which are not known yet.
        self.progbar.update(done, values, finalize=False)
        if logs is not None:
            self._previous = LazyLogs.wrap(logs).copy()

    def note_input_share(self, share: float) -> None:
        """Take in what fraction of the epoch's time the device has had nothing to do, as no batch was ready."""
        if self.progbar is not None and not self._validating:
            self.progbar.input_share = share

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._fitting = True
        self._validating = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        title = f"Epoch {epoch + 1}/{self.epochs}" if self.epochs > 1 else ""
        live = self.verbose == 1 and shows_live_lines()
        if title and live:
            write(f"{title}\n")
        self._begin("" if live else title)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._end(logs)

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._fitting = False

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._validating = self._fitting
        if not self._validating:
            self._begin()
        elif self.progbar is not None:
            self.progbar.end_steps()

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self._validating:
            self._end(logs)
        self._validating = False

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        if self._asked == "auto":
            self.verbose = 0
        self._begin()

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._end(None)

    def on_exception(self, exception: BaseException) -> None:
        if self.progbar is not None:
            self.progbar.leave()
        self.progbar = None

    def _begin(self, title: str = "") -> None:
        steps = (self.params or {}).get("steps")
        self._previous = None
        self.progbar = Progbar(steps, verbose=self.verbose, interval=INTERVAL, stateless_metrics=())
        self.progbar.title = title
        self.progbar.counts_first_step = self._shown > 0  # the programs were compiled in the first epoch
        self._shown += 1

    def _end(self, logs: Logs | None) -> None:
        if self.progbar is None:
            return
        if self.progbar.target is None:
            # A generator's length is known by now: from the parameters, if the loop put it there, or from the reports.
            self.progbar.target = (self.params or {}).get("steps") or self.progbar.seen or None
        done = self.progbar.target or self.progbar.seen
        if self.verbose:
            self.progbar.update(done, list(LazyLogs.wrap(logs).items()), finalize=True)
        self.progbar = None
        self._previous = None


def resolve_verbose(verbose: int | str) -> int:
    """What `verbose="auto"` means here: 1 on a terminal and in a notebook, otherwise 2."""
    if verbose == "auto":
        return 1 if shows_live_lines() else 2
    return int(verbose)
