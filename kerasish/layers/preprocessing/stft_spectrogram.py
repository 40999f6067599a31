"""`STFTSpectrogram`: the frequencies of short frames of a signal, by convolutions whose kernels can be trained."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish import ops
from kerasish.backend import standardize_data_format
from kerasish.backend.interface import Array, Shape
from kerasish.core.variable import Variable
from kerasish.layers.arguments import one_of, whole
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.layer import Layer

MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")
LEAST = 1e-7

COSINES = {
    "boxcar": (1.0,),
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
    "nuttall": (0.3635819, 0.4891775, 0.1365995, 0.0106411),
    "blackmanharris": (0.35875, 0.48829, 0.14128, 0.01168),
    "flattop": (0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
}
"""Windows that are sums of cosines: `a0 - a1 cos(t) + a2 cos(2t) - ...`, for `t` from 0 to 2π."""


class STFTSpectrogram(Layer):
    """`x[frame] @ (window * cos)` and `x[frame] @ (-window * sin)` for each frequency: a short-time Fourier transform.

    Args:
        mode: What is returned: `"magnitude"` `sqrt(max(real² + imag², 1e-7))`, `"log"`: its natural logarithm, `"psd"`:
            the power, of both halves of the spectrum together, `"real"`, `"imag"`, `"angle"` in radians, or `"stft"`:
            the real and then the imaginary parts.
        frame_length: How many samples a frame has.
        frame_step: How far apart frames are; by default half of their length.
        fft_length: To how many points a frame is filled up with zeros; by default the next power of 2.
        window: How a frame is faded in and out: one of the names of `COSINES` or `"bartlett"`, or an array; None: not.
        periodic: Whether the window is one period, as for a transform, or symmetric.
        scaling: `"density"`: divided by the root of the sum of the window's squares; `"spectrum"`: by its sum; or None.
        padding: `"valid"`: whole frames only; `"same"`: zeros around.
        expand_dims: Whether frequencies have an axis of their own, like the rows of an image.
        data_format: `"channels_last"` for `(batch, time, channels)`; or `"channels_first"`.

    Shapes:
        x: `(batch, time, channels)`.
        returns: `(batch, frames, channels * frequencies)`; with `expand_dims` `(batch, frames, frequencies, channels)`.
            There are `fft_length // 2 + 1` frequencies, twice as many for `"stft"`. With the channels first they come
            before the frames.

    Raises:
        ValueError: the lengths don't fit each other, or a name is unknown.

    Example:
        >>> x = np.sin(np.arange(64) * np.pi / 4).astype("float32")[None, :, None]
        >>> int(np.argmax(STFTSpectrogram(frame_length=16)(x)[0, 0]))  # a period of 8 samples: twice in a frame
        2

    Source: Cheuk et al., 2020, https://doi.org/10.1109/ACCESS.2020.3019084
    """

    def __init__(
        self,
        mode: str = "log",
        frame_length: int = 256,
        frame_step: int | None = None,
        fft_length: int | None = None,
        window: Any = "hann",
        periodic: bool = False,
        scaling: str | None = "density",
        padding: str = "valid",
        expand_dims: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        owner = "STFTSpectrogram"
        self.mode = one_of(mode, MODES, "mode", owner)
        self.frame_length = whole(frame_length, "frame_length", owner)
        self.frame_step = frame_step if frame_step is None else whole(frame_step, "frame_step", owner)
        self.fft_length = fft_length if fft_length is None else whole(fft_length, "fft_length", owner)
        if self._step > self.frame_length or self._points < self.frame_length:
            raise ValueError(
                f"{owner}'s frame_step must be at most its frame_length, and its fft_length at least that; got "
                f"frame_length={frame_length}, frame_step={frame_step}, fft_length={fft_length}."
            )
        self.window = window
        self.periodic = periodic
        self.scaling = scaling if scaling is None else one_of(scaling, ("density", "spectrum"), "scaling", owner)
        self.padding = one_of(padding, ("valid", "same"), "padding", owner)
        self.expand_dims = expand_dims
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=3)
        self._faded()  # raises for an unknown window

    @property
    def _step(self) -> int:
        return self.frame_step or max(self.frame_length // 2, 1)

    @property
    def _points(self) -> int:
        return self.fft_length or 1 << (self.frame_length - 1).bit_length()

    def _faded(self) -> np.ndarray:
        """The weights of the samples of a frame, scaled."""
        weights = window_of(self.window, self.frame_length, self.periodic)
        scale = {"density": np.sqrt(np.sum(weights**2)), "spectrum": np.sum(weights), None: 1.0}[self.scaling]
        return weights / scale

    def build(self, input_shape: Shape) -> None:
        turns = np.arange(self.frame_length)[:, None] * np.arange(self._points // 2 + 1) / self._points
        waves = self._faded()[:, None] * np.exp(-2j * np.pi * turns)
        self.real_kernel = None if self.mode == "imag" else self._kernel(np.real(waves), "real_kernel")
        self.imag_kernel = None if self.mode == "real" else self._kernel(np.imag(waves), "imag_kernel")

    def _kernel(self, values: np.ndarray, name: str) -> Variable:
        return self.add_weight(
            (self.frame_length, 1, values.shape[1]),
            lambda shape, dtype: values.reshape(shape).astype(dtype),
            name=name,
        )

    def call(self, inputs: Array) -> Array:
        x = inputs if self.data_format == "channels_first" else ops.swapaxes(inputs, 1, 2)
        batch, channels, time = x.shape
        x = ops.reshape(x, (batch * channels, time, 1))
        y = self._spectrum(*(self._convolved(x, kernel) for kernel in (self.real_kernel, self.imag_kernel)))
        y = ops.reshape(y, (batch, channels, *y.shape[1:]))
        if self.data_format == "channels_first":
            if self.expand_dims:
                return y
            y = ops.swapaxes(y, 2, 3)
            return ops.reshape(y, (batch, channels * y.shape[2], y.shape[3]))
        y = ops.transpose(y, (0, 2, 3, 1) if self.expand_dims else (0, 2, 1, 3))
        return y if self.expand_dims else ops.reshape(y, (batch, y.shape[1], channels * y.shape[3]))

    def _convolved(self, x: Array, kernel: Variable | None) -> Any:
        if kernel is None:
            return None
        return ops.conv(x, kernel, self._step, self.padding, "channels_last")

    def _spectrum(self, real: Any, imag: Any) -> Array:
        if self.mode in ("real", "imag"):
            return real if self.mode == "real" else imag
        if self.mode == "stft":
            return ops.concatenate([real, imag], axis=-1)
        if self.mode == "angle":
            return ops.arctan2(imag, real)
        power = ops.square(real) + ops.square(imag)
        if self.mode == "psd":
            twice = np.full(power.shape[-1], 2.0)
            twice[[0, -1]] = 1
            return power * ops.cast(twice, power.dtype)
        magnitude = ops.sqrt(ops.maximum(power, LEAST))
        return ops.log(magnitude) if self.mode == "log" else magnitude


def window_of(window: Any, length: int, periodic: bool) -> np.ndarray:
    """The weights of the samples of a frame.

    Raises:
        ValueError: there is no window of this name, or an array has another length.
    """
    if window is None:
        return np.ones(length)
    if not isinstance(window, str):
        weights = np.asarray(window, "float64")
        if weights.shape != (length,):
            raise ValueError(f"The window must have the frame_length, {length}; got the shape {weights.shape}.")
        return weights
    whole_length = length + 1 if periodic else length
    if length == 1:
        return np.ones(1)
    if window == "bartlett":
        return np.bartlett(whole_length)[:length]
    if window not in COSINES:
        raise ValueError(
            f"STFTSpectrogram's window must be {', '.join(map(repr, COSINES))}, 'bartlett', an array of frame_length "
            f"weights, or None; got {window!r}."
        )
    angles = 2 * np.pi * np.arange(length) / (whole_length - 1)
    return sum(((-1) ** k * a * np.cos(k * angles) for k, a in enumerate(COSINES[window])), np.zeros(length))
