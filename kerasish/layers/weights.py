"""`Weights`: the variables of a layer: making them, finding them, freezing them, reading and setting them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from kerasish import constraints, initializers, regularizers
from kerasish.backend.interface import Shape
from kerasish.core import policies
from kerasish.core.context import current_call, join, scope
from kerasish.core.dtypes import is_float_dtype, standardize_dtype
from kerasish.core.policies import DTypePolicy
from kerasish.core.stateful import Stateful
from kerasish.core.variable import Variable


class Weights(Stateful):
    """The part of `Layer` that holds variables."""

    name: str
    built: bool
    built_path: str
    _dtype_policy: DTypePolicy
    _trainable: bool
    _own_trainable: list[Variable]
    _own_fixed: list[Variable]

    def add_weight(
        self,
        shape: Shape | int | None = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """A new variable of this layer. Keep it as an attribute.

        Args:
            shape: Its shape; by default a scalar.
            initializer: Its first value; by default `"glorot_uniform"` for floats, zeros for others.
            dtype: By default the layer's `variable_dtype`.
            trainable: Whether the optimizer may change it.
            autocast: Whether it is read in the layer's compute dtype.
            regularizer: A penalty on it, added to the loss.
            constraint: A function applied to it after each step of the optimizer.
            aggregation: How replicas are merged.
            overwrite_with_gradient: Whether the optimizer puts the gradient in the place of the value.
            name: The last part of its path.
        """
        kind = self.variable_dtype if dtype is None else standardize_dtype(dtype)
        default = "glorot_uniform" if is_float_dtype(kind) else "zeros"
        sizes = () if shape is None else (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
        with scope(path=self.path, dtype=None):
            variable = Variable(
                initializers.get(default if initializer is None else initializer),
                sizes,
                dtype=kind,
                trainable=trainable and self._trainable,
                autocast=autocast,
                aggregation=aggregation,
                name=name,
            )
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        (self._own_trainable if trainable else self._own_fixed).append(variable)
        return variable

    add_variable = add_weight

    @property
    def path(self) -> str:
        """Names of the layers around it, when it was built, and its own."""
        if self.built_path:
            return self.built_path
        outer = current_call().path
        return outer if outer.split("/")[-1] == self.name else join(outer, self.name)

    def own_weights(self) -> list[Variable]:
        """This layer's own weights, without those of layers inside it: trainable ones first, as in Keras's files."""
        loose = [v for _, v in super().own_variables()]
        return list({id(v): v for v in [*self._own_trainable, *self._own_fixed, *loose]}.values())

    def own_variables(self) -> Iterator[tuple[str, Variable]]:
        names = {id(v): name for name, v in super().own_variables() if not name.startswith("_own_")}
        for variable in self.own_weights():
            yield names.get(id(variable), variable.name), variable

    def layers_inside(self) -> list[Any]:
        """This layer and all layers inside it, depth first."""
        return [x for _, x in self.stateful_objects() if isinstance(x, Weights)]

    @property
    def weights(self) -> list[Variable]:
        """The variables, without seeds and metrics."""
        return list({id(v): v for layer in self.layers_inside() for v in layer.own_weights()}.values())

    @property
    def variables(self) -> list[Variable]:
        """The weights and the states of seeds; not those of metrics, as in Keras."""
        kept = [x for _, x in self.stateful_objects() if x.in_files]
        return list({id(v): v for x in kept for v in x.listed_variables()}.values())

    @property
    def trainable_variables(self) -> list[Variable]:
        """What the optimizer may change."""
        return [v for v in self.variables if v.trainable] if self.trainable else []

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """What the optimizer may not change: statistics, seeds, frozen weights."""
        return [v for v in self.variables if not (v.trainable and self.trainable)]

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that the optimizer may change."""
        return [v for v in self.weights if v.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that the optimizer may not change."""
        return [v for v in self.weights if not (v.trainable and self.trainable)]

    @property
    def trainable(self) -> bool:
        """Whether the optimizer may change this layer's weights; setting it sets it for the layers inside."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self.layers_inside():
            layer._trainable = bool(value)
            for variable in layer._own_trainable:
                variable.trainable = bool(value)

    def get_weights(self) -> list[np.ndarray]:
        """The values of `weights`, as NumPy arrays."""
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set the values of `weights`. All are checked before the first is set."""
        variables = self.weights
        if len(weights) != len(variables):
            raise ValueError(f"{self.name!r} has {len(variables)} weights; set_weights got {len(weights)} arrays.")
        for variable, value in zip(variables, weights, strict=True):
            if tuple(np.shape(value)) != variable.shape:
                raise ValueError(
                    f"The weight {variable.path!r} of {self.name!r} has the shape {variable.shape}; "
                    f"set_weights got an array of shape {tuple(np.shape(value))} for it."
                )
        for variable, value in zip(variables, weights, strict=True):
            variable.assign(value)

    def count_params(self) -> int:
        """How many numbers the weights hold."""
        if not self.built:
            raise ValueError(f"{self.name!r} has no weights yet: call it, or `build` it with an input shape, first.")
        return sum(v.size for v in self.weights)

    # Dtypes --------------------------------------------------------------------------------------------------------
    @property
    def dtype_policy(self) -> DTypePolicy:
        """In which dtype the layer computes and keeps weights that it makes from now on; may be set by name."""
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        self._dtype_policy = policies.get(value)

    @property
    def dtype(self) -> str:
        """The dtype of the weights."""
        return self.dtype_policy.at(self.path).variable_dtype

    variable_dtype = dtype
    quantization_mode = None

    @property
    def compute_dtype(self) -> str:
        """The dtype of the computation."""
        return self.dtype_policy.at(self.path).compute_dtype

    input_dtype = compute_dtype
