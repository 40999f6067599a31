"""`StringLookup`: strings to numbers and back, by a vocabulary."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish.core.strings import STRING, to_strings
from kerasish.core.symbolic import SymbolicTensor
from kerasish.layers.preprocessing.index_lookup import IndexLookup


class StringLookup(IndexLookup):
    """The number of each string in a vocabulary, or the other way round. Runs on the host.

    Numbers begin with the mask (if there is a `mask_token`), then come those for unknown strings, then the vocabulary.

    Args:
        max_tokens: The most tokens that `adapt` keeps, with the special ones; None: all.
        num_oov_indices: How many numbers there are for strings that are not in the vocabulary. If it is more than
            one, a hash decides (FarmHash modulo their number); if 0, such a string is an error.
        mask_token: The string for padding: number 0, or no column in a counting mode; None: there is none.
        oov_token: What stands for unknown strings in the vocabulary, and with `invert` for unknown numbers.
        vocabulary: Strings, or the path of a text file with one in each line; None: `adapt` finds them.
        idf_weights: For `"tf_idf"`: the weight of each string of `vocabulary`.
        invert: Whether to turn numbers into strings.
        output_mode: `"int"`: numbers; `"one_hot"`; or over the last axis `"multi_hot"`, `"count"`, `"tf_idf"` (count
            times weight). (Outputs other than numbers are of the layer's dtype; in Keras 3.15 on JAX, the
            symbolic output is and the real one is `int32`.)
        pad_to_max_tokens: Whether the columns are `max_tokens`, even if the vocabulary is smaller.
        sparse: Must be False.
        encoding: Of strings that are given as bytes.
        salt: A number or two for the hash of unknown strings, with `oov_method="farmhash"`: SipHash then.

    Shapes:
        x: `(..., n)`.
        returns: `(..., n)`; `(..., n, tokens)` with `"one_hot"`, without `n` if it is 1; else `(..., tokens)`.

    Example:
        >>> layer = StringLookup(vocabulary=["a", "b"])
        >>> np.asarray(layer([["b", "z"], ["a", "a"]])).tolist()
        [[2, 0], [1, 1]]
        >>> StringLookup(vocabulary=["a", "b"], invert=True)([2, 0])
        array(['b', '[UNK]'], dtype=object)
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        oov_token: str = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        salt: Any = None,
        **kwargs: Any,
    ) -> None:
        self.encoding = encoding
        super().__init__(
            max_tokens,
            num_oov_indices,
            mask_token,
            oov_token,
            vocabulary,
            idf_weights,
            invert,
            output_mode,
            sparse,
            pad_to_max_tokens,
            kwargs.pop("oov_method", "floormod"),
            salt,
            name=name,
            **kwargs,
        )

    @property
    def gives_strings(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether the output is strings."""
        return self.invert

    def token(self, x: Any) -> str:
        if isinstance(x, bytes):
            return x.decode(self.encoding)
        if not isinstance(x, str):
            raise TypeError(
                f"Layer {self.name!r} takes strings; got {x!r:.60} of type {type(x).__name__}. For whole numbers use "
                "IntegerLookup, or turn them into strings."
            )
        return str(x)

    def runs_on_host(self, args: Any, kwargs: Any) -> bool:
        return True

    def host_spec(self, inputs: SymbolicTensor) -> SymbolicTensor:
        return SymbolicTensor(inputs.shape, STRING) if self.invert else super().host_spec(inputs)

    def call(self, inputs: Any) -> np.ndarray:
        if self.invert:
            return self.tokens_on_host(inputs)
        return self.encoded_on_host(to_strings(inputs, f"The input of layer {self.name!r}", self.encoding))
