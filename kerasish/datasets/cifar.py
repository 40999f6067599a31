"""What CIFAR-10 and CIFAR-100 share: images of 32 by 32 pixels, pickled in rows by Python 2."""

from pathlib import Path

import numpy as np

from kerasish.datasets.safe_pickle import load_pickle


def read_batch(path: Path, label_key: str) -> tuple[np.ndarray, np.ndarray]:
    """The images and the labels of one file.

    Args:
        path: A file of rows, each the red, the green and the blue pixels of an image.
        label_key: The name of the labels in the file.

    Shapes:
        x: `(samples, 32, 32, 3)`, uint8.
        y: `(samples, 1)`.

    Raises:
        ValueError: the file lacks the images or the labels.
    """
    with path.open("rb") as file:
        batch = load_pickle(file, encoding="bytes")
    if not isinstance(batch, dict) or not {b"data", label_key.encode()} <= set(batch):
        raise ValueError(f"{path} lacks the images or the labels {label_key!r}. Remove it, to download it again.")
    rows, labels = np.asarray(batch[b"data"]), np.asarray(batch[label_key.encode()])
    if rows.dtype != np.uint8 or rows.shape != (len(labels), 3 * 32 * 32):
        raise ValueError(f"{path} has images of the shape {rows.shape}, {rows.dtype}, for {len(labels)} labels.")
    images = rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), labels.reshape(-1, 1)
