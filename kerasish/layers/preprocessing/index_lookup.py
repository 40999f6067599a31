"""`IndexLookup`: what lookups of strings and of integers share: the vocabulary, its numbers, the output modes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from kerasish.backend.interface import Array
from kerasish.core.configurable import UnregisteredNameError
from kerasish.core.symbolic import SymbolicTensor
from kerasish.layers.preprocessing.base import PreprocessingLayer, batches_of, one_of, refuse_sparse
from kerasish.layers.preprocessing.encoding import INT, encode_on_host, encoded_shape
from kerasish.layers.preprocessing.farm_hash import fingerprints
from kerasish.layers.preprocessing.hashing import as_key
from kerasish.layers.preprocessing.sip_hash import sip_hashes
from kerasish.layers.preprocessing.vocabulary import Token, TokenCounts, Vocabulary, lines_of, read_lines

MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")
ASSET = "vocabulary.txt"


class IndexLookup(PreprocessingLayer):
    """The base of `StringLookup` and `IntegerLookup`; their arguments are explained there."""

    kind: type = str
    """The type of a token."""

    def __init__(
        self,
        max_tokens: int | None,
        num_oov_indices: int,
        mask_token: Token,
        oov_token: Token,
        vocabulary: Any,
        idf_weights: Any,
        invert: bool,
        output_mode: str,
        sparse: bool,
        pad_to_max_tokens: bool,
        oov_method: str,
        salt: Any,
        **kwargs: Any,
    ) -> None:
        self.frozen_size: int | None = kwargs.pop("vocabulary_size", None)
        kwargs.pop("vocabulary_dtype", None)
        super().__init__(**kwargs)
        kind = type(self).__name__
        refuse_sparse(kind, sparse=sparse)
        one_of(kind, "output_mode", output_mode, MODES)
        one_of(kind, "oov_method", oov_method, ("floormod", "farmhash"))
        _check_arguments(kind, max_tokens, num_oov_indices, invert, output_mode, pad_to_max_tokens, oov_method, salt)
        self.max_tokens = max_tokens
        self.num_oov_indices = num_oov_indices
        self.mask_token = mask_token
        self.oov_token = oov_token
        self.invert = invert
        self.output_mode = output_mode
        self.sparse = False
        self.pad_to_max_tokens = pad_to_max_tokens
        self.oov_method = oov_method
        self.salt = as_key(salt)
        self.vocabulary: Vocabulary | None = None
        self.is_given = False
        """Whether the vocabulary is an argument, and so stands in the config."""
        self._counts = TokenCounts()
        if vocabulary is not None:
            if output_mode == "tf_idf" and idf_weights is None:
                raise ValueError(f"{kind} with a vocabulary and output_mode='tf_idf' needs idf_weights too.")
            self.set_vocabulary(vocabulary, idf_weights)
            self.is_given = True
        elif idf_weights is not None:
            raise ValueError(f"{kind} got idf_weights without a vocabulary.")
        self.idf_given = idf_weights is not None

    # The vocabulary ------------------------------------------------------------------------------------------------
    @property
    def special_tokens(self) -> list[Token]:
        """The tokens before those of the vocabulary: the mask's, and those for what is not in it."""
        masked = [self.mask_token] if self.mask_token is not None and self.output_mode == INT else []
        return [*masked, *[self.oov_token] * self.num_oov_indices]

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Token]:
        """The tokens in the order of their numbers.

        Args:
            include_special_tokens: Whether to begin with those for the mask and for unknown tokens.
        """
        tokens = list(self.vocabulary.tokens) if self.vocabulary is not None else []
        return [*self.special_tokens, *tokens] if include_special_tokens else tokens

    def vocabulary_size(self) -> int:
        """How many tokens there are, with the special ones."""
        return len(self.special_tokens) + (len(self.vocabulary) if self.vocabulary is not None else 0)

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Use these tokens.

        Args:
            vocabulary: A list, an array, or the path of a text file with a token in each line. It may begin with the
                special tokens, as `get_vocabulary` gives them.
            idf_weights: The weight of each token, without the special ones; needed with `output_mode="tf_idf"`.

        Raises:
            ValueError: tokens are there twice, or too many; weights are missing, or not as many.
        """
        if (idf_weights is not None) != (self.output_mode == "tf_idf"):
            raise ValueError(
                f"idf_weights are needed with output_mode='tf_idf', and only there; layer {self.name!r} has "
                f"{self.output_mode!r}."
            )
        tokens = self._tokens_of(vocabulary)
        size = len(tokens)
        tokens = self._without_special(tokens)
        if self.mask_token is not None and self.mask_token in tokens:
            raise ValueError(
                f"The vocabulary of layer {self.name!r} has the mask token {self.mask_token!r} at position "
                f"{tokens.index(self.mask_token)}. Leave special tokens out, or begin with all: {self.special_tokens}."
            )
        weights = None if idf_weights is None else np.asarray(idf_weights, "float32").reshape(-1)
        if weights is not None and len(weights) == size:
            weights = weights[size - len(tokens) :]
        self._set(Vocabulary(tokens, weights))

    def _set(self, vocabulary: Vocabulary | None) -> None:
        size = len(self.special_tokens) + (len(vocabulary) if vocabulary is not None else 0)
        if self.max_tokens is not None and size > self.max_tokens:
            raise ValueError(
                f"The vocabulary of layer {self.name!r} has {size} tokens with the special ones, more than "
                f"max_tokens={self.max_tokens}."
            )
        fixed = self.output_mode != INT and self.nodes and self.frozen_size is not None
        if fixed and self._depth(self.frozen_size) != self._depth(size):
            raise ValueError(
                f"Layer {self.name!r} is part of a model that was made for {self.frozen_size} tokens; this vocabulary "
                f"has {size}. Set it before the model is made, or give max_tokens and pad_to_max_tokens=True."
            )
        self.vocabulary = vocabulary
        self.changed()

    def _tokens_of(self, vocabulary: Any) -> list[Token]:
        if isinstance(vocabulary, str | os.PathLike):
            vocabulary = read_lines(vocabulary)
        return [self.token(x) for x in np.asarray(vocabulary, object).reshape(-1)]

    def token(self, x: Any) -> Token:
        """`x` as a token of this layer's kind.

        Raises:
            TypeError, ValueError: it is none.
        """
        raise NotImplementedError

    def _without_special(self, tokens: list[Token]) -> list[Token]:
        unknown = [self.oov_token] * self.num_oov_indices
        for special in (self.special_tokens, [self.mask_token, *unknown], unknown):
            if special and tokens[: len(special)] == special:
                return tokens[len(special) :]
        return tokens

    # Adapting ------------------------------------------------------------------------------------------------------
    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Make a vocabulary of the tokens in `data`, the most frequent first.

        Args:
            data: An array, a list, a column of a frame; or an iterable of such batches.
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
        """Count the tokens of a batch; the vocabulary comes with `finalize_state`."""
        if self.is_given:
            raise ValueError(f"Layer {self.name!r} has its vocabulary as an argument: it can't adapt.")
        (x,) = batches_of(data)
        rows = x.reshape(-1, x.shape[-1]) if x.ndim > 1 else x.reshape(1, -1) if x.size else x.reshape(0, 1)
        self.count([[self.token(one) for one in row] for row in rows])

    def count(self, rows: Sequence[Sequence[Token]]) -> None:
        """Count tokens; each row is a document."""
        self._counts.add(rows, self.output_mode == "tf_idf")

    def finalize_state(self) -> None:
        """Make the vocabulary of what `update_state` has seen."""
        if self.is_given or not self._counts.counts:
            return
        most = None if self.max_tokens is None else self.max_tokens - len(self.special_tokens)
        special = [self.mask_token, self.oov_token]
        self._set(self._counts.vocabulary(special, most, self.output_mode == "tf_idf"))

    def reset_state(self) -> None:
        """Forget what `update_state` has counted; the vocabulary stays."""
        self._counts = TokenCounts()

    # Lookups -------------------------------------------------------------------------------------------------------
    def host_spec(self, inputs: SymbolicTensor) -> SymbolicTensor:
        if self.frozen_size is None and self.vocabulary is not None:
            self.frozen_size = self.vocabulary_size()
        known = self.vocabulary is not None or self.frozen_size is not None or self.pad_to_max_tokens
        depth = self._depth() if known else None
        return SymbolicTensor(encoded_shape(inputs.shape, self.output_mode, depth), self.output_dtype)

    @property
    def output_dtype(self) -> str:
        """Of the output, where it isn't tokens."""
        return "int64" if self.output_mode == INT else self.compute_dtype

    def _depth(self, size: int | None = None) -> int:
        if self.pad_to_max_tokens and self.max_tokens is not None:
            return self.max_tokens
        if size is None:
            size = self.vocabulary_size() if self.vocabulary is not None else self.frozen_size
        return size or 0

    def ids_on_host(self, tokens: Sequence[Token]) -> np.ndarray:
        """The number of each token; with a counting mode, -1 for the mask.

        Raises:
            ValueError: there is no vocabulary; or a token is not in it, and `num_oov_indices` is 0.
        """
        vocabulary = self._ready()
        first = len(self.special_tokens)
        ids = vocabulary.find(tokens, len(tokens))
        unknown = ids < 0
        ids += first
        if self.mask_token is not None:
            masked = np.fromiter((token == self.mask_token for token in tokens), bool, len(tokens))
            ids[masked] = 0 if self.output_mode == INT else -1
            unknown &= ~masked
        if unknown.any():
            rows = np.flatnonzero(unknown)
            ids[rows] = first - self.num_oov_indices + self._spread([tokens[row] for row in rows.tolist()])
        return ids

    def _ready(self) -> Vocabulary:
        if self.vocabulary is None:
            raise ValueError(f"Layer {self.name!r} has no vocabulary yet: call `adapt(data)`, or `set_vocabulary(…)`.")
        return self.vocabulary

    def _spread(self, tokens: Sequence[Token]) -> Any:
        """Which of the numbers for unknown tokens each of these gets."""
        if self.num_oov_indices == 0:
            raise ValueError(
                f"{tokens[0]!r:.60} is not in the vocabulary of layer {self.name!r}, which has num_oov_indices=0, and "
                "so no number for it. Give it at least 1."
            )
        if self.num_oov_indices == 1:
            return 0
        return self._hashed(tokens) % np.uint64(self.num_oov_indices)

    def _hashed(self, tokens: Sequence[Token]) -> np.ndarray:
        written = [str(token).encode() for token in tokens]
        return fingerprints(written) if self.salt is None else sip_hashes(written, (self.salt[0], self.salt[1]))

    def weights_for_encoding(self) -> np.ndarray | None:
        """For `"tf_idf"`, the weight of each column: unknown tokens have the mean of the others, padding has 0."""
        weights = self._ready().weights
        if self.output_mode != "tf_idf" or weights is None:
            return None
        unknown = np.full(self.num_oov_indices, weights.mean(), "float32")
        found = np.concatenate([unknown, weights])
        return np.concatenate([found, np.zeros(self._depth() - len(found), "float32")])

    def encoded_on_host(self, x: np.ndarray) -> np.ndarray:
        """The output for an array of tokens."""
        ids = self.ids_on_host([self.token(token) for token in x.reshape(-1)]).reshape(x.shape)
        return encode_on_host(ids, self.output_mode, self._depth(), self.compute_dtype, self.weights_for_encoding())

    def tokens_on_host(self, ids: Array) -> np.ndarray:
        """The token of each number; unknown ones for others. The opposite of `ids_on_host`."""
        self._ready()
        table = np.array([*self.get_vocabulary(), self.oov_token], object)
        ids = np.asarray(ids).astype(np.int64)
        return table[np.where((ids >= 0) & (ids < len(table) - 1), ids, len(table) - 1)]

    # Files ---------------------------------------------------------------------------------------------------------
    def get_config(self) -> dict[str, Any]:
        given = self.vocabulary if self.is_given else None
        names = ("invert", "max_tokens", "num_oov_indices", "oov_token", "mask_token", "output_mode", "sparse")
        return super().get_config() | {
            **{name: vars(self)[name] for name in (*names, "pad_to_max_tokens", "oov_method", "salt")},
            "vocabulary": None if given is None else list(given.tokens),
            "idf_weights": None if given is None or given.weights is None else given.weights.tolist(),
            "vocabulary_size": self._size_for_config(),
        }

    def _size_for_config(self) -> int | None:
        return self.vocabulary_size() if self.vocabulary is not None else self.frozen_size

    def _argument(self, name: str) -> Any:
        return None if name in ("vocabulary", "idf_weights") else super()._argument(name)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The layer that `get_config` described. A config can't name a file to read tokens from."""
        refuse_path(cls, config)
        return super().from_config(config)

    def save_own_assets(self, store: dict[str, bytes]) -> None:
        if self.vocabulary is not None and not self.is_given:
            broken = [token for token in self.vocabulary.tokens if isinstance(token, str) and "\n" in token]
            if broken:
                raise ValueError(
                    f"The token {broken[0]!r:.60} of layer {self.name!r} has a line break, and files keep one token in "
                    "a line. Give the vocabulary as an argument: then it is in the config."
                )
            store[ASSET] = "\n".join(map(str, self.get_vocabulary())).encode()

    def load_own_assets(self, store: dict[str, bytes]) -> None:
        if self.is_given or ASSET not in store:
            return
        lines = lines_of(store[ASSET], f"the file, for layer {self.name!r},")
        tokens = self._without_special([self.token(line) for line in lines])
        weights = np.zeros(len(tokens)) if self.output_mode == "tf_idf" else None  # until `load_own_variables`
        self._set(Vocabulary(tokens, weights))

    def save_own_variables(self, store: dict[str, Any]) -> None:
        weights = self.weights_for_encoding() if self.vocabulary is not None else None
        if weights is not None:
            store["idf_weights"] = weights

    def load_own_variables(self, store: Any) -> None:
        if self.output_mode != "tf_idf" or "idf_weights" not in store or self.vocabulary is None:
            return
        found = np.asarray(store["idf_weights"], "float32").reshape(-1)[self.num_oov_indices :]
        tokens = self.vocabulary.tokens
        if len(found) < len(tokens):
            raise ValueError(f"The file has {len(found)} idf_weights for the {len(tokens)} tokens of {self.name!r}.")
        self._set(Vocabulary(tokens, found[: len(tokens)]))


