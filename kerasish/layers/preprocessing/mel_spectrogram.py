"""`MelSpectrogram`: how loud a signal is at pitches as the ear hears them, over time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kerasish import ops
from kerasish.backend.interface import Array
from kerasish.layers.arguments import whole
from kerasish.layers.layer import Layer


class MelSpectrogram(Layer):
    """`|stft(x)| ** mag_exp @ mel`, and of that the decibels: triangular bands, evenly spaced in mel.

    A frequency `f` in hertz is `1127 ln(1 + f / 700)` mel. Decibels are cut off at `top_db` below the loudest point of
    the whole batch, as in Keras: so a row may depend on the others, unless `top_db` is None.

    Args:
        fft_length: How many samples a frame has.
        sequence_stride: How far apart frames are, in samples.
        sequence_length: How many samples the window covers; by default `fft_length`.
        window: `"hann"`, `"hamming"`, or an array of `sequence_length` weights; None: no window.
        sampling_rate: Samples per second.
        num_mel_bins: How many bands.
        min_freq: Where the lowest band begins, in hertz.
        max_freq: Where the highest band ends, in hertz; by default half of the sampling rate.
        power_to_db: Whether to return decibels.
        top_db: How many decibels below the loudest everything is cut off; None: nothing is.
        mag_exp: 2 for power, 1 for magnitude.
        min_power: What counts as no power at all.
        ref_power: The power of 0 decibels.

    Shapes:
        x: `(batch, samples)`, or `(samples,)`.
        returns: `(batch, num_mel_bins, frames)`.

    Raises:
        ValueError: the frequencies or lengths don't fit each other.

    Example:
        >>> x = np.sin(np.arange(1024) * 0.5).astype("float32")
        >>> MelSpectrogram(fft_length=256, sequence_stride=128, num_mel_bins=20)(x[None]).shape
        (1, 20, 9)

    Source: Stevens, Volkmann and Newman, 1937, https://doi.org/10.1121/1.1915893; the formula: O'Shaughnessy, 1987,
        "Speech Communication", page 150, with natural logarithms.
    """

    mixes_samples = True

    def __init__(
        self,
        fft_length: int = 2048,
        sequence_stride: int = 512,
        sequence_length: int | None = None,
        window: Any = "hann",
        sampling_rate: int = 16000,
        num_mel_bins: int = 128,
        min_freq: float = 20.0,
        max_freq: float | None = None,
        power_to_db: bool = True,
        top_db: float | None = 80.0,
        mag_exp: float = 2.0,
        min_power: float = 1e-10,
        ref_power: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        owner = "MelSpectrogram"
        self.fft_length = whole(fft_length, "fft_length", owner)
        self.sequence_stride = whole(sequence_stride, "sequence_stride", owner)
        self.sequence_length = whole(sequence_length or fft_length, "sequence_length", owner)
        self.window = window
        self.sampling_rate = sampling_rate
        self.num_mel_bins = whole(num_mel_bins, "num_mel_bins", owner)
        self.min_freq = min_freq
        self.max_freq = max_freq or int(sampling_rate / 2)
        self.power_to_db = power_to_db
        self.top_db = top_db
        self.mag_exp = mag_exp
        self.min_power = min_power
        self.ref_power = ref_power
        if self.sequence_length > self.fft_length:
            raise ValueError(
                f"{owner}'s sequence_length must be at most its fft_length; got {sequence_length} and {fft_length}."
            )
        if not 0 <= self.min_freq < self.max_freq <= sampling_rate / 2:
            raise ValueError(
                f"{owner} needs 0 <= min_freq < max_freq <= sampling_rate / 2; got {min_freq!r}, {max_freq!r} and "
                f"sampling_rate={sampling_rate!r}."
            )

    def call(self, inputs: Array) -> Array:
        x = ops.cast(inputs, "float32")  # powers span more than half types hold
        real, imag = ops.stft(x, self.sequence_length, self.sequence_stride, self.fft_length, self.window)
        power = ops.power(ops.square(real) + ops.square(imag), self.mag_exp / 2)
        mel = ops.matmul(power, ops.convert_to_tensor(self._bands(), power.dtype))
        mel = ops.swapaxes(mel, -1, -2)
        return ops.cast(self._decibels(mel) if self.power_to_db else mel, self.compute_dtype)

    def _bands(self) -> np.ndarray:
        """`(frequencies, bands)`: how much of each frequency a band hears. The frequency 0 belongs to none."""
        places = _mel(np.linspace(0, self.sampling_rate / 2, self.fft_length // 2 + 1))[:, None]
        edges = np.linspace(_mel(self.min_freq), _mel(self.max_freq), self.num_mel_bins + 2)
        low, middle, high = edges[:-2], edges[1:-1], edges[2:]
        bands = np.minimum((places - low) / (middle - low), (high - places) / (high - middle)).clip(0)
        bands[0] = 0
        return bands.astype("float32")

    def _decibels(self, power: Array) -> Array:
        reference = 10 * math.log10(max(self.min_power, self.ref_power))
        decibels = 10 * ops.log10(ops.maximum(power, self.min_power)) - reference
        if self.top_db is None or 0 in decibels.shape:
            return decibels
        return ops.maximum(decibels, ops.max(decibels) - self.top_db)


def _mel(frequency: Any) -> Any:
    return 1127 * np.log1p(np.asarray(frequency) / 700)
