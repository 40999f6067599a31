"""Which source of batches fits what was given; class weights; counts."""

import numpy as np
import pytest

from kerasish.data import ArrayBatches, IterableBatches, StreamedBatches, adapt
from kerasish.data.adapters import check_counts, is_arrays
from kerasish.data.class_weights import weighted

X, Y = np.zeros((10, 2), "float32"), np.arange(10) % 3


def values(batches, part, epoch=0):
    return [np.asarray(batch.data[part]).tolist() for batch in batches.epoch(epoch)]


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (X, True),
        ([[1.0, 2.0], [3.0, 4.0]], True),
        ([X, X], True),
        ((X, X), True),
        ({"a": X, "b": [X]}, True),
        ([(X, Y), (X, Y)], False),
        (iter([X]), False),
        ([], False),
        ({}, False),
        ("text", False),
        ({"a": "text"}, False),
    ],
    ids=lambda x: type(x).__name__,
)
def test_what_counts_as_arrays(x, expected):
    assert is_arrays(x) is expected


def test_arrays_become_batches_of_32_rows():
    batches = adapt(X, Y)
    assert isinstance(batches, ArrayBatches)
    assert (batches.batch_size, batches.steps) == (32, 1)
    assert adapt(X, Y, batch_size=np.int64(4)).steps == 3
    assert adapt(X.tolist(), Y.tolist(), batch_size=4).example().data[0].shape == (4, 2)


def test_iterables_become_batches_as_they_are():
    for source in ([(X, Y)], iter([(X, Y)]), (pair for pair in [(X, Y)])):
        found = adapt(source)
        assert isinstance(found, StreamedBatches)
        assert isinstance(found.source, IterableBatches)


def test_arrays_with_steps_go_on_from_epoch_to_epoch():
    batches = adapt(X, np.arange(10), batch_size=4, steps=2)
    assert (batches.batch_size, batches.steps) == (4, 2)
    assert [values(batches, 1, epoch) for epoch in range(3)] == [
        [[0, 1, 2, 3], [4, 5, 6, 7]],
        [[8, 9], [0, 1, 2, 3]],
        [[4, 5, 6, 7], [8, 9]],
    ]
    assert [batch.data[1].tolist() for batch in batches.epoch(1, skip=1)] == [[0, 1, 2, 3]]
    assert batches.example().rows == 4
    assert values(adapt(X, np.arange(10), batch_size=10, steps=2, shuffle=False), 1) == [list(range(10))] * 2


def test_each_pass_over_shuffled_arrays_has_each_row_once():
    batches = adapt(X, np.arange(10), batch_size=5, steps=3, shuffle=True)
    rows = [row for epoch in range(2) for batch in values(batches, 1, epoch) for row in batch]
    passes = [rows[i : i + 10] for i in range(0, 30, 10)]
    assert all(sorted(one) == list(range(10)) for one in passes)
    assert passes[0] != passes[1]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: adapt(3.5), TypeError, "x is of type float; expected arrays, or an iterable of batches"),
        (lambda: adapt(None), TypeError, "x is of type NoneType"),
        (lambda: adapt([(X, Y)], Y), ValueError, "`y` can't be given beside it; got ndarray"),
        (lambda: adapt([(X, Y)], None, Y), ValueError, "`sample_weight` can't be given"),
        (lambda: adapt([(X, Y)], batch_size=3), ValueError, "`batch_size` can't be given"),
        (lambda: adapt(X, Y, batch_size=0), ValueError, "batch_size must be a whole number of at least 1; got 0"),
        (lambda: adapt(X, Y, steps=-1), ValueError, "steps must be a whole number"),
        (lambda: adapt(X, Y, shuffle="rows"), ValueError, "shuffle must be True, False or 'batch'; got 'rows'"),
        (lambda: adapt(X, Y[:3]), ValueError, "x has 10, y has 3"),
    ],
)
def test_mistakes_are_explained(call, error, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert len(str(caught.value)) <= 600


@pytest.mark.parametrize(
    "value", [0, -1, 8.0, np.float64(8), "8", "x", True, float("nan"), float("inf"), [1]], ids=repr
)
def test_counts_are_whole_numbers(value):
    with pytest.raises(ValueError, match="batch_size must be a whole number of at least 1; got"):
        check_counts(epochs=None, batch_size=value)
    check_counts(epochs=None, batch_size=1, steps=np.int32(3))


# Class weights ---------------------------------------------------------------------------------------------------------
WEIGHTS = {0: 1.0, 1: 2.0, 2: 3.0}


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        ([0, 2, 1], [1, 3, 2]),
        ([[0], [2], [1]], [1, 3, 2]),
        ([0.0, 2.0, 1.0], [1, 3, 2]),
        ([[1, 0, 0], [0, 0, 1], [0, 1, 0]], [1, 3, 2]),
        ({"out": [0, 1]}, [1, 2]),
        ([True, False], [2, 1]),
        (np.zeros(0, "int32"), []),
    ],
    ids=str,
)
def test_the_weight_of_a_sample_is_that_of_its_class(y, expected):
    np.testing.assert_array_equal(weighted(y, None, WEIGHTS), expected)


def test_any_whole_number_may_be_a_class():
    np.testing.assert_array_equal(weighted([-1, 0, 10**12], None, {-1: 5.0, 0: 1.0, 10**12: 2.0}), [5, 1, 2])


def test_class_weights_multiply_sample_weights():
    np.testing.assert_array_equal(weighted([0, 1], [10.0, 10.0], WEIGHTS), [10, 20])
    assert weighted([0, 1], None, None) is None
    assert weighted(None, "as it is", None) == "as it is"


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "works with one output"),
        ({"a": [0], "b": [1]}, "works with one output"),
        ([0, 7], r"names \[0, 1, 2\], but y also has \[7\]"),
        ([0.5, 1.0], "whole numbers as classes; y has others, as in a regression"),
        (np.zeros((2, 5, 3)), r"shape \(batch,\) or \(batch, classes\); got \(2, 5, 3\)"),
        (np.zeros((2, 5, 1)), r"shape \(batch,\) or \(batch, classes\); got \(2, 5, 1\)"),
    ],
)
def test_class_weights_that_do_not_fit_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        weighted(y, None, WEIGHTS)


class Indexed:
    """A sequence that ends by its length alone."""

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return X[:3], np.array([0, 1, 2]) * (index % 2)


def test_class_weights_of_batches():
    for source in ([(X[:3], np.array([0, 1, 2])), (X[:3], np.array([0, 1, 2]), np.full(3, 10.0))],):
        assert values(adapt(source, class_weight=WEIGHTS), 2) == [[1, 2, 3], [10, 20, 30]]
    assert values(adapt(Indexed(), class_weight=WEIGHTS), 2) == [[1, 1, 1], [1, 2, 3]]
    with pytest.raises(ValueError, match="works with one output"):
        adapt([X], class_weight=WEIGHTS).example()
