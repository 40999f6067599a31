"""What a model needs before a step can run: its variables, its program, and a check that they fit the data."""

from __future__ import annotations

import warnings
from typing import Any

from kerasish.backend import engine
from kerasish.core import tree
from kerasish.core.context import watching
from kerasish.core.symbolic import SymbolicTensor, abstract_eval
from kerasish.core.variable import Overlay
from kerasish.data import Batches
from kerasish.layers.layer import Layer
from kerasish.models import checks
from kerasish.models.nan_hunt import HuntedMethod
from kerasish.models.padding import is_per_sample
from kerasish.models.step import CompiledMethod
from kerasish.models.train_step import Steps


class Preparing(Steps):
    """Makes the compiled steps of a model, once for each set of variables."""

    _abstract_outputs: Any = None

    def _pads(self, phase: str) -> bool:
        """Whether a padded batch gives what the real rows alone would give."""
        overridden = any(
            vars(cls).get(name) is not None
            for cls in type(self).__mro__
            if not cls.__module__.startswith("kerasish.")
            for name in ("train_step", "test_step", "compute_loss", "compute_metrics", "call", "update")
        )
        honest = all(metric.weights_rows for metric in self.metrics) and self.setup.loss.is_per_sample()
        return not overridden and honest and is_per_sample(self, training=phase == "train")

    def _program(self, name: str, example: Any) -> CompiledMethod:
        """The compiled step of this name, for the variables as they are now."""
        layers = self.layers_inside()
        built = all(layer.built for layer in layers)
        seen = None if name == "predict_step" else self.setup.ready
        inputs = [(x.shape[1:], x.dtype) for x in tree.leaves(example[0]) if x is not None]
        known = (name, *map(id, self.trainable_variables), *inputs) if seen is not None else ()
        if not built or (seen is not None and known not in seen):
            self._make_ready(name, example)
            layers = self.layers_inside()
            if seen is not None:
                seen.add((name, *map(id, self.trainable_variables), *inputs))
        variables = self.training_variables() if name != "predict_step" else self.every_variable()
        flags = [one.trainable for one in (*layers, *variables)]
        versions = sum(one.tables_version for one in layers)
        key = (name, versions, *flags, *map(id, variables))
        if key not in self.programs:
            default = getattr(type(self), name) is getattr(Steps, name)
            cls = type(self)
            plain = cls.update is Steps.update and cls.compute_metrics is Steps.compute_metrics
            loops_without_logs = name == "train_step" and default and plain
            method = self._without_logs if loops_without_logs else self._packed(name)
            hunts = name != "predict_step" and self.setup.debug_nans
            self.programs[key] = (HuntedMethod if hunts else CompiledMethod)(
                method,
                variables,
                donate=name == "train_step",
                output=self.get_metrics_result if loops_without_logs else None,
            )
        return self.programs[key]

    def _without_logs(self, data: Any) -> None:
        self.update(_pack(data))

    def _packed(self, name: str) -> Any:
        method = self.step_method(name)
        return lambda data: method(_pack(data))

    def _make_ready(self, name: str, example: Any) -> None:
        """Make every variable that the step needs, by calls that compute nothing."""
        x, y, _ = example
        symbolic = self._symbolic(x)
        self.check_inputs(symbolic)
        if not self._is_fully_built() and type(self).call is not Layer.call:
            abstract_eval(self, symbolic)
        if name == "predict_step":
            return
        setup = self.setup
        if setup.loss.names is None and type(self).call is not Layer.call:
            with watching() as called:
                y_pred = abstract_eval(self, symbolic)
            self._check_found(called)
            names = self.output_names_of(y_pred)
            if setup.loss.given is not None:
                setup.loss.plan(y_pred, names)
                self.check_outputs(setup.loss.functions, names)
            if y is not None:
                self._plan_metrics(y, y_pred, names)
            self._abstract_outputs = y_pred
        if name == "train_step":
            setup.optimizer.build(self.trainable_variables)
        if getattr(type(self), name) is not getattr(Steps, name) and not setup.run_eagerly:
            self._dry_run(name, example)

    def _plan_metrics(self, y: Any, y_pred: Any, names: list[str]) -> None:
        """Decide which metrics there are, and let them make what they make at their first update."""
        metrics = self.setup.metrics
        metrics.plan(y, y_pred, names, self.setup.loss.functions)
        abstract_eval(lambda y, p: metrics.update_state(y, p, None, names, None), self._symbolic(y), y_pred)

    def _symbolic(self, data: Any) -> Any:
        batch = self.fixed_batch_size
        return tree.map(lambda a: None if a is None else SymbolicTensor((batch, *a.shape[1:]), str(a.dtype)), data)

    def _check_targets(self, batches: Batches) -> None:
        loss = self.setup.loss
        if self._abstract_outputs is not None and loss.names is not None:
            checks.check_targets(self, batches, self._abstract_outputs, loss.functions, loss.names)

    def _check_found(self, called: list[Any]) -> None:
        """Warn of layers that the model calls, and that are not found among its attributes."""
        known = {id(layer) for layer in self.layers_inside()}
        lost = [layer.name for layer in called if id(layer) not in known and layer.weights]
        if lost:
            warnings.warn(
                f"Model {self.name!r} calls {', '.join(dict.fromkeys(lost))}, which it does not hold: their weights "
                "will neither be trained nor saved. Keep them as attributes of the model or of a layer in it, or in "
                "lists or dicts there, but not in other objects.",
                stacklevel=5,
            )

    def _dry_run(self, name: str, example: Any) -> None:
        """Let a step that the user wrote make what it makes at its first call."""
        step = self._packed(name)

        def run(data: Any) -> None:
            with Overlay():
                step(data)

        engine.shapes_of(run, tree.map(lambda a: a if a is None else engine.asarray(a), example))

    def _is_fully_built(self) -> bool:
        return all(layer.built for layer in self.layers_inside())


def _pack(data: Any) -> Any:
    x, y, sample_weight = data
    if sample_weight is not None:
        return x, y, sample_weight
    return (x,) if y is None else (x, y)
