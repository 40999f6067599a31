"""What IMDB and Reuters share: texts as lists of word numbers, of which some are left out or stand for others."""

import json

import numpy as np


def shuffled(x: np.ndarray, y: np.ndarray, random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Texts and labels, in a new common order.

    Example:
        >>> x, y = shuffled(np.arange(4), np.arange(4), np.random.RandomState(0))
        >>> bool((x == y).all())
        True
    """
    order = np.arange(len(x))
    random.shuffle(order)
    return x[order], y[order]


def numbered(
    texts: np.ndarray, labels: np.ndarray, maxlen: int | None, start_char: int | None, index_from: int | None
) -> tuple[list[list[int]], np.ndarray]:
    """Shift the word numbers by `index_from`, put `start_char` before each text, leave out the long texts.

    Args:
        texts: Lists of word numbers.
        labels: One for each text.
        maxlen: Texts of this length or longer, the start included, are left out. None: all are kept.
        start_char: Put before each text. None: nothing is.
        index_from: Added to each word number; None is 0.

    Raises:
        ValueError: no text is left.

    Example:
        >>> numbered([[1, 2], [5, 6, 7]], np.array([0, 1]), maxlen=4, start_char=1, index_from=3)
        ([[1, 4, 5]], array([0]))
    """
    start = [] if start_char is None else [start_char]
    shift = index_from or 0
    numbers = [start + [word + shift for word in text] for text in texts]
    if maxlen:
        kept = [position for position, text in enumerate(numbers) if len(text) < maxlen]
        if not kept:
            raise ValueError(f"No text is shorter than maxlen={maxlen} words, the start included: increase maxlen.")
        numbers, labels = [numbers[position] for position in kept], labels[kept]
    return numbers, labels


def restricted(
    texts: list[list[int]], num_words: int | None, skip_top: int, oov_char: int | None, highest: int
) -> np.ndarray:
    """Replace numbers below `skip_top`, or not below `num_words`, by `oov_char`; None leaves them out.

    Args:
        texts: Lists of word numbers.
        num_words: None (or 0): `highest`, so that this one number is replaced, as in Keras.
        skip_top: How many of the first numbers are replaced.
        oov_char: Stands for the others.
        highest: The greatest number of all.

    Example:
        >>> restricted([[1, 9, 4], [7]], num_words=8, skip_top=2, oov_char=0, highest=9).tolist()
        [[0, 0, 4], [7]]
    """
    limit = num_words or highest
    result = np.empty(len(texts), object)
    for position, text in enumerate(texts):
        if oov_char is None:
            result[position] = [word for word in text if skip_top <= word < limit]
        else:
            result[position] = [word if skip_top <= word < limit else oov_char for word in text]
    return result


def read_word_index(path: str) -> dict[str, int]:
    """The number of each word, from a file of JSON.

    Raises:
        ValueError: the file holds something else.
    """
    with open(path, encoding="utf-8") as file:
        words = json.load(file)
    if not isinstance(words, dict) or not all(isinstance(number, int) for number in words.values()):
        raise ValueError(f"{path} should hold the number of each word. Remove it, to download it again.")
    return words
