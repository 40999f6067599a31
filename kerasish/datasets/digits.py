"""1,797 handwritten digits of 8 by 8 pixels, which come with the package: no download."""

from pathlib import Path

import numpy as np

_FILE = Path(__file__).with_name("digits.npz")


def load_data(
    test_fraction: float = 0.2, seed: int = 0
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """`(x_train, y_train), (x_test, y_test)`: small images of handwritten digits, and which digit each is.

    The images are the test set of the UCI data set "Optical Recognition of Handwritten Digits". Each pixel counts
    the dark ones among 4 by 4 pixels of the scan.

    The split depends on `seed` and `test_fraction` only, on every machine and version of NumPy: the samples are
    shuffled, in the order of as many 64-bit numbers from the generator Philox with the key `seed`; then the first
    `round(test_fraction * n)` of the `n` samples of each digit are for the test.

    Args:
        test_fraction: How much of each class is for the test, at least 0 and less than 1.
        seed: A whole number, at least 0, for the shuffling.

    Shapes:
        x: `(samples, 8, 8)`, uint8, from 0 (white) to 16 (black). By default 1,438 for training, 359 for the test.
        y: `(samples,)`, uint8, from 0 to 9.

    Raises:
        ValueError: `test_fraction` or `seed` is out of its range.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()
        >>> x_train.shape, y_train.shape, x_test.shape, y_test.shape
        ((1438, 8, 8), (1438,), (359, 8, 8), (359,))
        >>> int(x_train.min()), int(x_train.max())
        (0, 16)

    Source: E. Alpaydin and C. Kaynak, 1998, UCI Machine Learning Repository, https://doi.org/10.24432/C50P49,
        licensed under Creative Commons Attribution 4.0, https://creativecommons.org/licenses/by/4.0/
    """
    if not 0 <= test_fraction < 1:
        raise ValueError(f"digits: test_fraction must be at least 0 and less than 1; got {test_fraction!r}.")
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**64:
        raise ValueError(f"digits: seed must be a whole number, at least 0 and less than 2**64; got {seed!r}.")
    with np.load(_FILE, allow_pickle=False) as file:
        x, y = file["x"], file["y"]
    # The raw numbers, not Generator.permutation: NumPy may change that from version to version.
    order = np.argsort(np.random.Philox(key=int(seed)).random_raw(len(y)), kind="stable")
    x, y = x[order], y[order]
    is_test = np.zeros(len(y), bool)
    for digit in range(10):
        members = np.flatnonzero(y == digit)
        is_test[members[: round(test_fraction * len(members))]] = True
    return (x[~is_test], y[~is_test]), (x[is_test], y[is_test])
