"""Parts of a step: a change made only if something holds, numbers read in 32 bits, gradients matched with weights."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Array
from kerasish.core.context import scope
from kerasish.core.variable import Variable, pure


def when(condition: Any, change: Callable[[], None], variables: Sequence[Variable]) -> None:
    """Call `change`, which may assign `variables`, if `condition` holds; inside a compiled step too."""
    if not engine.is_traced(condition):
        if condition:
            change()
        return
    targets = list({id(v): v for v in variables}.values())
    values = [v.value for v in targets]
    # Nothing is assigned inside the branches: the change is made a function of the values, and its result assigned.
    new = engine.cond(condition, lambda old: pure(change, targets)(old)[1], lambda old: list(old), values)
    for variable, value in zip(targets, new, strict=True):
        variable.assign(value)


@contextlib.contextmanager
def wide(variable: Variable) -> Iterator[str]:
    """Inside, floating variables are read in at least 32 bits; gives that dtype."""
    dtype = "float64" if variable.dtype == "float64" else "float32"
    with scope(dtype=dtype):
        yield dtype


def value_of(x: Any) -> Any:
    """The array of a variable; anything else as it is."""
    return x.value if isinstance(x, Variable) else x


def check_shapes(gradients: Sequence[Any], variables: Sequence[Variable]) -> None:
    """Raise unless there is one gradient, of the same shape, for each variable, and not all are None."""
    if len(gradients) != len(variables):
        raise ValueError(f"There must be one gradient for each variable; got {len(gradients)} for {len(variables)}.")
    if variables and all(g is None for g in gradients):
        raise ValueError("No gradients provided for any variable: the loss does not depend on the variables.")
    for gradient, variable in zip(gradients, variables, strict=True):
        if gradient is not None and tuple(np.shape(gradient)) != variable.shape:
            raise ValueError(
                f"The gradient of {variable.path!r} must have its shape, {variable.shape}; got "
                f"{tuple(np.shape(gradient))}."
            )


def without_missing(gradients: Sequence[Any], variables: Sequence[Variable]) -> tuple[list[Array], list[Variable]]:
    """The gradients that are not None, as arrays, and their variables; a warning names the others."""
    missing = [v.path for v, g in zip(variables, gradients, strict=True) if g is None]
    if missing:
        warnings.warn(
            f"Gradients do not exist for variables {missing}: they are left as they are. Does the loss depend on them?",
            stacklevel=4,
        )
    pairs = [(engine.asarray(value_of(g)), v) for g, v in zip(gradients, variables, strict=True) if g is not None]
    return [g for g, _ in pairs], [v for _, v in pairs]
