"""Batches that somebody else makes: generators, iterables that start over, sequences."""

import collections

import numpy as np
import pytest

from kerasish.data import IterableBatches, unpack


def batch(number):
    return np.full((2, 3), number, "float32"), np.full((2,), number)


def numbers(batches, epoch=0, **kwargs):
    return [int(item.data[1][0]) for item in batches.epoch(epoch, **kwargs)]


class Again:
    """An iterable that starts over at each pass."""

    def __init__(self, count):
        self.count = count

    def __iter__(self):
        return (batch(number) for number in range(self.count))


class Indexed:
    """A sequence: it can be indexed, and not iterated over."""

    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        assert 0 <= index < self.count
        return batch(index)

    __iter__ = None


MAKE = {"iterable": Again, "sequence": Indexed, "list": lambda count: [batch(n) for n in range(count)]}


@pytest.mark.parametrize("kind", MAKE)
def test_each_epoch_is_a_pass(kind):
    batches = IterableBatches(MAKE[kind](3))
    assert batches.steps == (None if kind == "iterable" else 3)
    assert batches.batch_size is None
    assert int(batches.example().data[1][0]) == 0
    assert batches.batch_size == 2
    for epoch in range(3):
        assert numbers(batches, epoch) == [0, 1, 2]
    assert int(batches.example().data[1][0]) == 0
    assert numbers(batches, 3, skip=1) == [1, 2]


@pytest.mark.parametrize("kind", MAKE)
@pytest.mark.parametrize("with_example", [False, True])
def test_with_steps_an_epoch_goes_on_where_one_ended_and_starts_over_at_the_end(kind, with_example):
    batches = IterableBatches(MAKE[kind](3), steps=2)
    if with_example:
        batches.example()
    assert [numbers(batches, epoch) for epoch in range(4)] == [[0, 1], [2, 0], [1, 2], [0, 1]]
    assert numbers(IterableBatches(MAKE[kind](2), steps=5)) == [0, 1, 0, 1, 0]
    assert [numbers(IterableBatches(MAKE[kind](4), steps=2), 0)] == [[0, 1]]


def test_a_sequence_begins_any_epoch_without_the_ones_before():
    assert numbers(IterableBatches(Indexed(5), steps=2), 2) == [4, 0]


def test_a_generator_goes_on_from_epoch_to_epoch_and_its_first_batch_is_not_lost():
    batches = IterableBatches(batch(n) for n in range(7))
    assert batches.is_one_pass
    batches = IterableBatches((batch(n) for n in range(7)), steps=3)
    assert int(batches.example().data[1][0]) == 0
    assert [numbers(batches, epoch) for epoch in range(2)] == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(ValueError, match="ran out in epoch 3, after 7 batches in all; 3 batches were wanted"):
        numbers(batches, 2)


def test_a_generator_is_one_epoch():
    batches = IterableBatches(batch(n) for n in range(3))
    assert numbers(batches) == [0, 1, 2]
    with pytest.raises(ValueError, match="ran out in epoch 2, after 3 batches in all; another pass") as caught:
        numbers(batches, 1)
    assert len(str(caught.value)) <= 600


@pytest.mark.parametrize(
    "source", [[], iter([]), Again(0), Indexed(0)], ids=["list", "generator", "iterable", "sequence"]
)
@pytest.mark.parametrize("steps", [None, 2])
def test_no_batch_at_all_is_an_error(source, steps):
    with pytest.raises(ValueError, match="gave no batch at all"):
        IterableBatches(source, steps).example()
    with pytest.raises(ValueError, match="gave no batch at all"):
        numbers(IterableBatches(source, steps))


def test_an_error_of_the_generator_comes_through():
    def fails():
        yield batch(0)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        numbers(IterableBatches(fails()))


def test_batches_are_converted_and_named_in_errors():
    batches = IterableBatches([({"a": [[1.0], [2.0]]}, [1, 2], np.ones(2))])
    x, _, weights = batches.example().data
    assert (x["a"].dtype, weights.dtype) == ("float32", "float32")
    with pytest.raises(TypeError, match=r"y of batch 1 holds strings"):
        list(IterableBatches([batch(0), (np.zeros((2, 3)), np.array(["a", "b"]))]).epoch(0))


Point = collections.namedtuple("Point", "a b")


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (3, (3, None, None)),
        ((3,), (3, None, None)),
        ((3, 4), (3, 4, None)),
        ((3, 4, 5), (3, 4, 5)),
        ({"a": 3}, ({"a": 3}, None, None)),
        (Point(3, 4), (Point(3, 4), None, None)),
    ],
    ids=str,
)
def test_the_parts_of_a_batch(item, expected):
    assert unpack(item) == expected


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ((1, 2, 3, 4), r"the data is a tuple of 4 items; expected \(x,\), \(x, y\)"),
        ((), "a tuple of 0 items"),
        ([1, 2], r"the data is a list of 2 items; a batch is a tuple: .*write \(\[a, b\], y\)"),
    ],
)
def test_other_batches_are_refused(item, message):
    with pytest.raises(ValueError, match=message):
        unpack(item)
    with pytest.raises(ValueError, match="batch 0 of the data is a"):
        IterableBatches(iter([item])).example()
