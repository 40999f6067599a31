"""Boston housing: 506 districts of the 1970s, and what houses cost there."""

import numpy as np

from kerasish.datasets.housing import check_test_split, split
from kerasish.datasets.safe_pickle import load_npz
from kerasish.utils.files import get_file

_ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/boston_housing.npz"
_SHA256 = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(
    path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """`(x_train, y_train), (x_test, y_test)`: 13 numbers on each district, and the median price in 1,000 dollars.

    One of the numbers was made from the share of Black inhabitants, on the assumption that segregation raises
    prices: do not use this data set but to repeat old results; `california_housing` is the alternative. The same
    seed gives the same split as in Keras.

    Args:
        path: The name of the downloaded file in the cache.
        test_split: The fraction for the test, at least 0 and less than 1.
        seed: For the shuffling.

    Shapes:
        x: `(samples, 13)`, float64. By default 404 for training, 102 for the test.
        y: `(samples,)`, float64.

    Raises:
        ValueError: `test_split` is out of its range.

    Source: Harrison and Rubinfeld, 1978, https://doi.org/10.1016/0095-0696(78)90006-2
    """
    check_test_split(test_split)
    x, y = load_npz(get_file(path, _ORIGIN, file_hash=_SHA256), ("x", "y"))
    return split(x, y, test_split, seed)
