"""`Discretization`: the bin that a number falls into."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from kerasish import ops
from kerasish.backend.interface import Array
from kerasish.layers.preprocessing.base import PreprocessingLayer, batches_of, one_of, refuse_sparse
from kerasish.layers.preprocessing.encoding import encode
from kerasish.layers.preprocessing.quantiles import QuantileSummary

MODES = ("int", "one_hot", "multi_hot", "count")


class Discretization(PreprocessingLayer):
    """How many of `bin_boundaries` are at most `x`: `Σ [boundary ≤ x]`.

    NaN falls into the last bin, as in Keras; while adapting it is left out, unlike there.

    Args:
        bin_boundaries: Rising numbers. A bin has its lower boundary, and not its upper one.
        num_bins: Instead of boundaries: `adapt` finds those that put as many of the data into each bin.
        epsilon: How exact that is where the data is large: the error of a rank, as a fraction.
        output_mode: `"int"`: the bin's number; `"one_hot"`; `"multi_hot"` and `"count"` join the last axis.
        sparse: Must be False.

    Shapes:
        x: `(..., n)`.
        returns: `(..., n)`; `(..., n, bins)` with `"one_hot"`; `(..., bins)` with `"multi_hot"` and `"count"`.

    Example:
        >>> np.asarray(Discretization(bin_boundaries=[0.0, 1.0, 2.0])([[-1.5, 1.0, 3.4, 0.5]]))
        array([[0, 2, 3, 1]], dtype=int32)
    """

    takes_strings = False

    unwritten = {"trainable": ...}

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        refuse_sparse("Discretization", sparse=sparse)
        if num_bins is not None and num_bins < 1:
            raise ValueError(f"Discretization's num_bins must be at least 1; got {num_bins}.")
        if (bin_boundaries is None) == (num_bins is None):
            raise ValueError(
                f"Discretization takes bin_boundaries or num_bins, one of them; got {bin_boundaries=} and {num_bins=}."
            )
        self.bin_boundaries = None if bin_boundaries is None else _rising(bin_boundaries)
        self.input_bin_boundaries = bin_boundaries is not None
        self.num_bins = num_bins
        self.epsilon = epsilon
        self.output_mode = one_of("Discretization", "output_mode", output_mode, MODES)
        self.sparse = False
        self._summary = QuantileSummary(epsilon)

    # Boundaries ----------------------------------------------------------------------------------------------------
    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Find the boundaries that divide `data` into `num_bins` parts of equal size.

        Args:
            data: An array, a list, a column of a frame; or an iterable of such batches.
            batch_size: Accepted for Keras's sake: an array is looked at whole.
            steps: How many items to take of an iterable that doesn't end.

        Raises:
            ValueError: the boundaries were given as an argument; or there is no data.
        """
        del batch_size
        self.reset_state()
        for batch in batches_of(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Take in a batch; the boundaries come with `finalize_state`."""
        if self.input_bin_boundaries:
            raise ValueError(f"Layer {self.name!r} has bin_boundaries as an argument: it can't adapt. Give num_bins.")
        (x,) = batches_of(np.asarray(data))
        self._summary.add(x)

    def finalize_state(self) -> None:
        """Make what `update_state` has seen the boundaries."""
        if self.input_bin_boundaries:
            return
        assert self.num_bins is not None
        if not self._summary.total:
            raise ValueError(f"Layer {self.name!r} has seen no numbers to adapt to.")
        fractions = np.arange(1, self.num_bins) / self.num_bins
        self.bin_boundaries = self._summary.at(fractions).astype("float32").tolist()
        self.changed()

    def reset_state(self) -> None:
        """Forget what `update_state` has seen; the boundaries stay."""
        self._summary = QuantileSummary(self.epsilon)

    # Computation ---------------------------------------------------------------------------------------------------
    def call(self, inputs: Array) -> Array:
        if self.bin_boundaries is None:
            raise ValueError(f"Layer {self.name!r} has no bins yet: call `adapt(data)`, or give it bin_boundaries.")
        boundaries = np.asarray(self.bin_boundaries, "float32")
        ids = ops.cast(ops.digitize(ops.cast(inputs, "float32"), boundaries), "int32")
        dtype = self.compute_dtype
        return encode(ids, self.output_mode, boundaries.size + 1, dtype)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"dtype": self.dtype_policy.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Discretization:
        """The layer that `get_config` described: one that has adapted has both boundaries and their number."""
        given = dict(config)
        if given.get("bin_boundaries") is None or given.get("num_bins") is None:
            return cls(**given)
        found = given.pop("bin_boundaries")
        layer = cls(**given)
        layer.bin_boundaries = _rising(found)
        return layer


def _rising(boundaries: Any) -> list[float]:
    found = [float(b) for b in np.asarray(boundaries, "float64").reshape(-1)]
    if any(b < a or math.isnan(a) or math.isnan(b) for a, b in itertools.pairwise(found)):
        raise ValueError(f"Discretization's bin_boundaries must rise; got {found!s:.200}.")
    return found
