"""Batches from a background thread: how far ahead, in which order, with which errors and states."""

import threading
import time

import numpy as np
import pytest

from kerasish.data import IterableBatches, StreamedBatches, adapt
from kerasish.data.batches import Batch, Source
from kerasish.data.streaming import AHEAD, ahead


def names():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("kerasish")]


def test_results_come_in_order_and_the_thread_ends():
    assert list(ahead(lambda x: x * 2, iter(range(20)))) == list(range(0, 40, 2))
    assert not names()


def test_no_more_than_two_wait():
    made = []
    running = ahead(lambda x: made.append(x) or x, iter(range(100)))
    assert next(running) == 0
    time.sleep(0.2)
    assert len(made) <= 1 + AHEAD + 1  # taken, waiting, and one that has no place yet
    running.close()
    assert not names()


def test_an_error_is_raised_after_what_came_before_it():
    def fails():
        yield from (0, 1)
        raise KeyError("mine")

    running = ahead(str, fails())
    assert [next(running), next(running)] == ["0", "1"]
    with pytest.raises(KeyError, match="mine"):
        next(running)
    assert not names()


def test_an_error_of_deleted_arrays_is_explained():
    def fails():
        yield 1 / 1
        raise RuntimeError("Array has been deleted with shape=float32[1].")

    with pytest.raises(RuntimeError, match="deleted") as caught:
        list(ahead(str, fails()))
    assert "Use a PyDataset with workers=0" in caught.value.__notes__[0]


class Counting(Source):
    """Knows how many batches it has made."""

    steps = 6
    batch_size = 2

    def __init__(self):
        self.made = 0
        self.told = []

    def epoch(self, number, skip=0):
        for index in range(skip, self.steps):
            self.made += 1
            yield Batch((np.full((2, 1), index, "float32"), None, None), 2)

    def begin_epoch(self):
        self.told.append("begin")

    def end_epoch(self):
        self.told.append(f"end after {self.made}")

    def get_state(self):
        return {"made": self.made}


def test_the_state_is_that_of_the_batches_that_were_taken():
    found = StreamedBatches(Counting())
    assert found.get_state() == {"made": 0}
    for number, _ in enumerate(found.epoch(0), 1):
        time.sleep(0.02)
        assert found.get_state() == {"made": number}


def test_the_source_is_told_of_epochs_where_they_are_trained():
    source = Counting()
    found = StreamedBatches(source)
    list(found.epoch(0))
    assert source.told == ["begin", "end after 6"]
    running = found.epoch(1)
    next(running)
    running.close()
    assert source.told[2:] == ["begin"]


def test_without_a_thread_a_batch_is_made_when_it_is_wanted():
    source = Counting()
    running = StreamedBatches(source, on_thread=False).epoch(0)
    next(running)
    time.sleep(0.05)
    assert source.made == 1


def test_how_long_training_waited_is_known():
    class Slow(Counting):
        def epoch(self, number, skip=0):
            for batch in super().epoch(number, skip):
                time.sleep(0.02)
                yield batch

    found = StreamedBatches(Slow())
    list(found.epoch(0))
    assert found.waited >= 0.1


def test_a_source_is_closed_when_an_epoch_is_cut_short():
    closed = []

    def source():
        try:
            yield from range(100)
        finally:
            closed.append(True)

    running = ahead(str, source())
    next(running)
    running.close()
    assert closed == [True]


def test_inputs_are_prepared_on_the_thread():
    seen = []

    def prepare(x):
        seen.append(threading.current_thread().name)
        return x + 1

    found = StreamedBatches(Counting(), prepare)
    assert [float(np.asarray(b.data[0])[0, 0]) for b in found.epoch(0)] == [1, 2, 3, 4, 5, 6]
    assert set(seen) == {"kerasish-data"}


def test_a_generator_with_a_state_is_not_ahead_of_the_training():
    class Counter:
        def __init__(self):
            self.next = 0

        def __iter__(self):
            return self

        def __next__(self):
            self.next += 1
            return np.full((2, 1), self.next - 1, "float32")

        def get_state(self):
            return self.next

        def set_state(self, state):
            self.next = state

    found = adapt(Counter(), steps=5)
    found.example()
    running = found.epoch(0)
    next(running), next(running)
    time.sleep(0.1)
    assert found.get_state() == {"source": 2}
    again = adapt(Counter(), steps=5)
    again.example()
    again.set_state(found.get_state())
    assert [float(b.data[0][0, 0]) for b in again.epoch(0, skip=2)] == [2, 3, 4]


def test_states_of_bytes_are_written_as_text():
    class Pass:
        def __init__(self):
            self.at = 0

        def __iter__(self):
            return self

        def __next__(self):
            self.at += 1
            if self.at > 4:
                raise StopIteration
            return np.full((1, 1), self.at, "float32")

        def get_state(self):
            return bytes([self.at])

        def set_state(self, state):
            self.at = state[0]

    class Loader:
        def __iter__(self):
            return Pass()

    found = IterableBatches(Loader())
    running = found.epoch(0)
    next(running), next(running)
    assert found.get_state() == {"source": {"base64": "Ag=="}}
    again = IterableBatches(Loader())
    again.set_state(found.get_state())
    assert [float(b.data[0][0, 0]) for b in again.epoch(0, skip=2)] == [3, 4]
