"""`PyDataset`: batches by number, which the user's class makes; and what the training loop makes of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from kerasish.core.random import next_seed
from kerasish.data.batches import Batch, Source
from kerasish.data.iterables import converted_batch, unpack
from kerasish.data.orders import permutation
from kerasish.data.workers import Processes, in_order, threads


class PyDataset:
    """Batches by number: write `__getitem__`, which makes one, and `__len__`, which counts them.

    `fit` shuffles the order of the batches, unless `shuffle=False`; the order follows from a seed and the epoch. A
    dataset with state of its own that matters (an order that `on_epoch_end` draws) may have `get_state` and
    `set_state`, which return and take what JSON can hold: then an interrupted run goes on exactly.

    Args:
        workers: How many threads or processes make batches. 0: the thread that trains makes each when it is needed.
            1: a thread makes them ahead.
        use_multiprocessing: Whether the workers are processes. They are started anew ("spawn"), never forked, so the
            dataset must be picklable, the program's file must be importable (`if __name__ == "__main__":`), and JAX
            there has the CPU only. `random` and `numpy.random` are seeded for each batch by its epoch and number.
        max_queue_size: How many batches are ready or in work at most, where there are several workers.

    Example:
        >>> class Squares(PyDataset):
        ...     def __len__(self):
        ...         return 3
        ...     def __getitem__(self, index):
        ...         return [[index], [index + 1]], [[index**2], [(index + 1) ** 2]]
        >>> [y for x, y in Squares()]
        [[[0], [1]], [[1], [4]], [[4], [9]]]
    """

    _workers = 1
    _use_multiprocessing = False
    _max_queue_size = 10

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    @property
    def workers(self) -> int:
        """How many threads or processes make batches."""
        return self._workers

    @workers.setter
    def workers(self, value: int) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"workers must be a whole number of at least 0; got {value!r}.")
        self._workers = value

    @property
    def use_multiprocessing(self) -> bool:
        """Whether the workers are processes."""
        return self._use_multiprocessing

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        self._use_multiprocessing = value

    @property
    def max_queue_size(self) -> int:
        """How many batches are ready or in work at most."""
        return self._max_queue_size

    @max_queue_size.setter
    def max_queue_size(self, value: int) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"max_queue_size must be a whole number of at least 1; got {value!r}.")
        self._max_queue_size = value

    @property
    def num_batches(self) -> int | None:
        """How many batches an epoch has; None: there is no end, so `fit` wants `steps_per_epoch`."""
        return len(self) if "__len__" in dir(type(self)) else None  # pyright: ignore[reportArgumentType]

    def __getitem__(self, index: int) -> Any:
        """The batch of this number: `x`, `(x, y)` or `(x, y, sample_weight)`."""
        raise NotImplementedError(f"{type(self).__name__} must write `__getitem__(self, index)`, which makes a batch.")

    def __iter__(self) -> Iterator[Any]:
        count = self.num_batches
        return (self[index] for index in (itertools.count() if count is None else range(count)))

    def on_epoch_begin(self) -> None:
        """Called before the first batch of an epoch is made."""

    def on_epoch_end(self) -> None:
        """Called after the last batch of an epoch was used."""


def is_dataset(x: Any) -> bool:
    """Whether `x` is a `PyDataset`, ours or Keras's."""
    members = dir(type(x))
    return all(name in members for name in ("num_batches", "on_epoch_end", "__getitem__", "use_multiprocessing"))


class DatasetBatches(Source):
    """The batches of a `PyDataset`, made by its workers.

    Args:
        dataset: It.
        steps: How many batches make an epoch; None: all. The next epoch goes on where one ended.
        shuffle: Whether each pass has its own order.
        change: A function of `x, y, sample_weight` of a batch, which returns others.
        strings: Whether `x` may hold strings.
        seed: What the orders follow from; None: what `set_random_seed` determines.
    """

    def __init__(
        self,
        dataset: Any,
        steps: int | None = None,
        shuffle: bool | str = False,
        change: Callable[..., Any] | None = None,
        strings: bool = False,
        seed: int | None = None,
    ) -> None:
        self.dataset = dataset
        self._wanted = steps
        self._change = change
        self._strings = strings
        self.shuffle = bool(shuffle)
        self.seed = next_seed() if seed is None and shuffle else seed
        self._processes: Processes | None = None
        members = dir(type(dataset))
        self._has_state = "get_state" in members and "set_state" in members
        if self.steps == 0:
            raise ValueError(f"The {type(dataset).__name__} gave no batch at all: its length is 0.")

    @property
    def steps(self) -> int | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """How many batches an epoch has; the dataset may change it between epochs."""
        return self.dataset.num_batches if self._wanted is None else self._wanted

    def get_state(self) -> dict[str, Any]:
        """What the orders follow from, and the dataset's own state if it has one."""
        return {"seed": self.seed, **({"dataset": self.dataset.get_state()} if self._has_state else {})}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up what `get_state` returned."""
        self.seed = state["seed"]
        if self._has_state and "dataset" in state:
            self.dataset.set_state(state["dataset"])

    def begin_epoch(self) -> None:
        """Tell the dataset."""
        self.dataset.on_epoch_begin()

    def end_epoch(self) -> None:
        """Tell the dataset."""
        self.dataset.on_epoch_end()

    def epoch(self, number: int, skip: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, without the first `skip`."""
        for index, item in self._items(number, self._indices(number, skip)):
            yield converted_batch(unpack(item, f"batch {index} of the data"), index, self._change, self._strings)

    def example(self) -> Batch:
        """The first batch."""
        item = unpack(self._made(0), "batch 0 of the data")
        batch = converted_batch(item, 0, self._change, self._strings)
        self.batch_size = batch.rows
        return batch

    def _indices(self, epoch: int, skip: int) -> Iterator[int]:
        size = self.dataset.num_batches
        if size is None:
            first = epoch * (self._wanted or 0) + skip
            yield from itertools.count(first) if self._wanted is None else range(first, (epoch + 1) * self._wanted)
            return
        steps = size if self._wanted is None else self._wanted
        done, end = epoch * steps + skip, (epoch + 1) * steps
        while done < end and size:
            passes, start = divmod(done, size)
            order = permutation(size, self.seed, passes) if self.shuffle else range(size)
            for index in order[start : start + end - done]:
                yield int(index)
                done += 1

    def _items(self, epoch: int, indices: Iterator[int]) -> Iterator[tuple[int, Any]]:
        """Each batch with its number, in order, whoever made it."""
        workers, limit = self.dataset.workers, max(self.dataset.max_queue_size, self.dataset.workers)
        if workers and self.dataset.use_multiprocessing:
            if self._processes is None:
                self._processes = Processes(workers)
            submit = self._processes.worker_of(self.dataset, self.seed or 0, epoch)
            yield from in_order(submit, indices, limit, self._blame)
        elif workers > 1:
            with threads(self._made, workers) as submit:
                yield from in_order(submit, indices, limit, None)
        else:
            yield from ((index, self._made(index)) for index in indices)

    def _made(self, index: int) -> Any:
        try:
            return self.dataset[index]
        except Exception as error:
            self._blame(error, index)
            raise

    def _blame(self, error: BaseException, index: int) -> None:
        error.add_note(
            f"This happened while {type(self.dataset).__name__} made the batch {index}: __getitem__({index})."
        )
