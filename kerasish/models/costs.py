"""What a model will cost: operations of each layer and memory, from shapes alone."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Array, Tree
from kerasish.core import tree
from kerasish.core.context import listening, scope, watching_calls
from kerasish.core.dtypes import standardize_dtype
from kerasish.core.symbolic import OpCall, Operation, SymbolicTensor
from kerasish.core.unfilled import unfilled
from kerasish.core.variable import Overlay, Variable
from kerasish.layers.layer import Layer
from kerasish.optimizers import Optimizer


@dataclasses.dataclass(frozen=True)
class Spec:
    """An array that is not there."""

    shape: tuple[int, ...]
    dtype: Any

    @property
    def size(self) -> int:
        """Its bytes."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize


class Called(NamedTuple):
    """A call of a layer, with specs instead of arrays."""

    layer: Layer
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


@dataclasses.dataclass
class Costs:
    """What one batch costs.

    Attributes:
        batch_size: Its rows.
        total: Operations of the forward pass; a multiply-add is 2.
        weights, gradients, optimizer: Bytes.
        activations: Bytes of the outputs of the innermost layers, which training keeps for the gradients. Layers that
            run in loops keep more.
    """

    batch_size: int
    total: int
    weights: int
    gradients: int
    optimizer: int
    activations: int
    calls: list[Called]
    _counted: dict[int, int] = dataclasses.field(default_factory=dict)

    def of(self, operation: Operation) -> int | None:
        """The operations of all calls of a layer or op; None if they are not known."""
        key = id(operation)
        if key not in self._counted:
            calls = [call for call in self.calls if call.layer is operation]
            if isinstance(operation, OpCall):
                return _op_flops(operation, self.batch_size)
            self._counted[key] = sum(map(_flops, calls))
        return self._counted[key]

    def lines(self) -> list[str]:
        """What stands below the table."""
        parts = [("weights", self.weights), ("gradients", self.gradients), ("optimizer", self.optimizer)]
        parts += [("activations", self.activations)]
        listed = ", ".join(f"{name} {readable_bytes(size)}" for name, size in parts if size)
        rows = f"a batch of {self.batch_size}"
        return [
            f" Total FLOPs: {self.total:,} for {rows}, forward (a multiply-add is 2); training takes about 3 times",
            f" Memory of training with {rows}: about {readable_bytes(sum(size for _, size in parts))} ({listed})",
            f" Memory of prediction: {readable_bytes(self.weights)} of weights, and activations of a layer at a time",
        ]


