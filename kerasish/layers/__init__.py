"""Layers: what models are made of."""

from __future__ import annotations

from typing import Any

from kerasish.core.configurable import Family, serialize as _serialize
from kerasish.core.registry import publish
from kerasish.layers.activation.relu import ELU, LeakyReLU, PReLU, ReLU
from kerasish.layers.activation.softmax import Softmax
from kerasish.layers.attention.attention import AdditiveAttention, Attention
from kerasish.layers.attention.group_query_attention import GroupQueryAttention
from kerasish.layers.attention.multi_head_attention import MultiHeadAttention
from kerasish.layers.convolution.conv import Conv1D, Conv2D, Conv3D
from kerasish.layers.convolution.depthwise_conv import DepthwiseConv1D, DepthwiseConv2D
from kerasish.layers.convolution.separable_conv import SeparableConv1D, SeparableConv2D
from kerasish.layers.core.activation import Activation
from kerasish.layers.core.dense import Dense
from kerasish.layers.core.einsum_dense import EinsumDense
from kerasish.layers.core.embedding import Embedding
from kerasish.layers.core.identity import Identity
from kerasish.layers.core.input_layer import Input, InputLayer
from kerasish.layers.core.lambda_layer import Lambda
from kerasish.layers.core.masking import Masking
from kerasish.layers.core.wrapper import Wrapper
from kerasish.layers.input_spec import InputSpec
from kerasish.layers.layer import Layer
from kerasish.layers.merging.concatenate import Concatenate, concatenate
from kerasish.layers.merging.dot import Dot, dot
from kerasish.layers.merging.elementwise import (
    Add,
    Average,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    maximum,
    minimum,
    multiply,
    subtract,
)
from kerasish.layers.normalization.batch_normalization import BatchNormalization
from kerasish.layers.normalization.group_normalization import GroupNormalization
from kerasish.layers.normalization.layer_normalization import LayerNormalization, RMSNormalization, UnitNormalization
from kerasish.layers.pooling.global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
)
from kerasish.layers.pooling.window_pooling import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
from kerasish.layers.preprocessing.rescaling import Rescaling
from kerasish.layers.recurrent.bidirectional import Bidirectional
from kerasish.layers.recurrent.gru import GRU, GRUCell
from kerasish.layers.recurrent.lstm import LSTM, LSTMCell
from kerasish.layers.recurrent.rnn import RNN
from kerasish.layers.recurrent.simple_rnn import SimpleRNN, SimpleRNNCell
from kerasish.layers.recurrent.stacked_cells import StackedRNNCells
from kerasish.layers.recurrent.time_distributed import TimeDistributed
from kerasish.layers.regularization.activity_regularization import ActivityRegularization
from kerasish.layers.regularization.dropout import (
    AlphaDropout,
    Dropout,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)
from kerasish.layers.regularization.noise import GaussianDropout, GaussianNoise
from kerasish.layers.reshaping.borders import (
    Cropping1D,
    Cropping2D,
    Cropping3D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
)
from kerasish.layers.reshaping.flatten import Flatten
from kerasish.layers.reshaping.permute import Permute
from kerasish.layers.reshaping.repeat_vector import RepeatVector
from kerasish.layers.reshaping.reshape import Reshape
from kerasish.layers.reshaping.up_sampling import UpSampling1D, UpSampling2D, UpSampling3D

AvgPool1D = AveragePooling1D
AvgPool2D = AveragePooling2D
AvgPool3D = AveragePooling3D
Convolution1D = Conv1D
Convolution2D = Conv2D
Convolution3D = Conv3D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
MaxPool1D = MaxPooling1D
MaxPool2D = MaxPooling2D
MaxPool3D = MaxPooling3D
SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D

