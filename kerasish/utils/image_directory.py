"""Images in folders as batches."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasish.backend import standardize_data_format
from kerasish.utils.directories import datasets, listed, parts
from kerasish.utils.images import load_img
from kerasish.utils.resampling import INTERPOLATIONS, cropped, padded, resized

ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")


def image_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: tuple[int, int] = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """Batches of the images below a folder, with a class for each folder in it. Needs Pillow.

    Files are read when their batch is made. The same seed parts the files into training and validation as in Keras.

    Args:
        directory: The folder.
        labels: `"inferred"` from the folders; a list with a number for each file, in the order of their sorted paths;
            or None.
        label_mode: `"int"`: numbers of classes; `"categorical"`: one-hot rows; `"binary"`: 0.0 or 1.0 of two
            classes, `(batch, 1)`; None: there are no labels, batches are of `x` alone.
        class_names: The folders to read, in the order of their numbers; by default all, sorted.
        color_mode: `"grayscale"`, `"rgb"` or `"rgba"`: 1, 3 or 4 channels.
        batch_size: Images of a batch; None: single images.
        image_size: `(height, width)`, to which images are brought.
        shuffle: Whether each epoch has its own order.
        seed: What the order, and the parts, follow from.
        validation_split: Fraction of the files, the last ones, that are for validation.
        subset: `"training"`, `"validation"`, or `"both"`, for two datasets.
        interpolation: `"bilinear"`, `"nearest"`, `"bicubic"`, `"area"`, `"lanczos3"`, `"lanczos5"`, `"gaussian"` or
            `"mitchellcubic"`.
        follow_links: Whether folders may be links.
        crop_to_aspect_ratio: Whether to cut out the middle in the new proportions, rather than to distort.
        pad_to_aspect_ratio: Whether to add black borders instead.
        data_format: Where the channels are put.
        format: Accepted, and without effect: datasets are `PyDataset`s, which need neither TensorFlow nor Grain.
        verbose: Whether to print how many files there are.

    Returns:
        A `PyDataset`, or a list of two, with `file_paths` and `class_names`; `x` is `float32`, 0 to 255.

    Raises:
        ValueError: an argument doesn't fit; the error says which.
    """
    check_format(format)
    if color_mode not in ("grayscale", "rgb", "rgba"):
        raise ValueError(f"color_mode must be 'grayscale', 'rgb' or 'rgba'; got {color_mode!r}.")
    if interpolation.lower() not in INTERPOLATIONS:
        raise ValueError(f"interpolation must be one of {', '.join(INTERPOLATIONS)}; got {interpolation!r}.")
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError("Only one of crop_to_aspect_ratio and pad_to_aspect_ratio can be True.")
    if len(tuple(image_size)) != 2 or min(image_size) < 1:
        raise ValueError(f"image_size must be (height, width), at least 1 each; got {image_size!r}.")
    read = functools.partial(
        _image,
        color_mode=color_mode,
        size=(int(image_size[0]), int(image_size[1])),
        interpolation=interpolation.lower(),
        fit=cropped if crop_to_aspect_ratio else padded if pad_to_aspect_ratio else None,
        last=standardize_data_format(data_format) == "channels_last",
    )
    files = listed(directory, ENDINGS, labels, label_mode, class_names, follow_links)
    found = parts(files, shuffle, seed, validation_split, subset, verbose)
    return datasets(found, read, np.stack, label_mode, batch_size, shuffle, seed)


def _image(path: str, color_mode: str, size: tuple[int, int], interpolation: str, fit: Any, last: bool) -> np.ndarray:
    image = np.asarray(load_img(path, color_mode=color_mode))
    image = image if image.ndim == 3 else image[..., None]
    found = resized(image if fit is None else fit(image, size), size, interpolation)
    return found if last else np.moveaxis(found, -1, 0)


def check_format(format: str) -> None:
    """Raise if this is not one of Keras's formats of datasets."""
    if format not in ("tf", "grain"):
        raise ValueError(f"format must be 'tf' or 'grain', which mean the same here; got {format!r}.")