def costs_of(model: Any, batch_size: int, input_shape: Any = None) -> Costs:
    """The costs of one batch.

    Args:
        model: Built.
        batch_size: Its rows.
        input_shape: The shape of the inputs, or their structure, if the model doesn't know it.

    Raises:
        ValueError: there are sizes that are not known; the error says what to give.
    """
    if isinstance(batch_size, bool) or not isinstance(batch_size, int | np.integer) or batch_size < 1:
        raise ValueError(f"summary's batch_size must be a whole number of at least 1; got {batch_size!r}.")
    x = _inputs(model, int(batch_size), input_shape)
    calls: list[Called] = []
    kept: dict[int, list[tuple[str, int]]] = {}

    def note(layer: Layer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        calls.append(Called(layer, *_specs((args, kwargs))))

    def hear(path: str, layer: Layer, output: Tree) -> None:
        size = sum(_spec(leaf).size for leaf in tree.leaves(output) if leaf is not None)
        kept.setdefault(id(layer), []).append((path, size))

    with watching_calls(note), listening(hear), _quietly():
        total = _flops_of(lambda inputs: model(inputs), x)
    trainable = model.trainable_weights
    return Costs(
        batch_size=int(batch_size),
        total=total,
        weights=_bytes(model.every_variable()),
        gradients=_bytes(trainable) if model.optimizer is not None else 0,
        optimizer=_optimizer_bytes(model.optimizer, trainable),
        activations=_innermost([pair for pairs in kept.values() for pair in pairs]),
        calls=calls,
    )


def _innermost(outputs: Sequence[tuple[str, int]]) -> int:
    """The bytes of outputs of the layers that call no other ones."""
    around = {path.rpartition("/")[0] for path, _ in outputs}
    around |= {"/".join(path.split("/")[:depth]) for path in around for depth in range(1, path.count("/") + 1)}
    return sum(size for path, size in outputs if path not in around)


def _inputs(model: Any, batch_size: int, given: Any) -> Tree:
    """Specs of the inputs."""
    if given is not None:
        wanted = _symbolic(given, model.input_dtype)
    elif model.graph is not None:
        wanted = model.graph.inputs
    elif model.build_shapes is not None and len(model.build_shapes) == 1:
        wanted = _symbolic(next(iter(model.build_shapes.values())), model.input_dtype)
    else:
        raise ValueError(
            f"What the operations of model {model.name!r} are depends on its inputs: give their shape, as in "
            "summary(flops=True, input_shape=(None, 32)), or call the model first."
        )
    return tree.map(lambda x: _sized(x, batch_size, model.name), wanted)


def _symbolic(shapes: Any, dtype: str) -> Tree:
    """A symbolic tensor in the place of each shape."""
    if isinstance(shapes, dict):
        return {name: _symbolic(one, dtype) for name, one in shapes.items()}
    if all(d is None or isinstance(d, int | np.integer) for d in shapes):
        return SymbolicTensor(tuple(shapes), dtype)
    return type(shapes)(_symbolic(one, dtype) for one in shapes)


def _sized(x: SymbolicTensor, batch_size: int, name: str) -> Spec:
    shape = [batch_size if x.shape[0] is None else x.shape[0], *x.shape[1:]] if x.shape else []
    if None in shape:
        raise ValueError(
            f"Model {name!r} takes inputs of the shape {tuple(x.shape)}, and what it costs depends on the unknown "
            "sizes: give the shape, as in summary(flops=True, input_shape=(None, 128))."
        )
    return Spec(tuple(shape), np.dtype(standardize_dtype(x.dtype)))


# Counting ------------------------------------------------------------------------------------------------------------
def _flops(call: Called) -> int:
    with _quietly():
        return _flops_of(lambda args, kwargs: call.layer(*args, **kwargs), call.args, call.kwargs)


def _op_flops(operation: OpCall, batch_size: int) -> int | None:
    total = 0
    for node in operation.nodes:
        if any(None in x.shape[1:] for x in node.inputs):
            return None
        args, kwargs = tree.map(
            lambda x: _sized(x, batch_size, operation.name) if isinstance(x, SymbolicTensor) else x,
            (node.args, node.kwargs),
        )
        total += _flops_of(lambda args, kwargs: operation.call(*args, **kwargs), args, kwargs)
    return total


def _flops_of(fn: Any, *args: Any) -> int:
    """Operations of `fn(*args)`, where specs stand for arrays."""
    leaves = [x for x in tree.leaves(args) if isinstance(x, Spec)]

    def run(*arrays: Array) -> Tree:
        found = iter(arrays)
        filled = tree.rebuild(args, [next(found) if isinstance(x, Spec) else x for x in tree.leaves(args)])
        return fn(*filled)

    return engine.count_flops(run, *(engine.shapes_of(lambda s=s: engine.xp.zeros(s.shape, s.dtype)) for s in leaves))


def _specs(x: Tree) -> Any:
    return tree.map(lambda leaf: _spec(leaf) if engine.is_traced(leaf) or engine.is_array(leaf) else leaf, x)


def _spec(x: Any) -> Spec:
    return Spec(tuple(np.shape(x)), np.dtype(x.dtype))


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Calls as in prediction, of which nothing stays."""
    with Overlay(), scope(training=False, losses=[]):
        yield


# Memory --------------------------------------------------------------------------------------------------------------
def _bytes(variables: Sequence[Variable]) -> int:
    return sum(v.size * np.dtype(v.dtype).itemsize for v in variables)


def _optimizer_bytes(optimizer: Any, weights: Sequence[Variable]) -> int:
    """The bytes of its slots; if it has none yet, of those that it will make."""
    if optimizer is None:
        return 0
    if optimizer.built or not isinstance(optimizer, Optimizer):
        return _bytes(optimizer.every_variable())
    with unfilled():
        copy = optimizer.copied()
        copy.build(weights)
        return _bytes(copy.every_variable())


def readable_bytes(size: float) -> str:
    """As in `1.50 MB`."""
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} TB"
