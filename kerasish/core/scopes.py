"""Keras's scopes for calls without side effects, on top of `Overlay`; and the device on which arrays are made."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from kerasish.backend import engine
from kerasish.backend.interface import Array
from kerasish.core.variable import Overlay, Variable


class StatelessScope(Overlay):
    """Inside it variables have the values of `state_mapping`, and what is assigned stays in the scope.

    An `Overlay` under Keras's names. `pure(fn, variables)` is the shorter way to a function without side effects.

    Args:
        state_mapping: `(variable, value)` pairs.
        collect_losses: Whether `add_loss` keeps its losses, in `losses`.
        initialize_variables: Accepted for Keras's sake: variables have a value when they are made.

    Raises:
        ValueError: a key is no variable, or a value hasn't its shape.

    Example:
        >>> v = Variable(1.0)
        >>> with StatelessScope([(v, 5.0)]) as scope:
        ...     _ = v.assign(v + 2)
        >>> float(v.value), float(scope.get_current_value(v))
        (1.0, 7.0)
    """

    def __init__(
        self,
        state_mapping: Sequence[tuple[Variable, Any]] | None = None,
        collect_losses: bool = False,
        initialize_variables: bool = True,
    ) -> None:
        super().__init__()
        self.collect_losses = collect_losses
        self.initialize_variables = initialize_variables
        self.losses: list[Array] = []
        for variable, value in state_mapping or ():
            self._lay(variable, value)

    @property
    def state_mapping(self) -> dict[int, Array]:
        """The values, by the `id` of their variable."""
        return {key: value for key, (_, value) in self._pairs.items()}

    def add_update(self, update: tuple[Variable, Any]) -> None:
        """Assign a `(variable, value)` pair, in the scope only."""
        variable, value = update
        self._lay(variable, value)
        self.assigned[id(variable)] = variable

    def get_current_value(self, variable: Variable) -> Array | None:
        """The value in the scope; None, if it has none for this variable."""
        return self._pairs[id(variable)][1] if id(variable) in self._pairs else None

    def add_loss(self, loss: Array) -> None:
        """Keep a loss."""
        self.losses.append(loss)

    def _lay(self, variable: Variable, value: Any) -> None:
        if not isinstance(variable, Variable):
            raise ValueError(f"A StatelessScope takes pairs of a Variable and its value; got {variable!r:.80}.")
        array = engine.asarray(value, variable.dtype)
        if tuple(array.shape) != variable.shape:
            raise ValueError(
                f"The variable {variable.path!r} has the shape {variable.shape}; the StatelessScope was given a value "
                f"of shape {tuple(array.shape)}."
            )
        self._pairs[id(variable)] = (variable, array)


class SymbolicScope(StatelessScope):
    """Inside it, what is assigned is forgotten: for calls of which only the shapes count.

    Symbolic tensors need no scope here: any op or layer that gets one is recorded.
    """

    def __init__(self) -> None:
        super().__init__()


def device(device_name: str) -> AbstractContextManager[Any]:
    """A context in which arrays and weights are made on this device.

    Args:
        device_name: `"cpu"`, `"gpu"`, `"tpu"`, with a number if there are several: `"gpu:1"`.

    Raises:
        ValueError: there is no such device.

    Example:
        >>> with device("cpu:0"):
        ...     v = Variable(1.0)
    """
    if not isinstance(device_name, str):
        raise ValueError(f"A device is named by a string, such as 'cpu:0'; got {device_name!r:.80}.")
    return engine.device(device_name.lower())
