"""Rows of spectrograms for the table of `examples.py`."""

from tests.laws.examples import Example

E = Example
SIGNAL, PLAIN = (None, 21, 2), (None, 40)

EXAMPLES = [
    E(lambda L: L.STFTSpectrogram(frame_length=8, frame_step=3), SIGNAL),
    E(lambda L: L.STFTSpectrogram("magnitude", 8, fft_length=12, window="blackman", scaling=None), SIGNAL, smooth=True),
    E(lambda L: L.STFTSpectrogram("psd", 7, 2, padding="same", expand_dims=True, window="flattop"), SIGNAL),
    E(lambda L: L.STFTSpectrogram("real", 8, periodic=True, scaling="spectrum", window="hamming"), SIGNAL),
    E(lambda L: L.STFTSpectrogram("imag", 6, 6, window="bartlett", data_format="channels_first"), (None, 2, 21)),
    E(lambda L: L.STFTSpectrogram("angle", 8, window=None), SIGNAL),
    E(
        lambda L: L.STFTSpectrogram("stft", 8, 4, expand_dims=True, data_format="channels_first", window="nuttall"),
        (None, 2, 21),
    ),
    E(lambda L: L.MelSpectrogram(16, 8, num_mel_bins=3, sampling_rate=800), PLAIN),
    E(lambda L: L.MelSpectrogram(16, 8, window=None, num_mel_bins=4, power_to_db=False, mag_exp=1.0), PLAIN),
    E(lambda L: L.MelSpectrogram(16, 5, 12, "hamming", 8000, 5, 50.0, 3000.0, top_db=9.0, ref_power=2.0), PLAIN),
]
