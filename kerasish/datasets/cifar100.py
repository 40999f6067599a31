"""CIFAR-100: 60,000 colour photographs of 32 by 32 pixels, of 100 kinds in 20 groups."""

from pathlib import Path

import numpy as np

from kerasish.datasets.cifar import read_batch
from kerasish.utils.files import get_file

_ORIGIN = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
_SHA256 = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"


def load_data(label_mode: str = "fine") -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """`(x_train, y_train), (x_test, y_test)`: small photographs, and the kind or the group of each.

    Args:
        label_mode: `"fine"` for the kind (0 to 99), `"coarse"` for the group (0 to 19).

    Shapes:
        x: `(samples, 32, 32, 3)`, uint8, from 0 to 255. 50,000 for training, 10,000 for the test.
        y: `(samples, 1)`, int64.

    Raises:
        ValueError: another `label_mode`.

    Source: Krizhevsky, 2009, https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf
    """
    if label_mode not in ("fine", "coarse"):
        raise ValueError(f"cifar100: label_mode must be 'fine' or 'coarse'; got {label_mode!r}.")
    unpacked = get_file("cifar-100-python-target", _ORIGIN, extract=True, file_hash=_SHA256)
    folder = Path(unpacked) / "cifar-100-python"
    return read_batch(folder / "train", f"{label_mode}_labels"), read_batch(folder / "test", f"{label_mode}_labels")
