"""Reuters: 11,228 newswires as lists of word numbers, on 46 topics."""

import numpy as np

from kerasish.datasets.housing import check_test_split
from kerasish.datasets.safe_pickle import load_npz
from kerasish.datasets.word_sequences import numbered, read_word_index, restricted, shuffled
from kerasish.utils.files import get_file

_ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_SHA256 = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
_WORDS_MD5 = "4d44cc38712099c9e383dc6e5f11a921"
# The 46 topics of the corpus that have articles here, by label.
_TOPICS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass "
    "crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi "
    "iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead"
)


def load_data(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """`(x_train, y_train), (x_test, y_test)`: newswires as lists of word numbers, and the topic of each.

    Words are numbered by how frequent they are, from 1; `index_from` is added. The same seed gives the same order
    as in Keras.

    Args:
        path: The name of the downloaded file in the cache.
        num_words: Numbers from this on become `oov_char`. None: only the greatest of all does, as in Keras.
        skip_top: Numbers below this become `oov_char`.
        maxlen: Newswires of this many words or more, the start included, are left out.
        test_split: The fraction for the test, from 0 to 1.
        seed: For the shuffling.
        start_char: Put before each newswire; None: nothing is.
        oov_char: Stands for the words that were taken out; None: nothing does.
        index_from: Added to each word's number.

    Shapes:
        x: `(samples,)`, lists. By default 8,982 for training, 2,246 for the test.
        y: `(samples,)`, int64, from 0 to 45; see `get_label_names`.

    Raises:
        ValueError: `test_split` is out of its range, or no newswire is shorter than `maxlen`.

    Source: Lewis, 1987, https://doi.org/10.24432/C52G6M
    """
    check_test_split(test_split, 1.0)
    x, y = load_npz(get_file(path, _ORIGIN + "reuters.npz", file_hash=_SHA256), ("x", "y"))
    x, y = shuffled(x, y, np.random.RandomState(seed))
    texts, y = numbered(x, y, maxlen, start_char, index_from)
    highest = max((max(text) for text in texts if text), default=0)
    x = restricted(texts, num_words, skip_top, oov_char, highest)
    count = int(len(x) * (1 - test_split))
    return (x[:count], y[:count]), (x[count:], y[count:])


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """The number of each word; `load_data` adds `index_from` to it.

    Args:
        path: The name of the downloaded file in the cache.
    """
    return read_word_index(get_file(path, _ORIGIN + "reuters_word_index.json", file_hash=_WORDS_MD5))


def get_label_names() -> tuple[str, ...]:
    """The name of each topic, by its number.

    Example:
        >>> get_label_names()[:3], len(get_label_names())
        (('cocoa', 'grain', 'veg-oil'), 46)
    """
    return tuple(_TOPICS.split())
