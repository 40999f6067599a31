"""`JaxLayer`: a function written in JAX as a layer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Tree
from kerasish.core import tree
from kerasish.core.dtypes import is_float_dtype, standardize_dtype
from kerasish.core.random import SeedGenerator, next_seed
from kerasish.core.variable import Variable
from kerasish.layers import building
from kerasish.layers.layer import Layer

LAST = 2**32 - 1
"""Of the keys that a seed gives: so calls, which count from 0, never get the one that the weights were drawn with."""


class JaxLayer(Layer):
    """`call_fn(params, inputs)`: a function of JAX, with its parameters as weights.

    What the functions take is known by the names of their arguments. Parameters and states are nests of dicts, lists
    and tuples of arrays. The functions see the arrays of the backend: with JAX they are traced like any layer. To be
    saved, functions must have names: write them with `def`, and decorate them with
    `@kerasish.saving.register_keras_serializable()`. Unlike Keras's, this layer needs no TensorFlow.

    Args:
        call_fn: It takes `inputs` and, where it names them, `params`, `state`, `rng` (a JAX key, another one at each
            call) and `training`. It returns the outputs; with `state`, the outputs and the new state.
        init_fn: It takes `rng`, `inputs` and, where it names it, `training`; it returns the first `params`; for a
            `call_fn` with `state`, a tuple of `params` and `state`. Its inputs are zeros; an unknown size is 1.
        params: The first parameters themselves; those of floats are trained.
        state: The first state itself.
        seed: Makes `rng` repeatable.
        native_serialization_platforms: Accepted for Keras's sake, which needs it for TensorFlow.

    Shapes: the functions decide.

    Raises:
        ValueError: the functions don't take what they must, or there are no parameters.

    Example:
        >>> def init(rng, inputs):
        ...     return {"kernel": np.ones((inputs.shape[-1], 3), "float32")}
        >>> def call(params, inputs):
        ...     return inputs @ params["kernel"]
        >>> JaxLayer(call, init)(np.ones((2, 4), "float32")).shape
        (2, 3)
    """

    mixes_samples = True  # nobody can tell

    unwritten = {"params": ..., "state": ..., "seed": None}  # the first two are in the file's weights

    def __init__(
        self,
        call_fn: Callable[..., Any],
        init_fn: Callable[..., Any] | None = None,
        params: Tree = None,
        state: Tree = None,
        seed: int | None = None,
        native_serialization_platforms: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.call_fn = call_fn
        self.init_fn = init_fn
        self.seed = seed
        self.native_serialization_platforms = native_serialization_platforms
        self.takes = _names(call_fn, ("params", "state", "rng", "inputs", "training"), ("inputs",), "call_fn")
        needed = {name for name in ("params", "state") if name in self.takes}
        if init_fn is not None:
            self.init_takes = _names(init_fn, ("rng", "inputs", "training"), ("rng", "inputs"), "init_fn")
        elif needed - {name for name, given in (("params", params), ("state", state)) if given is not None}:
            raise ValueError(
                f"JaxLayer's call_fn takes {' and '.join(sorted(needed))}, so it needs an init_fn, or first values of "
                "them. (A saved layer keeps its functions, but not the structure of first values: give an init_fn.)"
            )
        self.first = {"params": _plain(params), "state": _plain(state)}
        self.variables_of: dict[str, Tree] = {}
        self.seed_generator = SeedGenerator(seed)
        self.input_dtypes: Tree = None

    def _build_for(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.input_dtypes = tree.map(lambda x: standardize_dtype(x.dtype), args[0] if args else kwargs.get("inputs"))
        super()._build_for(args, kwargs)

    def build(self, inputs_shape: Any) -> None:
        if self.init_fn is not None and any(v is None for k, v in self.first.items() if k in self.takes):
            self._initialize(inputs_shape)
        for kind in ("params", "state"):
            if kind in self.takes:
                self.variables_of[kind] = self._variables(self.first[kind], kind == "params")
        self.first = {}

    def _initialize(self, inputs_shape: Any) -> None:
        """Fill `first` with what `init_fn` makes."""
        shapes = building.as_shape(inputs_shape)
        dtypes = self.input_dtypes
        if building.is_shape(shapes):
            inputs = _zeros(shapes, dtypes or self.input_dtype)
        else:
            symbols = building.symbolic_like(shapes, self.input_dtype)
            kinds = tree.map(lambda x: x.dtype, symbols) if dtypes is None else dtypes
            inputs = tree.map(lambda x, kind: _zeros(x.shape, kind), symbols, kinds)
        start = next_seed() if self.seed is None else self.seed
        key = np.array([start % (LAST + 1), LAST], "uint32")
        with engine.outside_trace():
            given = {"rng": engine.asarray(key), "inputs": tree.map(engine.asarray, inputs), "training": True}
            found = self.init_fn(**{name: given[name] for name in self.init_takes})  # pyright: ignore[reportOptionalCall]
        made = found if "state" in self.takes else (found, None)
        for kind, value in zip(("params", "state"), made, strict=True):
            self.first[kind] = _plain(value) if self.first[kind] is None else self.first[kind]

    def _variables(self, values: Tree, trainable: bool) -> Tree:
        found = [self._variable(path, leaf, trainable) for path, leaf in tree.paths(values)]
        return tree.rebuild(values, found)

    def _variable(self, path: tuple[Any, ...], leaf: Any, trainable: bool) -> Any:
        if leaf is None:
            return None
        value = np.asarray(engine.to_numpy(leaf) if engine.is_array(leaf) else leaf)
        if value.dtype.kind in "OUS":
            raise ValueError(
                f"JaxLayer's parameters and states are nests of arrays; {self.name!r} has a {type(leaf).__name__} "
                f"at {'/'.join(map(str, path)) or 'its top'}. Turn it into dicts, lists and tuples of arrays."
            )
        dtype = self.variable_dtype if is_float_dtype(str(value.dtype)) else str(value.dtype)
        return self.add_weight(
            value.shape,
            lambda shape, dtype: value.astype(dtype),
            dtype=dtype,
            trainable=trainable and is_float_dtype(dtype),
            name="_".join(map(str, path)).replace("/", "_") or ("param" if trainable else "state"),
        )

    def call(self, inputs: Tree, training: bool | None = False) -> Tree:
        given = {"inputs": inputs, "training": bool(training)}
        given |= {kind: tree.map(_value, found) for kind, found in self.variables_of.items()}
        if "rng" in self.takes:
            given["rng"] = self.seed_generator.next()
        found = self.call_fn(**{name: given[name] for name in self.takes})
        if "state" not in self.takes:
            return tree.map(_array, found)
        outputs, state = found
        self._set_state(_plain(state))
        return tree.map(_array, outputs)

    def _set_state(self, state: Tree) -> None:
        variables = self.variables_of["state"]
        if tree.structure(state) != tree.structure(variables):
            raise ValueError(
                f"The call_fn of {self.name!r} must return a state of the structure that it got: "
                f"{tree.structure(variables)}; it returned {tree.structure(state)}."
            )
        for variable, value in zip(tree.leaves(variables), tree.leaves(state), strict=True):
            if variable is not None:
                variable.assign(value)

    def _argument(self, name: str) -> Any:
        return None if name in ("params", "state") else super()._argument(name)


def _names(fn: Any, known: tuple[str, ...], needed: tuple[str, ...], what: str) -> tuple[str, ...]:
    """The arguments of `fn`, all of which must be known."""
    if not callable(fn):
        raise ValueError(f"JaxLayer's {what} must be a function; got {fn!r}.")
    found = tuple(inspect.signature(fn).parameters)
    strange = [name for name in found if name not in known]
    missing = [name for name in needed if name not in found]
    if strange or missing:
        raise ValueError(
            f"JaxLayer's {what} may name its arguments {', '.join(known)}, and must have {' and '.join(needed)}; got "
            f"{what}({', '.join(found)})."
        )
    return found


def _plain(value: Tree) -> Tree:
    """Mappings of any kind as dicts: Flax has frozen ones, which trees don't know."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if type(value) is tuple:
        return tuple(_plain(one) for one in value)
    return value


def _zeros(shape: Any, dtype: str) -> np.ndarray:
    return np.zeros([1 if n is None else n for n in shape], dtype)


def _value(x: Any) -> Any:
    return x.value if isinstance(x, Variable) else x


def _array(x: Any) -> Any:
    return x if x is None or engine.is_array(x) else engine.asarray(np.asarray(x))
