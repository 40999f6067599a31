"""Rows of transposed convolutions, adaptive pooling and convolutional memories for the table of `examples.py`."""

from tests.laws.examples import IMAGE, SEQUENCE, VOLUME, Example

E = Example
LINES, FRAMES, FILMS = (None, 3, 5, 2), (None, 3, 5, 4, 2), (None, 2, 3, 4, 3, 1)

CONFUSED = {"keras masks": "Keras takes a mask for one of rows, and raises or masks others"}

EXAMPLES = [
    E(lambda L: L.Conv1DTranspose(3, 3, activation="tanh"), SEQUENCE, smooth=True),
    E(lambda L: L.Conv1DTranspose(3, 2, strides=3, padding="same", use_bias=False), SEQUENCE),
    E(lambda L: L.Conv1DTranspose(2, 3, dilation_rate=2, data_format="channels_first"), SEQUENCE),
    E(lambda L: L.Conv2DTranspose(3, (3, 2), strides=2, padding="same"), IMAGE, smooth=True),
    E(lambda L: L.Conv2DTranspose(2, 3, strides=(3, 2), output_padding=(2, 0), kernel_regularizer="l2"), IMAGE),
    E(lambda L: L.Conv2DTranspose(2, 2, data_format="channels_first", padding="same"), (None, 2, 3, 4)),
    E(lambda L: L.Conv3DTranspose(2, 2, strides=2), VOLUME),
    E(lambda L: L.Conv3DTranspose(2, 3, padding="same", strides=2, output_padding=1, use_bias=False), VOLUME),
    E(lambda L: L.Conv3DTranspose(1, 2, data_format="channels_first", activation="relu"), VOLUME),
    E(lambda L: L.AdaptiveAveragePooling1D(3), SEQUENCE, smooth=True),
    E(lambda L: L.AdaptiveAveragePooling1D(7), SEQUENCE),
    E(lambda L: L.AdaptiveAveragePooling1D(2, "channels_first"), SEQUENCE),
    E(lambda L: L.AdaptiveAveragePooling2D(2), IMAGE),
    E(lambda L: L.AdaptiveAveragePooling2D((4, 5)), IMAGE),
    E(lambda L: L.AdaptiveAveragePooling2D((2, 3), "channels_first"), IMAGE),
    E(lambda L: L.AdaptiveAveragePooling3D(2), VOLUME),
    E(lambda L: L.AdaptiveAveragePooling3D((1, 4, 2)), VOLUME),
    E(lambda L: L.AdaptiveAveragePooling3D((2, 1, 3), "channels_first"), VOLUME),
    E(lambda L: L.AdaptiveMaxPooling1D(3), SEQUENCE, smooth=True),
    E(lambda L: L.AdaptiveMaxPooling1D(5), SEQUENCE),
    E(lambda L: L.AdaptiveMaxPooling1D(2, "channels_first"), SEQUENCE),
    E(lambda L: L.AdaptiveMaxPooling2D(2), IMAGE),
    E(lambda L: L.AdaptiveMaxPooling2D((4, 5)), IMAGE),
    E(lambda L: L.AdaptiveMaxPooling2D((2, 3), "channels_first"), IMAGE),
    E(lambda L: L.AdaptiveMaxPooling3D(2), VOLUME),
    E(lambda L: L.AdaptiveMaxPooling3D((1, 4, 2)), VOLUME),
    E(lambda L: L.AdaptiveMaxPooling3D((2, 1, 3), "channels_first"), VOLUME),
    E(lambda L: L.ConvLSTM1D(2, 3), LINES, smooth=True, without=CONFUSED),
    E(lambda L: L.ConvLSTM1D(2, 2, 2, "same", return_sequences=True, return_state=True), LINES, without=CONFUSED),
    E(
        lambda L: L.ConvLSTM1D(2, 2, dilation_rate=2, data_format="channels_first", go_backwards=True),
        (None, 3, 2, 5),
        without=CONFUSED,
    ),
    E(lambda L: L.ConvLSTM2D(2, (3, 2), padding="same", return_sequences=True), FRAMES, smooth=True, without=CONFUSED),
    E(
        lambda L: L.ConvLSTM2D(2, 2, use_bias=False, unroll=True, recurrent_activation="hard_sigmoid"),
        FRAMES,
        without=CONFUSED,
    ),
    E(lambda L: L.ConvLSTM2D(2, 2, (2, 1), data_format="channels_first", return_state=True), FRAMES, without=CONFUSED),
    E(lambda L: L.ConvLSTM3D(1, 2), FILMS, without=CONFUSED),
    E(lambda L: L.ConvLSTM3D(2, 2, padding="same", unit_forget_bias=False, activation="relu"), FILMS, without=CONFUSED),
    E(lambda L: L.ConvLSTM3D(1, (1, 2, 1), 2, "same", return_sequences=True), FILMS, without=CONFUSED),
]
