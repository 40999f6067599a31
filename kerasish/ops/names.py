"""Which families of ops there are, and the module and class by which Keras's files name an op."""

from __future__ import annotations

from types import ModuleType

from kerasish.core.operators import OPS
from kerasish.ops import (
    activation,
    adaptive_pooling,
    attention,
    bits,
    blocks,
    comparison,
    complex,
    control_flow,
    convolution,
    core,
    creation,
    crossentropy,
    ctc,
    elementwise,
    fourier,
    image,
    linalg,
    mapping,
    nan,
    normalization,
    products,
    ranges,
    rearranging,
    reductions,
    searching,
    segments,
    selection,
    shapes,
    similarity,
    splitting,
    statistics,
    transforms,
    transposed,
    windows,
)

FAMILIES: dict[ModuleType, str] = {
    activation: "nn",
    adaptive_pooling: "nn",
    attention: "nn",
    bits: "numpy",
    blocks: "nn",
    comparison: "numpy",
    complex: "numpy",
    control_flow: "core",
    convolution: "nn",
    core: "core",
    creation: "numpy",
    crossentropy: "nn",
    ctc: "nn",
    elementwise: "numpy",
    fourier: "math",
    linalg: "linalg",
    mapping: "numpy",
    nan: "numpy",
    normalization: "nn",
    products: "numpy",
    ranges: "numpy",
    rearranging: "numpy",
    reductions: "numpy",
    searching: "numpy",
    segments: "math",
    selection: "numpy",
    shapes: "numpy",
    similarity: "nn",
    splitting: "numpy",
    statistics: "numpy",
    transforms: "core",
    transposed: "nn",
    windows: "numpy",
}
"""Each family, and the module in which Keras has most of it."""

NAMESPACES: dict[ModuleType, str] = {image: "image"}
"""The families whose ops are found only in a namespace of their own."""

_ELSEWHERE = {
    "core": "scatter scatter_update slice slice_update unstack",
    "einops": "rearrange",
    "linalg": "norm",
    "math": "cdist erf erfc erfinv in_top_k logdet logsumexp rsqrt top_k view_as_complex view_as_real",
    "nn": "polar",
    "numpy": "size slogdet",
}
"""The ops that Keras has in another module."""

_IRREGULAR = {
    "allclose": "AllClose",
    "batch_normalization": "BatchNorm",
    "cdist": "CDist",
    "conj": "Conjugate",
    "ctc_decode": "CTCDecode",
    "ctc_loss": "CTCLoss",
    "fft": "FFT",
    "fft2": "FFT2",
    "hsv_to_rgb": "HSVToRGB",
    "ifft2": "IFFT2",
    "irfft": "IRFFT",
    "isin": "IsIn",
    "istft": "ISTFT",
    "layer_normalization": "LayerNorm",
    "psnr": "PSNR",
    "rfft": "RFFT",
    "rgb_to_grayscale": "RGBToGrayscale",
    "rgb_to_hsv": "RGBToHSV",
    "rms_normalization": "RMSNorm",
    "searchsorted": "SearchSorted",
    "ssim": "SSIM",
    "stft": "STFT",
    "svd": "SVD",
}
"""The classes that are not the op's name in capitals."""

_elsewhere = {name: module for module, names in _ELSEWHERE.items() for name in names.split()}

KERAS_MODULES: dict[str, str] = {
    name: f"keras.src.ops.{_elsewhere.get(name, module)}"
    for family, module in (FAMILIES | NAMESPACES).items()
    for name in (OPS[n].__name__ for n in family.__all__ if n in OPS)
}
"""The module in which Keras has the class of each op, as its files have it."""

KERAS_CLASSES: dict[str, str] = {
    name: _IRREGULAR.get(name, "".join(word.capitalize() for word in name.split("_"))) for name in KERAS_MODULES
}
"""The name of that class."""

OP_NAMES: dict[tuple[str, str], str] = {(KERAS_MODULES[name], KERAS_CLASSES[name]): name for name in KERAS_MODULES}
"""The op that a module and a class mean."""


def namespace(module: str) -> list[str]:
    """The names of the ops of all families that Keras has in `module`."""
    return [name for family, place in FAMILIES.items() if place == module for name in family.__all__]
