"""Images of any size brought to one size by NumPy: nothing is compiled for each new size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Kernel = Callable[[np.ndarray], np.ndarray]


def _triangle(x: np.ndarray) -> np.ndarray:
    return np.maximum(0, 1 - np.abs(x))


def _keys(x: np.ndarray) -> np.ndarray:
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def _mitchell(x: np.ndarray) -> np.ndarray:
    x = np.abs(x)
    near = ((7 * x - 12) * x * x) / 6 + 8 / 9
    far = (((-7 / 18) * x + 2) * x - 10 / 3) * x + 16 / 9
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def _gaussian(x: np.ndarray) -> np.ndarray:
    return np.where(np.abs(x) < 1.5, np.exp(-2 * x * x), 0)


def _lanczos(radius: int) -> Kernel:
    return lambda x: np.where(np.abs(x) < radius, np.sinc(x) * np.sinc(x / radius), 0)


KERNELS: dict[str, Kernel] = {
    "bilinear": _triangle,
    "bicubic": _keys,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
    "gaussian": _gaussian,
    "mitchellcubic": _mitchell,
}
INTERPOLATIONS = ("nearest", "area", *KERNELS)


def weights(size: int, new: int, interpolation: str) -> np.ndarray:
    """`(new, size)`: how much of each old pixel is in each new one, along one axis; rows sum to 1.

    Pixels are intervals, whose centres are at a half; kernels are as wide as old pixels, also where it gets smaller.
    """
    scale = size / new
    if interpolation == "nearest":
        chosen = np.minimum((np.arange(new) + 0.5) * scale, size - 1).astype(int)
        return np.eye(size, dtype="float32")[chosen]
    if interpolation == "area":
        begin = np.arange(new)[:, None] * scale
        left, right = np.maximum(begin, np.arange(size)), np.minimum(begin + scale, np.arange(size) + 1)
        return (np.maximum(right - left, 0) / scale).astype("float32")
    centres = np.clip((np.arange(new) + 0.5) * scale, 0, size) - 0.5
    found = KERNELS[interpolation](centres[:, None] - np.arange(size))
    return (found / found.sum(axis=1, keepdims=True)).astype("float32")


def resized(image: np.ndarray, size: tuple[int, int], interpolation: str) -> np.ndarray:
    """`(height, width, channels)` in another size, `float32`.

    Example:
        >>> resized(np.arange(4.0).reshape(2, 2, 1), (1, 1), "area").item()
        1.5
    """
    image = image.astype("float32")
    if image.shape[:2] == size:
        return image
    rows, columns = weights(image.shape[0], size[0], interpolation), weights(image.shape[1], size[1], interpolation)
    tall = np.tensordot(rows, image, axes=(1, 0))
    return np.moveaxis(np.tensordot(tall, columns, axes=(1, 1)), -1, 1)


def cropped(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The middle of an image, as large as it can be in the proportions of `size`."""
    height, width = image.shape[:2]
    tall = min(height, max(1, int(width * size[0] / size[1])))
    wide = min(width, max(1, int(height * size[1] / size[0])))
    top, left = (height - tall) // 2, (width - wide) // 2
    return image[top : top + tall, left : left + wide]


def padded(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """An image with black borders, equal on both sides, that bring it to the proportions of `size`."""
    height, width = image.shape[:2]
    top = max(0, int(width * size[0] / size[1]) - height) // 2
    left = max(0, int(height * size[1] / size[0]) - width) // 2
    return np.pad(image, ((top, top), (left, left), (0, 0)))
