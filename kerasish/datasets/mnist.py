"""MNIST: 70,000 handwritten digits of 28 by 28 pixels."""

import numpy as np

from kerasish.datasets.safe_pickle import load_npz
from kerasish.utils.files import get_file

_ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def load_data(path: str = "mnist.npz") -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """`(x_train, y_train), (x_test, y_test)`: images of handwritten digits, and which digit each is.

    Args:
        path: The name of the downloaded file in the cache.

    Shapes:
        x: `(samples, 28, 28)`, uint8, from 0 (background) to 255. 60,000 for training, 10,000 for the test.
        y: `(samples,)`, uint8, from 0 to 9.

    Source: LeCun, Cortes and Burges, 1998, CC BY-SA 3.0, https://keras.io/api/datasets/mnist/
    """
    file = get_file(path, _ORIGIN, file_hash=_SHA256)
    x_train, y_train, x_test, y_test = load_npz(file, ("x_train", "y_train", "x_test", "y_test"))
    return (x_train, y_train), (x_test, y_test)
