"""The same few rows, for every kind of source."""

import numpy as np
import pytest

from kerasish.data import PyDataset, adapt

ROWS, SIZE = 20, 8
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(ROWS, 3)).astype("float32")
Y = (X @ np.array([[1.0], [-2.0], [0.5]], "float32")).astype("float32")
W = RANDOM.uniform(0.5, 2, size=ROWS).astype("float32")
PAIRS = [(X[start : start + SIZE], Y[start : start + SIZE]) for start in range(0, ROWS, SIZE)]
"""Batches, of which the last is smaller."""


def assert_refused(make, error, message):
    """What `make` returns is no source of data, and a short error says why."""
    with pytest.raises(error, match=message) as caught:
        adapt(make()).example()
    assert len(str(caught.value)) <= 600


class Batched(PyDataset):
    """The batches by number; other processes can import this class."""

    def __len__(self):
        return len(PAIRS)

    def __getitem__(self, index):
        return PAIRS[index]
