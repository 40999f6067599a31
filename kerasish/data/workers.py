"""Threads and processes that make batches by their numbers; the batches come back in order."""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import contextvars
import multiprocessing
import os
import pathlib
import pickle
import random
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import numpy as np

Submit = Callable[[int], "concurrent.futures.Future[Any]"]
_DIED = (
    "A process that makes batches has died. It is started anew and imports the program's file, so that must not train "
    'when it is imported (write `if __name__ == "__main__":`), and the dataset\'s class must be in a file, not in a '
    "notebook's cell. Or use threads: use_multiprocessing=False."
)


def in_order(
    submit: Submit,
    indices: Iterable[int],
    limit: int,
    blame: Callable[[BaseException, int], None] | None,
) -> Iterator[tuple[int, Any]]:
    """Each index with what came of it, in the order given; at most `limit` are under way or waiting.

    Args:
        submit: Starts the work for one index.
        indices: The numbers.
        limit: See above.
        blame: Adds to an error at which index it happened.
    """
    waiting: collections.deque[tuple[int, concurrent.futures.Future[Any]]] = collections.deque()

    def first() -> tuple[int, Any]:
        index, future = waiting.popleft()
        try:
            return index, future.result()
        except BrokenProcessPool as error:
            raise RuntimeError(_DIED) from error
        except Exception as error:
            if blame is not None:
                blame(error, index)
            raise

    try:
        for index in indices:
            waiting.append((index, submit(index)))
            if len(waiting) >= limit:
                yield first()
        while waiting:
            yield first()
    finally:
        for _, future in waiting:
            future.cancel()


@contextlib.contextmanager
def threads(fn: Callable[[int], Any], workers: int) -> Iterator[Submit]:
    """So many threads that compute `fn` of an index; they end with the context."""
    with concurrent.futures.ThreadPoolExecutor(workers, thread_name_prefix="kerasish-data") as pool:
        yield lambda index: pool.submit(contextvars.copy_context().run, fn, index)


class Processes:
    """Processes, started anew and not forked, that keep a copy of a dataset.

    They live as long as this object. The dataset is sent again only when it has changed between two epochs.

    Args:
        workers: How many.
    """

    def __init__(self, workers: int) -> None:
        self._folder = tempfile.mkdtemp(prefix="kerasish-")
        self._version = 0
        self._sent: bytes | None = None
        self._pool = concurrent.futures.ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))
        with _cpu_only():
            for _ in range(workers):  # each starts a process, while the environment is theirs
                self._pool.submit(os.getpid)
        self.close = weakref.finalize(self, _close, self._pool, self._folder)

    def worker_of(self, dataset: Any, seed: int, epoch: int) -> Submit:
        """What starts the work for one index of `dataset` in this epoch.

        Raises:
            TypeError: the dataset can't be sent to another process.
            RuntimeError: the processes have died.
        """
        self._send(dataset)
        path = str(self._path)

        def submit(index: int) -> concurrent.futures.Future[Any]:
            try:
                return self._pool.submit(_item, path, (seed, epoch, index))
            except BrokenProcessPool as error:
                raise RuntimeError(_DIED) from error

        return submit

    @property
    def _path(self) -> pathlib.Path:
        return pathlib.Path(self._folder, f"{self._version}.pickle")

    def _send(self, dataset: Any) -> None:
        try:
            data = pickle.dumps(dataset, protocol=pickle.HIGHEST_PROTOCOL)
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise TypeError(
                f"{type(dataset).__name__} can't be sent to other processes: {error}. Make what it holds picklable "
                "(open files in __getitem__, define its class at the top of a file), or use threads: "
                "use_multiprocessing=False."
            ) from error
        if data == self._sent:
            return
        old = self._path
        self._version += 1
        self._path.write_bytes(data)
        self._sent = data
        old.unlink(missing_ok=True)


def _close(pool: concurrent.futures.ProcessPoolExecutor, folder: str) -> None:
    pool.shutdown(wait=False, cancel_futures=True)
    shutil.rmtree(folder, ignore_errors=True)


_environment = threading.Lock()


@contextlib.contextmanager
def _cpu_only() -> Iterator[None]:
    """Processes that are started here don't take the accelerator."""
    with _environment:
        before = os.environ.get("JAX_PLATFORMS")
        os.environ["JAX_PLATFORMS"] = "cpu"
        try:
            yield
        finally:
            if before is None:
                del os.environ["JAX_PLATFORMS"]
            else:
                os.environ["JAX_PLATFORMS"] = before


# In the other process ------------------------------------------------------------------------------------------------
_copies: dict[str, Any] = {}
"""The dataset, by the file that it came in: the newest only."""


def _item(path: str, place: tuple[int, int, int]) -> Any:
    """A batch: the same in whichever process it is made."""
    if path not in _copies:
        _copies.clear()
        _copies[path] = _received(path)
    words = np.random.SeedSequence(place).generate_state(2)
    random.seed(int(words[0]))
    np.random.seed(int(words[1]))
    return _copies[path][place[2]]


def _received(path: str) -> Any:
    try:
        return pickle.loads(pathlib.Path(path).read_bytes())  # written by the process that started this one
    except (AttributeError, ImportError) as error:
        raise RuntimeError(
            f"Another process can't find the dataset's class ({error}). It must be in a file that can be imported, not "
            "in a notebook's cell. Or use threads: use_multiprocessing=False."
        ) from error
