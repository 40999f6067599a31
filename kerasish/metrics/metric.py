"""`Metric`: sums kept over many batches, and a number made of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from kerasish import initializers
from kerasish.backend import floatx, xp
from kerasish.backend.interface import Array, Shape
from kerasish.core import policies
from kerasish.core.configurable import Configurable
from kerasish.core.context import name_scope
from kerasish.core.dtypes import is_float_dtype
from kerasish.core.names import snake_case, unique_name
from kerasish.core.stateful import Stateful
from kerasish.core.variable import Overlay, Variable


class Metric(Stateful, Configurable):
    """Subclasses make variables in `__init__`, and write `update_state(y_true, y_pred, sample_weight)` and `result()`.

    Args:
        dtype: Of the variables and the computation; by default `floatx()`.
        name: Shown in the logs. By default, the class's name and a number.

    Example:
        >>> class Largest(Metric):
        ...     def __init__(self, **kwargs):
        ...         super().__init__(**kwargs)
        ...         self.largest = self.add_weight(name="largest", initializer="zeros")
        ...
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.largest.assign(max(self.largest.value, y_pred.max()))
        ...
        ...     def result(self):
        ...         return self.largest.value
        >>> metric = Largest()
        >>> float(metric(np.zeros(2), np.array([3.0, 1.0])))
        3.0
    """

    in_files = False
    weights_rows = False
    """Whether a row of weight 0, or one that is masked, has no influence at all, so that a batch may be padded."""
    _direction: str | None = None
    """`"up"` where more is better, `"down"` where less is; None where that is not known."""
    unwritten_defaults: tuple[str, ...] = ()
    """Arguments that are written to a config only where they differ from their default, since Keras never does."""

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self.name = name or unique_name(snake_case(type(self).__name__))
        self._dtype_policy = policies.get(floatx() if dtype is None else dtype)
        self._own: list[Variable] = []
        self._residues: dict[int, Variable] = {}

    @property
    def dtype(self) -> str:
        """The dtype of the variables and the computation."""
        return self._dtype_policy.compute_dtype

    def add_variable(
        self,
        shape: Shape,
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str = "sum",
        name: str | None = None,
    ) -> Variable:
        """A new variable of this metric: zeros, unless `initializer` says otherwise; zeros too after `reset_state`."""
        with name_scope(self.name.replace("/", ">")):
            variable = Variable(
                initializers.get("zeros" if initializer is None else initializer),
                tuple(shape),
                dtype or self.dtype,
                trainable=False,
                autocast=False,
                aggregation=aggregation,
                name=name,
            )
        self._own.append(variable)
        return variable

    def add_weight(
        self, shape: Shape = (), initializer: Any = None, dtype: Any = None, name: str | None = None
    ) -> Variable:
        """`add_variable`, of a scalar unless `shape` says otherwise."""
        return self.add_variable(shape, initializer, dtype, name=name)

    def add_sum(self, shape: Shape = (), name: str | None = None) -> Variable:
        """A new variable for `accumulate`."""
        variable = self.add_variable(shape, "zeros", name=name)
        if is_float_dtype(variable.dtype):
            residue = Variable(
                np.zeros(variable.shape, variable.dtype), trainable=False, autocast=False, name=f"{name}_residue"
            )
            residue.path = f"{variable.path}_residue"
            self._residues[id(variable)] = residue
        return variable

    def accumulate(self, total: Variable, amount: Any) -> None:
        """Add to a variable made by `add_sum`. What rounding cuts off is kept for the next time.

        In `float32` alone, 1 added to 2^24 is lost, and so is the end of a long epoch.

        Source: Neumaier, 1974, https://doi.org/10.1002/zamm.19740540106; the exact error is Knuth's "TwoSum".
        """
        residue = self._residues.get(id(total))
        amount = xp.asarray(amount).astype(total.dtype)
        if residue is None:
            total.assign(total.value + amount)
            return
        old, added = total.value, amount + residue.value
        new = old + added
        virtual = new - old
        lost = (old - (new - virtual)) + (added - virtual)
        total.assign(new)
        residue.assign(xp.where(xp.isfinite(new), lost, xp.zeros_like(lost)))

    @property
    def variables(self) -> list[Variable]:
        """The variables that Keras's metric has, in its order; those of metrics that this one holds come last."""
        found = dict.fromkeys(self._own)
        for _, metric in self.held():
            found |= dict.fromkeys(metric.variables)
        return list(found)

    @property
    def state_variables(self) -> list[Variable]:
        """All that `update_state` may assign: `variables`, and the residues of sums, which no file holds."""
        return list(dict.fromkeys([*self.variables, *(v for _, v in self.named_variables())]))

    def own_variables(self) -> Iterator[tuple[str, Variable]]:
        """`(name, variable)` of this metric's own, residues last."""
        kept = [v for _, v in super().own_variables()]
        for variable in dict.fromkeys([*self._own, *(v for v in kept if v not in self._residues.values())]):
            yield variable.name, variable
        for residue in self._residues.values():
            yield residue.name, residue

    def listed_variables(self) -> list[Variable]:
        """`own_variables`, without residues."""
        return list(self._own)

    def update_state(self, *args: Any, **kwargs: Any) -> Any:
        """Take in a batch."""
        raise NotImplementedError(f"{type(self).__name__} has no `update_state`: write it in the class.")

    def result(self) -> Any:
        """The number, or a dict of numbers, of the batches so far."""
        raise NotImplementedError(f"{type(self).__name__} has no `result`: write it in the class.")

    def reset_state(self) -> None:
        """Forget the batches so far."""
        for variable in self.state_variables:
            variable.assign(np.zeros(variable.shape, variable.dtype))

    def merge_state(self, metrics: Iterable[Metric]) -> None:
        """Take in what metrics of the same kind have seen, as of other devices or other processes.

        Variables are merged as their `aggregation` says: `"sum"`, `"mean"`; others keep this metric's value.

        Raises:
            ValueError: a metric has other variables.
        """
        others = list(metrics)
        for other in others:
            if [v.shape for v in other.variables] != [v.shape for v in self.variables]:
                raise ValueError(
                    f"{self.name} can only be merged with a metric made by the same arguments; got {other!r}, whose "
                    f"variables have the shapes {[v.shape for v in other.variables]}; here they are "
                    f"{[v.shape for v in self.variables]}."
                )
        values = [[v.value for v in one.variables] for one in others]
        for variable, *parts in zip(self.variables, *values, strict=True):
            self._merge(variable, parts)
        for other in others:
            # In the order of the variables: each sum has a residue, or none has.
            for mine, theirs in zip(self.sums(), other.sums(), strict=True):
                mine[0].accumulate(mine[1], theirs[2].value)

    def _merge(self, variable: Variable, parts: Sequence[Array]) -> None:
        if variable.aggregation == "sum":
            for part in parts:
                self._owner_of(variable).accumulate(variable, part)
        elif variable.aggregation == "mean":
            variable.assign((variable.value + sum(parts)) / (len(parts) + 1))

    def sums(self) -> list[tuple[Metric, Variable, Variable]]:
        """`(metric, sum, residue)` of this metric and those that it holds."""
        own = [(self, v, self._residues[id(v)]) for v in self._own if id(v) in self._residues]
        return [*own, *(entry for _, x in self.held() if isinstance(x, Metric) for entry in x.sums())]

    def _owner_of(self, variable: Variable) -> Metric:
        return next((metric for metric, total, _ in self.sums() if total is variable), self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.update_state(*args, **kwargs)
        return self.result()

    def stateless_update_state(self, metric_variables: Sequence[Array], *args: Any, **kwargs: Any) -> list[Array]:
        """The values that `variables` have after a batch, if they had `metric_variables` before; nothing changes."""
        return self._with(metric_variables, lambda: self.update_state(*args, **kwargs))[1]

    def stateless_result(self, metric_variables: Sequence[Array]) -> Any:
        """`result()`, if `variables` were `metric_variables`."""
        return self._with(metric_variables, self.result)[0]

    def stateless_merge(self, metric_variables: Sequence[Sequence[Array]]) -> list[Array]:
        """The values of `variables` of several devices, each as `stateless_update_state` gave them, made one."""
        first, *others = metric_variables

        def merge() -> None:
            for variable, *parts in zip(self.variables, *others, strict=True):
                self._merge(variable, parts)

        return self._with(first, merge)[1]

    def stateless_reset_state(self) -> list[Array]:
        """The values of `variables` after `reset_state`; nothing changes."""
        return self._with([v.value for v in self.variables], self.reset_state)[1]

    def _with(self, values: Sequence[Any], fn: Callable[[], Any]) -> tuple[Any, list[Array]]:
        variables = self.variables
        if len(values) != len(variables):
            raise ValueError(
                f"{self.name}: metric_variables must be {len(variables)} arrays, one for each of {type(self).__name__}"
                f".variables ({', '.join(v.name for v in variables)}); got {len(values)}."
            )
        residues = [v for v in self.state_variables if v not in variables]
        values = [xp.asarray(x, dtype=v.dtype) for x, v in zip(values, variables, strict=True)]
        with Overlay([*variables, *residues], [*values, *(xp.zeros(v.shape, v.dtype) for v in residues)]) as overlay:
            output = fn()
            return output, [overlay.read(v) for v in variables]

    def save_own_variables(self, store: dict[str, Any]) -> None:
        """Put `variables` into `store`, numbered, as Keras does."""
        for index, variable in enumerate(self._own):
            store[str(index)] = variable.numpy()

    def load_own_variables(self, store: dict[str, Any]) -> None:
        """Take `variables` from `store`."""
        if len(store) != len(self._own):
            raise ValueError(f"{self.name} has {len(self._own)} variables, but the file has {len(store)} for it.")
        self.reset_state()
        for index, variable in enumerate(self._own):
            variable.assign(np.asarray(store[str(index)]))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = super().get_config()
        defaults = defaults_of(type(self))
        kept = {k: v for k, v in config.items() if k not in self.unwritten_defaults or v != defaults.get(k)}
        return {"name": self.name, "dtype": self.dtype} | {k: v for k, v in kept.items() if k not in ("name", "dtype")}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def defaults_of(cls: type) -> dict[str, Any]:
    """The defaults of the constructor's arguments."""
    return {p.name: p.default for p in inspect.signature(cls).parameters.values()}