def refuse_path(cls: type, config: dict[str, Any]) -> None:
    """Raise if a config names a file."""
    if isinstance(config.get("vocabulary"), str):
        raise UnregisteredNameError(
            f"The config of a {cls.__name__} names a file, {config['vocabulary']!r:.100}, as its vocabulary. A config "
            "may come from a stranger, so it is not opened: give the tokens as a list, or call `set_vocabulary(path)`."
        )


def _check_arguments(
    kind: str, max_tokens: Any, oov: Any, invert: bool, mode: str, pad: bool, method: str, salt: Any
) -> None:
    if max_tokens is not None and max_tokens < 2:
        raise ValueError(f"{kind}'s max_tokens must be at least 2, or None; got {max_tokens}.")
    if oov < 0:
        raise ValueError(f"{kind}'s num_oov_indices must be at least 0; got {oov}.")
    if invert and mode != INT:
        raise ValueError(f"{kind} with invert=True gives tokens, so its output_mode must be 'int'; got {mode!r}.")
    if pad and max_tokens is None:
        raise ValueError(f"{kind} with pad_to_max_tokens=True needs max_tokens.")
    if salt is not None and method != "farmhash":
        raise ValueError(f"{kind}'s salt is for oov_method='farmhash'; got oov_method={method!r}.")
