"""What `compile` was given, and what follows from it."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

from kerasish import optimizers
from kerasish.metrics import Mean, Metric
from kerasish.models.compiled_loss import CompiledLoss
from kerasish.models.compiled_metrics import CompiledMetrics
from kerasish.optimizers import LossScaleOptimizer, Optimizer


@dataclasses.dataclass
class TrainingSetup:
    """The arguments of `compile`. Not a `Stateful`: a model's walk does not find its variables."""

    optimizer: Optimizer
    loss: CompiledLoss
    metrics: CompiledMetrics
    loss_tracker: Mean
    run_eagerly: bool
    steps_per_execution: int | None
    jit_compile: bool
    given: dict[str, Any]
    debug_nans: bool = False
    """Not in `given`, which goes to files: it is a way to look at a program, not part of a model."""
    ready: set[tuple[Any, ...]] = dataclasses.field(default_factory=set)
    """For which steps, weights and inputs everything has been made and checked."""

    @property
    def metric_objects(self) -> list[Metric]:
        """The loss trackers, and the metrics."""
        return [self.loss_tracker, *self.loss.metrics, *self.metrics.objects]

    @property
    def log_names(self) -> list[str]:
        """The names of the logs, in the order of `evaluate`'s list."""
        parts = [self.loss.log_names, self.metrics.names]
        return ["loss", *itertools.chain(*(parts if self.loss.has_named_outputs else reversed(parts)))]


def make_setup(
    optimizer: Any,
    loss: Any,
    loss_weights: Any,
    metrics: Any,
    weighted_metrics: Any,
    run_eagerly: bool,
    steps_per_execution: int | str | None,
    jit_compile: bool | str,
    auto_scale_loss: bool,
    policy: str,
) -> TrainingSetup:
    """Check the arguments of `compile`, and make of them what the steps need.

    Raises:
        ValueError: an argument is not what `compile` takes; the error says which.
    """
    given = {
        "optimizer": optimizer,
        "loss": loss,
        "loss_weights": loss_weights,
        "metrics": metrics,
        "weighted_metrics": weighted_metrics,
        "run_eagerly": run_eagerly,
        "steps_per_execution": 1 if steps_per_execution is None else steps_per_execution,
        "jit_compile": True if jit_compile == "auto" else bool(jit_compile),
    }
    chosen = optimizers.get(optimizer)
    if chosen is None:
        raise ValueError("compile needs an optimizer: give one, or its name, such as 'adam'.")
    if auto_scale_loss and policy == "mixed_float16" and not isinstance(chosen, LossScaleOptimizer):
        chosen = LossScaleOptimizer(chosen)
    given["optimizer"] = chosen  # with its wrapper, so that a file has the state of the scale (Keras loses it)
    return TrainingSetup(
        optimizer=chosen,
        loss=CompiledLoss(loss, loss_weights),
        metrics=CompiledMetrics(metrics, weighted_metrics),
        loss_tracker=Mean(name="loss"),
        run_eagerly=bool(run_eagerly),
        steps_per_execution=_steps(steps_per_execution),
        jit_compile=bool(given["jit_compile"]),
        given=given,
    )


def _steps(given: int | str | None) -> int | None:
    if given in (None, "auto", 1):
        return None  # chosen by measurement
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise ValueError(f"steps_per_execution must be 'auto' or a whole number of at least 1; got {given!r}.")
    return given
