"""`TextVectorization`: texts to the numbers of their words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np

from kerasish.core.configurable import serialize
from kerasish.core.dtypes import canonical
from kerasish.core.strings import to_strings
from kerasish.core.symbolic import SymbolicTensor
from kerasish.layers.preprocessing import text
from kerasish.layers.preprocessing.base import PreprocessingLayer, batches_of, one_of, refuse_sparse
from kerasish.layers.preprocessing.encoding import INT, encode_flat
from kerasish.layers.preprocessing.index_lookup import refuse_path
from kerasish.layers.preprocessing.string_lookup import StringLookup

MODES = ("int", "multi_hot", "count", "tf_idf")


class TextVectorization(PreprocessingLayer):
    """`lookup(ngrams(split(standardize(text))))`, for each text. Runs on the host.

    Number 0 is padding and 1 an unknown word; in the other modes column 0 is that of unknown words.

    Without `output_sequence_length`, a batch is as wide as its longest text, so a compiled model has a program for each
    width: give the length where texts are many.

    Args:
        max_tokens: The most words that `adapt` keeps, with the special ones; None: all.
        standardize: `"lower_and_strip_punctuation"`, `"lower"`, `"strip_punctuation"`, None, or a function of a NumPy
            array of strings that returns one. Only ASCII letters and punctuation change.
        split: `"whitespace"`, `"character"`, None, or a function of a NumPy array of strings that returns a list of
            words for each.
        ngrams: Up to so many words become one token, beside the words themselves; or a tuple: of these sizes only.
        output_mode: `"int"`: numbers, padded with 0; or for each word whether it is there (`"multi_hot"`), how often
            (`"count"`), or how often times its weight (`"tf_idf"`).
        output_sequence_length: Texts are cut or padded to so many numbers.
        pad_to_max_tokens: Whether there are `max_tokens` columns, even if there are fewer words.
        vocabulary: Words, or the path of a text file with one in each line; None: `adapt` finds them.
        idf_weights: For `"tf_idf"`: the weight of each word of `vocabulary`.
        sparse, ragged: Must be False.
        encoding: Of texts that are given as bytes.

    Shapes:
        x: `(batch,)` or `(batch, 1)`; with `split=None` `(..., n)`.
        returns: `(batch, length)`; `(batch, tokens)` with the other modes.

    Example:
        >>> layer = TextVectorization(output_sequence_length=4)
        >>> layer.adapt(["the cat sat", "The dog!"])
        >>> layer.get_vocabulary()
        ['', '[UNK]', 'the', 'sat', 'dog', 'cat']
        >>> np.asarray(layer(["the dog ran"])).tolist()
        [[2, 4, 1, 0]]
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: str | Callable[..., Any] | None = "lower_and_strip_punctuation",
        split: str | Callable[..., Any] | None = "whitespace",
        ngrams: int | tuple[int, ...] | None = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        frozen_size = kwargs.pop("vocabulary_size", None)
        super().__init__(name=name, **kwargs)
        refuse_sparse("TextVectorization", sparse=sparse, ragged=ragged)
        one_of("TextVectorization", "output_mode", output_mode, MODES)
        if not callable(standardize):
            one_of("TextVectorization", "standardize", standardize, (*text.STANDARDIZE, None))
        if not callable(split):
            one_of("TextVectorization", "split", split, (*text.SPLIT, None))
        _check_length(output_sequence_length, output_mode)
        self.max_tokens = max_tokens
        self.standardize = standardize
        self.split = split
        self.ngrams = ngrams if ngrams is None else _checked_ngrams(ngrams)
        self.output_mode = output_mode
        self.output_sequence_length = output_sequence_length
        self.pad_to_max_tokens = pad_to_max_tokens
        self.sparse = False
        self.ragged = False
        self.encoding = encoding
        self._lookup_layer = StringLookup(
            max_tokens=max_tokens,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            pad_to_max_tokens=pad_to_max_tokens,
            mask_token="" if output_mode == INT else None,
            output_mode=output_mode,
            encoding=encoding,
            vocabulary_size=frozen_size,
            dtype=self.dtype_policy,
        )

    def build(self, input_shape: Any) -> None:
        self._lookup_layer.built = True

    # The vocabulary ------------------------------------------------------------------------------------------------
    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """The words in the order of their numbers."""
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def vocabulary_size(self) -> int:
        """How many words there are, with the special ones."""
        return self._lookup_layer.vocabulary_size()

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Use these words: a list, an array, or the path of a text file; see `StringLookup.set_vocabulary`."""
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights)
        self.changed()

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Make a vocabulary of the words in `data`, the most frequent first.

        Args:
            data: Texts: an array, a list, a column of a frame; or an iterable of such batches.
            batch_size: Accepted for Keras's sake: an array is looked at whole.
            steps: How many items to take of an iterable that doesn't end.

        Raises:
            ValueError: the vocabulary was given as an argument.
        """
        del batch_size
        self.reset_state()
        for batch in batches_of(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Count the words of a batch; the vocabulary comes with `finalize_state`."""
        if self._lookup_layer.is_given:
            raise ValueError(f"Layer {self.name!r} has its vocabulary as an argument: it can't adapt.")
        (x,) = batches_of(data)
        self._lookup_layer.count(self._tokens(self._strings(x)))

    def finalize_state(self) -> None:
        """Make the vocabulary of what `update_state` has seen."""
        self._lookup_layer.finalize_state()
        self.changed()

    def reset_state(self) -> None:
        """Forget what `update_state` has counted; the vocabulary stays."""
        self._lookup_layer.reset_state()

    # Computation ---------------------------------------------------------------------------------------------------
    def runs_on_host(self, args: Any, kwargs: Any) -> bool:
        return True

    def host_spec(self, inputs: SymbolicTensor) -> SymbolicTensor:
        self._check_rank(inputs.shape)
        inner = self._lookup_layer.host_spec(inputs)
        lead = inputs.shape[:1] if self.split is not None else inputs.shape[:-1]
        if self.output_mode != INT:
            return SymbolicTensor((*lead, inner.shape[-1]), self.compute_dtype)
        if self.split is None and self.output_sequence_length is None:
            return SymbolicTensor(inputs.shape, "int64")
        return SymbolicTensor((*lead, self.output_sequence_length), "int64")

    def call(self, inputs: Any) -> np.ndarray:
        x = self._strings(inputs)
        self._check_rank(x.shape)
        lead = x.shape[:-1] if self.split is None or (x.ndim > 1 and x.shape[-1] == 1) else x.shape
        rows = self._tokens(x)
        lookup = self._lookup_layer
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        ids = lookup.ids_on_host([token for row in rows for token in row])
        if self.output_mode == INT:
            return self._padded(ids, lengths).reshape((*lead, -1) if len(rows) else (*lead, self._width(lengths)))
        columns = lookup._depth()
        which = np.repeat(np.arange(len(rows)), lengths)
        weights = lookup.weights_for_encoding()
        found = encode_flat(ids, which, len(rows), self.output_mode, columns, self.compute_dtype, weights)
        return found.reshape((*lead, columns))

    def _width(self, lengths: np.ndarray) -> int:
        return self.output_sequence_length or (int(lengths.max()) if lengths.size else 0)

    def _padded(self, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        width = self._width(lengths)
        found = np.zeros((len(lengths), width), np.int64)
        place = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        row = np.repeat(np.arange(len(lengths)), lengths)
        inside = place < width
        found[row[inside], place[inside]] = ids[inside]
        return found.astype(canonical("int64"))

    def _strings(self, x: Any) -> np.ndarray:
        return to_strings(x, f"The input of layer {self.name!r}", self.encoding)

    def _check_rank(self, shape: Any) -> None:
        if self.split is not None and len(shape) > 1 and (len(shape) > 2 or shape[-1] != 1):
            raise ValueError(
                f"Layer {self.name!r} splits texts, so its input must be of shape (batch,) or (batch, 1); got "
                f"{tuple(shape)}. For several texts a sample, use an Input for each."
            )

    def _tokens(self, x: np.ndarray) -> list[list[str]]:
        """For each text its tokens; without `split`, for each row of texts."""
        if callable(self.standardize):
            x = to_strings(self.standardize(x), f"What the `standardize` of layer {self.name!r} returned")
        elif self.standardize is not None:
            change = text.standardizer(self.standardize)
            x = np.array([change(one) for one in x.reshape(-1)], object).reshape(x.shape)
        if self.split is None:
            rows = [list(row) for row in x.reshape(-1, x.shape[-1] if x.ndim else 1)]
        elif callable(self.split):
            rows = [list(map(str, row)) for row in self.split(x.reshape(-1))]
        else:
            rows = list(map(text.splitter(self.split), x.reshape(-1)))
        sizes = range(1, self.ngrams + 1) if isinstance(self.ngrams, int) else self.ngrams
        return rows if sizes is None else [text.ngrams(row, tuple(sizes)) for row in rows]

    # Files ---------------------------------------------------------------------------------------------------------
    def get_config(self) -> dict[str, Any]:
        lookup = self._lookup_layer.get_config()
        names = ("max_tokens", "output_mode", "output_sequence_length", "pad_to_max_tokens", "encoding")
        ours = super().get_config() | {name: vars(self)[name] for name in names}
        ours |= {"standardize": serialize(self.standardize), "split": serialize(self.split), "ngrams": self.ngrams}
        return ours | {name: lookup[name] for name in ("vocabulary", "idf_weights", "vocabulary_size")}

    def _argument(self, name: str) -> Any:
        return None if name in ("vocabulary", "idf_weights") else super()._argument(name)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The layer that `get_config` described. A config can't name a file to read words from."""
        refuse_path(cls, config)
        return super().from_config(config)

    def save_own_assets(self, store: dict[str, bytes]) -> None:
        self._lookup_layer.save_own_assets(store)

    def load_own_assets(self, store: dict[str, bytes]) -> None:
        self._lookup_layer.load_own_assets(store)
        self.changed()

    def save_own_variables(self, store: dict[str, Any]) -> None:
        self._lookup_layer.save_own_variables(store)

    def load_own_variables(self, store: Any) -> None:
        self._lookup_layer.load_own_variables(store)


def _check_length(length: Any, mode: str) -> None:
    if length is None:
        return
    if mode != INT:
        raise ValueError(f"output_sequence_length is for output_mode='int'; TextVectorization got {mode!r}.")
    if isinstance(length, bool) or not isinstance(length, int | np.integer) or length < 1:
        raise ValueError(f"TextVectorization's output_sequence_length must be at least 1; got {length!r}.")


def _checked_ngrams(ngrams: Any) -> Any:
    sizes = ngrams if isinstance(ngrams, list | tuple) else (ngrams,)
    if not sizes or any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in sizes):
        raise ValueError(
            f"TextVectorization's ngrams must be a whole number of at least 1, or several; got {ngrams!r}."
        )
    return ngrams if isinstance(ngrams, int) else tuple(ngrams)
