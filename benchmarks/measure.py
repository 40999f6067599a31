"""Clocks and counters that the benchmarks share."""

import contextlib
import os
import platform
import statistics
import time

os.environ.setdefault("KERASISH_COMPILATION_CACHE", "off")  # what is measured is compiled, not loaded

import jax
import numpy as np


def machine() -> str:
    """What the figures were measured on."""
    device = jax.devices()[0].device_kind
    return f"{platform.machine()}, {device}, Python {platform.python_version()}, jax {jax.__version__}"


class Compilations(contextlib.AbstractContextManager):
    """Counts XLA compilations: `(name, seconds)` of each in `names`."""

    active = []

    def __enter__(self):
        self.names = []
        Compilations.active.append(self)
        return self

    def __exit__(self, *exception):
        Compilations.active.remove(self)

    @property
    def count(self) -> int:
        return len(self.names)


def _note_compilation(event: str, duration: float, **kwargs) -> None:
    if event == "/jax/core/compile/backend_compile_duration":
        for one in Compilations.active:
            one.names.append((kwargs.get("fun_name", "?"), duration))


jax.monitoring.register_event_duration_secs_listener(_note_compilation)


class HostSyncs(contextlib.AbstractContextManager):
    """Counts how often the host waits for a device array or copies one: `block_until_ready` and conversions."""

    def __enter__(self):
        self.count = 0
        self._array = type(jax.device_put(np.float32(0)))  # compiles nothing
        self._saved = {name: getattr(self._array, name) for name in ("__array__", "__float__", "__int__", "__bool__")}
        for name, method in self._saved.items():
            setattr(self._array, name, self._counted(method))
        self._block = jax.block_until_ready
        jax.block_until_ready = self._counted(self._block)
        return self

    def _counted(self, method):
        def call(*args, **kwargs):
            self.count += 1
            return method(*args, **kwargs)

        return call

    def __exit__(self, *exception):
        for name, method in self._saved.items():
            setattr(self._array, name, method)
        jax.block_until_ready = self._block


def alternate(functions: dict, rounds: int = 5) -> dict[str, list[float]]:
    """Seconds of each function, called in turn, so that the machine's moods hit all alike."""
    seconds = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def median(seconds: list[float]) -> float:
    return statistics.median(seconds)


def data(rows: int, features: int, classes: int | None, seed: int = 0):
    """Made-up rows, and classes or numbers that follow from them."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, features)).astype("float32")
    score = x @ random.normal(size=(features, classes or 1)).astype("float32")
    y = score.argmax(-1).astype("int32") if classes else score / np.sqrt(features)
    return x, y
