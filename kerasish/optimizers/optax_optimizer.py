"""`OptaxOptimizer`: a gradient transformation of optax, or of anything with `init` and `update`, as an optimizer."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self, Unpack

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array, Tree
from kerasish.core.registry import get_registered_name, get_registered_object, is_registered
from kerasish.core.variable import Variable
from kerasish.optimizers.learning_rates import checked_learning_rate
from kerasish.optimizers.optimizer import Optimizer
from kerasish.optimizers.options import Options
from kerasish.optimizers.stepping import wide

RATE = "hyperparams/learning_rate"
"""Where `optax.inject_hyperparams` keeps the learning rate in its state."""


def is_transformation(x: Any) -> bool:
    """Whether `x` has `init` and `update`, as optax's gradient transformations."""
    return not isinstance(x, type | Optimizer) and {"init", "update"} <= set(dir(x))


class OptaxOptimizer(Optimizer):
    """`w += updates` with `updates, state = transformation.update(gradients, state, weights)`.

    `compile(optimizer=optax.adam(1e-3))` makes one. The arrays of the state are its variables, so that they are saved
    and restored. The weights are given as a dict by their paths; weights of 16 bits in 32.

    `learning_rate` is the one of `optax.inject_hyperparams`, where the transformation has it: it may then be read, and
    set if it is a number.

    A file holds no code: of a transformation it has only a name. Give `load_model` the transformation again,
    `custom_objects={"optax": transformation}`; or give a registered function that makes it in its place here.

    Args:
        transformation: An object with `init(params)` and `update(updates, state, params)`; or a function without
            arguments that returns one.
        **common: As for `Optimizer`; `learning_rate_multipliers` multiply the updates.

    Raises:
        TypeError: `transformation` is neither, or the state is not made of arrays.
        ValueError: `weight_decay` is given, which `optax.add_decayed_weights` does.

    Example:
        >>> class Plain:
        ...     def init(self, params):
        ...         return {}
        ...     def update(self, updates, state, params):
        ...         return {path: -0.5 * gradient for path, gradient in updates.items()}, state
        >>> weight = Variable([1.0], name="weight")
        >>> OptaxOptimizer(Plain()).apply([[1.0]], [weight])
        >>> weight.numpy()
        array([0.5], dtype=float32)
    """

    def __init__(self, transformation: Any, **common: Unpack[Options]) -> None:
        if common.get("weight_decay"):
            raise ValueError(
                "OptaxOptimizer has no weight_decay of its own: put optax.add_decayed_weights into the transformation."
            )
        self.transformation, self._written = _made(transformation)
        super().__init__(0.0, **common)

    def _kept_learning_rate(self, value: Any) -> Any:
        return None  # it is the transformation's

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        self._trained = [v for v in variables if not v.overwrite_with_gradient]
        self._paths = _paths_of(self._trained)
        self._leaves: dict[str, Variable] = {}
        if self.transformation is None:
            return
        with engine.outside_trace():
            state = self.transformation.init({self._paths[id(v)]: _wide_value(v) for v in self._trained})
        pairs, self._rebuild = engine.flatten(state)
        weight_of = {self._paths[id(v)]: v for v in self._trained}
        for path, leaf in pairs:
            if not engine.is_array(leaf) and not isinstance(leaf, int | float | bool):
                raise TypeError(
                    f"The state of an optax transformation must be made of arrays; {path!r} is {leaf!r:.100}."
                )
            self._leaves[path] = self._leaf(path, engine.asarray(leaf), weight_of)

    def _leaf(self, path: str, value: Array, weight_of: Mapping[str, Variable]) -> Variable:
        owner = next((v for weight, v in weight_of.items() if f"/{path}".endswith(f"/{weight}")), None)
        shape, dtype = tuple(value.shape), str(value.dtype)
        if owner is None:
            return self.add_variable(shape, value, dtype, name=path)
        return self._add_for(owner, path, path, shape, dtype, value)

    def update_all(self, gradients: Sequence[Array], variables: Sequence[Variable]) -> None:
        if self.transformation is None:
            raise ValueError(
                f"The optimizer {self.name!r} was an optax transformation when the model was saved; files hold no "
                'code. Load with load_model(path, custom_objects={"optax": transformation}), or call compile() again.'
            )
        given = {self._paths[id(v)]: g for v, g in zip(variables, gradients, strict=True)}
        params = {self._paths[id(v)]: _wide_value(v) for v in self._trained}
        updates = {
            path: engine.asarray(given[path], str(value.dtype)) if path in given else xp.zeros_like(value)
            for path, value in params.items()
        }
        changes, state = self._updates(updates, self._rebuild([v.value for v in self._leaves.values()]), params)
        self._keep(state)
        for v in variables:
            self._move(v, changes[self._paths[id(v)]])

    def _updates(self, updates: Tree, state: Tree, params: Tree) -> tuple[Any, Tree]:
        try:
            return self.transformation.update(updates, state, params)
        except TypeError as error:
            raise TypeError(
                f"The optax transformation failed: {error!s:.300}. An optimizer of a model gives it gradients, state "
                "and weights; one that needs the loss, or a function of it, such as L-BFGS, can't be used here."
            ) from error

    def _keep(self, state: Tree) -> None:
        new = dict(engine.flatten(state)[0])
        if new.keys() != self._leaves.keys():
            raise TypeError(
                f"The state of the optax transformation changed its structure in an update: it had {len(self._leaves)} "
                f"arrays and has {len(new)}."
            )
        for path, variable in self._leaves.items():
            variable.assign(engine.asarray(new[path]))

    def _move(self, variable: Variable, change: Any) -> None:
        if change is None:
            return
        factor = self._rate_of(variable, xp.ones((), dtype=change.dtype))
        moved = _wide_value(variable) + factor * change
        variable.assign(xp.where(factor == 0, _wide_value(variable), moved) if self._multipliers else moved)

    # The learning rate ---------------------------------------------------------------------------------------------
    @property
    def learning_rate(self) -> Any:
        """The one of `optax.inject_hyperparams`; it may be set, if it is no schedule.

        Raises:
            AttributeError: the transformation shows none, or is not built yet.
            TypeError: it is set, but it is a schedule.
        """
        found = self._shown_rate()
        if found is None:
            raise AttributeError(
                f"The optax transformation of {self.name!r} shows no learning rate"
                f"{'' if self.built else ' before it is built'}. Make it with optax.inject_hyperparams to see it and "
                "set it: optax.inject_hyperparams(optax.adam)(learning_rate=1e-3)."
            )
        return found[1]

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        variable: Variable = self.learning_rate
        path = self._shown_rate()[0]  # pyright: ignore[reportOptionalSubscript]
        if any(leaf.startswith(f"{path.replace(RATE, 'hyperparams_states/learning_rate')}/") for leaf in self._leaves):
            raise TypeError(f"The learning rate of {self.name!r} is a schedule, so it can't be set to {value!r}.")
        variable.assign(checked_learning_rate(value, type(self).__name__))

    def _shown_rate(self) -> tuple[str, Variable] | None:
        leaves = self._leaves if self.built else {}
        return next(((p, v) for p, v in leaves.items() if p == RATE or p.endswith(f"/{RATE}")), None)

    # Config --------------------------------------------------------------------------------------------------------
    def get_config(self) -> dict[str, Any]:
        """The options, and the name under which the transformation is looked up in `custom_objects`."""
        config = super().get_config()
        config.pop("learning_rate", None)
        return config

    def _argument(self, name: str) -> Any:
        if name == "transformation":
            return self._written
        return None if name == "learning_rate" else super()._argument(name)

    def copied(self) -> Self:
        return type(self).from_config({**self.get_config(), "transformation": self.transformation})


