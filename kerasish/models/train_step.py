"""What one step does: train, test, predict, in plain code that users may override."""

from __future__ import annotations

import inspect
from typing import Any

from kerasish.backend.interface import Array, Tree
from kerasish.core import tree
from kerasish.core.stateful import Stateful
from kerasish.core.variable import Overlay, Variable, value_and_grad
from kerasish.data import unpack
from kerasish.layers.layer import Layer
from kerasish.metrics import Metric
from kerasish.models.outputs import names_of
from kerasish.models.padding import mask_padding, real_rows, row_count
from kerasish.models.setup import TrainingSetup, make_setup


class Steps(Layer):
    """`compile`, and the steps of training, testing and predicting."""

    training_setup: TrainingSetup | None = None

    # Compile -------------------------------------------------------------------------------------------------------
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int | str | None = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
        debug_nans: bool = False,
    ) -> None:
        """Choose how to train.

        Args:
            optimizer: An optimizer, or its name.
            loss: A loss, its name, or a function `(y_true, y_pred) -> values`; with several outputs a list or dict.
            loss_weights: What each output's loss is multiplied by.
            metrics: A list of metrics, names or functions; with several outputs a list or dict of lists.
            weighted_metrics: Metrics that are weighted by `sample_weight`.
            run_eagerly: Run Python code at each step, for pdb and print; slow.
            steps_per_execution: Steps in one call of the compiled program; 1 or `"auto"`: as many as measurement
                finds best. A callback with a batch hook that is called after each step makes it 1.
            jit_compile: Accepted for Keras's sake: programs are always compiled, unless `run_eagerly`.
            auto_scale_loss: Whether a `mixed_float16` model gets a `LossScaleOptimizer`.
            debug_nans: Look at the outcome of each step of `fit` and `evaluate`. If it is NaN or infinite, the step is
                done again layer by layer, and a `FloatingPointError` names the epoch, the batch, and the layer, loss,
                gradient or update in which it arose; the model keeps the state of the last step that was finite.
                Slower, mostly for small models. It is not saved.

        Raises:
            ValueError: an argument names something unknown; the error says what is like it.
        """
        setup = make_setup(
            optimizer,
            loss,
            loss_weights,
            metrics,
            weighted_metrics,
            run_eagerly,
            steps_per_execution,
            jit_compile,
            auto_scale_loss,
            self.dtype_policy.name,
        )
        setup.debug_nans = bool(debug_nans)
        self.training_setup = setup
        self.programs = {key: program for key, program in self.programs.items() if key[0] == "predict_step"}
        self.stop_training = False

    @property
    def setup(self) -> TrainingSetup:
        """What `compile` chose.

        Raises:
            ValueError: `compile` was not called.
        """
        if self.training_setup is None:
            raise ValueError(f"Call `compile()` on model {self.name!r} before you train or evaluate it.")
        return self.training_setup

    @property
    def compiled(self) -> bool:
        """Whether `compile` was called."""
        return self.training_setup is not None

    @property
    def optimizer(self) -> Any:
        """The optimizer that `compile` chose; None before."""
        return self.training_setup.optimizer if self.training_setup else None

    @property
    def loss(self) -> Any:
        """The loss that was given to `compile`."""
        return self.training_setup.given["loss"] if self.training_setup else None

    @property
    def run_eagerly(self) -> bool:
        """Whether each step runs as Python code; may be set after `compile`."""
        return self.training_setup is not None and self.training_setup.run_eagerly

    @run_eagerly.setter
    def run_eagerly(self, value: bool) -> None:
        self.setup.run_eagerly = bool(value)

    @property
    def jit_compile(self) -> bool:
        """Whether programs are compiled: always, unless `run_eagerly`."""
        return not self.run_eagerly

    @property
    def steps_per_execution(self) -> int | str:
        """What `compile` was given."""
        return self.training_setup.given["steps_per_execution"] if self.training_setup else 1

    # State ---------------------------------------------------------------------------------------------------------
    @property
    def metrics(self) -> list[Any]:
        """The metrics: those of `compile`, and those that are attributes of the model or of its layers."""
        own = [x for _, x in self.stateful_objects() if isinstance(x, Metric)]
        compiled = self.training_setup.metric_objects if self.training_setup else []
        return list({id(metric): metric for metric in [*compiled, *own]}.values())

    @property
    def metrics_variables(self) -> list[Variable]:
        """The variables of the metrics."""
        return [v for metric in self.metrics for v in metric.variables]

    @property
    def metrics_names(self) -> list[str]:
        """The names of what `evaluate` returns, in its order; before the first batch, as far as they are known.

        (Keras 3 has `"compile_metrics"` for all metrics together.)
        """
        setup = self.training_setup
        compiled = setup.metric_objects if setup else []
        return [*(setup.log_names if setup else []), *(x.name for x in self.metrics if x not in compiled)]

    def reset_metrics(self) -> None:
        """Start every metric over."""
        for metric in self._every_metric():
            metric.reset_state()

    def _every_metric(self) -> list[Any]:
        """The metrics, and those of `compile` if `metrics` is overridden and leaves them out."""
        compiled = self.training_setup.metric_objects if self.training_setup else []
        return list({id(metric): metric for metric in [*self.metrics, *compiled]}.values())

    def get_metrics_result(self) -> dict[str, Array]:
        """The value of each of `metrics`, by the name that the logs have for it."""
        setup, metrics, found = self.training_setup, self.metrics, {}
        has_loss = setup is not None and (setup.loss.given is not None or type(self).train_step is Steps.train_step)
        if setup is not None and has_loss and setup.loss_tracker in metrics:
            found["loss"] = setup.loss_tracker.result()
        if setup is not None:
            found |= {tracker.name: tracker.result() for tracker in setup.loss.metrics if tracker in metrics}
            found |= setup.metrics.result(metrics)
        for metric in metrics:
            if setup is None or metric not in setup.metric_objects:
                value = metric.result()
                found.update(value if isinstance(value, dict) else {metric.name: value})
        return found

    def training_variables(self) -> list[Variable]:
        """Every variable that a training step may assign."""
        setup = self.training_setup
        owners: list[Stateful] = [self, *self._every_metric(), *([setup.optimizer] if setup else [])]
        return list({id(v): v for owner in owners for v in owner.every_variable()}.values())

    # Steps ---------------------------------------------------------------------------------------------------------
    def train_step(self, data: Any) -> dict[str, Array]:
        """Take one gradient step on one batch.

        This is plain code, which reads and assigns variables; `fit` compiles it. Override it to change what a step
        does. Keras's signature for JAX, `train_step(self, state, data)`, works too.

        Args:
            data: `x`, `(x, y)` or `(x, y, sample_weight)`.

        Returns:
            The running value of each metric, by name.
        """
        return self.update(data)

    def update(self, data: Any) -> dict[str, Array]:
        """The gradient step of `train_step`; returns what `compute_metrics` gives."""
        x, y, sample_weight = unpack(data)
        weights = self.trainable_variables
        optimizer = self.setup.optimizer

        def loss_of_batch() -> tuple[Array, Any]:
            y_pred = self(x, training=True)
            mask_padding(y_pred)
            loss = self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=True)
            return optimizer.scale_loss(loss), (loss, y_pred)

        (_, (loss, y_pred)), gradients = value_and_grad(loss_of_batch, weights)
        optimizer.apply(gradients, weights)
        self.setup.loss_tracker.update_state(loss, sample_weight=row_count(_size(x)))
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data: Any) -> dict[str, Array]:
        """Measure the loss and the metrics on one batch."""
        x, y, sample_weight = unpack(data)
        y_pred = self(x, training=False)
        mask_padding(y_pred)
        loss = self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=False)
        self.setup.loss_tracker.update_state(loss, sample_weight=row_count(_size(x)))
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data: Any) -> Tree:
        """The output for one batch."""
        return self(unpack(data)[0], training=False)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Array:
        """The loss of a batch: that of `compile`, plus what layers added, plus the penalties on weights.

        Raises:
            ValueError: there is no loss at all.
        """
        del training
        found = []
        if self.setup.loss.given is not None:
            names = self.output_names_of(y_pred)
            found += self.setup.loss(y, y_pred, sample_weight, names, row_count(_size(x if x is not None else y)))
        found += self.losses
        if not found:
            raise ValueError(
                f"Model {self.name!r} has no loss: give one to `compile(loss=...)`, or `add_loss` in a layer's `call`."
            )
        total = found[0]
        for value in found[1:]:
            total = total + value
        return total

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Array]:
        """Show the batch to the metrics of `compile`; returns the value of each metric."""
        del x
        metrics = self.setup.metrics
        if metrics.given is not None or metrics.given_weighted is not None:
            rows = real_rows(_size(y_pred))
            real = None if rows is None else rows.astype("float32")
            metrics.update_state(y, y_pred, sample_weight, self.output_names_of(y_pred), real)
        return self.get_metrics_result()

    @property
    def fixed_batch_size(self) -> int | None:
        """How many samples a batch must have; None: any number."""
        return None

    def check_inputs(self, x: Tree) -> None:
        """Raise if these symbolic inputs are not what the model takes."""

    def check_outputs(self, losses: list[Any], names: list[str]) -> None:
        """Raise or warn if the layers that the outputs come from don't fit the losses."""

    def output_names_of(self, y_pred: Tree) -> list[str]:
        """A name for each output."""
        return names_of(y_pred)

    # Keras's signatures for JAX ------------------------------------------------------------------------------------
    def compute_loss_and_updates(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        metrics_variables: Any,
        x: Any,
        y: Any,
        sample_weight: Any,
        training: bool = False,
        optimizer_variables: Any = None,
    ) -> tuple[Array, tuple[Any, ...]]:
        """The loss as a function of values of variables; what Keras's custom `train_step(state, data)` calls."""
        from_lists = self._state_lists()
        with Overlay(
            [v for one in from_lists[:2] for v in one] + from_lists[3],
            [*trainable_variables, *non_trainable_variables, *metrics_variables],
        ) as overlay:
            y_pred = self(x, training=training)
            loss = self.compute_loss(x, y, y_pred, sample_weight, training)
            new = [[overlay.read(v) for v in one] for one in (from_lists[1], from_lists[3])]
        return loss, (loss, y_pred, new[0], new[1])

    def _state_lists(self) -> list[list[Variable]]:
        optimizer = self.training_setup.optimizer.variables if self.training_setup else []
        metric = self.metrics_variables
        known = {id(v) for v in metric}
        fixed = [v for v in self.non_trainable_variables if id(v) not in known]
        return [self.trainable_variables, fixed, optimizer, metric]

    def step_method(self, name: str) -> Any:
        """The method `name`, as `method(data) -> output` whatever its signature is."""
        method = getattr(self, name)
        if list(inspect.signature(method).parameters)[:2] != ["state", "data"]:
            return method
        lists = self._state_lists() if name == "train_step" else self._state_lists()[:2] + self._state_lists()[3:]
        lists = self._state_lists()[:2] if name == "predict_step" else lists

        def step(data: Any) -> Any:
            output, state = method(tuple([v.value for v in one] for one in lists), data)
            for variables, values in zip(lists, state, strict=False):
                for variable, value in zip(variables, values, strict=True):
                    variable.assign(value)
            return output

        return step


def _size(data: Tree) -> int:
    return tree.leaves(data)[0].shape[0]
