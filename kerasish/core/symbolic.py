"""Symbolic tensors, which have a shape and no values; operations on them are recorded as nodes of a graph."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Shape, Tree
from kerasish.core import tree
from kerasish.core.budget import warn_if_large
from kerasish.core.dtypes import canonical
from kerasish.core.names import unique_name
from kerasish.core.operators import OPS, Operators
from kerasish.core.unknown import TRIED_SIZES, Sizes, filled, hypotheses
from kerasish.core.variable import Overlay, Variable, traced


class SymbolicTensor(Operators):
    """The input or output of a layer in a functional model: a shape and a dtype, and where it comes from.

    Args:
        shape: Its sizes; None for an unknown one.
        dtype: Its dtype.
        name: Shown in errors and summaries.

    Example:
        >>> x = SymbolicTensor((None, 3))
        >>> (x * 2)[:, 0].shape
        (None,)
    """

    def __init__(
        self,
        shape: Shape,
        dtype: Any = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if sparse or ragged or kwargs:
            raise ValueError("A symbolic tensor is dense: sparse, ragged and other arguments are not supported.")
        del record_history
        self.shape: Shape = tuple(None if d is None else int(d) for d in shape)
        self.dtype = canonical(dtype)
        self.name = name or unique_name("keras_tensor")
        self.sparse = False
        self.ragged = False
        self.node: Node | None = None
        self.index = 0

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    def reshape(self, newshape: Shape) -> SymbolicTensor:
        """`ops.reshape(self, newshape)`."""
        return OPS["reshape"](self, newshape)

    def squeeze(self, axis: Any = None) -> SymbolicTensor:
        """`ops.squeeze(self, axis)`."""
        return OPS["squeeze"](self, axis)

    def astype(self, dtype: Any) -> SymbolicTensor:
        """`ops.cast(self, dtype)`."""
        return OPS["cast"](self, dtype)

    def __ne__(self, other: object) -> Any:  # `==`, which dicts and lists need, asks whether both are the same tensor
        return OPS["not_equal"](self, other)

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"

    def __bool__(self) -> bool:
        raise TypeError(_NO_VALUES.format("A symbolic tensor has no truth value"))

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise ValueError(_NO_VALUES.format("A symbolic tensor has no values, so NumPy can't use it"))

    def __jax_array__(self) -> Any:
        raise ValueError(_NO_VALUES.format("A symbolic tensor has no values, so a function of jax.numpy can't take it"))

    def __iter__(self) -> Any:
        raise TypeError(_NO_VALUES.format("A symbolic tensor can't be iterated over"))

    def __len__(self) -> int:
        raise TypeError(_NO_VALUES.format("A symbolic tensor has no length; see its `shape`"))


_NO_VALUES = (
    "{}: it stands for the data that a functional model will get. Use a function of `kerasish.ops`, or do the "
    "computation in the `call` of a layer."
)


class Node:
    """One recorded call: which operation, of which arguments, with which result."""

    def __init__(self, operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: Tree) -> None:
        self.operation = operation
        self.args = args
        self.kwargs = kwargs
        self.outputs = outputs
        self.number = len(operation.nodes)
        operation.nodes.append(self)
        for index, output in enumerate(tree.leaves(outputs)):
            output.node, output.index = self, index
            warn_if_large(output.shape, output.dtype, operation.name)

    @property
    def inputs(self) -> list[SymbolicTensor]:
        """The symbolic arguments."""
        return [x for x in tree.leaves((self.args, self.kwargs)) if isinstance(x, SymbolicTensor)]


class Operation:
    """Something that can be a node of a graph: a layer, or the call of an op. Subclasses write `call`.

    Args:
        name: By default the class's name and a number.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name or unique_name(type(self).__name__.lower())
        self.nodes: list[Node] = []

    def call(self, *args: Any, **kwargs: Any) -> Tree:
        """The output."""
        raise NotImplementedError(f"{type(self).__name__} has no `call` method: write one that returns the output.")

    def __call__(self, *args: Any, **kwargs: Any) -> Tree:
        if any_symbolic((args, kwargs)):
            return self.symbolic_call(*args, **kwargs)
        return self.call(*args, **kwargs)

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Tree:
        """Record the call, and return symbolic tensors."""
        outputs = self.compute_output_spec(*args, **kwargs)
        Node(self, args, kwargs, outputs)
        return outputs

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Tree:
        """What the call would return, as symbolic tensors."""
        return abstract_eval(self.call, *args, **kwargs)

    @property
    def input(self) -> Tree:
        """The symbolic input of the first recorded call."""
        inputs = self._first_node().inputs
        return inputs[0] if len(inputs) == 1 else inputs

    @property
    def output(self) -> Tree:
        """The symbolic output of the first recorded call."""
        return self._first_node().outputs

    def _first_node(self) -> Node:
        if not self.nodes:
            raise AttributeError(
                f"{self.name!r} has not been called on symbolic tensors; `input` and `output` are those of such a call."
            )
        return self.nodes[0]


