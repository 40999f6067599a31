"""`FlaxLayer`: a module of Flax (linen) as a layer."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from kerasish.backend.interface import Tree
from kerasish.layers.core.jax_layer import JaxLayer


@runtime_checkable
class Module(Protocol):
    """What is needed of a module: Flax's linen modules have it, and anything else may."""

    def init(self, rngs: Any, *args: Any, **kwargs: Any) -> Tree:
        """The first variables: a dict of collections."""
        ...

    def apply(self, variables: Tree, *args: Any, **kwargs: Any) -> Any:
        """The output; with `mutable` collections, a pair of it and their new values."""
        ...


class FlaxLayer(JaxLayer):
    """`module.apply(variables, inputs)`: a module of Flax's linen, with its variables as weights.

    The collection `params` is trained; the others, such as `batch_stats`, are states, which change while training.
    Random numbers of all names (`dropout`, ...) come from one key, another one at each call. If the method has an
    argument `training`, it gets it. Flax itself is not needed: any object with `init` and `apply` will do.

    Args:
        module: A linen module, such as `flax.linen.Dense(3)`. (An `nnx` module: see `flax.nnx.bridge`.)
        method: The method to call, or its name; by default `__call__`.
        variables: The first variables: what `module.init` returns.

    Shapes: the module decides.

    Raises:
        ValueError: the module has no `init` and `apply`.

    Example:
        >>> import numpy as np
        >>> class Scale:  # stands for a module of Flax
        ...     def __call__(self, inputs): ...
        ...     def init(self, rngs, inputs, **kwargs):
        ...         return {"params": {"factor": np.full((), 2.0, "float32")}}
        ...     def apply(self, variables, inputs, **kwargs):
        ...         return inputs * variables["params"]["factor"]
        >>> np.asarray(FlaxLayer(Scale())(np.ones((1, 2), "float32"))).tolist()
        [[2.0, 2.0]]
    """

    unwritten = {"call_fn": ..., "init_fn": ..., "variables": ...}

    def __init__(self, module: Any, method: Any = None, variables: Tree = None, **kwargs: Any) -> None:
        if not isinstance(module, Module):
            raise ValueError(
                f"FlaxLayer takes a module with `init` and `apply`, such as flax.linen.Dense(3); got {module!r}."
            )
        self.module = module
        self.method = method
        called = _called(module, method)
        takes_training = "training" in inspect.signature(called).parameters
        given = dict(variables or {})
        params = given.pop("params", {}) if variables is not None else None
        super().__init__(
            _call_of(module, method, takes_training),
            _init_of(module, method, takes_training),
            params=params,
            state=given if variables is not None else None,
            **kwargs,
        )

    def _argument(self, name: str) -> Any:
        return None if name == "variables" else super()._argument(name)


def _called(module: Any, method: Any) -> Callable[..., Any]:
    """The method that will be called."""
    if callable(method):
        return method
    return getattr(module, method or "__call__")


def _call_of(module: Any, method: Any, takes_training: bool) -> Callable[..., Any]:
    """`apply`, as `JaxLayer` calls a function."""
    extra = {} if method is None else {"method": method}

    def call(params: Tree, state: Tree, rng: Any, inputs: Tree, training: bool) -> tuple[Tree, Tree]:
        given = extra | ({"training": training} if takes_training else {})
        variables = {"params": params, **state}
        if not (training and state):
            return module.apply(variables, inputs, rngs=_streams(rng), **given), state
        return module.apply(variables, inputs, rngs=_streams(rng), mutable=sorted(state), **given)

    return call


def _init_of(module: Any, method: Any, takes_training: bool) -> Callable[..., Any]:
    """`init`, as `JaxLayer` calls a function."""
    extra = {} if method is None else {"method": method}

    def init(rng: Any, inputs: Tree, training: bool) -> tuple[Tree, Tree]:
        given = extra | ({"training": training} if takes_training else {})
        variables = dict(module.init(_streams(rng), inputs, **given))
        return variables.pop("params", {}), variables

    return init


def _streams(rng: Any) -> dict[str, Any]:
    # Flax falls back to `params` for streams of other names.
    return {"params": rng, "dropout": rng}
