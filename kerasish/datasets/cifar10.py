"""CIFAR-10: 60,000 colour photographs of 32 by 32 pixels, of 10 kinds."""

from pathlib import Path

import numpy as np

from kerasish.datasets.cifar import read_batch
from kerasish.utils.files import get_file

_ORIGIN = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"


def load_data() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """`(x_train, y_train), (x_test, y_test)`: small photographs, and the kind of each.

    The kinds: 0 airplane, 1 automobile, 2 bird, 3 cat, 4 deer, 5 dog, 6 frog, 7 horse, 8 ship, 9 truck.

    Shapes:
        x: `(samples, 32, 32, 3)`, uint8, from 0 to 255. 50,000 for training, 10,000 for the test.
        y: `(samples, 1)`, uint8, from 0 to 9.

    Source: Krizhevsky, 2009, https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf
    """
    unpacked = get_file("cifar-10-batches-py-target", _ORIGIN, extract=True, file_hash=_SHA256)
    folder = Path(unpacked) / "cifar-10-batches-py"
    batches = [read_batch(folder / f"data_batch_{number}", "labels") for number in range(1, 6)]
    x_train = np.concatenate([x for x, _ in batches])
    y_train = np.concatenate([y for _, y in batches])
    x_test, y_test = read_batch(folder / "test_batch", "labels")
    return (x_train, y_train.astype("uint8")), (x_test, y_test.astype("uint8"))
