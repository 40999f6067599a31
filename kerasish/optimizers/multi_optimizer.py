"""`MultiOptimizer`: each weight has the optimizer that its path says; `OptimizerMap`: which paths say what."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any

from kerasish.core.configurable import Configurable
from kerasish.core.variable import Variable
from kerasish.optimizers.optimizer import Optimizer
from kerasish.optimizers.stepping import check_shapes, without_missing


class OptimizerMap(Configurable, MutableMapping[str, Optimizer]):
    """Optimizers by regular expression; `map[path]` is that of the expression that is the whole path.

    Where a path is itself a key, that key counts. Where no expression fits, the default optimizer is given.

    Args:
        default_optimizer: For the paths that no expression fits.
        optimizer_map: Optimizers by regular expression.

    Raises:
        TypeError: a value is not an optimizer.
        ValueError: a key is there already, or is no regular expression; or a path fits several, whose optimizers
            differ.

    Example:
        >>> from kerasish.optimizers import SGD, Adam
        >>> optimizers = OptimizerMap(Adam(), {".*/bias": SGD()})
        >>> type(optimizers["dense/bias"]).__name__, type(optimizers["dense/kernel"]).__name__
        ('SGD', 'Adam')
    """

    def __init__(self, default_optimizer: Optimizer, optimizer_map: Mapping[str, Optimizer] | None = None) -> None:
        self.default_optimizer = _optimizer(default_optimizer, "default_optimizer")
        self.optimizer_map: dict[str, Optimizer] = {}
        for pattern, optimizer in (optimizer_map or {}).items():
            self[pattern] = optimizer

    def __getitem__(self, key: str) -> Optimizer:
        if key in self.optimizer_map:
            return self.optimizer_map[key]
        fitting = [pattern for pattern in self.optimizer_map if re.fullmatch(pattern, key)]
        found = list({id(self.optimizer_map[p]): self.optimizer_map[p] for p in fitting}.values())
        if len(found) > 1:
            raise ValueError(
                f"The path {key!r} fits several patterns of the OptimizerMap, {fitting}, whose optimizers differ. "
                "Write them so that one fits."
            )
        return found[0] if found else self.default_optimizer

    def __setitem__(self, key: str, value: Optimizer) -> None:
        if not isinstance(key, str):
            raise ValueError(f"A key of an OptimizerMap must be a string, a regular expression; got {key!r}.")
        if key in self.optimizer_map:
            raise ValueError(f"The OptimizerMap has {key!r} already: delete it first.")
        try:
            re.compile(key)
        except re.error as error:
            raise ValueError(f"A key of the OptimizerMap is no regular expression, {key!r}: {error}.") from error
        self.optimizer_map[key] = _optimizer(value, f"optimizer of {key!r}")

    def __delitem__(self, key: str) -> None:
        del self.optimizer_map[key]

    def __contains__(self, key: object) -> bool:
        return key in self.optimizer_map

    def __len__(self) -> int:
        return len(self.optimizer_map)

    def __iter__(self) -> Iterator[str]:
        return iter(self.optimizer_map)

    def __repr__(self) -> str:
        return f"OptimizerMap({self.default_optimizer!r}, {self.optimizer_map!r})"


class MultiOptimizer(Optimizer):
    """Changes each weight by the optimizer that `optimizer_map` has for its path.

    Learning rates, clipping, decay, averages and accumulation are the optimizers' own.

    Args:
        optimizer_map: An `OptimizerMap`.
        loss_scale_factor: The loss is multiplied by it, and the gradients divided.
        name: The first part of the paths of its own variables.

    Raises:
        TypeError: `optimizer_map` is not an `OptimizerMap`.
        ValueError: an optimizer of the map has another `loss_scale_factor`. (Keras would not multiply the loss by it,
            but divide the gradients.)

    Example:
        >>> from kerasish.optimizers import SGD
        >>> kernel, bias = Variable([1.0], name="kernel"), Variable([1.0], name="bias")
        >>> optimizer = MultiOptimizer(OptimizerMap(SGD(0.5), {"bias": SGD(0.25)}))
        >>> optimizer.apply([[1.0], [1.0]], [kernel, bias])
        >>> kernel.numpy(), bias.numpy()
        (array([0.5], dtype=float32), array([0.75], dtype=float32))
    """

    def __init__(
        self, optimizer_map: OptimizerMap, loss_scale_factor: float | None = None, name: str | None = None
    ) -> None:
        if not isinstance(optimizer_map, OptimizerMap):
            raise TypeError(
                f"MultiOptimizer takes an OptimizerMap; got {optimizer_map!r:.200}. Write "
                "MultiOptimizer(OptimizerMap(default_optimizer, {pattern: optimizer}))."
            )
        self.optimizer_map = optimizer_map
        super().__init__(0.0, loss_scale_factor=loss_scale_factor, name=name)
        for one in self.optimizers:
            if one.loss_scale_factor not in (None, loss_scale_factor):
                raise ValueError(
                    f"{one.name!r} has the loss_scale_factor {one.loss_scale_factor}, which only the MultiOptimizer "
                    f"can have: it is {loss_scale_factor}. Give it to the MultiOptimizer, which gives it to all."
                )
            one.loss_scale_factor = loss_scale_factor

    @property
    def optimizers(self) -> list[Optimizer]:
        """Those of the map, and the default one; each once."""
        found = [*self.optimizer_map.optimizer_map.values(), self.optimizer_map.default_optimizer]
        return list({id(one): one for one in found}.values())

    @property
    def variables(self) -> list[Variable]:
        """Its own, then those of each of `optimizers`."""
        return [*super().variables, *(v for one in self.optimizers for v in one.variables)]

    def saved_variables(self) -> list[Variable]:
        return [*self._variables, *(v for one in self.optimizers for v in one.saved_variables())]

    @property
    def iterations(self) -> Any:
        """How often `apply` was called."""
        return self._iterations

    @property
    def learning_rate(self) -> Any:
        """There is none for all.

        Raises:
            AttributeError: always; the error says where learning rates are.
        """
        raise AttributeError(self._no_rate())

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        raise AttributeError(self._no_rate())

    def _no_rate(self) -> str:
        names = ", ".join(one.name for one in self.optimizers)
        return f"{self.name!r} has no learning rate: each of its optimizers ({names}) has one; see `optimizers`."

    def build(self, variables: Sequence[Variable]) -> None:
        """Build each optimizer for the weights that are its own."""
        self._indices = {id(v): index for index, v in enumerate(variables)}
        for one, own in self._shared_out(variables):
            one.build(own)
        for pattern in self.optimizer_map:
            if not any(re.fullmatch(pattern, v.path) for v in variables):
                warnings.warn(
                    f"No weight has a path that fits {pattern!r} of the OptimizerMap; there are "
                    f"{[v.path for v in variables]!s:.200}. A pattern must be the whole path.",
                    stacklevel=2,
                )

    def _shared_out(self, variables: Sequence[Variable]) -> list[tuple[Optimizer, list[Variable]]]:
        shares: dict[int, list[Variable]] = {id(one): [] for one in self.optimizers}
        for v in variables:
            shares[id(self.optimizer_map[v.path])].append(v)
        return [(one, shares[id(one)]) for one in self.optimizers if shares[id(one)]]

    def apply(self, grads: Iterable[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """Give each optimizer the gradients of its weights."""
        grads = list(grads)
        if not self.built and trainable_variables is not None:
            self.build(list(trainable_variables))
        variables = self._trainable_variables if trainable_variables is None else list(trainable_variables)
        check_shapes(grads, variables)
        gradients, present = without_missing(grads, variables)
        gradient_of = {id(v): g for v, g in zip(present, gradients, strict=True)}
        for one, own in self._shared_out(present):
            one.apply([gradient_of[id(v)] for v in own], own)
        self._iterations.assign_add(1)

    @property
    def keeps_averages(self) -> bool:
        return any(one.keeps_averages for one in self.optimizers)

    def averaged_weights(self) -> list[tuple[Variable, Variable]]:
        return [pair for one in self.optimizers for pair in one.averaged_weights()]

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        weights = list(var_list)
        for one in self.optimizers:
            one.finalize_variable_values(weights)

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        variables, names = list(var_list or ()), list(var_names or ())
        for one in self.optimizers:
            one.exclude_from_weight_decay(variables, names)

    def get_config(self) -> dict[str, Any]:
        """What `from_config` takes."""
        full = super().get_config()
        return {name: full[name] for name in ("optimizer_map", "loss_scale_factor", "name")}


def _optimizer(x: Any, what: str) -> Optimizer:
    if not isinstance(x, Optimizer):
        raise TypeError(f"The {what} of an OptimizerMap must be an optimizer; got {x!r}.")
    return x