publish(
    "keras.layers",
    {
        "Activation": Activation,
        "ActivityRegularization": ActivityRegularization,
        "Add": Add,
        "AdditiveAttention": AdditiveAttention,
        "AlphaDropout": AlphaDropout,
        "Attention": Attention,
        "Average": Average,
        "AveragePooling1D": AveragePooling1D,
        "AveragePooling2D": AveragePooling2D,
        "AveragePooling3D": AveragePooling3D,
        "BatchNormalization": BatchNormalization,
        "Bidirectional": Bidirectional,
        "Concatenate": Concatenate,
        "Conv1D": Conv1D,
        "Conv2D": Conv2D,
        "Conv3D": Conv3D,
        "Cropping1D": Cropping1D,
        "Cropping2D": Cropping2D,
        "Cropping3D": Cropping3D,
        "Dense": Dense,
        "DepthwiseConv1D": DepthwiseConv1D,
        "DepthwiseConv2D": DepthwiseConv2D,
        "Dot": Dot,
        "Dropout": Dropout,
        "ELU": ELU,
        "EinsumDense": EinsumDense,
        "Embedding": Embedding,
        "Flatten": Flatten,
        "GRU": GRU,
        "GRUCell": GRUCell,
        "GaussianDropout": GaussianDropout,
        "GaussianNoise": GaussianNoise,
        "GlobalAveragePooling1D": GlobalAveragePooling1D,
        "GlobalAveragePooling2D": GlobalAveragePooling2D,
        "GlobalAveragePooling3D": GlobalAveragePooling3D,
        "GlobalMaxPooling1D": GlobalMaxPooling1D,
        "GlobalMaxPooling2D": GlobalMaxPooling2D,
        "GlobalMaxPooling3D": GlobalMaxPooling3D,
        "GroupNormalization": GroupNormalization,
        "GroupQueryAttention": GroupQueryAttention,
        "Identity": Identity,
        "InputLayer": InputLayer,
        "LSTM": LSTM,
        "LSTMCell": LSTMCell,
        "Lambda": Lambda,
        "Layer": Layer,
        "LayerNormalization": LayerNormalization,
        "LeakyReLU": LeakyReLU,
        "Masking": Masking,
        "MaxPooling1D": MaxPooling1D,
        "MaxPooling2D": MaxPooling2D,
        "MaxPooling3D": MaxPooling3D,
        "Maximum": Maximum,
        "Minimum": Minimum,
        "MultiHeadAttention": MultiHeadAttention,
        "Multiply": Multiply,
        "PReLU": PReLU,
        "Permute": Permute,
        "RMSNormalization": RMSNormalization,
        "RNN": RNN,
        "ReLU": ReLU,
        "RepeatVector": RepeatVector,
        "Rescaling": Rescaling,
        "Reshape": Reshape,
        "SeparableConv1D": SeparableConv1D,
        "SeparableConv2D": SeparableConv2D,
        "SimpleRNN": SimpleRNN,
        "SimpleRNNCell": SimpleRNNCell,
        "Softmax": Softmax,
        "SpatialDropout1D": SpatialDropout1D,
        "SpatialDropout2D": SpatialDropout2D,
        "SpatialDropout3D": SpatialDropout3D,
        "StackedRNNCells": StackedRNNCells,
        "Subtract": Subtract,
        "TimeDistributed": TimeDistributed,
        "UnitNormalization": UnitNormalization,
        "UpSampling1D": UpSampling1D,
        "UpSampling2D": UpSampling2D,
        "UpSampling3D": UpSampling3D,
        "Wrapper": Wrapper,
        "ZeroPadding1D": ZeroPadding1D,
        "ZeroPadding2D": ZeroPadding2D,
        "ZeroPadding3D": ZeroPadding3D,
        "AvgPool1D": AvgPool1D,
        "AvgPool2D": AvgPool2D,
        "AvgPool3D": AvgPool3D,
        "Convolution1D": Convolution1D,
        "Convolution2D": Convolution2D,
        "Convolution3D": Convolution3D,
        "GlobalAvgPool1D": GlobalAvgPool1D,
        "GlobalAvgPool2D": GlobalAvgPool2D,
        "GlobalAvgPool3D": GlobalAvgPool3D,
        "GlobalMaxPool1D": GlobalMaxPool1D,
        "GlobalMaxPool2D": GlobalMaxPool2D,
        "GlobalMaxPool3D": GlobalMaxPool3D,
        "MaxPool1D": MaxPool1D,
        "MaxPool2D": MaxPool2D,
        "MaxPool3D": MaxPool3D,
        "SeparableConvolution1D": SeparableConvolution1D,
        "SeparableConvolution2D": SeparableConvolution2D,
    },
)


def serialize(layer: Layer) -> dict[str, Any]:
    """`layer` as a config, which JSON can hold."""
    return _serialize(layer)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """The layer that a config describes.

    Example:
        >>> deserialize(serialize(Dense(3, name="top"))).name
        'top'
    """
    return _family.deserialize(config, custom_objects)


_family = Family("layer", "keras.layers", make=False)


__all__ = [
    "ELU",
    "GRU",
    "LSTM",
    "RNN",
    "Activation",
    "ActivityRegularization",
    "Add",
    "AdditiveAttention",
    "AlphaDropout",
    "Attention",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "BatchNormalization",
    "Bidirectional",
    "Concatenate",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "Convolution1D",
    "Convolution2D",
    "Convolution3D",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Dot",
    "Dropout",
    "EinsumDense",
    "Embedding",
    "Flatten",
    "GRUCell",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "GroupNormalization",
    "GroupQueryAttention",
    "Identity",
    "Input",
    "InputLayer",
    "InputSpec",
    "LSTMCell",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Masking",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "Maximum",
    "Minimum",
    "MultiHeadAttention",
    "Multiply",
    "PReLU",
    "Permute",
    "RMSNormalization",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
    "SimpleRNN",
    "SimpleRNNCell",
    "Softmax",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "StackedRNNCells",
    "Subtract",
    "TimeDistributed",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "Wrapper",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
    "add",
    "average",
    "concatenate",
    "deserialize",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "serialize",
    "subtract",
]
