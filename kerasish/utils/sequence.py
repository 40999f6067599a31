"""Sequences of different lengths, as one array."""

from collections.abc import Sequence, Sized
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from kerasish.backend import engine


def pad_sequences(
    sequences: Sequence[Any],
    maxlen: int | None = None,
    dtype: DTypeLike = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """Bring each sequence to `maxlen` steps: `value` is put before (or after) the short, the long are cut.

    Floats become integers by cutting off their fractions, as in Keras. Stricter than Keras: integers that `dtype`
    can't hold are always refused. `maxlen=0` works. With `dtype=str` no string is cut.

    Args:
        sequences: Lists or arrays; those with more than one axis must agree in all but the first.
        maxlen: How many steps the result has; by default, as many as the longest sequence.
        dtype: The result's type; `object` for strings of any length.
        padding: Where `value` is put: `"pre"` or `"post"`.
        truncating: Where steps are dropped: `"pre"` or `"post"`.
        value: Stands for the missing steps.

    Shapes:
        sequences: each `(time_i, ...)`.
        returns: `(len(sequences), maxlen, ...)`.

    Raises:
        ValueError: something is not a sequence, their shapes disagree, or an argument is not one of those allowed.
        OverflowError: a number does not fit into `dtype`.

    Example:
        >>> pad_sequences([[1], [2, 3], [4, 5, 6]])
        array([[0, 0, 1],
               [0, 2, 3],
               [4, 5, 6]], dtype=int32)
        >>> pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2, padding="post", truncating="post", value=-1)
        array([[ 1, -1],
               [ 2,  3],
               [ 4,  5]], dtype=int32)
    """
    _check_choice("padding", padding)
    _check_choice("truncating", truncating)
    target = np.dtype(dtype)
    _check_value(value, target)
    lengths = _lengths(sequences)
    steps = _steps(maxlen, lengths)
    # A string type without a size takes it from its content, when that is complete.
    sized = np.dtype(object) if target.kind in "US" and target.itemsize == 0 else target
    rows = [
        _row(s, steps, sized, truncating, i) if n else None
        for i, (s, n) in enumerate(zip(sequences, lengths, strict=True))
    ]
    sample = next((row.shape[1:] for row in rows if row is not None), ())
    result = np.full((len(rows), steps, *sample), value, dtype=sized)
    for position, row in enumerate(rows):
        if row is None:
            continue
        if row.shape[1:] != sample:
            raise ValueError(
                f"pad_sequences: each step of sequence {position} has the shape {row.shape[1:]}, but those before it "
                f"have {sample}. All must agree."
            )
        start = steps - len(row) if padding == "pre" else 0
        result[position, start : start + len(row)] = row
    return result.astype(target) if sized is not target else result


def _check_choice(name: str, given: str) -> None:
    if given not in ("pre", "post"):
        raise ValueError(f"pad_sequences: {name} must be 'pre' or 'post'; got {given!r}.")


def _check_value(value: Any, target: np.dtype) -> None:
    if isinstance(value, str) and target.kind not in "USO":
        raise ValueError(
            f"pad_sequences: the value {value!r} is a string, which the dtype {target} can't hold. "
            "Set dtype=object for strings of any length."
        )


def _lengths(sequences: Any) -> list[int]:
    if not _has_length(sequences):
        raise ValueError(
            f"pad_sequences: `sequences` must be a list of sequences; got {type(sequences).__name__}. "
            "Make a list of it: list(sequences)."
        )
    lengths = []
    for position, sequence in enumerate(sequences):
        if not _is_sequence(sequence):
            raise ValueError(
                f"pad_sequences: `sequences` must be a list of lists or arrays; the item at position {position} is "
                f"{repr(sequence)[:60]}, {type(sequence).__name__}."
            )
        lengths.append(len(sequence))
    return lengths


def _is_sequence(x: Any) -> bool:
    is_array = isinstance(x, np.ndarray) or engine.is_array(x)
    if is_array:
        return x.ndim > 0
    return _has_length(x) and not isinstance(x, (str, bytes, dict, set, frozenset))


def _has_length(x: Any) -> bool:
    return isinstance(x, Sized)


def _steps(maxlen: int | None, lengths: list[int]) -> int:
    if maxlen is None:
        if not lengths:
            raise ValueError("pad_sequences got no sequences, so their length is unknown: give maxlen.")
        return max(lengths)
    if isinstance(maxlen, bool) or not isinstance(maxlen, (int, np.integer)) or maxlen < 0:
        raise ValueError(f"pad_sequences: maxlen must be None or a whole number, at least 0; got {maxlen!r}.")
    return int(maxlen)


def _row(sequence: Any, steps: int, target: np.dtype, truncating: str, position: int) -> np.ndarray:
    """The steps of `sequence` that are kept, in the type `target`."""
    sequence = engine.to_numpy(sequence) if engine.is_array(sequence) else sequence
    length = len(sequence)
    kept = sequence[max(length - steps, 0) :] if truncating == "pre" else sequence[:steps]
    if target.kind in "iu" and isinstance(kept, np.ndarray) and kept.dtype.kind in "iu" and kept.size:
        limits = np.iinfo(target)
        # Python's integers are checked by NumPy itself, but arrays wrap around silently.
        if kept.min() < limits.min or kept.max() > limits.max:
            raise OverflowError(
                f"pad_sequences: sequence {position} has numbers from {kept.min()} to {kept.max()}, but {target} "
                f"holds {limits.min} to {limits.max}. Set a wider dtype."
            )
    return np.asarray(kept, dtype=target)
