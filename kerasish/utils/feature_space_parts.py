"""What a `FeatureSpace` is made of: features, crosses, and two small layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array
from kerasish.core.configurable import Configurable, deserialize, is_config, serialize
from kerasish.core.dtypes import is_float_dtype
from kerasish.core.names import unique_name
from kerasish.core.registry import did_you_mean, publish
from kerasish.layers import (
    Concatenate,
    Discretization,
    HashedCrossing,
    Hashing,
    IntegerLookup,
    Layer,
    Normalization,
    Rescaling,
    StringLookup,
    TextVectorization,
)

OUTPUT_MODES = ("int", "one_hot", "float")


class FeatureIdentity(Layer):
    """`x`, as a float: a feature that is used as it is."""

    def call(self, x: Array) -> Array:
        return ops.cast(x, self.compute_dtype)


class FeatureConcat(Concatenate):
    """Encoded features, side by side."""


class Feature(Configurable):
    """One column: its dtype, the layer that prepares it, and how the result is encoded.

    Args:
        dtype: Of the raw data: `"float32"`, `"int32"` or `"string"`.
        preprocessor: A layer, or its config.
        output_mode: `"one_hot"`: the preprocessor's numbers become columns; `"int"`: they stay; `"float"`: its output
            is used as it is.
    """

    def __init__(self, dtype: str, preprocessor: Any, output_mode: str) -> None:
        if output_mode not in OUTPUT_MODES:
            allowed = ", ".join(map(repr, OUTPUT_MODES))
            raise ValueError(f"A feature's output_mode must be one of {allowed}; got {output_mode!r}.")
        self.dtype = dtype
        self.preprocessor: Layer = deserialize(preprocessor) if is_config(preprocessor) else preprocessor
        self.output_mode = output_mode
        if not isinstance(self.preprocessor, Layer):
            raise ValueError(f"A feature's preprocessor must be a layer; got {preprocessor!r:.80}.")

    @property
    def is_adaptable(self) -> bool:
        """Whether the preprocessor learns from data."""
        layer = self.preprocessor
        if isinstance(layer, Normalization):
            return layer.input_mean is None
        if isinstance(layer, Discretization):
            return not layer.input_bin_boundaries
        if isinstance(layer, StringLookup | IntegerLookup):
            return not layer.is_given
        return isinstance(layer, TextVectorization) and not layer._lookup_layer.is_given

    @property
    def is_ready(self) -> bool:
        """Whether the preprocessor has learned what it must, or is being read from a file that has it."""
        layer = self.preprocessor
        if not self.is_adaptable:
            return True
        if isinstance(layer, Discretization):
            return layer.bin_boundaries is not None
        if isinstance(layer, TextVectorization):
            layer = layer._lookup_layer
        if isinstance(layer, StringLookup | IntegerLookup):
            return layer.vocabulary is not None or layer.frozen_size is not None
        return layer.built

    def get_config(self) -> dict[str, Any]:
        """What `from_config` takes."""
        return {"dtype": self.dtype, "preprocessor": serialize(self.preprocessor), "output_mode": self.output_mode}


class Cross(Configurable):
    """The combination of several features, hashed.

    Args:
        feature_names: Which.
        crossing_dim: How many bins there are.
        output_mode: `"one_hot"` or `"int"`.
    """

    def __init__(self, feature_names: Sequence[str], crossing_dim: int, output_mode: str = "one_hot") -> None:
        if output_mode not in ("int", "one_hot"):
            raise ValueError(f"A cross's output_mode must be 'int' or 'one_hot'; got {output_mode!r}.")
        self.feature_names = tuple(feature_names)
        self.crossing_dim = crossing_dim
        self.output_mode = output_mode

    @property
    def name(self) -> str:
        """What its column is called."""
        return "_X_".join(self.feature_names)


publish(
    "keras.src.layers.preprocessing.feature_space",
    {"Feature": Feature, "Cross": Cross, "TFDIdentity": FeatureIdentity, "TFDConcat": FeatureConcat},
)


def layer_name(kind: str, name: str | None) -> str:
    """What the preprocessor of a feature is called."""
    return f"{name or unique_name(kind)}_preprocessor"


class FeatureKinds:
    """The kinds of features, as functions of their arguments."""

    @classmethod
    def feature(cls, dtype: str, preprocessor: Any, output_mode: str) -> Feature:
        """Any layer as the preprocessor of a feature; see `Feature`."""
        return Feature(dtype, preprocessor, output_mode)

    @classmethod
    def cross(cls, feature_names: Sequence[str], crossing_dim: int, output_mode: str = "one_hot") -> Cross:
        """The combination of several features, hashed to `crossing_dim` bins."""
        return Cross(feature_names, crossing_dim, output_mode)

    @classmethod
    def float(cls, name: str | None = None) -> Feature:
        """A number, as it is."""
        return Feature("float32", FeatureIdentity(dtype="float32", name=layer_name("float", name)), "float")

    @classmethod
    def float_rescaled(cls, scale: Any = 1.0, offset: Any = 0.0, name: str | None = None) -> Feature:
        """A number, as `x * scale + offset`."""
        layer = Rescaling(scale=scale, offset=offset, name=layer_name("float_rescaled", name))
        return Feature("float32", layer, "float")

    @classmethod
    def float_normalized(cls, name: str | None = None) -> Feature:
        """A number, with mean 0 and variance 1 over the data that `adapt` sees."""
        return Feature("float32", Normalization(axis=-1, name=layer_name("float_normalized", name)), "float")

    @classmethod
    def float_discretized(
        cls, num_bins: int, bin_boundaries: Any = None, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """A number, as one of `num_bins` bins with as many of the data each; or of bins with given boundaries."""
        bins = None if bin_boundaries is not None else num_bins
        layer = Discretization(num_bins=bins, bin_boundaries=bin_boundaries, name=layer_name("float_discretized", name))
        return Feature("float32", layer, output_mode)

    @classmethod
    def integer_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """A category that is written as a whole number."""
        name = layer_name("integer_categorical", name)
        layer = IntegerLookup(max_tokens=max_tokens, num_oov_indices=num_oov_indices, name=name)
        return Feature("int32", layer, output_mode)

    @classmethod
    def string_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """A category that is written as a string."""
        name = layer_name("string_categorical", name)
        layer = StringLookup(max_tokens=max_tokens, num_oov_indices=num_oov_indices, name=name)
        return Feature("string", layer, output_mode)

    @classmethod
    def string_hashed(cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
        """A category that is written as a string, in one of `num_bins` bins."""
        return Feature("string", Hashing(num_bins=num_bins, name=layer_name("string_hashed", name)), output_mode)

    @classmethod
    def integer_hashed(cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
        """A category that is written as a whole number, in one of `num_bins` bins."""
        return Feature("int32", Hashing(num_bins=num_bins, name=layer_name("integer_hashed", name)), output_mode)


def standard_feature(name: str, kind: Any, hashing_dim: int, bins: int) -> Feature:
    """The feature that `kind` means: an object, a config, or the name of a kind.

    Raises:
        ValueError: there is no such kind.
    """
    if isinstance(kind, Feature):
        return kind
    if is_config(kind):
        return deserialize(kind)
    makers = {
        "float": lambda: FeatureKinds.float(name=name),
        "float_rescaled": lambda: FeatureKinds.float_rescaled(name=name),
        "float_normalized": lambda: FeatureKinds.float_normalized(name=name),
        "float_discretized": lambda: FeatureKinds.float_discretized(bins, name=name),
        "integer_categorical": lambda: FeatureKinds.integer_categorical(name=name),
        "string_categorical": lambda: FeatureKinds.string_categorical(name=name),
        "integer_hashed": lambda: FeatureKinds.integer_hashed(hashing_dim, name=name),
        "string_hashed": lambda: FeatureKinds.string_hashed(hashing_dim, name=name),
    }
    if not isinstance(kind, str) or kind not in makers:
        raise ValueError(
            f"Feature {name!r} is {kind!r:.60}, which is no kind of feature.{did_you_mean(kind, makers)} For a layer "
            "of your own write FeatureSpace.feature(dtype, layer, output_mode)."
        )
    return makers[kind]()


def cardinality(layer: Layer) -> int:
    """How many numbers a preprocessor gives."""
    if isinstance(layer, StringLookup | IntegerLookup):
        return layer.vocabulary_size() if layer.vocabulary is not None else layer.frozen_size or 0
    if isinstance(layer, TextVectorization):
        return cardinality(layer._lookup_layer)
    if isinstance(layer, Hashing | HashedCrossing):
        return layer.num_bins
    if isinstance(layer, Discretization) and layer.bin_boundaries is not None:
        return len(layer.bin_boundaries) + 1
    raise ValueError(
        f"The preprocessor {layer.name!r} of type {type(layer).__name__} gives no category numbers, so its feature "
        "can't be one-hot: use output_mode='float', or let the layer do it."
    )


def check_encoded(name: str, x: Any) -> None:
    """Raise if a column is not of floats, so that it can't stand beside others."""
    if not is_float_dtype(x.dtype):
        raise ValueError(
            f"Feature {name!r} is not encoded (its dtype is {x.dtype}), so it can't be joined to the others. Use "
            "output_mode='dict' for the FeatureSpace, or 'one_hot' for the feature."
        )
