"""Texts in folders as batches."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasish.utils.directories import datasets, listed, parts
from kerasish.utils.image_directory import check_format


def text_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """Batches of the texts, `.txt` in UTF-8, below a folder, with a class for each folder in it.

    Args:
        directory, labels, label_mode, class_names, shuffle, seed, validation_split, subset, follow_links, format,
            verbose: As of `image_dataset_from_directory`.
        batch_size: Texts of a batch; None: single texts.
        max_length: Characters of a text that are kept, at most.

    Returns:
        A `PyDataset`, or a list of two, with `file_paths` and `class_names`; `x` is an array of `str`, `(batch,)`.

    Raises:
        ValueError: an argument doesn't fit; the error says which.
    """
    check_format(format)
    read = functools.partial(_text, max_length=max_length)
    files = listed(directory, (".txt",), labels, label_mode, class_names, follow_links)
    found = parts(files, shuffle, seed, validation_split, subset, verbose)
    return datasets(found, read, _strings, label_mode, batch_size, shuffle, seed)


def _text(path: str, max_length: int | None) -> str:
    try:
        return pathlib.Path(path).read_bytes().decode()[:max_length]
    except UnicodeDecodeError as error:
        raise ValueError(f"The file {path!r} is not in UTF-8: byte {error.start} can't be read.") from error


def _strings(texts: list[str]) -> np.ndarray:
    return np.array(texts, object)
