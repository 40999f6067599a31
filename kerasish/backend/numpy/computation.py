"""What NumPy lacks, written to be read: each function is its definition."""

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import scipy.special

from kerasish.backend.interface import Array, Pairs
from kerasish.backend.numpy.programs import shapes_only


def _is_float(dtype: Any) -> bool:
    return np.dtype(dtype).name.startswith(("float", "bfloat"))


def _wide(dtype: Any) -> Any:
    """The type to compute in: at least float32 for floats, so that half types round once."""
    return np.result_type(dtype, "float32") if _is_float(dtype) else dtype


def conv(
    x: Array, kernel: Array, strides: Sequence[int], padding: Pairs, dilation: Sequence[int], groups: int = 1
) -> Array:
    *size, per_group, channels = kernel.shape
    if x.shape[-1] != groups * per_group or channels % groups:
        raise ValueError(
            f"A convolution in {groups} groups with a kernel of shape {kernel.shape} needs {groups * per_group} input "
            f"channels, and filters in a multiple of {groups}; got an input of shape {x.shape}."
        )
    dtype = np.result_type(x, kernel)
    windows = list(_windows(_padded(x, 0, padding), size, strides, dilation))
    shape = windows[0].shape[:-1]
    if shapes_only.get():
        return np.zeros((*shape, channels), dtype)
    filters = kernel.astype(_wide(dtype)).reshape(-1, per_group, groups, channels // groups)
    total = np.zeros((*shape, groups, channels // groups), _wide(dtype))
    for window, element in zip(windows, filters, strict=True):
        grouped = window.astype(_wide(dtype)).reshape(*shape, groups, per_group)
        total += np.einsum("...gi,igo->...go", grouped, element, optimize=True)
    return total.reshape(*shape, channels).astype(dtype)


def conv_transpose(x: Array, kernel: Array, strides: Sequence[int], padding: Pairs, dilation: Sequence[int]) -> Array:
    *size, channels, _ = kernel.shape
    spatial = x.shape[1:-1]
    whole = [max(n - 1, 0) * s + (k - 1) * d + 1 for n, k, s, d in zip(spatial, size, strides, dilation, strict=True)]
    dtype = np.result_type(x, kernel)
    total = np.zeros((len(x), *whole, channels), _wide(dtype))
    for position in itertools.product(*map(range, size)) if not shapes_only.get() else ():
        axes = zip(position, spatial, strides, dilation, strict=True)
        places = tuple(slice(i * d, i * d + (n - 1) * s + 1, s) for i, n, s, d in axes)
        total[:, *places] += np.einsum("...o,io->...i", x.astype(total.dtype), kernel[position].astype(total.dtype))
    added = [(0, 0), *((max(-before, 0), max(-after, 0)) for before, after in padding), (0, 0)]
    kept = (slice(max(before, 0), n - max(after, 0)) for n, (before, after) in zip(whole, padding, strict=True))
    return np.pad(total[:, *kept], added).astype(dtype)


def _padded(x: Array, value: Any, padding: Pairs) -> Array:
    if shapes_only.get():
        shape = [n + before + after for n, (before, after) in zip(x.shape[1:-1], padding, strict=True)]
        return np.zeros((len(x), *shape, x.shape[-1]), x.dtype)
    return np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=np.asarray(value, x.dtype))


def _windows(x: Array, size: Sequence[int], strides: Sequence[int], dilation: Sequence[int]) -> Iterator[Array]:
    """For each element of the window, in order: `(batch, *output, channels)`, what it sees of `x`."""
    outputs = [
        max((n - (k - 1) * d - 1) // s + 1, 0)
        for n, k, s, d in zip(x.shape[1:-1], size, strides, dilation, strict=True)
    ]
    for position in itertools.product(*map(range, size)):
        axes = zip(position, outputs, strides, dilation, strict=True)
        yield x[:, *(slice(i * d, i * d + n * s, s) for i, n, s, d in axes)][:, *map(slice, outputs)]


def flash_attention(
    query: Array, key: Array, value: Array, bias: Any, mask: Any, scale: float, is_causal: bool
) -> Array | None:
    del query, key, value, bias, mask, scale, is_causal


def lstm(
    sequences: Array, h: Array, c: Array, kernel: Array, recurrent_kernel: Array, bias: Array | None
) -> tuple[Array, Array, Array] | None:
    del sequences, h, c, kernel, recurrent_kernel, bias


def max_pool(x: Array, size: Sequence[int], strides: Sequence[int], padding: Pairs) -> Array:
    return _pool(_padded(x, least(x.dtype), padding), np.maximum, size, strides)


def least(dtype: Any) -> Any:
    if _is_float(dtype):
        return -np.inf
    return False if dtype == np.bool_ else np.iinfo(dtype).min


def sum_pool(x: Array, size: Sequence[int], strides: Sequence[int], padding: Pairs) -> Array:
    return _pool(_padded(x, 0, padding).astype(_wide(x.dtype)), np.add, size, strides).astype(x.dtype)


def _pool(x: Array, fn: Callable[[Array, Array], Array], size: Sequence[int], strides: Sequence[int]) -> Array:
    windows = _windows(x, size, strides, (1,) * len(size))
    return functools.reduce(fn, itertools.islice(windows, 1 if shapes_only.get() else None))


def erf(x: Array) -> Array:
    return scipy.special.erf(np.asarray(x, _wide(x.dtype))).astype(x.dtype)


def tensordot(a: Array, b: Array, axes: Any) -> Array:
    return np.tensordot(a, b, axes)


def sigmoid(x: Array) -> Array:
    return scipy.special.expit(np.asarray(x, _wide(x.dtype))).astype(x.dtype)


def erfc(x: Array) -> Array:
    return scipy.special.erfc(np.asarray(x, _wide(x.dtype))).astype(x.dtype)


def join_complex(real: Array, imag: Array) -> Array:
    joined = np.empty(np.broadcast_shapes(real.shape, imag.shape), np.result_type(real, imag, "complex64"))
    joined.real, joined.imag = real, imag
    return joined


def erfinv(x: Array) -> Array:
    return scipy.special.erfinv(np.asarray(x, _wide(x.dtype))).astype(x.dtype)


def logsumexp(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    dtype = x.dtype if _is_float(x.dtype) else np.dtype("float32")
    wide = np.asarray(x, _wide(dtype))
    greatest = np.max(wide, axis, keepdims=True, initial=-np.inf)
    shift = np.where(np.isfinite(greatest), greatest, 0)
    with np.errstate(divide="ignore", over="ignore"):
        result = np.log(np.sum(np.exp(wide - shift), axis, keepdims=True)) + shift
    return np.asarray(result if keepdims else np.squeeze(result, axis)).astype(dtype)


def top_k(x: Array, k: int) -> tuple[Array, Array]:
    size = x.shape[-1]
    if not 0 <= k <= size:
        raise ValueError(f"top_k needs k between 0 and the size of the last axis, {size}; got {k}.")
    # Sorted backwards, so that among equals the first comes first.
    order = size - 1 - np.argsort(x[..., ::-1], axis=-1, kind="stable")[..., ::-1][..., :k]
    return np.take_along_axis(x, order, axis=-1), order.astype("int32")


def segment_sum(x: Array, segment_ids: Array, num_segments: int) -> Array:
    ids = np.asarray(segment_ids)
    known = (ids >= 0) & (ids < num_segments)
    sums = np.zeros((num_segments, *x.shape[ids.ndim :]), _wide(x.dtype))
    np.add.at(sums, ids[known], x[known].astype(sums.dtype))
    return sums.astype(x.dtype)


def scatter_update(x: Array, index: Any, values: Array) -> Array:
    result = np.array(x)
    result[index] = values
    return result


def take_rows(table: Array, ids: Array) -> Array:
    known = (ids >= 0) & (ids < len(table))
    rows = np.take(table, np.where(known, ids, 0), axis=0)
    # Integers have no NaN: their least, or greatest if unsigned, as in JAX.
    strange = np.nan if _is_float(table.dtype) else least(table.dtype) or np.iinfo(table.dtype).max
    return np.where(known.reshape((*ids.shape, *(1,) * (table.ndim - 1))), rows, np.asarray(strange, table.dtype))


def unique(x: Array, axis: int | None, size: int | None, fill_value: Any) -> tuple[Array, ...]:
    values, index, inverse, counts = np.unique(x, True, True, True, axis=axis)
    place = 0 if axis is None else axis
    missing = 0 if size is None else size - values.shape[place]
    if missing < 0:
        values, index, counts = np.take(values, range(size), place), index[:size], counts[:size]  # pyright: ignore
    if missing > 0:
        first = np.take(values, [0], place)
        filling = first if fill_value is None else np.full_like(first, fill_value)
        values = np.concatenate([values, np.repeat(filling, missing, place)], place)
        index = np.concatenate([index, np.repeat(index[:1], missing)])
        counts = np.concatenate([counts, np.zeros(missing, counts.dtype)])
    return values, *(part.astype("int32") for part in (index, inverse, counts))
