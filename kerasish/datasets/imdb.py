"""IMDB: 50,000 film reviews as lists of word numbers, praising or not."""

from typing import Any

import numpy as np

from kerasish.datasets.safe_pickle import load_npz
from kerasish.datasets.word_sequences import numbered, read_word_index, restricted, shuffled
from kerasish.utils.files import get_file

_ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_SHA256 = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
_WORDS_MD5 = "bfafd718b763782e994055a2d397834f"


def load_data(
    path: str = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
    **kwargs: Any,
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """`(x_train, y_train), (x_test, y_test)`: reviews as lists of word numbers; 1 is praise, 0 is not.

    Words are numbered by how frequent they are, from 1; `index_from` is added. The same seed gives the same order
    as in Keras.

    Args:
        path: The name of the downloaded file in the cache.
        num_words: Numbers from this on become `oov_char`. None: only the greatest of all does, as in Keras.
        skip_top: Numbers below this become `oov_char`.
        maxlen: Reviews of this many words or more, the start included, are left out.
        seed: For the shuffling.
        start_char: Put before each review; None: nothing is.
        oov_char: Stands for the words that were taken out; None: nothing does.
        index_from: Added to each word's number.

    Shapes:
        x: `(samples,)`, lists. 25,000 for training, 25,000 for the test.
        y: `(samples,)`, int64.

    Raises:
        ValueError: no review is shorter than `maxlen`.
        TypeError: an unknown argument. (Keras ignores it.)

    Source: Maas et al., 2011, https://aclanthology.org/P11-1015/
    """
    if kwargs:
        raise TypeError(f"imdb.load_data has no argument {', '.join(kwargs)}. (nb_words is now num_words.)")
    file = get_file(path, _ORIGIN + "imdb.npz", file_hash=_SHA256)
    x_train, y_train, x_test, y_test = load_npz(file, ("x_train", "y_train", "x_test", "y_test"))
    random = np.random.RandomState(seed)
    trained, y_train = numbered(*shuffled(x_train, y_train, random), maxlen, start_char, index_from)
    tested, y_test = numbered(*shuffled(x_test, y_test, random), maxlen, start_char, index_from)
    highest = max((max(text) for text in trained + tested if text), default=0)
    return (
        (restricted(trained, num_words, skip_top, oov_char, highest), y_train),
        (restricted(tested, num_words, skip_top, oov_char, highest), y_test),
    )


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """The number of each word; `load_data` adds `index_from` to it.

    Args:
        path: The name of the downloaded file in the cache.
    """
    return read_word_index(get_file(path, _ORIGIN + "imdb_word_index.json", file_hash=_WORDS_MD5))
