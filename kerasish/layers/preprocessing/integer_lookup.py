"""`IntegerLookup`: whole numbers to the numbers of a vocabulary and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish import ops
from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.dtypes import canonical
from kerasish.layers.preprocessing.base import PreprocessingLayer, array_of
from kerasish.layers.preprocessing.digits import fingerprints_of_integers, sip_hashes_of_integers
from kerasish.layers.preprocessing.encoding import INT, encode
from kerasish.layers.preprocessing.index_lookup import IndexLookup


class IntegerLookup(IndexLookup):
    """The place of each whole number in a vocabulary, or the other way round. Compiles: by bisection.

    Arguments are those of `StringLookup`, but for:

    Args:
        mask_token: The number for padding, often 0.
        oov_token: What stands for unknown numbers in the vocabulary, and with `invert` for unknown places.
        vocabulary_dtype: `"int64"`, as in Keras; the device may keep 32 bits only. NumPy arrays of larger numbers,
            given to the layer by hand, are looked up on the host.
        oov_method: Which of several `num_oov_indices` an unknown number gets: `"floormod"`: the remainder of the
            number by them; `"farmhash"`: that of a hash of its digits.
        salt: A number or two for that hash: SipHash then.

    Where `num_oov_indices` is 0, an unknown number is an error by hand; in a compiled program, which can't raise
    one, its place is -1, which has no column.

    Example:
        >>> layer = IntegerLookup(vocabulary=[12, 36])
        >>> np.asarray(layer([[36, 5], [12, 12]])).tolist()
        [[2, 0], [1, 1]]
    """

    kind = int

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if vocabulary_dtype != "int64":
            raise ValueError(f"IntegerLookup's vocabulary_dtype must be 'int64'; got {vocabulary_dtype!r}.")
        self.vocabulary_dtype = vocabulary_dtype
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
            oov_method,
            salt,
            name=name,
            **kwargs,
        )

    def token(self, x: Any) -> int:
        number = int(x)
        if not isinstance(x, str | bytes) and number != x:
            raise TypeError(f"Layer {self.name!r} takes whole numbers; got {x!r:.40}. For floats use Discretization.")
        return number

    def runs_on_host(self, args: Any, kwargs: Any) -> bool:
        return False

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        x = array_of(inputs, f"The input of layer {self.name!r}")
        narrow = isinstance(x, np.ndarray) and x.dtype.kind in "iu"
        if narrow and (self.num_oov_indices == 0 or not _fits(x)):
            return engine.asarray(
                self.tokens_on_host(x).astype(canonical("int64")) if self.invert else self.encoded_on_host(x)
            )
        return PreprocessingLayer.__call__(self, x, *args, **kwargs)

    def _shaped(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self.host_spec(*args, **kwargs)  # without a vocabulary, as when a file is read, nothing can be traced

    def call(self, inputs: Array) -> Array:
        self._ready()
        x = inputs if str(inputs.dtype).startswith(("int", "uint")) else ops.cast(inputs, "int32")
        if self.invert:
            return self._tokens(x)
        ids = self._ids(x)
        weights = self.weights_for_encoding()
        return encode(ids, self.output_mode, self._depth(), self.compute_dtype, weights)

    def _ids(self, x: Array) -> Array:
        values, order = _inside(self._ready().sorted, x.dtype)
        kind = canonical("int64")
        first = len(self.special_tokens)
        place = xp.clip(xp.searchsorted(values, x), 0, max(values.size - 1, 0))
        known = xp.take(values, place) == x if values.size else xp.zeros(x.shape, "bool")
        numbers = xp.take(order, place) if values.size else xp.zeros(x.shape, "int32")
        ids = xp.where(known, numbers.astype(kind) + first, self._unknown(x, first).astype(kind))
        if self.mask_token is None:
            return ids
        return xp.where(x == xp.asarray(self.mask_token, dtype=x.dtype), 0 if self.output_mode == INT else -1, ids)

    def _unknown(self, x: Array, first: int) -> Array:
        count = self.num_oov_indices
        if count < 2:
            return xp.full(x.shape, first - count if count else -1, dtype="int32")
        if self.oov_method == "floormod":
            return (x % xp.asarray(count, dtype=x.dtype)).astype("int32") + (first - count)
        hashed = (
            fingerprints_of_integers(x)
            if self.salt is None
            else sip_hashes_of_integers(x, (self.salt[0], self.salt[1]))
        )
        return (hashed % count).astype("int32") + (first - count)

    def _spread(self, tokens: Any) -> Any:
        if self.num_oov_indices < 2 or self.oov_method == "farmhash":
            return super()._spread(tokens)
        return np.array(tokens, np.int64) % self.num_oov_indices

    def _tokens(self, ids: Array) -> Array:
        table = np.array([*self.get_vocabulary(), self.oov_token], canonical("int64"))
        inside = (ids >= 0) & (ids < len(table) - 1)
        return xp.take(xp.asarray(table), xp.where(inside, ids, len(table) - 1).astype("int32"))


def _fits(x: np.ndarray) -> bool:
    limits = np.iinfo(canonical("int64"))
    return not x.size or (int(x.min()) >= limits.min and int(x.max()) <= limits.max)


def _inside(table: tuple[np.ndarray, np.ndarray], dtype: Any) -> tuple[Array, Array]:
    """The part of the table that numbers of this dtype can be."""
    limits = np.iinfo(str(dtype))
    chosen = (table[0] >= limits.min) & (table[0] <= limits.max)
    return xp.asarray(table[0][chosen].astype(str(dtype))), xp.asarray(table[1][chosen].astype("int32"))
