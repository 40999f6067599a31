"""The order of rows or of batches in an epoch: a pure function of a seed and the epoch's number."""

from __future__ import annotations

import numpy as np

from kerasish.core.random import host_generator


def permutation(count: int, seed: int | None, epoch: int) -> np.ndarray:
    """The numbers below `count`, shuffled, `int32`.

    Example:
        >>> sorted(permutation(4, seed=7, epoch=0).tolist())
        [0, 1, 2, 3]
        >>> bool((permutation(9, 7, 0) == permutation(9, 7, 1)).all())
        False
    """
    return _generator(seed, epoch).permutation(np.arange(count, dtype=np.int32))


def whole_batches(count: int, size: int, seed: int | None, epoch: int) -> np.ndarray:
    """The numbers below `count`, in batches of `size` that are shuffled whole; a smaller last one stays last."""
    rows = np.arange(count, dtype=np.int32)
    whole = count // size
    starts = _generator(seed, epoch).permutation(whole).astype(np.int32) * size
    shuffled = (starts[:, None] + np.arange(size, dtype=np.int32)).reshape(-1)
    return np.concatenate([shuffled, rows[whole * size :]])


def _generator(seed: int | None, epoch: int) -> np.random.Generator:
    return host_generator(np.random.SeedSequence([int(seed or 0), epoch]).generate_state(1, "uint64")[0] >> 1)
