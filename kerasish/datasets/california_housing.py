"""California housing: 20,640 districts of the census of 1990, and what houses cost there."""

import numpy as np

from kerasish.datasets.housing import check_test_split, split
from kerasish.datasets.safe_pickle import load_npz
from kerasish.utils.files import get_file

_ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/california_housing.npz"
_SHA256 = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"
_SMALL = 600


def load_data(
    version: str = "large", path: str = "california_housing.npz", test_split: float = 0.2, seed: int = 113
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """`(x_train, y_train), (x_test, y_test)`: 8 numbers on each district, and the median price in dollars.

    The numbers: longitude, latitude, median age of the houses, rooms, bedrooms, inhabitants, households, median
    income in 10,000 dollars. The same seed gives the same split as in Keras.

    Args:
        version: `"large"`, or `"small"`: the first 600 districts, near San Francisco.
        path: The name of the downloaded file in the cache.
        test_split: The fraction for the test, at least 0 and less than 1.
        seed: For the shuffling.

    Shapes:
        x: `(samples, 8)`.
        y: `(samples,)`.

    Raises:
        ValueError: another `version`, or `test_split` is out of its range.

    Source: Pace and Barry, 1997, https://doi.org/10.1016/S0167-7152(96)00140-X
    """
    if version not in ("large", "small"):
        raise ValueError(f"california_housing: version must be 'large' or 'small'; got {version!r}.")
    check_test_split(test_split)
    x, y = load_npz(get_file(path, _ORIGIN, file_hash=_SHA256), ("x", "y"))
    if version == "small":
        x, y = x[:_SMALL], y[:_SMALL]
    return split(x, y, test_split, seed)
