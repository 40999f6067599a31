"""Looking inside a model: the activations of its layers, and the model as a pure function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kerasish.backend import engine
from kerasish.backend.interface import Array, Tree
from kerasish.core import tree
from kerasish.core.context import listening
from kerasish.core.registry import did_you_mean
from kerasish.core.variable import Overlay, pure
from kerasish.data import Batch
from kerasish.data.batches import rows_of
from kerasish.layers.layer import Layer
from kerasish.models.step import CompiledMethod
from kerasish.models.trainer import Trainer


class Inspecting(Trainer):
    """`capture` and `as_pure`."""

    def capture(self, layers: str | Layer | Sequence[str | Layer], x: Any, training: bool = False) -> Any:
        """What layers return while the model computes its output for `x`.

        All of `x` is one batch. Nothing changes: no weight, no statistic, no seed.

        Args:
            layers: A layer or its name, or several. A layer inside others may be named by its path, or the end of it:
                `"conv"`, or `"encoder/conv"` where there are several of that name.
            x: The inputs, as for `predict_on_batch`.
            training: Whether the model is called as in training.

        Returns:
            For one layer its output as NumPy arrays; for several a dict of outputs by the names that were given. Of a
            layer that is called several times, in a loop too, a list of its outputs.

        Raises:
            ValueError: no layer of this name is called, or several are.

        Example:
            >>> import numpy as np
            >>> from kerasish import Model
            >>> from kerasish.layers import Dense, Input
            >>> x = Input((4,))
            >>> model = Model(x, Dense(2)(Dense(3, name="hidden")(x)))
            >>> model.capture("hidden", np.zeros((5, 4), "float32")).shape
            (5, 3)
        """
        single = isinstance(layers, str | Layer)
        wanted: list[str | Layer] = [layers] if isinstance(layers, str | Layer) else list(layers)
        data: Any = (self._converted(x), None, None)
        program = self._capture_program(wanted, training, data)
        try:
            found = self._captured(program, data)
        except engine.escape_errors:  # a layer inside a loop: its body is called step by step then
            found = program.run_eagerly(data)
        arrays = tree.map(engine.to_numpy, found)
        return arrays[0] if single else {_name(one): value for one, value in zip(wanted, arrays, strict=True)}

    def _captured(self, program: CompiledMethod, data: Any) -> Tree:
        if self._runs_eagerly() or self._is_whole_on_host():
            return program.run_eagerly(data)
        return program.run(Batch(data, rows_of(data)))

    def _capture_program(self, wanted: list[str | Layer], training: bool, data: Any) -> CompiledMethod:
        self._make_ready("predict_step", data)
        variables = self.every_variable()
        versions = sum(layer.tables_version for layer in self.layers_inside())
        chosen = [one if isinstance(one, str) else id(one) for one in wanted]
        key = ("capture", *chosen, bool(training), versions, *map(id, variables))
        if key not in self.programs:
            self.programs[key] = CompiledMethod(
                lambda data: _outputs(self, wanted, training, data[0]), variables, donate=False
            )
        return self.programs[key]

    def as_pure(self, training: bool = False) -> tuple[dict[str, Array], Callable[..., Tree]]:
        """The model as a function of its weights, for the backend's own `grad`, `jit` and `vmap`.

        What a call changes besides its output (statistics, seeds) is forgotten; `stateless_call` returns it.

        Args:
            training: Whether `apply` calls the model as in training, unless it is told.

        Returns:
            `(params, apply)`: the trainable weights by path, copies of which are safe from training; and
            `apply(params, *args, training=..., **kwargs)`, which returns what the model does. Other variables have
            the values that they have when `apply` is called, or traced.

        Raises:
            ValueError: the model has not been built; or `apply` gets params of other names.

        Example:
            >>> import numpy as np
            >>> from kerasish import Model
            >>> from kerasish.layers import Dense, Input
            >>> x = Input((4,))
            >>> params, apply = Model(x, Dense(2, name="out")(x)).as_pure()
            >>> list(params), apply(params, np.zeros((3, 4), "float32")).shape
            (['out/kernel', 'out/bias'], (3, 2))
        """
        if not all(layer.built for layer in self.layers_inside()):
            raise ValueError(f"Model {self.name!r} has no weights yet: call it, or `build` it, before `as_pure`.")
        weights = {v.path: v for v in self.trainable_variables}
        if len(weights) < len(self.trainable_variables):
            raise ValueError(f"Two weights of model {self.name!r} have one path: give its layers different names.")
        default = training

        def apply(params: dict[str, Array], *args: Any, training: bool = default, **kwargs: Any) -> Tree:
            if set(params) != set(weights):
                differing = ", ".join(sorted(set(params) ^ set(weights))[:5])
                raise ValueError(
                    f"params must have the paths of the weights of {self.name!r}; these differ: {differing}."
                )
            with Overlay():  # what the call assigns is forgotten
                run = pure(lambda: self(*args, training=training, **kwargs), self.every_variable())
                known = {id(v): params[path] for path, v in weights.items()}
                return run([known.get(id(v), v._raw()) for v in self.every_variable()])[0]

        return {path: engine.asarray(v.numpy().copy()) for path, v in weights.items()}, apply


def _outputs(model: Layer, wanted: list[str | Layer], training: bool, x: Any) -> list[Any]:
    """What each of `wanted` returns in a call of the model."""
    calls: list[tuple[str, Layer, Any]] = []
    with listening(lambda path, layer, output: calls.append((path, layer, output))), Overlay():
        model(x, training=training)
    calls = [(path.removeprefix(f"{model.name}/"), layer, output) for path, layer, output in calls]
    if not _is_traced(x):  # then what is traced belongs to a trial of a loop's body, for its shapes
        calls = [call for call in calls if not _is_traced(call[2])]
    return [_chosen(calls, one, model.name) for one in wanted]


def _chosen(calls: list[tuple[str, Layer, Any]], wanted: str | Layer, model: str) -> Any:
    if isinstance(wanted, Layer):
        matching = [(path, layer, output) for path, layer, output in calls if layer is wanted]
    else:
        exact = [call for call in calls if call[0] == wanted]
        matching = exact or [call for call in calls if call[0].endswith(f"/{wanted}")]
    if not matching:
        names = [path for path, _, _ in calls] + [path.rpartition("/")[2] for path, _, _ in calls]
        raise ValueError(
            f"Model {model!r} calls no layer named {_name(wanted)!r}.{did_you_mean(_name(wanted), names)}"[:600]
        )
    if len({id(layer) for _, layer, _ in matching}) > 1:
        paths = ", ".join(dict.fromkeys(path for path, _, _ in matching))
        raise ValueError(f"Model {model!r} has several layers named {_name(wanted)!r}: {paths}. Give a path."[:600])
    outputs = [output for _, _, output in matching]
    return outputs[0] if len(outputs) == 1 else outputs


def _is_traced(x: Tree) -> bool:
    return any(engine.is_traced(leaf) for leaf in tree.leaves(x))


def _name(wanted: str | Layer) -> str:
    return wanted if isinstance(wanted, str) else wanted.name
