"""Where progress is shown: one live line on a terminal or in a notebook, plain finished lines anywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any, Protocol

from kerasish.backend.settings import settings


class Line(Protocol):
    """A line of text that may be shown several times, and is finished once."""

    live: bool

    def show(self, text: str) -> None:
        """Replace what stands on the line."""
        ...

    def finish(self, text: str) -> None:
        """Replace what stands on the line, for good."""
        ...

    def leave(self) -> None:
        """Leave the line as it is: what comes next stands below it."""
        ...


class PlainLine:
    """Written once, when it is finished; without control codes."""

    live = False

    def show(self, text: str) -> None:
        pass

    def finish(self, text: str) -> None:
        write(text + "\n")

    def leave(self) -> None:
        pass


class TerminalLine:
    """Rewritten in place on a terminal. A line longer than the terminal is wide is cut until it is finished."""

    live = True

    def __init__(self) -> None:
        self._shown = 0

    def show(self, text: str) -> None:
        # The last column stays free: writing there moves some terminals to the next line.
        text = text[: _columns() - 1]
        write("\r" + text.ljust(self._shown))
        self._shown = len(text)

    def finish(self, text: str) -> None:
        write("\r" + text.ljust(self._shown) + "\n")
        self._shown = 0

    def leave(self) -> None:
        if self._shown:
            write("\n")
        self._shown = 0


class NotebookLine:
    """One display of a notebook's cell, updated in place."""

    live = True

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, text: str) -> None:
        from IPython.display import display  # pyright: ignore[reportMissingImports]

        content = {"text/plain": text}
        if self._handle is None:
            self._handle = display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)

    def finish(self, text: str) -> None:
        self.show(text)
        self.leave()

    def leave(self) -> None:
        self._handle = None


def new_line() -> Line:
    """The best kind of line for where standard output goes."""
    if in_notebook():
        return NotebookLine()
    return TerminalLine() if on_terminal() else PlainLine()


def shows_live_lines() -> bool:
    """Whether standard output can show a line that changes."""
    return settings.interactive_logging and (in_notebook() or on_terminal())


def on_terminal(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether standard output is a terminal that people look at: not `TERM=dumb`, nor a build server (`CI`)."""
    try:
        is_terminal = sys.stdout is not None and sys.stdout.isatty()
    except (AttributeError, ValueError):  # something that only has `write`, or a closed file
        return False
    return is_terminal and environment.get("TERM") != "dumb" and environment.get("CI", "").lower() in ("", "0", "false")


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    if "ipykernel" not in sys.modules:
        return False
    from ipykernel.zmqshell import ZMQInteractiveShell  # pyright: ignore[reportMissingImports]
    from IPython import get_ipython  # pyright: ignore[reportMissingImports]

    return isinstance(get_ipython(), ZMQInteractiveShell)


def write(text: str) -> None:
    """Write to standard output; what its encoding lacks becomes `?`, because a log line must not stop a training."""
    if sys.stdout is not None:
        sys.stdout.write(_encodable(text))
        sys.stdout.flush()


def can_write(text: str) -> bool:
    """Whether the encoding of standard output has every character of `text`."""
    return _encodable(text) == text


def announce(message: str) -> None:
    """Write a message on a line of its own, below a live line if one may be open."""
    write(f"\n{message}\n" if on_terminal() else f"{message}\n")


def _encodable(text: str) -> str:
    try:
        encoding = sys.stdout.encoding or "utf-8"
    except AttributeError:
        return text
    return text.encode(encoding, "replace").decode(encoding)


def _columns() -> int:
    try:
        columns = os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    # A terminal that doesn't know its width says 0.
    return columns or 80
