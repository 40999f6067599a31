"""An optimizer as a pair of pure functions, `init` and `update`: what optax and its users call a transformation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Array, Tree
from kerasish.core.variable import Variable


class Transformation(NamedTuple):
    """`init(params) -> state` and `update(gradients, state, params) -> (updates, state)`, with trees of arrays.

    `params + updates` are the new parameters. It may be used where optax has a gradient transformation.
    """

    init: Callable[[Tree], Tree]
    update: Callable[..., tuple[Tree, Tree]]


class Stepper(Protocol):
    """What is asked of an optimizer here."""

    name: str

    @property
    def variables(self) -> list[Variable]: ...

    def build(self, variables: Sequence[Variable]) -> None: ...

    def stateless_apply(
        self, optimizer_variables: Sequence[Array], grads: Any, trainable_variables: Sequence[Array]
    ) -> tuple[list[Array], list[Array]]: ...


def transformation_of(make: Callable[[], Stepper]) -> Transformation:
    """The transformation that does what the optimizers do that `make` makes: a new one for each tree of other shapes.

    The state is a tuple with the values of the optimizer's variables, in their order.
    """
    built: dict[Any, Stepper] = {}

    def optimizer_for(pairs: Sequence[tuple[str, Any]]) -> Stepper:
        key = tuple((path, tuple(np.shape(leaf)), str(leaf.dtype)) for path, leaf in pairs)
        if key not in built:
            one = make()
            one.build([_weight(*entry) for entry in key])
            built[key] = one
        return built[key]

    def init(params: Tree) -> Tree:
        pairs, _ = engine.flatten(params)
        return tuple(v.value for v in optimizer_for(pairs).variables)

    def update(updates: Tree, state: Tree, params: Tree = None) -> tuple[Tree, Tree]:
        if params is None:
            raise ValueError(
                "A transformation made of an optimizer needs the parameters: update(grads, state, params)."
            )
        pairs, rebuild = engine.flatten(params)
        values = [leaf for _, leaf in pairs]
        gradients = [leaf for _, leaf in engine.flatten(updates)[0]]
        new, new_state = optimizer_for(pairs).stateless_apply(state, gradients, values)
        return rebuild([a - b for a, b in zip(new, values, strict=True)]), tuple(new_state)

    return Transformation(init, update)


def _weight(path: str, shape: tuple[int, ...], dtype: str) -> Variable:
    weight = Variable(np.zeros(shape, "float32"), dtype=dtype, name=path.rpartition("/")[2] or "weight")
    weight.path = path or weight.path
    return weight
