"""`FeatureSpace`: the columns of a table, prepared for a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from kerasish import saving
from kerasish.backend.interface import Tree
from kerasish.core.configurable import deserialize, is_config, serialize
from kerasish.core.names import unique_name
from kerasish.core.registry import publish
from kerasish.core.symbolic import SymbolicTensor
from kerasish.layers import CategoryEncoding, HashedCrossing, Input, Layer
from kerasish.layers.preprocessing.base import array_of
from kerasish.utils.feature_space_parts import (
    Cross,
    Feature,
    FeatureConcat,
    FeatureKinds,
    cardinality,
    check_encoded,
    standard_feature,
)

__all__ = ["FeatureSpace"]


class FeatureSpace(Layer, FeatureKinds):
    """One preprocessing layer for each column of a table; crosses of columns; all one-hot, as they are, or joined.

    By hand it takes batches, or single samples, and gives arrays: `feature_space(batch)`. In a model it is
    `Model(feature_space.get_inputs(), top(feature_space.get_encoded_features()))`: what needs strings runs on the
    host, the rest in the compiled step.

    Args:
        features: For each column a kind: `"float"`, `"float_rescaled"`, `"float_normalized"`, `"float_discretized"`,
            `"integer_categorical"`, `"string_categorical"`, `"integer_hashed"`, `"string_hashed"`; or what the method
            of that name gives, which takes arguments; or `FeatureSpace.feature(dtype, layer, output_mode)`.
        output_mode: `"concat"`: one array of all encoded features, by their sorted names, crosses last; `"dict"`.
        crosses: Tuples of names of categorical features, or what `FeatureSpace.cross` gives.
        crossing_dim: Bins of a cross, where it says nothing else.
        hashing_dim: Bins of a hashed feature, likewise.
        num_discretization_bins: Bins of a discretized feature, likewise.
        name: By default `feature_space` and a number.

    Example:
        >>> space = FeatureSpace({"age": "float_normalized", "city": "string_categorical"})
        >>> table = {"age": [20.0, 40.0], "city": ["Rome", "Oslo"]}
        >>> space.adapt(table)
        >>> np.asarray(space(table)).tolist()
        [[-1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 1.0]]
    """

    takes_strings = True

    def __init__(
        self,
        features: Mapping[str, Any],
        output_mode: str = "concat",
        crosses: Sequence[Any] | None = None,
        crossing_dim: int = 32,
        hashing_dim: int = 32,
        num_discretization_bins: int = 32,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name or unique_name("feature_space"))
        if not features:
            raise ValueError("A FeatureSpace needs at least one feature; `features` is empty.")
        if output_mode not in ("concat", "dict"):
            raise ValueError(f"A FeatureSpace's output_mode must be 'concat' or 'dict'; got {output_mode!r}.")
        self.crossing_dim = crossing_dim
        self.hashing_dim = hashing_dim
        self.num_discretization_bins = num_discretization_bins
        self.features: dict[str, Feature] = {
            key: standard_feature(key, kind, hashing_dim, num_discretization_bins) for key, kind in features.items()
        }
        self.crosses = [self._cross(cross) for cross in crosses or ()]
        self.output_mode = output_mode
        self.preprocessors = {key: feature.preprocessor for key, feature in self.features.items()}
        self.crossers = {cross.name: HashedCrossing(cross.crossing_dim, name=cross.name) for cross in self.crosses}
        self.one_hot_encoders: dict[str, CategoryEncoding] = {}
        self.concat = FeatureConcat(axis=-1) if output_mode == "concat" else None
        self._inputs: dict[str, SymbolicTensor] | None = None
        self._encoded: Tree = None
        self._try_to_build()

    def _cross(self, cross: Any) -> Cross:
        found = deserialize(cross) if is_config(cross) else cross
        if not isinstance(found, Cross):
            found = Cross(tuple(found), self.crossing_dim)
        unknown = [name for name in found.feature_names if name not in self.features]
        if unknown:
            raise ValueError(
                f"The cross {found.name!r} is of features that don't exist: {unknown}; there are {list(self.features)}."
            )
        return found

    # Adapting ------------------------------------------------------------------------------------------------------
    def adapt(self, dataset: Any) -> None:
        """Let every preprocessor learn from `dataset`, in one pass.

        Args:
            dataset: A table: a dict of columns, or a data frame; or an iterable of such tables or of single samples.

        Raises:
            ValueError: a column is missing.
        """
        learning = {name: feature for name, feature in self.features.items() if feature.is_adaptable}
        for feature in learning.values():
            feature.preprocessor.reset_state()  # pyright: ignore[reportAttributeAccessIssue]
        for table in _tables(dataset):
            for name, feature in learning.items():
                column, _ = _column(table, name, feature)
                feature.preprocessor.update_state(column)  # pyright: ignore[reportAttributeAccessIssue]
        for feature in learning.values():
            feature.preprocessor.finalize_state()  # pyright: ignore[reportAttributeAccessIssue]
        self.one_hot_encoders = {}
        self._encoded = None
        self._try_to_build()

    def _try_to_build(self) -> None:
        if all(feature.is_ready for feature in self.features.values()):
            self.get_encoded_features()
            self.built = True

    def _check_ready(self) -> None:
        waiting = [name for name, feature in self.features.items() if not feature.is_ready]
        if waiting:
            raise ValueError(
                f"FeatureSpace {self.name!r} has not learned yet what it must for {waiting}: call `adapt(dataset)`."
            )

    # Computation ---------------------------------------------------------------------------------------------------
    def get_inputs(self) -> dict[str, SymbolicTensor]:
        """An `Input` for each column, of shape `(1,)`: the start of a model on raw data."""
        if self._inputs is None:
            self._inputs = {
                name: Input((1,), dtype=feature.dtype, name=name) for name, feature in self.features.items()
            }
        return self._inputs

    def get_encoded_features(self) -> Tree:
        """What comes out for `get_inputs`, symbolically: the start of a model on encoded data, too."""
        self._check_ready()
        if self._encoded is None:
            self._encoded = self._encode(self.get_inputs())
        return self._encoded

    def __call__(self, data: Any) -> Tree:
        """The encoded features of a batch, or of one sample.

        Args:
            data: A dict of columns `(batch,)` or `(batch, 1)`, or a data frame; of single values for one sample.
        """
        self._check_ready()
        columns = {name: _column(data, name, feature) for name, feature in self.features.items()}
        outputs = self._encode({name: column for name, (column, _) in columns.items()})
        if not all(is_single for _, is_single in columns.values()):
            return outputs
        return {name: x[0] for name, x in outputs.items()} if isinstance(outputs, dict) else outputs[0]

    def _encode(self, columns: Mapping[str, Any]) -> Tree:
        prepared = {name: self.preprocessors[name](columns[name]) for name in sorted(self.features)}
        crossed = {
            cross.name: self.crossers[cross.name](tuple(prepared[name] for name in cross.feature_names))
            for cross in sorted(self.crosses, key=lambda cross: cross.name)
        }
        modes = {name: feature.output_mode for name, feature in self.features.items()}
        modes |= {cross.name: cross.output_mode for cross in self.crosses}
        layers: dict[str, Layer] = {**self.preprocessors, **self.crossers}
        outputs = {}
        for name, x in (prepared | crossed).items():
            outputs[name] = self._encoder(name, layers[name])(x) if modes[name] == "one_hot" else x
        if self.concat is None:
            return outputs
        for name, x in outputs.items():
            check_encoded(name, x)
        found = list(outputs.values())
        return self.concat(found) if len(found) > 1 else found[0]

    def _encoder(self, name: str, layer: Layer) -> CategoryEncoding:
        if name not in self.one_hot_encoders:
            self.one_hot_encoders[name] = CategoryEncoding(cardinality(layer), output_mode="multi_hot")
        return self.one_hot_encoders[name]

    # Files ---------------------------------------------------------------------------------------------------------
    def get_config(self) -> dict[str, Any]:
        return {
            "features": {name: serialize(feature) for name, feature in self.features.items()},
            "output_mode": self.output_mode,
            "crosses": [serialize(cross) for cross in self.crosses],
            "crossing_dim": self.crossing_dim,
            "hashing_dim": self.hashing_dim,
            "num_discretization_bins": self.num_discretization_bins,
        }

    def get_build_config(self) -> dict[str, Any] | None:
        """What tells Keras that it has been adapted."""
        return {name: {"input_shape": (None, 1)} for name in self.features} if self.built else None

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Nothing is left to build: what was adapted is built when it is made."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> FeatureSpace:
        """The feature space that `get_config` described."""
        return cls(**config)

    def save(self, filepath: Any) -> None:
        """Save it to a `.keras` file; `kerasish.saving.load_model` reads it."""
        saving.save_model(self, filepath)


publish("keras.utils", {"FeatureSpace": FeatureSpace})


def _tables(dataset: Any) -> Iterable[Any]:
    return [dataset] if _is_table(dataset) else dataset


def _is_table(x: Any) -> bool:
    return isinstance(x, Mapping) or "columns" in dir(type(x))


def _column(table: Any, name: str, feature: Feature) -> tuple[Any, bool]:
    """A column of shape `(batch, 1)`, and whether it was a single value."""
    if not _is_table(table):
        raise ValueError(f"A FeatureSpace takes dicts of columns, or data frames; got {type(table).__name__}.")
    if name not in table:
        raise ValueError(f"The data lack the column {name!r}; they have {sorted(map(str, table))!s:.200}.")
    x = array_of(table[name], f"Column {name!r}")
    if isinstance(x, SymbolicTensor):
        return x, False
    if feature.dtype != "string" and isinstance(x, np.ndarray):
        if x.dtype.kind in "OUST":
            raise TypeError(f"Column {name!r} holds strings; the feature is of {feature.dtype}.")
        x = x.astype(feature.dtype)
    single = x.ndim == 0
    return (x.reshape((1, 1)) if single else x[:, None] if x.ndim == 1 else x), single
