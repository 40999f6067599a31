"""The variables of an optimizer: made once, in Keras's order; more weights get more, and the others keep theirs."""

from __future__ import annotations

import collections
import functools
import warnings
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from typing import Any

import numpy as np

from kerasish import initializers
from kerasish.backend.interface import Array, Shape
from kerasish.core.context import scope
from kerasish.core.dtypes import standardize_dtype
from kerasish.core.stateful import Stateful
from kerasish.core.variable import Variable

Key = tuple[int | None, str]


class OptimizerState(Stateful):
    """Makes, keeps, saves and loads variables.

    `build` may be called again with more weights. It then runs again for all of them; what was made before is found
    by its weight and name, and keeps its value.
    """

    belongs_to_owner = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.built = False
        self._variables: list[Variable] = []
        self._made: dict[Key, list[Variable]] = {}
        self._weight_of: dict[int, Variable] = {}
        self._weights: dict[int, Variable] = {}
        self._trainable_variables: list[Variable] = []
        self._requests: list[Variable] = []
        self._counts: collections.Counter[Key] = collections.Counter()
        self._before_build: tuple[int, collections.Counter[Key]] | None = None
        self._building = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls):
            cls.build = _for_new_weights(cls.build)

    def build(self, variables: Sequence[Variable]) -> None:
        """Make what is kept for each of these weights. Those that have it already keep it."""

    def _begin_build(self) -> None:
        if self._before_build is None:
            self._before_build = len(self._requests), self._counts.copy()
        start, counts = self._before_build
        self._requests, self._counts = self._requests[:start], counts.copy()

    # Making variables ----------------------------------------------------------------------------------------------
    def add_variable(
        self,
        shape: Shape,
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Variable:
        """A new variable of the optimizer itself.

        Args:
            shape: Its shape.
            initializer: The name of an initializer, a function `(shape, dtype) -> array`, a number or an array.
            dtype: By default `floatx()`.
            aggregation: How replicas are merged.
            layout: Accepted for Keras's sake.
            name: The last part of its path.
        """
        name = name or "variable"
        kind = standardize_dtype(dtype)
        return self._add((None, name), initializer, shape, kind, aggregation=aggregation, layout=layout, name=name)

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: Any = "zeros"
    ) -> Variable:
        """A new variable of the shape and dtype of a weight, called after it: a slot.

        Args:
            reference_variable: The weight.
            name: What the slot is for, such as `"momentum"`.
            initializer: As for `add_variable`.
        """
        weight, name = reference_variable, name or "var"
        path = f"{weight.path.replace('/', '_')}_{name}"
        return self._add_for(weight, name, path, weight.shape, weight.dtype, initializer)

    def _add_for(
        self, weight: Variable, key: str, name: str, shape: Shape, dtype: str, initializer: Any = "zeros"
    ) -> Variable:
        """A new variable that belongs to a weight, of any shape and dtype; `key` tells it from the weight's others."""
        slot = self._add((id(weight), key), initializer, shape, dtype, name=name)
        self._weights[id(weight)] = weight  # an id is only good as long as its object lives
        if weight.trainable:
            self._weight_of[id(slot)] = weight
        return slot

    def add_optimizer_variables(
        self, trainable_variables: Sequence[Variable], name: str | Sequence[str], initializer: Any = "zeros"
    ) -> Any:
        """Slots for several weights.

        Args:
            trainable_variables: The weights.
            name: What the slot is for; or several such names.
            initializer: As for `add_variable`; or one for each name.

        Returns:
            A list with the slot of each weight (None for a weight that its gradient overwrites); for several names,
            a tuple of such lists.
        """
        names = [name] if isinstance(name, str) else list(name)
        starts = list(initializer) if isinstance(initializer, list | tuple) else [initializer] * len(names)
        if len(starts) != len(names):
            raise ValueError(
                f"There are {len(names)} names of slots, but {len(starts)} initializers; give one for each."
            )
        found: tuple[list[Any], ...] = tuple([] for _ in names)
        for weight in trainable_variables:
            for slots, one_name, start in zip(found, names, starts, strict=True):
                skip = weight.overwrite_with_gradient
                slots.append(None if skip else self.add_variable_from_reference(weight, one_name, start))
        return found[0] if isinstance(name, str) else found

    def _add(self, key: Key, initializer: Any, shape: Any, dtype: str, **kwargs: Any) -> Variable:
        made, position = self._made.setdefault(key, []), self._counts[key]
        if position == len(made):
            start = _start(initializer, shape, dtype)
            with scope(path=self.name, dtype=None):
                made.append(Variable(start, shape, dtype=dtype, trainable=False, **kwargs))
            self._variables.append(made[-1])
        self._counts[key] += 1
        self._requests.append(made[position])
        return made[position]

    def _forget(self, variable: Variable) -> None:
        """Leave `variable` out of the state."""
        self._variables = [v for v in self._variables if v is not variable]
        self._requests = [v for v in self._requests if v is not variable]
        if self._before_build is not None:
            self._before_build = self._before_build[0] - 1, self._before_build[1]

    def assign(self, variable: Variable, value: Any) -> None:
        """Set a variable."""
        variable.assign(value)

    def assign_add(self, variable: Variable, value: Any) -> None:
        """Add to a variable."""
        variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: Any) -> None:
        """Subtract from a variable."""
        variable.assign_sub(value)

    # The state -----------------------------------------------------------------------------------------------------
    @property
    def variables(self) -> list[Variable]:
        """The number of steps, the learning rate, the slots; what was made first comes first."""
        return list(self._variables)

    def own_variables(self) -> Iterator[tuple[str, Variable]]:
        return ((v.path, v) for v in self.variables)

    def held(self) -> Iterator[tuple[tuple[str, ...], Stateful]]:
        return iter(())

    def saved_variables(self) -> list[Variable]:
        """What a file holds: the variables that an optimizer new built for the present trainable weights has.

        They are in that optimizer's order, and without the slots of weights that have been frozen meanwhile; so that
        the file can be read when the model is made anew.
        """
        asked = {id(v): v for v in [*self._requests, *self._variables]}
        return [v for key, v in asked.items() if key not in self._weight_of or self._weight_of[key].trainable]

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Write the state to `store["0"]`, `store["1"]`, …"""
        for index, variable in enumerate(self.saved_variables()):
            store[str(index)] = variable.numpy()

    def load_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Read what `save_own_variables` wrote. If the number of variables differs, warn, and change nothing.

        Raises:
            ValueError: a shape differs. Nothing has been changed.
        """
        variables = self.saved_variables()
        if len(store.keys()) != len(variables):
            warnings.warn(
                f"Skipping variable loading for optimizer {self.name!r}, because it has {len(variables)} variables "
                f"whereas the saved optimizer has {len(store.keys())} variables. Training starts with fresh ones.",
                stacklevel=2,
            )
            return
        self._assign_all(variables, [np.asarray(store[str(index)]) for index in range(len(variables))])

    def set_weights(self, weights: Sequence[Array]) -> None:
        """Set all of `variables`, in their order.

        Raises:
            ValueError: their number or a shape differs. Nothing has been changed.
        """
        variables = self.variables
        if not self.built:
            raise ValueError(
                f"The optimizer {self.name!r} has no slots yet: call optimizer.build(model.trainable_variables) "
                "before set_weights()."
            )
        if len(weights) != len(variables):
            raise ValueError(
                f"The optimizer {self.name!r} has {len(variables)} variables; set_weights() got {len(weights)} values."
            )
        self._assign_all(variables, weights)

    def _assign_all(self, variables: Sequence[Variable], values: Sequence[Any]) -> None:
        for variable, value in zip(variables, values, strict=True):
            if tuple(np.shape(value)) != variable.shape:
                raise ValueError(
                    f"The variable {variable.path!r} has the shape {variable.shape}; got a value of shape "
                    f"{tuple(np.shape(value))}. Was the optimizer built for other weights?"
                )
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def _start(initializer: Any, shape: Any, dtype: str) -> Any:
    if isinstance(initializer, int | float):
        return lambda shape, dtype: np.full(shape, initializer, dtype)
    return initializers.get(initializer) if isinstance(initializer, str | dict) else initializer


def _for_new_weights(build: Callable[..., None]) -> Callable[..., None]:
    """Run `build` only if some weights are new: with them and all earlier ones."""

    @functools.wraps(build)
    def build_new(self: OptimizerState, variables: Sequence[Variable]) -> None:
        if self._building:
            build(self, variables)
            return
        given = {id(v): v for v in variables}
        if not self.built or not given.keys() <= self._weights.keys():
            self._begin_build()
            self._building, self.built = True, False
            try:
                build(self, list((given | self._weights).values()))
            finally:
                self._building = False
            self._weights |= given
            self.built = True
        self._trainable_variables = list(given.values())

    return build_new
