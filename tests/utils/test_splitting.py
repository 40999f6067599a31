"""A dataset in two parts."""

import numpy as np
import pytest

from kerasish.data import adapt
from kerasish.utils import split_dataset

A = np.arange(10)


def listed(halves):
    return [[int(sample) for sample in half] for half in halves]


@pytest.mark.parametrize(
    ("sizes", "left", "right"),
    [
        ({"left_size": 0.8}, 8, 2),
        ({"right_size": 0.3}, 7, 3),
        ({"left_size": 3}, 3, 7),
        ({"left_size": 3, "right_size": 4}, 3, 4),
        ({"left_size": 0.2, "right_size": 0.4}, 2, 4),
        ({"left_size": 0.28}, 3, 7),
    ],
    ids=str,
)
def test_parts_begin_and_end_where_the_dataset_does(sizes, left, right):
    assert listed(split_dataset(A, **sizes)) == [list(range(left)), list(range(10 - right, 10))]


def test_a_shuffled_split_follows_from_its_seed():
    one, other = (listed(split_dataset(A, 0.5, shuffle=True, seed=3)) for _ in range(2))
    assert one == other
    assert sorted(one[0] + one[1]) == list(range(10))
    assert one != listed(split_dataset(A, 0.5, shuffle=True, seed=4))


@pytest.mark.parametrize(
    "dataset",
    [(A, A * 2), [A, A * 2], {"a": A, "b": A * 2}, [(n, 2 * n) for n in A], iter([(n, 2 * n) for n in A])],
    ids=["tuple", "list", "dict", "samples", "iterator"],
)
def test_anything_with_samples_is_split(dataset):
    left, right = split_dataset(dataset, left_size=4)
    assert (len(left), len(right)) == (4, 6)
    sample = right[1]
    assert [int(part) for part in (sample.values() if isinstance(sample, dict) else sample)] == [5, 10]


def test_datasets_of_pytorch_are_split_without_being_read():
    torch = pytest.importorskip("torch")

    class Counted(torch.utils.data.Dataset):
        read = 0

        def __len__(self):
            return 10

        def __getitem__(self, index):
            Counted.read += 1
            return index, 2 * index

    left, right = split_dataset(Counted(), left_size=7)
    assert Counted.read == 0
    assert right[0] == (7, 14)
    assert len(left) == 7


def test_a_part_is_trained_on_in_batches():
    left, _ = split_dataset((A, A * 2), left_size=7)
    found = adapt(left, batch_size=3)
    assert [batch.data[1].tolist() for batch in found.epoch(0)] == [[0, 2, 4], [6, 8, 10], [12]]
    batches = left.batch(3)
    assert (len(batches), len(left.batch(3, drop_remainder=True))) == (3, 2)
    assert [y.tolist() for _, y in batches] == [[0, 2, 4], [6, 8, 10], [12]]


@pytest.mark.parametrize(
    ("sizes", "error", "message"),
    [
        ({}, ValueError, "needs left_size or right_size"),
        ({"left_size": 1.2}, ValueError, "left_size must be a number of samples below 10, or a fraction below 1"),
        ({"left_size": 0}, ValueError, "left_size must be"),
        ({"left_size": 10}, ValueError, "left_size must be"),
        ({"right_size": -0.5}, ValueError, "right_size must be"),
        ({"left_size": 8, "right_size": 8}, ValueError, "make parts of 8 and 8"),
        ({"left_size": 0.7, "right_size": 0.7}, ValueError, "both together have 10 at most"),
        ({"left_size": 0.01}, ValueError, "make parts of 0 and 10"),
        ({"left_size": "all"}, TypeError, "left_size must be a number of samples or a fraction; got str"),
        ({"left_size": 2, "preferred_backend": "x"}, ValueError, "preferred_backend must be"),
    ],
    ids=str,
)
def test_sizes_that_do_not_fit_are_refused(sizes, error, message):
    with pytest.raises(error, match=message):
        split_dataset(A, **sizes)
    with pytest.raises(TypeError, match="takes arrays, a dataset or an iterable; got int"):
        split_dataset(3, 1)
