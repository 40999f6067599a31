"""What the two housing data sets share: a shuffled table, cut in two."""

import numpy as np


def split(
    x: np.ndarray, y: np.ndarray, test_split: float, seed: int
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """`(x_train, y_train), (x_test, y_test)`: the shuffled rows, the last `test_split` of them for the test.

    Example:
        >>> (x, y), (x_test, y_test) = split(np.arange(10), np.arange(10), test_split=0.2, seed=0)
        >>> len(x), len(x_test)
        (8, 2)
    """
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)
    x, y = x[order], y[order]
    count = int(len(x) * (1 - test_split))
    return (x[:count], y[:count]), (x[count:], y[count:])


def check_test_split(test_split: float, greatest: float = np.nextafter(1.0, 0.0)) -> None:
    """Refuse a fraction below 0 or above `greatest`; by default, 1 is refused too.

    Raises:
        ValueError: it is out of this range.

    Example:
        >>> check_test_split(0.2)
    """
    if not 0 <= test_split <= greatest:
        limit = "at most 1" if greatest == 1 else "less than 1"
        raise ValueError(f"test_split must be at least 0 and {limit}; got {test_split!r}.")
