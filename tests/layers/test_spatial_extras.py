"""Transposed convolutions, ConvLSTM, spectral normalization, reversible embeddings, spectrograms: special cases."""

import numpy as np
import pytest

import kerasish
from kerasish import layers

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: layers.Conv2DTranspose(3, 2, 2, output_padding=2), "output_padding must be less than its strides"),
        (lambda: layers.Conv1DTranspose(3, 2, padding="causal"), "'valid', 'same'; got 'causal'"),
        (lambda: layers.AdaptiveMaxPooling2D((2, 0)), "output_size must be 2 integers of at least 1"),
        (lambda: layers.ConvLSTM2D(2, 2, 2, dilation_rate=2), "strides or dilation_rate above 1, not both"),
        (lambda: layers.ConvLSTM1D(2, 9)(np.zeros((1, 2, 4, 1), "float32")), "use a smaller kernel"),
        (lambda: layers.ConvLSTM2D(2, 2)(kerasish.Input((3, None, 4, 1))), "needs to know all sizes but time"),
        (lambda: layers.SpectralNormalization(layers.ReLU())(np.zeros((1, 2), "float32")), "has neither"),
        (lambda: layers.SpectralNormalization(layers.Dense(2), 0), "power_iterations must be a positive integer"),
        (lambda: layers.ReversibleEmbedding(3, 2, logit_soft_cap=0.0), "logit_soft_cap must be above 0"),
        (lambda: layers.STFTSpectrogram("loud"), "mode must be one of 'log'"),
        (lambda: layers.STFTSpectrogram(frame_length=8, frame_step=9), "frame_step must be at most its frame_length"),
        (lambda: layers.STFTSpectrogram(window="best"), "window must be 'boxcar'"),
        (
            lambda: layers.STFTSpectrogram(frame_length=8, window=[1.0, 2.0]),
            r"the frame_length, 8; got the shape \(2,\)",
        ),
        (lambda: layers.MelSpectrogram(min_freq=9000.0), "0 <= min_freq < max_freq"),
        (lambda: layers.MelSpectrogram(64, sequence_length=65), "sequence_length must be at most its fft_length"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(make, message):
    with pytest.raises(ValueError, match=message) as error:
        make()
    assert len(str(error.value)) <= 600


def test_dropout_of_a_convolutional_memory_is_the_same_at_every_step():
    layer = layers.ConvLSTM1D(2, 1, dropout=0.5, use_bias=False, recurrent_initializer="zeros", activation="linear",
                              return_sequences=True, seed=1)  # fmt: skip
    x = np.ones((2, 3, 8, 1), "float32")
    y = np.asarray(layer(x, training=True))
    zero = (y == 0).all(-1)
    assert zero.any() and (zero == zero[:, :1]).all() and not (np.asarray(layer(x)) == 0).any()


def test_a_stateful_convolutional_memory_goes_on_where_it_stopped():
    layer = layers.ConvLSTM1D(2, 2, padding="same", stateful=True, return_sequences=True)
    whole = layers.ConvLSTM1D(2, 2, padding="same", return_sequences=True)
    x = RNG.normal(size=(2, 4, 5, 1)).astype("float32")
    whole(x)
    first = layer(x[:, :2])
    layer.set_weights(whole.get_weights())
    layer.reset_state()
    first, second = layer(x[:, :2]), layer(x[:, 2:])
    np.testing.assert_allclose(np.concatenate([first, second], 1), whole(x), rtol=1e-5, atol=1e-6)


def test_spectral_normalization_keeps_the_divided_kernel():
    layer = layers.SpectralNormalization(layers.Dense(3), power_iterations=30)
    x = RNG.normal(size=(5, 4)).astype("float32")
    layer(x)
    before = layer.kernel.numpy()
    layer(x, training=False)
    np.testing.assert_array_equal(layer.kernel.numpy(), before)
    y = layer(x, training=True)
    np.testing.assert_allclose(np.linalg.norm(layer.kernel.numpy(), 2), 1, rtol=1e-4)
    np.testing.assert_array_equal(layer(x), y)


def test_a_reversible_embedding_scores_all_ids_with_its_table():
    layer = layers.ReversibleEmbedding(7, 3)
    vectors = layer(np.array([[1, 6]]))
    scores = layer(vectors, reverse=True)
    np.testing.assert_allclose(scores, np.asarray(vectors) @ layer.embeddings.numpy().T, rtol=1e-5)
    capped = layers.ReversibleEmbedding(7, 3, tie_weights=False, logit_soft_cap=0.5, embeddings_initializer="ones")
    assert np.asarray(capped(9 * np.ones((2, 3), "float32"), reverse=True)).max() <= 0.5
    wide = layers.ReversibleEmbedding(7, 3, reverse_dtype="float32", dtype="mixed_bfloat16")
    assert wide(np.ones((2, 3), "float32"), reverse=True).dtype == "float32"


def test_a_reversible_embedding_is_used_twice_in_one_model():
    layer = layers.ReversibleEmbedding(7, 3, mask_zero=True)
    ids = kerasish.Input((5,), dtype="int32")
    model = kerasish.Model(ids, layer(layers.Dense(3)(layer(ids)), reverse=True))
    assert model.output_shape == (None, 5, 7) and len(model.weights) == 3
    model.compile("adam", kerasish.losses.SparseCategoricalCrossentropy(from_logits=True))
    x = RNG.integers(1, 7, (8, 5))
    history = model.fit(x, x, epochs=3, verbose=0).history["loss"]
    assert history[-1] < history[0]


def test_a_spectrogram_of_one_signal_is_that_of_a_batch_of_one():
    layer = layers.MelSpectrogram(16, 8, num_mel_bins=3, sampling_rate=800)
    x = RNG.normal(size=(40,)).astype("float32")
    np.testing.assert_allclose(layer(x), layer(x[None])[0], rtol=1e-4, atol=1e-4)