def _made(given: Any) -> tuple[Any, str]:
    """The transformation that is meant (None: it is not known here), and the name that a file has for it."""
    if isinstance(given, str):
        found = get_registered_object(given)
        if found is None:
            warnings.warn(
                f"The optimizer is an optax transformation, called {given!r} in the file, which holds no code. To go "
                f"on training, give it: load_model(path, custom_objects={{{given!r}: transformation}}).",
                stacklevel=3,
            )
            return None, given
        return _made(found)[0], given
    if is_transformation(given):
        return given, "optax"
    if callable(given) and not isinstance(given, type):
        return _made(given())[0], get_registered_name(given) if is_registered(given) else "optax"
    raise TypeError(
        f"OptaxOptimizer takes an object with `init` and `update`, such as optax.adam(1e-3); got {given!r:.100}."
    )


def _paths_of(variables: Sequence[Variable]) -> dict[int, str]:
    """A name for each weight: its path, with a number where an earlier one has the same."""
    names: dict[str, int] = {}
    for v in variables:
        path, number = v.path, 0
        while path in names:
            number += 1
            path = f"{v.path}_{number}"
        names[path] = id(v)
    return {key: path for path, key in names.items()}


def _wide_value(variable: Variable) -> Array:
    with wide(variable):
        return variable.value
