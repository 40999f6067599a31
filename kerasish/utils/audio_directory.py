"""Sounds in folders as batches."""

from __future__ import annotations

import functools
import wave
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasish.utils.directories import datasets, listed, parts


def audio_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    sampling_rate: int | None = None,
    output_sequence_length: int | None = None,
    ragged: bool = False,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    verbose: bool = True,
) -> Any:
    """Batches of the sounds, `.wav`, below a folder, with a class for each folder in it.

    Args:
        directory, labels, label_mode, class_names, shuffle, seed, validation_split, subset, follow_links, verbose: As
            of `image_dataset_from_directory`.
        batch_size: Sounds of a batch; None: single sounds.
        sampling_rate: Samples a second to bring the sounds to; by default as they are.
        output_sequence_length: Samples of a sound: longer ones are cut, shorter ones end with zeros. By default those
            of a batch are as long as the longest of them.
        ragged: Sounds of different lengths in one batch are not possible here; False.

    Returns:
        A `PyDataset`, or a list of two, with `file_paths` and `class_names`; `x` is `float32` from -1 to 1,
        `(batch, samples, channels)`.

    Raises:
        ValueError: an argument doesn't fit; the error says which.
    """
    if ragged:
        raise ValueError("Arrays are not ragged: leave ragged=False, and sounds end with zeros up to the longest.")
    for name, value in (("sampling_rate", sampling_rate), ("output_sequence_length", output_sequence_length)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise ValueError(f"{name} must be a whole number of at least 1; got {value!r}.")
    read = functools.partial(_sound, rate=sampling_rate, length=output_sequence_length)
    files = listed(directory, (".wav",), labels, label_mode, class_names, follow_links)
    found = parts(files, shuffle, seed, validation_split, subset, verbose)
    return datasets(found, read, _together, label_mode, batch_size, shuffle, seed)


def read_wav(path: Any) -> tuple[np.ndarray, int]:
    """The samples of a file of PCM with 8, 16, 24 or 32 bits, `(samples, channels)` from -1 to 1; and their rate.

    Raises:
        ValueError: it is not such a file.
    """
    try:
        with wave.open(str(path), "rb") as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            data = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise ValueError(f"The file {str(path)!r} is not a WAV file of whole numbers (PCM): {error}.") from error
    data = data[: len(data) // (width * channels) * width * channels]
    if width == 1:
        values = np.frombuffer(data, "uint8").astype("float32") - 128
    elif width == 3:
        bytes_ = np.zeros((len(data) // 3, 4), "uint8")
        bytes_[:, 1:] = np.frombuffer(data, "uint8").reshape(-1, 3)
        values = (bytes_.view("<i4")[:, 0] >> 8).astype("float32")
    else:
        values = np.frombuffer(data, f"<i{width}").astype("float32")
    return (values / 2.0 ** (8 * width - 1)).reshape(-1, channels).astype("float32"), rate


def _sound(path: str, rate: int | None, length: int | None) -> np.ndarray:
    samples, own = read_wav(path)
    if rate is not None and rate != own:
        samples = resampled(samples, round(len(samples) * rate / own))
    return samples if length is None else _of_length(samples, length)


def resampled(samples: np.ndarray, count: int) -> np.ndarray:
    """The same sound in `count` samples: its frequencies, as far as the new rate can hold them."""
    if not len(samples) or not count:
        return np.zeros((count, samples.shape[1]), "float32")
    spectrum = np.fft.rfft(samples, axis=0)[: count // 2 + 1]
    return (np.fft.irfft(spectrum, count, axis=0) * (count / len(samples))).astype("float32")


def _of_length(samples: np.ndarray, length: int) -> np.ndarray:
    return np.pad(samples[:length], ((0, max(0, length - len(samples))), (0, 0)))


def _together(sounds: list[np.ndarray]) -> np.ndarray:
    longest = max(len(sound) for sound in sounds)
    return np.stack([_of_length(sound, longest) for sound in sounds])
