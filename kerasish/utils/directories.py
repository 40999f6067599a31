"""Files in folders, a class for each folder, as batches: what images, texts and sounds have in common."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from kerasish.callbacks.terminal import announce
from kerasish.core.random import next_seed
from kerasish.data import PyDataset
from kerasish.data.orders import permutation


class Files(NamedTuple):
    """Which files there are."""

    paths: list[str]
    labels: np.ndarray | None
    class_names: list[str] | None


class DirectoryDataset(PyDataset):
    """Batches of files. Each epoch has its own order, if they are shuffled; the first is that of `file_paths`.

    Args:
        files: Which.
        read: Makes samples of paths: a list of arrays, or of strings, to be put together by `join`.
        join: Makes one array of the samples of a batch.
        label_mode: What becomes of the labels: see `image_dataset_from_directory`.
        batch_size: Files of a batch; None: an item is one sample.
        shuffle: Whether each epoch has its own order.
        seed: What the orders follow from.
    """

    def __init__(
        self,
        files: Files,
        read: Callable[[str], Any],
        join: Callable[[list[Any]], np.ndarray],
        label_mode: str | None,
        batch_size: int | None,
        shuffle: bool,
        seed: int | None,
        workers: int = 1,
    ) -> None:
        super().__init__(workers=workers)
        self.file_paths = files.paths
        self.class_names = files.class_names
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.epoch = 0
        self._read = read
        self._join = join
        self._seed = seed
        self._labels = _as_targets(files.labels, label_mode, files.class_names)
        self._order = np.arange(len(self.file_paths))

    def __len__(self) -> int:
        """How many batches."""
        return -(-len(self.file_paths) // (self.batch_size or 1))

    def __getitem__(self, index: int) -> Any:
        """The batch of this number: `(x, y)`, or `x` alone if there are no labels."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"There are {len(self)} batches; got the number {index}.")
        size = self.batch_size or 1
        rows = self._order[index % len(self) * size :][:size]
        samples = [self._read(self.file_paths[row]) for row in rows]
        x = self._join(samples) if self.batch_size else samples[0]
        if self._labels is None:
            return x
        return x, self._labels[rows] if self.batch_size else self._labels[rows[0]]

    def __iter__(self) -> Iterator[Any]:
        for index in range(len(self)):
            yield self[index]
        self.on_epoch_end()

    def on_epoch_end(self) -> None:
        """Take up the order of the next epoch."""
        self.set_state({"epoch": self.epoch + 1})

    def get_state(self) -> dict[str, Any]:
        """Which epoch it is."""
        return {"epoch": self.epoch}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up what `get_state` returned."""
        self.epoch = int(state["epoch"])
        count = len(self.file_paths)
        self._order = permutation(count, self._seed, self.epoch) if self.shuffle and self.epoch else np.arange(count)


def _as_targets(labels: np.ndarray | None, mode: str | None, names: list[str] | None) -> np.ndarray | None:
    if labels is None or mode is None:
        return None
    if mode == "binary":
        return labels.astype("float32")[:, None]
    if mode == "categorical":
        return np.eye(len(names or ()), dtype="float32")[labels]
    return labels


def listed(
    directory: Any,
    endings: tuple[str, ...],
    labels: Any,
    label_mode: str | None,
    class_names: Sequence[str] | None,
    follow_links: bool,
) -> Files:
    """The files below `directory` that end so, by class and by name.

    Raises:
        ValueError: an argument doesn't fit the folder; the error says which.
    """
    folder = os.fspath(directory)
    if not os.path.isdir(folder):
        raise NotADirectoryError(f"There is no folder {folder!r}.")
    if label_mode not in ("int", "categorical", "binary", None):
        raise ValueError(f"label_mode must be 'int', 'categorical', 'binary' or None; got {label_mode!r}.")
    inferred = isinstance(labels, str) and labels == "inferred"
    if not (inferred or labels is None or isinstance(labels, list | tuple | np.ndarray)):
        raise ValueError(f"labels must be 'inferred', a list with a number for each file, or None; got {labels!r}.")
    if class_names is not None and not inferred:
        raise ValueError("class_names names the folders of the classes, so it needs labels='inferred'.")
    if labels is None or label_mode is None:
        found = Files(_below(folder, endings, follow_links), None, None)
    elif inferred:
        found = _by_folder(folder, endings, class_names, follow_links)
    else:
        found = _by_list(folder, endings, labels, follow_links)
    if not found.paths:
        raise ValueError(f"The folder {folder!r} has no file that ends with {', '.join(endings)}.")
    if label_mode == "binary" and found.class_names is not None and len(found.class_names) != 2:
        raise ValueError(f"label_mode='binary' needs two classes; got {len(found.class_names)}: {found.class_names}.")
    return found


def _by_folder(folder: str, endings: tuple[str, ...], class_names: Any, follow_links: bool) -> Files:
    existing = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir())
    names = existing if class_names is None else list(class_names)
    unknown = [name for name in names if name not in existing]
    if unknown:
        raise ValueError(f"class_names has {unknown[0]!r}, but the folders are {', '.join(map(repr, existing))}.")
    paths: list[str] = []
    labels: list[int] = []
    for number, name in enumerate(names):
        found = _below(os.path.join(folder, name), endings, follow_links)
        paths += found
        labels += [number] * len(found)
    return Files(paths, np.array(labels, "int32"), names)


def _by_list(folder: str, endings: tuple[str, ...], labels: Any, follow_links: bool) -> Files:
    paths = _below(folder, endings, follow_links)
    numbers = np.asarray(labels)
    if len(numbers) != len(paths):
        raise ValueError(f"labels has {len(numbers)} numbers, but {folder!r} has {len(paths)} files.")
    if numbers.dtype.kind not in "iu":
        raise ValueError(f"labels must be whole numbers; got the dtype {numbers.dtype}.")
    return Files(paths, numbers.astype("int32"), [str(label) for label in sorted(set(numbers.tolist()))])


def _below(folder: str, endings: tuple[str, ...], follow_links: bool) -> list[str]:
    """Files by name; those of a folder before those of the folders in it."""
    found = []
    for place, folders, names in os.walk(folder, followlinks=follow_links):
        folders.sort()
        found += [os.path.join(place, name) for name in sorted(names) if name.lower().endswith(endings)]
    return found


def parts(
    files: Files, shuffle: bool, seed: int | None, validation_split: float | None, subset: str | None, verbose: bool
) -> list[Files]:
    """The files in their first order, or those of the training or validation part of them, or of both.

    Raises:
        ValueError: the arguments don't go together; the error says what to give.
    """
    if (validation_split is None) != (subset is None):
        raise ValueError("validation_split and subset ('training', 'validation' or 'both') need each other.")
    if validation_split is not None and not 0 < validation_split < 1:
        raise ValueError(f"validation_split must be a fraction between 0 and 1; got {validation_split!r}.")
    if subset not in ("training", "validation", "both", None):
        raise ValueError(f"subset must be 'training', 'validation' or 'both'; got {subset!r}.")
    if validation_split and shuffle and seed is None:
        raise ValueError("validation_split of shuffled files needs a seed, so that no file is in both parts.")
    count = len(files.paths)
    order = np.arange(count)
    if shuffle:  # in the legacy generator's order, so that a seed parts the files as in Keras
        np.random.RandomState(next_seed() % 2**32 if seed is None else seed).shuffle(order)
    classes = f" in {len(files.class_names)} classes" if files.class_names else ""
    if verbose:
        announce(f"Found {count} files{classes}.")
    if validation_split is None:
        return [_chosen(files, order)]
    cut = count - int(validation_split * count)
    if cut in (0, count):
        raise ValueError(f"validation_split={validation_split} of {count} files leaves a part empty.")
    train, validation = _chosen(files, order[:cut]), _chosen(files, order[cut:])
    if verbose:
        announce(f"{cut} are for training, {count - cut} for validation.")
    return {"training": [train], "validation": [validation], "both": [train, validation]}[str(subset)]


def _chosen(files: Files, order: np.ndarray) -> Files:
    labels = None if files.labels is None else files.labels[order]
    return Files([files.paths[row] for row in order], labels, files.class_names)


def datasets(
    found: list[Files],
    read: Callable[[str], Any],
    join: Callable[[list[Any]], np.ndarray],
    label_mode: str | None,
    batch_size: int | None,
    shuffle: bool,
    seed: int | None,
) -> Any:
    """A dataset, or two. The validation part of two keeps its order."""
    seed = next_seed() if seed is None else seed
    made = [
        DirectoryDataset(files, read, join, label_mode, batch_size, shuffle and not number, seed)
        for number, files in enumerate(found)
    ]
    return made[0] if len(made) == 1 else made
