"""How far something is: `469/469 ━━━━━━━━━━━━━━━━━━━━ 3s 5ms/step - loss: 0.3100`."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from kerasish.callbacks.terminal import Line, PlainLine, can_write, new_line

_INTERVAL = 0.05
_LEAST_SHARE = 0.1


class Progbar:
    """Shows how far something is, how long it takes, and some values.

    On a terminal or in a notebook it is one line that changes; elsewhere it is one plain line at the end, without
    control codes.

    Args:
        target: How many steps there will be; None if that is not known, which shows the count without a bar.
        width: Length of the bar, in characters.
        verbose: 0 shows nothing, 1 a line that changes, 2 one line at the end.
        interval: The least time between two changes of the line, in seconds.
        stateful_metrics: Names of values that are shown as they are; all others are averaged over the steps.
        stateless_metrics: Names of values that are averaged over the steps; all others are shown as they are.
        unit_name: What a step is called.

    Attributes:
        title: Stands at the beginning of a plain line.
        input_share: The fraction of the time in which the device waits for data; shown from a tenth on.

    Raises:
        ValueError: both `stateful_metrics` and `stateless_metrics` are given.

    Example:
        >>> progress = Progbar(2, verbose=0)
        >>> progress.add(1, [("loss", 0.5)])
        >>> progress.add(1, [("loss", 0.25)])
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = _INTERVAL,
        stateful_metrics: Collection[str] | None = None,
        stateless_metrics: Collection[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError(
                "Progbar takes stateful_metrics (names of values that are not averaged) or stateless_metrics (names "
                "of values that are), not both."
            )
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.stateful_metrics = stateful_metrics
        self.stateless_metrics = stateless_metrics
        self.unit_name = unit_name
        self.title = ""
        self.input_share = 0.0
        self._line: Line = new_line() if verbose == 1 else PlainLine()
        self._values: dict[str, _Mean] = {}
        self._seen = 0
        self._start = time.perf_counter()
        self._last_shown: float | None = None
        self._first_update: tuple[float, int] | None = None
        self.counts_first_step = False
        self._end_of_steps: float | None = None

    @property
    def started(self) -> bool:
        """Whether there was an update. The time before the first does not count as time of a step, if it can."""
        return self._first_update is not None

    @property
    def seen(self) -> int:
        """How many steps are done."""
        return self._seen

    def update(
        self, current: int, values: Sequence[tuple[str, Any]] | None = None, finalize: bool | None = None
    ) -> None:
        """Go to step `current`.

        Args:
            current: How many steps are done.
            values: `(name, value)` pairs.
            finalize: Whether this is the end; by default, whether `current` has reached the target.
                The values of the end are shown as they are.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        steps = max(current - self._seen, 1)
        for name, value in values or ():
            if finalize or self._is_shown_as_is(name):
                self._values[name] = _Mean(value, 1)
            else:
                self._values.setdefault(name, _Mean()).add(value, steps)
        self._seen = current
        now = time.perf_counter()
        if finalize:
            self._finish(now)
        elif self.is_due():
            self._show(now)
        if self._first_update is None:
            self._first_update = (now, current)

    def add(self, n: int, values: Sequence[tuple[str, Any]] | None = None) -> None:
        """Go `n` steps further."""
        self.update(self._seen + n, values)

    def is_due(self) -> bool:
        """Whether `update` would show something now: there is a live line, and it did not change for a while."""
        if self.verbose != 1 or not self._line.live:
            return False
        return self._last_shown is None or time.perf_counter() - self._last_shown >= self.interval

    def end_steps(self) -> None:
        """What comes from now on (a validation, say) takes time, but is not part of the steps."""
        self._end_of_steps = time.perf_counter()

    def leave(self) -> None:
        """Show nothing more: what comes next stands below."""
        self._line.leave()

    def _is_shown_as_is(self, name: str) -> bool:
        if self.stateless_metrics is not None:
            return name not in self.stateless_metrics
        return name in (self.stateful_metrics or ())

    def _show(self, now: float) -> None:
        known = self.target is not None and self._first_update is not None  # the first step may be all compilation
        remaining = (self.target - self._seen) * self._seconds_per_step(now) if known and self.target else None
        elapsed = now - self._start
        self._line.show(self._text(_clock(elapsed if remaining is None else remaining), self._seconds_per_step(now)))
        self._last_shown = now

    def _finish(self, now: float) -> None:
        if self.verbose not in (1, 2) or (self.verbose == 2 and self.target is None):
            return
        self._line.finish(self._text(_clock(now - self._start), self._seconds_per_step(now)))

    def _seconds_per_step(self, now: float) -> float:
        """The mean over the steps; without those before the first update, which may include a compilation."""
        now = self._end_of_steps or now
        if self._first_update is not None and self._seen > self._first_update[1] and not self.counts_first_step:
            start, steps = self._first_update
            return (now - start) / (self._seen - steps)
        return (now - self._start) / max(self._seen, 1)

    def _text(self, clock: str, seconds_per_step: float) -> str:
        speed = f"{_speed(seconds_per_step)}/{self.unit_name}"
        values = [f"{name}: {mean}" for name, mean in self._values.items()]
        if self.input_share >= _LEAST_SHARE:
            values.insert(0, f"data {self.input_share:.0%}")
        if not self._line.live:
            return " - ".join([*filter(None, [self.title]), self._count(), clock, speed, *values])
        bar = f"{self._bar()} " if self.target is not None else ""
        return " - ".join([f"{self._count()} {bar}{clock} {speed}", *values])

    def _count(self) -> str:
        if self.target is None:
            return f"{self._seen:>7}/Unknown"
        return f"{self._seen:>{len(str(self.target))}}/{self.target}"

    def _bar(self) -> str:
        full, rest = ("━", "─") if can_write("━─") else ("=", ".")
        share = 1.0 if not self.target else min(self._seen / self.target, 1.0)
        done = int(share * self.width)
        return full * done + rest * (self.width - done)


class _Mean:
    """A weighted mean, as text; the text of what cannot be averaged is the last value's."""

    def __init__(self, value: Any = None, weight: int = 0) -> None:
        self._total = 0.0
        self._weight = 0
        self._text: str | None = None
        if weight:
            self.add(value, weight)

    def add(self, value: Any, weight: int) -> None:
        number = _mean(value)
        self._text = str(value)[:40] if number is None else None
        if number is not None:
            self._total += number * weight
            self._weight += weight

    def __str__(self) -> str:
        if self._text is not None:
            return self._text
        mean = self._total / self._weight
        return f"{mean:.4f}" if abs(mean) > 1e-3 else f"{mean:.4e}"


def _mean(value: Any) -> float | None:
    """The mean of a number or of an array; None for anything else that a callback may have put into the logs."""
    if value is None or isinstance(value, str | bytes | Mapping) or np.size(value) == 0:
        return None
    try:
        return float(np.mean(value))
    except (TypeError, ValueError):
        return None


def _clock(seconds: float) -> str:
    """`12s`, `3:16` or `2:46:20`."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def _speed(seconds: float) -> str:
    """`2s`, `5ms` or `120us`."""
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s"
    if seconds >= 1e-3:
        return f"{seconds * 1e3:.0f}ms"
    return f"{seconds * 1e6:.0f}us"
