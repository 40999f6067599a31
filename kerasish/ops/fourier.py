"""Fourier transforms. Complex numbers are pairs of arrays: the real parts and the imaginary parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.ops.complex import complex_of, single
from kerasish.ops.promotion import as_dtype, tensor

Pair = tuple[Array, Array]


def _complex(name: str, x: Any) -> Array:
    if not isinstance(x, tuple | list) or len(x) != 2:
        raise ValueError(f"{name} takes a pair (real, imaginary) of tensors; got {type(x).__name__}.")
    real, imag = tensor(x[0]), tensor(x[1])
    if real.shape != imag.shape:
        raise ValueError(
            f"{name} takes real and imaginary parts of one shape; got {tuple(real.shape)} and {tuple(imag.shape)}."
        )
    return complex_of(real, imag)


def _pair(x: Array) -> Pair:
    return xp.real(x), xp.imag(x)


@op
def fft(x: Any) -> Pair:
    """The discrete Fourier transform along the last axis: `X[k] = sum_n x[n] exp(-2πi k n / N)`.

    Args:
        x: A pair `(real, imaginary)`.
    """
    return _pair(xp.fft.fft(_complex("fft", x)))


@op
def fft2(x: Any) -> Pair:
    """The discrete Fourier transform along the last two axes.

    Args:
        x: A pair `(real, imaginary)`.
    """
    return _pair(xp.fft.fft2(_complex("fft2", x)))


@op
def ifft2(x: Any) -> Pair:
    """The inverse of `fft2`.

    Args:
        x: A pair `(real, imaginary)`.
    """
    return _pair(xp.fft.ifft2(_complex("ifft2", x)))


@op
def rfft(x: Any, fft_length: int | None = None) -> Pair:
    """The first half, `N // 2 + 1` points, of the Fourier transform of real numbers along the last axis.

    Args:
        fft_length: `N`: to which `x` is cut off, or filled up with zeros; by default its size.

    Example:
        >>> real, imaginary = rfft([1.0, 0.0, 0.0, 0.0])
        >>> real.shape
        (3,)
    """
    return _pair(xp.fft.rfft(single(x), n=fft_length))


@op
def irfft(x: Any, fft_length: int | None = None) -> Array:
    """The real numbers of which `x` is the `rfft`.

    Args:
        x: A pair `(real, imaginary)`.
        fft_length: How many they are; by default `2 * (size - 1)`.
    """
    found = _complex("irfft", x)
    return as_dtype(xp.fft.irfft(found, n=fft_length), xp.real(found).dtype)


@op
def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Array:
    """The pieces of this length, `sequence_stride` apart, that lie whole along the last axis.

    Shapes:
        x: `(..., samples)`.
        returns: `(..., 1 + (samples - sequence_length) // sequence_stride, sequence_length)`.
    """
    if sequence_length < 1 or sequence_stride < 1:
        raise ValueError(
            f"Sequences have a length and a stride of at least 1; got {sequence_length} and {sequence_stride}."
        )
    x = tensor(x)
    count = max(0, 1 + (x.shape[-1] - sequence_length) // sequence_stride)
    places = np.arange(count)[:, None] * sequence_stride + np.arange(sequence_length)
    return x[..., places.astype("int32")]


def _window(window: Any, sequence_length: int, fft_length: int, dtype: Any) -> Array:
    """The weights of a frame of `fft_length` samples: the window in its middle, zeros around it.

    By name they are periodic: what would come next is the first weight again. None: ones for the whole frame.
    """
    if window is None:
        return xp.ones((fft_length,), dtype=dtype)
    if isinstance(window, str):
        if window not in ("hann", "hamming"):
            raise ValueError(f"The window's name must be 'hann' or 'hamming'; got {window!r}.")
        points = {"hann": np.hanning, "hamming": np.hamming}[window](sequence_length + 1)[:-1]
        window = points.astype("float32")
    window = as_dtype(tensor(window), dtype)
    if window.shape != (sequence_length,):
        raise ValueError(
            f"The window must be a vector of the sequence length, {sequence_length}; got the shape {window.shape}."
        )
    before = (fft_length - sequence_length) // 2
    return xp.pad(window, (before, fft_length - sequence_length - before))


def _check_lengths(sequence_length: int, sequence_stride: int, fft_length: int) -> None:
    if sequence_length < 1 or sequence_stride < 1 or fft_length < sequence_length:
        raise ValueError(
            "A short-time Fourier transform needs a sequence length and a stride of at least 1, and an fft_length not "
            f"below the sequence length; got {sequence_length}, {sequence_stride} and {fft_length}."
        )


@op
def stft(
    x: Any, sequence_length: int, sequence_stride: int, fft_length: int, window: Any = "hann", center: bool = True
) -> Pair:
    """The Fourier transforms of short frames of real numbers, each faded in and out by a window.

    Args:
        sequence_length: The number of samples that the window covers.
        sequence_stride: The distance from a frame to the next, in samples.
        fft_length: The number of samples in a frame; the window lies in its middle.
        window: `"hann"`, `"hamming"`, or a vector of `sequence_length` weights; None: the frame as it is.
        center: Whether the first frame is centred at the first sample: then `x` is mirrored at both ends.

    Shapes:
        x: `(..., samples)`.
        returns: a pair of `(..., frames, fft_length // 2 + 1)`.
    """
    _check_lengths(sequence_length, sequence_stride, fft_length)
    x = single(x)
    if center:
        x = xp.pad(x, (*((0, 0),) * (x.ndim - 1), (fft_length // 2,) * 2), mode="reflect")
    if x.shape[-1] < fft_length:
        raise ValueError(f"A frame of {fft_length} samples is longer than the signal, of {x.shape[-1]}.")
    frames = extract_sequences(x, fft_length, sequence_stride)
    return _pair(xp.fft.rfft(frames * _window(window, sequence_length, fft_length, x.dtype)))


def _added_up(frames: Array, stride: int) -> Array:
    """`(..., frames, length)` laid one after the other, `stride` apart, and added where they overlap."""
    *batch, count, length = frames.shape
    total = length + (count - 1) * stride
    places = (np.arange(count)[:, None] * stride + np.arange(length)).reshape(-1).astype("int32")
    rows = xp.moveaxis(xp.reshape(frames, (*batch, count * length)), -1, 0)
    return xp.moveaxis(engine.segment_sum(rows, engine.asarray(places, "int32"), total), 0, -1)


@op
def istft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Array:
    """The signal whose frames' Fourier transforms are nearest to `x`, by least squares: the inverse of `stft`.

    Samples that the window makes zero in every frame are 0. Without a window the result is scaled by
    `fft_length / sequence_stride`, as Keras has it. Frames that don't overlap are laid side by side (Keras 3.15 on
    JAX overlaps them by half).

    Args:
        x: A pair `(real, imaginary)`, as `stft` gives it with the same arguments.
        length: At most so many samples; by default those that the frames cover, without the mirrored ends.

    Shapes:
        x: a pair of `(..., frames, fft_length // 2 + 1)`.
        returns: `(..., samples)`.

    Source: Griffin and Lim, 1984, "Signal estimation from modified short-time Fourier transform", equation 6.
    """
    _check_lengths(sequence_length, sequence_stride, fft_length)
    found = _complex("istft", x)
    if found.ndim < 2 or found.shape[-1] != fft_length // 2 + 1:
        raise ValueError(
            f"istft takes (..., frames, {fft_length // 2 + 1}) for fft_length={fft_length}; got the shape "
            f"{tuple(found.shape)}."
        )
    frames = as_dtype(xp.fft.irfft(found, n=fft_length), xp.real(found).dtype)
    weights = _window(window, sequence_length, fft_length, frames.dtype)
    total = _added_up(frames * weights, sequence_stride)
    energy = _added_up(xp.broadcast_to(weights * weights, frames.shape[-2:]), sequence_stride)
    seen = energy > as_dtype(1e-10, energy.dtype)
    zero, one = as_dtype(0, energy.dtype), as_dtype(1, energy.dtype)
    signal = xp.where(seen, total / xp.where(seen, energy, one), zero)
    if window is None:
        signal = signal * as_dtype(fft_length / sequence_stride, signal.dtype)
    start = fft_length // 2 if center else 0
    end = start + length if length is not None else signal.shape[-1] - start
    return signal[..., start:end]


__all__ = ["extract_sequences", "fft", "fft2", "ifft2", "irfft", "istft", "rfft", "stft"]
