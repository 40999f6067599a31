"""`Function`: the operations between symbolic tensors as something that can be called; a model without training."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish.backend.interface import Tree
from kerasish.core import tree
from kerasish.core.remat import remat
from kerasish.core.symbolic import Operation, SymbolicTensor, abstract_eval
from kerasish.models.graph import Graph


class Function(Operation):
    """The recorded calls that lead from `inputs` to `outputs`, made again on other tensors.

    What a functional model is made of: no weights of its own, no training, no file. `Model(inputs, outputs)` has those.

    Args:
        inputs: A symbolic tensor, such as `Input` gives, or a tree of them.
        outputs: What ops and layers made of them: a symbolic tensor, or a tree.
        name: By default, `"function"` and a number.

    Raises:
        ValueError: an output doesn't depend on the inputs alone.

    Example:
        >>> x = SymbolicTensor((None, 3))
        >>> Function(x, x * 2)(np.ones((1, 3))).tolist()
        [[2.0, 2.0, 2.0]]
    """

    def __init__(self, inputs: Tree, outputs: Tree, name: str | None = None) -> None:
        super().__init__(name)
        self._graph = Graph(inputs, outputs)

    def call(self, inputs: Tree) -> Tree:
        values = tree.leaves(inputs)
        expected = self._graph.input_tensors
        if len(values) != len(expected):
            raise ValueError(f"{self.name!r} takes {len(expected)} tensors; got {len(values)}.")
        for value, symbol in zip(values, expected, strict=True):
            _check(self.name, value, symbol)
        return self._graph.run(values)

    @property
    def inputs(self) -> list[SymbolicTensor]:
        """The symbolic tensors that it begins with."""
        return self._graph.input_tensors

    @property
    def outputs(self) -> list[SymbolicTensor]:
        """The symbolic tensors that it ends with."""
        return self._graph.output_tensors

    @property
    def operations(self) -> list[Operation]:
        """The layers and ops between them, each after those that it depends on."""
        return self._graph.operations

    @property
    def input(self) -> Tree:
        """The inputs, in the structure that was given."""
        return self._graph.inputs

    @property
    def output(self) -> Tree:
        """The outputs, in the structure that was given."""
        return self._graph.outputs

    def compute_output_spec(self, inputs: Tree) -> Tree:
        """The outputs for these symbolic inputs, as symbolic tensors; nothing is recorded."""
        return abstract_eval(self.call, inputs)

    def compute_output_shape(self, input_shape: Tree) -> Tree:
        """The shapes of the outputs, for a shape of the input, or a list or dict of shapes."""
        shapes = [input_shape] if _is_shape(input_shape) else list(_shapes(input_shape))
        symbols = [SymbolicTensor(s, x.dtype) for s, x in zip(shapes, self.inputs, strict=True)]
        return tree.map(lambda x: x.shape, self.compute_output_spec(tree.rebuild(self.input, symbols)))

    def get_config(self) -> dict[str, Any]:
        """Refuse: a `Model` of the same inputs and outputs has a config.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            "A Function has no config: make a kerasish.Model of its inputs and outputs, and save that."
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Function:
        """Refuse, as `get_config` does."""
        raise NotImplementedError("A Function has no config: make a kerasish.Model, which has.")

    def quantized_call(self, *args: Any, **kwargs: Any) -> Tree:
        """Refuse: nothing can be quantized here yet."""
        raise NotImplementedError(f"{self.name!r} can't be called quantized: quantization is not part of kerasish yet.")

    def rematerialized_call(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        """`fn`, with its intermediate results computed again for the gradient: `remat(fn)`."""
        del args, kwargs
        return remat(fn)


def _check(name: str, value: Any, symbol: SymbolicTensor) -> None:
    shape = value.shape if isinstance(value, SymbolicTensor) else np.shape(value)
    if len(shape) != symbol.ndim or any(
        None not in (m, n) and m != n for m, n in zip(shape, symbol.shape, strict=True)
    ):
        raise ValueError(f"{name!r} was made for an input of shape {symbol.shape}; got one of shape {shape}.")


def _is_shape(x: Any) -> bool:
    return isinstance(x, list | tuple) and all(d is None or isinstance(d, int) for d in x)


def _shapes(x: Any) -> Any:
    if _is_shape(x):
        yield tuple(x)
        return
    for item in [x[key] for key in sorted(x)] if isinstance(x, dict) else x:
        yield from _shapes(item)
