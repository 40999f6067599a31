"""Rows of convolutions, pooling, blocks and CTC for the table of `cases.py`."""

import numpy as np

from tests.ops.cases import IMAGE, KERNEL, LINE, VOLUME, case, weights

FIRST = np.moveaxis(IMAGE, -1, 1)
LENGTHS = np.array([7, 4], "int32")
TARGET = np.array([[1, 1, 3], [2, 0, 0]], "int32")
COLUMNS = weights(2, 24, 6)

CASES = [
    case("conv_transpose", LINE, weights(3, 5, 4)),
    case("conv_transpose", LINE, weights(2, 5, 4), strides=3),
    case("conv_transpose", LINE, weights(3, 5, 4), strides=2, padding="same", output_padding=0),
    case("conv_transpose", LINE, weights(4, 5, 4), strides=2, padding="same", output_padding=1),
    case("conv_transpose", LINE, weights(3, 5, 4), padding="same", dilation_rate=3),
    case("conv_transpose", IMAGE, weights(3, 2, 6, 4), strides=(2, 1), padding="same"),
    case("conv_transpose", IMAGE, weights(3, 2, 6, 4), strides=2, output_padding=(1, 0)),
    case("conv_transpose", IMAGE, weights(1, 4, 6, 4), strides=(3, 2), padding="same"),
    case("conv_transpose", FIRST, KERNEL.swapaxes(2, 3), strides=2, data_format="channels_first"),
    case("conv_transpose", VOLUME, weights(2, 3, 2, 3, 2), strides=2, padding="same"),
    case("adaptive_average_pool", LINE, 3),
    case("adaptive_average_pool", IMAGE, (3, 4)),
    case("adaptive_average_pool", FIRST, (8, 5), data_format="channels_first"),
    case("adaptive_average_pool", VOLUME, 2),
    case("adaptive_max_pool", LINE, 3),
    case("adaptive_max_pool", IMAGE, (3, 4)),
    case("adaptive_max_pool", FIRST, (8, 5), data_format="channels_first"),
    case("adaptive_max_pool", VOLUME, 2),
    case("unfold", FIRST, 2),
    case("unfold", FIRST, (2, 3), dilation=(2, 1), padding=(1, 0), stride=(2, 1)),
    case("fold", COLUMNS, (3, 4), 2),
    case("fold", COLUMNS, (6, 4), (2, 3), dilation=(2, 1), padding=(1, 0), stride=(2, 1)),
    case("space_to_depth", IMAGE[:, :, :4], 2),
    case("space_to_depth", FIRST[..., :4], 2, data_format="channels_first"),
    case("depth_to_space", IMAGE, 2),
    case("depth_to_space", FIRST, 2, data_format="channels_first"),
    case("ctc_loss", TARGET, LINE, np.array([3, 1], "int32"), LENGTHS),
    case("ctc_loss", TARGET, LINE, np.array([2, 0], "int32"), LENGTHS, mask_index=2),
    case("ctc_decode", LINE, LENGTHS),
    case("ctc_decode", LINE, LENGTHS, merge_repeated=False, mask_index=3),
    case("ctc_decode", LINE, LENGTHS, strategy="beam_search", beam_width=4, top_paths=3),
    case("ctc_decode", LINE, LENGTHS, strategy="beam_search", beam_width=30, top_paths=2, mask_index=1),
]
