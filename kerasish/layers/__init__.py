"""Layers: what models are made of. A family is a folder; what stands in its `__all__` is public."""

from __future__ import annotations

from typing import Any

from kerasish.core.configurable import Family, serialize as _serialize
from kerasish.core.registry import publish
from kerasish.layers import (
    activation as activation,
    attention as attention,
    convolution as convolution,
    core as core,
    merging as merging,
    normalization as normalization,
    pooling as pooling,
    preprocessing as preprocessing,
    recurrent as recurrent,
    regularization as regularization,
    reshaping as reshaping,
)
from kerasish.layers.activation import *
from kerasish.layers.attention import *
from kerasish.layers.convolution import *
from kerasish.layers.core import *
from kerasish.layers.input_spec import InputSpec as InputSpec
from kerasish.layers.layer import Layer as Layer
from kerasish.layers.merging import *
from kerasish.layers.normalization import *
from kerasish.layers.pooling import *
from kerasish.layers.preprocessing import *
from kerasish.layers.recurrent import *
from kerasish.layers.regularization import *
from kerasish.layers.reshaping import *

_FAMILIES = (
    activation,
    attention,
    convolution,
    core,
    merging,
    normalization,
    pooling,
    preprocessing,
    recurrent,
    regularization,
    reshaping,
)
_LAYERS = {name: getattr(family, name) for family in _FAMILIES for name in family.__all__}

publish("keras.layers", {name: x for name, x in (_LAYERS | {"Layer": Layer}).items() if isinstance(x, type)})


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


__all__ = ["InputSpec", "Layer", "deserialize", "serialize", *_LAYERS]  # pyright: ignore[reportUnsupportedDunderAll]
