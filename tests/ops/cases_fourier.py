"""Rows of Fourier transforms."""

import numpy as np

from tests.ops.cases import INTS, LINE, X, Y, but, case

SIGNAL = np.random.default_rng(3).normal(size=(2, 29)).astype("float32")
WEIGHTS = np.array([0.1, 0.7, 1.0, 0.4], "float32")
PAIRS = tuple(np.random.default_rng(4).normal(size=(2, 2, 9, 5)).astype("float32"))
NARROW = tuple(np.random.default_rng(5).normal(size=(2, 9, 3)).astype("float32"))

CASES = [
    case("fft", (X, Y)),
    case("fft", [LINE, LINE + 1]),
    case("fft2", (X, Y)),
    case("fft2", (LINE, LINE * 2)),
    case("ifft2", (X, Y)),
    case("ifft2", (LINE, LINE * 2)),
    case("rfft", X),
    case("rfft", SIGNAL),
    case("rfft", SIGNAL, fft_length=12),
    case("rfft", SIGNAL, fft_length=33),
    case("rfft", INTS),
    case("irfft", (X, Y)),
    case("irfft", (X, Y), fft_length=5),
    case("irfft", (LINE, LINE * 2), fft_length=11),
    case("extract_sequences", SIGNAL, 4, 3),
    case("extract_sequences", INTS, 2, 1),
    case("extract_sequences", LINE, 3, 2),
    case("extract_sequences", SIGNAL, 40, 3),
    case("stft", SIGNAL, 8, 4, 8),
    case("stft", SIGNAL, 6, 3, 8),
    case("stft", SIGNAL, 5, 2, 7, center=False),
    case("stft", SIGNAL, 4, 2, 8, window=WEIGHTS),
    case("stft", SIGNAL, 8, 8, 16, window="hamming"),
    case("stft", SIGNAL, 6, 3, 8, window=None),
    case("stft", SIGNAL[0], 6, 3, 8),
    case("istft", PAIRS, 8, 2, 8),
    case("istft", PAIRS, 6, 3, 8, window="hamming"),
    case("istft", PAIRS, 6, 3, 8, window="hamming", center=False),
    case("istft", PAIRS, 6, 3, 8, window=None),
    case("istft", PAIRS, 4, 2, 8, window=WEIGHTS),
    case("istft", PAIRS, 8, 4, 8, length=20),
    case("istft", PAIRS, 8, 4, 8, length=100),
    case("istft", NARROW, 4, 1, 5),
    but(case("istft", PAIRS, 8, 8, 8, window=None), keras="Keras overlaps by half what should lie side by side"),
]
OPTIONS = {
    "extract_sequences": {"wild": "Keras multiplies by 0, and makes NaN of infinities"},
    "istft": {"wild": "sums of infinities"},
    "stft": {"wild": "sums of infinities", "empty": "the shape that Keras gives is another's"},
}
