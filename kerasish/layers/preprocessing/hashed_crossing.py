"""`HashedCrossing`: which combination of several categories, in a fixed number of bins."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasish import ops
from kerasish.backend import engine, xp
from kerasish.backend.interface import Array, Shape
from kerasish.core.strings import is_strings
from kerasish.core.symbolic import SymbolicTensor
from kerasish.layers.preprocessing.base import PreprocessingLayer, check_integers, one_of, refuse_sparse
from kerasish.layers.preprocessing.digits import wide_integers
from kerasish.layers.preprocessing.encoding import encode, encode_on_host, encoded_shape
from kerasish.layers.preprocessing.farm_hash import fingerprints, join
from kerasish.layers.preprocessing.hashing import check_bins
from kerasish.layers.preprocessing.wide import Wide

SEED = 0xDECAFCAFFE
"""What the fingerprints of the features are joined to, one after the other."""


class HashedCrossing(PreprocessingLayer):
    """`join(join(SEED, f(a)), f(b)) mod num_bins`, of features `a`, `b`, …: the bin of their combination.

    `f` of a whole number is the number, of a string FarmHash's fingerprint; `join` is in `farm_hash.py`. The numbers
    are Keras's own. Whole numbers are crossed in the compiled program, strings on the host.

    Args:
        num_bins: How many bins there are.
        output_mode: `"int"`: the bin, or `"one_hot"`.
        sparse: Must be False.

    Shapes:
        inputs: two or more, all `()`, `(batch,)` or `(batch, 1)`.
        returns: their shape; `(batch, num_bins)` with `"one_hot"`.

    Example:
        >>> layer = HashedCrossing(num_bins=5)
        >>> np.asarray(layer((["A", "B", "A"], [101, 101, 101]))).tolist()
        [1, 4, 1]
    """

    unwritten = {"trainable": ...}

    def __init__(
        self,
        num_bins: int,
        output_mode: str = "int",
        sparse: bool = False,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        one_of("HashedCrossing", "output_mode", output_mode, ("int", "one_hot"))
        kind = "int64" if dtype is None and output_mode == "int" else dtype
        super().__init__(name=name, dtype=kind, **kwargs)
        refuse_sparse("HashedCrossing", sparse=sparse)
        check_bins("HashedCrossing", num_bins)
        self.num_bins = num_bins
        self.output_mode = output_mode
        self.sparse = False

    def build(self, input_shape: Any) -> None:
        """There is nothing to make."""

    def _check_input(self, args: tuple[Any, ...]) -> None:
        self._check(args[0])  # before floats are cast to the layer's dtype

    def _check(self, inputs: Any) -> Shape:
        if not isinstance(inputs, list | tuple) or len(inputs) < 2:
            raise ValueError(f"Layer {self.name!r} crosses two or more inputs: call it with a list or tuple of them.")
        shapes = [tuple(x.shape) for x in inputs]
        if any(len(shape) > 2 or (len(shape) == 2 and shape[1] != 1) for shape in shapes) or len(set(shapes)) > 1:
            raise ValueError(
                f"Layer {self.name!r} takes inputs of one shape, (), (batch,) or (batch, 1); got {shapes}."
            )
        for x in inputs:
            if not is_strings(x) and str(x.dtype) != "string":
                check_integers(self, x)
        return shapes[0]

    def host_spec(self, inputs: Any) -> SymbolicTensor:
        shape = self._check(inputs)
        dtype = "int64" if self.output_mode == "int" else self.compute_dtype
        return SymbolicTensor(encoded_shape(shape, self.output_mode, self.num_bins), dtype)

    def call(self, inputs: Any) -> Any:
        if any(is_strings(x) for x in inputs) or not any(engine.is_traced(x) for x in inputs):
            return self._on_host(inputs)
        first = wide_integers(inputs[0])
        seed = Wide(xp.zeros_like(first.high), xp.zeros_like(first.low)) + SEED
        crossed = functools.reduce(join, map(wide_integers, inputs), seed)
        return encode(ops.cast(crossed % self.num_bins, "int64"), self.output_mode, self.num_bins, self.compute_dtype)

    def _on_host(self, inputs: Any) -> np.ndarray:
        to_numpy: Callable[[Array], np.ndarray] = lambda x: x if isinstance(x, np.ndarray) else engine.to_numpy(x)  # noqa: E731
        arrays = [to_numpy(x) for x in inputs]
        with np.errstate(over="ignore"):
            seed = np.full(arrays[0].size, SEED, np.uint64)
            crossed = functools.reduce(join, [_fingerprint(x.reshape(-1)) for x in arrays], seed)
        ids = (crossed % np.uint64(self.num_bins)).astype(np.int64).reshape(arrays[0].shape)
        return encode_on_host(ids, self.output_mode, self.num_bins, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"dtype": self.dtype_policy.name}


def _fingerprint(x: np.ndarray) -> np.ndarray:
    return fingerprints([s.encode() for s in x]) if is_strings(x) else x.astype(np.int64).view(np.uint64)