class OpCall(Operation):
    """The call of an op, as a node of a graph."""

    def __init__(self, fn: Callable[..., Any], name: str | None = None) -> None:
        super().__init__(name or unique_name(fn.__name__))
        self.fn = fn

    def call(self, *args: Any, **kwargs: Any) -> Tree:
        return self.fn(*args, **kwargs)


def is_symbolic(x: Any) -> bool:
    """Whether `x` is a symbolic tensor."""
    return isinstance(x, SymbolicTensor)


is_keras_tensor = is_symbolic


def get_source_inputs(tensor: SymbolicTensor) -> list[SymbolicTensor]:
    """The inputs from which a symbolic tensor is computed, in the order in which the computation first needs them.

    Raises:
        TypeError: `tensor` is not symbolic.

    Example:
        >>> from kerasish.layers import Dense, Input
        >>> x, y = Input((2,)), Input((2,))
        >>> [one is other for one, other in zip(get_source_inputs(Dense(1)(x + y)), [x, y])]
        [True, True]
    """
    if not is_symbolic(tensor):
        raise TypeError(
            f"get_source_inputs takes a symbolic tensor, such as Input gives; got a {type(tensor).__name__}."
        )
    found: dict[int, SymbolicTensor] = {}
    seen: set[int] = set()
    waiting = [tensor]
    while waiting:  # no recursion: graphs are deep
        x = waiting.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        if x.node is None or not x.node.inputs:
            found[id(x)] = x
        else:
            waiting.extend(reversed(x.node.inputs))
    return list(found.values())


def any_symbolic(x: Tree) -> bool:
    """Whether a symbolic tensor is among the leaves of `x`."""
    for leaf in tree.leaves(x):  # noqa: SIM110  a loop: `any` with a generator costs twice as much, on the hot path
        if isinstance(leaf, SymbolicTensor):
            return True
    return False


_NO_STRINGS = (
    "A symbolic tensor of strings was given to something that computes with numbers. Strings become numbers in a "
    "StringLookup, TextVectorization, Hashing or HashedCrossing layer; put one first."
)


def abstract_eval(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Tree:
    """What `fn(*args, **kwargs)` would return, as symbolic tensors. Nothing is computed, no variable changes.

    An unknown size is tried as two numbers; an output size that differs between them is unknown too. Where that
    can't be, because sizes must fit together, it is taken from the other arguments (see `unknown.py`).
    """
    leaves = tree.leaves((args, kwargs))
    inputs = [x for x in leaves if is_symbolic(x)]
    shapes = [x.shape for x in inputs]
    if any(x.dtype == "string" for x in inputs):
        raise TypeError(_NO_STRINGS)

    def run(*arrays: Any) -> Tree:
        found = iter(arrays)
        filled_args, filled_kwargs = tree.map(lambda x: next(found) if is_symbolic(x) else x, (args, kwargs))
        with Overlay():
            return tree.map(_as_array, traced(fn, *filled_args, **filled_kwargs))

    def outputs_of(shapes: list[Shape], sizes: Sizes) -> Tree:
        outputs = [
            engine.eval_shape(run, *((filled(shape, *size), x.dtype) for shape, x in zip(shapes, inputs, strict=True)))
            for size in sizes[: 1 + any(None in shape for shape in shapes)]
        ]
        return tree.map(_merge, outputs[0], outputs[-1])

    try:
        return outputs_of(shapes, TRIED_SIZES)
    except (TypeError, ValueError):
        for fitting, sizes in hypotheses(shapes, (args, kwargs)):
            with contextlib.suppress(TypeError, ValueError):
                return outputs_of(fitting, sizes)
        raise


def _merge(a: Any, b: Any) -> SymbolicTensor | None:
    if a is None:
        return None
    return SymbolicTensor(tuple(m if m == n else None for m, n in zip(a.shape, b.shape, strict=True)), a.dtype)


def _as_array(x: Any) -> Any:
    if isinstance(x, Variable):
        return x.value
    return engine.asarray(x) if isinstance(x, int | float | bool | np.ndarray | np.generic) else x


KerasTensor = SymbolicTensor
"""Keras's name."""
