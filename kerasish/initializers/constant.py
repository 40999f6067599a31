"""Initializers that draw nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish.initializers.initializer import Initializer, Shape, float_dtype, numpy_dtype

WINDOWS = {"hann": np.hanning, "hamming": np.hamming, "blackman": np.blackman, "bartlett": np.bartlett}


class Zeros(Initializer):
    """0 everywhere.

    Example:
        >>> Zeros()((2,))
        array([0., 0.], dtype=float32)
    """

    def __call__(self, shape: Shape, dtype: Any = None) -> np.ndarray:
        """Zeros of this shape."""
        return np.zeros(shape, numpy_dtype(dtype))


class Ones(Initializer):
    """1 everywhere."""

    def __call__(self, shape: Shape, dtype: Any = None) -> np.ndarray:
        """Ones of this shape."""
        return np.ones(shape, numpy_dtype(dtype))


class Constant(Initializer):
    """The same value everywhere, or an array that broadcasts to the shape.

    Args:
        value: A number, a list or an array.
    """

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Shape, dtype: Any = None) -> np.ndarray:
        """The value, of this shape."""
        return np.array(np.broadcast_to(np.asarray(self.value), shape), numpy_dtype(dtype))


class Identity(Initializer):
    """`gain` on the diagonal of a matrix, else 0.

    Args:
        gain: The factor.
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Shape, dtype: Any = None) -> np.ndarray:
        """The matrix.

        Raises:
            ValueError: the shape is not that of a matrix.
        """
        if len(shape) != 2:
            raise ValueError(f"Identity makes matrices: the shape must have 2 axes; got {tuple(shape)}.")
        return (self.gain * np.eye(*shape)).astype(numpy_dtype(dtype))


class STFT(Initializer):
    """The kernel with which a convolution computes a short-time Fourier transform.

    `window[n] * cos(2 pi n k / length)` for the real part and `-window[n] * sin(…)` for the imaginary one, with
    `length = 2 * (frequencies - 1)`.

    Args:
        side: `"real"` or `"imag"`.
        window: `"hann"`, `"hamming"`, `"blackman"`, `"bartlett"`, an array of a number for each
            step, or None: 1.
        scaling: `"density"`: the window is divided by the root of its sum of squares; `"spectrum"`: by its sum; None.
        periodic: Whether the window is one period of a longer one, instead of symmetric.

    Shapes:
        returns: `(steps, channels, frequencies)`.
    """

    def __init__(
        self, side: str = "real", window: Any = "hann", scaling: str | None = "density", periodic: bool = False
    ) -> None:
        if side not in ("real", "imag"):
            raise ValueError(f"STFT's side must be 'real' or 'imag'; got {side!r}.")
        if isinstance(window, str) and window not in WINDOWS:
            raise ValueError(
                f"STFT's window must be {', '.join(map(repr, WINDOWS))}, an array or None; got {window!r}."
            )
        if scaling not in ("density", "spectrum", None):
            raise ValueError(f"STFT's scaling must be 'density', 'spectrum' or None; got {scaling!r}.")
        self.side = side
        self.window = window
        self.scaling = scaling
        self.periodic = periodic

    def __call__(self, shape: Shape, dtype: Any = None) -> np.ndarray:
        """The kernel."""
        if len(shape) != 3:
            raise ValueError(f"STFT makes kernels of shape (steps, channels, frequencies); got {tuple(shape)}.")
        kind = float_dtype(dtype, "STFT")
        steps, _, frequencies = shape
        angles = 2 * np.pi * np.outer(np.arange(steps), np.arange(frequencies)) / max(2 * (frequencies - 1), 1)
        wave = np.cos(angles) if self.side == "real" else -np.sin(angles)
        kernel = wave * self._scaled_window(steps)[:, None]
        return np.array(np.broadcast_to(kernel[:, None, :], shape), kind)

    def _scaled_window(self, steps: int) -> np.ndarray:
        if self.window is None:
            window = np.ones(steps)
        elif isinstance(self.window, str):
            length = steps + 1 if self.periodic else steps
            window = WINDOWS[self.window](length)[:steps]
        else:
            window = np.asarray(self.window, np.float64)
        scale = {"density": np.sqrt(np.sum(window**2)), "spectrum": np.sum(window), None: 1.0}[self.scaling]
        return window / scale if self.window is not None else window
