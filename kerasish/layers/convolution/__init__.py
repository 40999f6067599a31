"""Layers that slide kernels over lines, images and volumes."""

from kerasish.layers.convolution.conv import Conv1D, Conv2D, Conv3D
from kerasish.layers.convolution.depthwise_conv import DepthwiseConv1D, DepthwiseConv2D
from kerasish.layers.convolution.separable_conv import SeparableConv1D, SeparableConv2D

Convolution1D = Conv1D
Convolution2D = Conv2D
Convolution3D = Conv3D
SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D

__all__ = [
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "Convolution1D",
    "Convolution2D",
    "Convolution3D",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
]
