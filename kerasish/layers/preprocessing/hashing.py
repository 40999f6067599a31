"""`Hashing`: categories to a fixed number of bins, without a vocabulary."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish import ops
from kerasish.backend import engine
from kerasish.backend.interface import Array
from kerasish.core.strings import is_strings
from kerasish.core.symbolic import SymbolicTensor
from kerasish.layers.preprocessing.base import PreprocessingLayer, one_of, refuse_sparse
from kerasish.layers.preprocessing.digits import fingerprints_of_integers, sip_hashes_of_integers
from kerasish.layers.preprocessing.encoding import encode, encode_on_host, encoded_shape
from kerasish.layers.preprocessing.farm_hash import fingerprints
from kerasish.layers.preprocessing.sip_hash import sip_hashes

MODES = ("int", "one_hot", "multi_hot", "count")


class Hashing(PreprocessingLayer):
    """`fingerprint(x) mod num_bins`. Strings are hashed on the host, whole numbers by their digits, compiled.

    The fingerprint is FarmHash's; with a salt it is SipHash's, which nobody can fill a bin on purpose who doesn't know
    the salt. The numbers are Keras's own.

    Args:
        num_bins: How many bins there are, with the one for `mask_value`.
        mask_value: What goes to bin 0; others then share the bins from 1 on.
        salt: A whole number, or two; None: no salt.
        output_mode: `"int"`: the bin; `"one_hot"`; `"multi_hot"` and `"count"` join the last axis.
        sparse: Must be False.

    Shapes:
        x: `(..., n)`, strings or whole numbers.
        returns: `(..., n)`; `(..., n, num_bins)` with `"one_hot"`, without `n` if it is 1; else `(..., num_bins)`.

    Example:
        >>> np.asarray(Hashing(num_bins=3)([["A"], ["B"], ["C"]])).tolist()
        [[1], [0], [1]]

    Source: see `farm_hash.py` and `sip_hash.py`; the idea: Weinberger et al., 2009, https://arxiv.org/abs/0902.2206
    """

    def __init__(
        self,
        num_bins: int,
        mask_value: Any = None,
        salt: Any = None,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        one_of("Hashing", "output_mode", output_mode, MODES)
        if kwargs.get("dtype") is None and output_mode == "int":
            kwargs["dtype"] = "int64"
        super().__init__(**kwargs)
        refuse_sparse("Hashing", sparse=sparse)
        check_bins("Hashing", num_bins)
        self.num_bins = num_bins
        self.mask_value = mask_value
        self.salt = as_key(salt)
        self.output_mode = output_mode
        self.sparse = False

    def host_spec(self, inputs: SymbolicTensor) -> SymbolicTensor:
        dtype = "int64" if self.output_mode == "int" else self.compute_dtype
        return SymbolicTensor(encoded_shape(inputs.shape, self.output_mode, self.num_bins), dtype)

    def call(self, inputs: Any) -> Any:
        if is_strings(inputs):
            return self._of_strings(inputs)
        x = inputs if str(inputs.dtype).startswith(("int", "uint")) else ops.cast(inputs, "int32")
        if not engine.is_traced(
            x
        ):  # by hand: outside of a program each of the many small steps would cost a compilation
            digits = [str(number) for number in engine.to_numpy(x).reshape(-1).tolist()]
            return self._of_strings(np.array(digits, object).reshape(x.shape))
        return encode(self._bins(x), self.output_mode, self.num_bins, self.compute_dtype)

    def _of_strings(self, x: np.ndarray) -> np.ndarray:
        strings = [s.encode() for s in x.reshape(-1)]
        hashed = fingerprints(strings) if self.salt is None else sip_hashes(strings, (self.salt[0], self.salt[1]))
        offset = 0 if self.mask_value is None else 1
        ids = (hashed % np.uint64(max(self.num_bins - offset, 1))).astype(np.int64) + min(offset, self.num_bins - 1)
        if self.mask_value is not None:
            ids[np.fromiter((s == str(self.mask_value).encode() for s in strings), bool, len(strings))] = 0
        return encode_on_host(ids.reshape(x.shape), self.output_mode, self.num_bins, self.compute_dtype)

    def _bins(self, x: Array) -> Array:
        key = self.salt
        hashed = fingerprints_of_integers(x) if key is None else sip_hashes_of_integers(x, (key[0], key[1]))
        if self.mask_value is None:
            return ops.cast(hashed % self.num_bins, "int64")
        offset = min(1, self.num_bins - 1)
        bins = ops.cast(hashed % max(self.num_bins - 1, 1), "int64") + offset
        return ops.where(x == self.mask_value, ops.zeros_like(bins), bins)


def check_bins(kind: str, num_bins: Any) -> None:
    """Raise if a number of bins is none."""
    if isinstance(num_bins, bool) or not isinstance(num_bins, int | np.integer) or not 0 < num_bins < 2**31:
        raise ValueError(f"{kind}'s num_bins must be a whole number from 1 to 2147483647; got {num_bins!r}.")


def as_key(salt: Any) -> list[int] | None:
    """Two numbers from the one or two that were given."""
    if salt is None:
        return None
    if isinstance(salt, int | np.integer) and not isinstance(salt, bool):
        return [int(salt), int(salt)]
    if isinstance(salt, list | tuple) and len(salt) == 2 and all(isinstance(part, int | np.integer) for part in salt):
        return [int(part) for part in salt]
    raise ValueError(f"salt must be a whole number, or two of them; got {salt!r:.80}.")
