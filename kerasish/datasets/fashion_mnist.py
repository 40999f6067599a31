"""Fashion-MNIST: 70,000 pictures of clothes of 28 by 28 pixels."""

import gzip
import math

import numpy as np

from kerasish.utils.files import get_file

_ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_SHA256 = {
    "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}


def load_data() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """`(x_train, y_train), (x_test, y_test)`: pictures of clothes, and the kind of each.

    The kinds: 0 T-shirt or top, 1 trouser, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker, 8 bag,
    9 ankle boot.

    Shapes:
        x: `(samples, 28, 28)`, uint8, from 0 (background) to 255. 60,000 for training, 10,000 for the test.
        y: `(samples,)`, uint8, from 0 to 9.

    Source: Xiao, Rasul and Vollgraf, 2017, MIT license, https://arxiv.org/abs/1708.07747
    """
    x_train, y_train, x_test, y_test = (_read_idx(_fetch(name), name) for name in _SHA256)
    return (x_train, y_train), (x_test, y_test)


def _fetch(name: str) -> str:
    return get_file(name, _ORIGIN + name, file_hash=_SHA256[name], cache_subdir="datasets/fashion-mnist")


def _read_idx(path: str, name: str) -> np.ndarray:
    """An array of bytes in the IDX format: 0, 0, 8 (bytes), the rank, each size as 4 bytes, the numbers."""
    with gzip.open(path, "rb") as file:
        content = file.read()
    rank = content[3] if content[:3] == b"\0\0\x08" else 0
    start = 4 + 4 * rank
    shape = [int(size) for size in np.frombuffer(content[4:start], ">u4")]
    if not rank or len(shape) != rank or len(content) - start != math.prod(shape):
        raise ValueError(f"{name} is not a file of bytes in the IDX format. Remove {path}, to download it again.")
    return np.frombuffer(bytearray(content[start:]), np.uint8).reshape(shape)
