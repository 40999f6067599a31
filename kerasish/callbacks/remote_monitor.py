"""Sends the logs of each epoch to a server."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
import warnings
from collections.abc import Mapping

import numpy as np

from kerasish.callbacks.callback import Callback, Logs

_SECONDS = 10.0
"""How long to wait for the server: training must not hang on it."""


class RemoteMonitor(Callback):
    """Send the logs of each epoch, and its number, to a server by HTTP POST.

    A server that doesn't answer is a warning; training goes on.

    Args:
        root: The server's address, which begins with `http://` or `https://`.
        path: Where on the server.
        field: The field of the form that has the logs as JSON.
        headers: Headers of the request.
        send_as_json: Whether to send the JSON as the body (`application/json`) and not in a form.

    Raises:
        ValueError: `root` is not a web address.

    Example:
        >>> RemoteMonitor("http://localhost:9000").address
        'http://localhost:9000/publish/epoch/end/'
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: Mapping[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        super().__init__()
        if not root.startswith(("http://", "https://")):
            raise ValueError(f"RemoteMonitor's root must begin with 'http://' or 'https://'; got {root!r}.")
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    @property
    def address(self) -> str:
        """Where the logs are sent."""
        return self.root + self.path

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        text = json.dumps({"epoch": epoch, **{name: _plain(value) for name, value in dict(logs or {}).items()}})
        kind = "application/json" if self.send_as_json else "application/x-www-form-urlencoded"
        body = text if self.send_as_json else urllib.parse.urlencode({self.field: text})
        headers = {"Content-Type": kind, **(self.headers or {})}
        request = urllib.request.Request(self.address, body.encode(), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS):
                pass
        except (OSError, urllib.error.URLError) as error:
            warnings.warn(f"RemoteMonitor could not send epoch {epoch + 1} to {self.address}: {error}.", stacklevel=2)


def _plain(value: object) -> object:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value
