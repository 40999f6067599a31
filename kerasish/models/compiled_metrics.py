"""The metrics of a model: some for each output, named for the logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasish.backend.interface import Array, Tree
from kerasish.core import tree
from kerasish.core.stateful import Stateful
from kerasish.metrics import BinaryAccuracy, MeanMetricWrapper, Metric, binary_accuracy
from kerasish.metrics.resolve import accuracy_for, is_by_shape, named
from kerasish.models import outputs as by_output
from kerasish.models.checks import takes_logits


class CompiledMetrics(Stateful):
    """What `compile(metrics=..., weighted_metrics=...)` asks for.

    Args:
        metrics: A list of metrics, their names or functions; with several outputs, a list or dict of such lists.
        weighted_metrics: Likewise; these are weighted by `sample_weight`.
    """

    def __init__(self, metrics: Any = None, weighted_metrics: Any = None) -> None:
        for one in tree.leaves([metrics, weighted_metrics]):
            if one is not None and not is_by_shape(one):
                named(one)  # an unknown name is an error at once
        self.given = metrics
        self.given_weighted = weighted_metrics
        self.planned: list[tuple[str, int, Metric, bool]] = []
        """`(name in the logs, number of the output, metric, whether it is weighted)`."""
        self.is_planned = False
        self.has_named_outputs = False
        self.objects: list[Metric] = []

    def plan(self, y: Any, y_pred: Tree, names: list[str], losses: Sequence[Any] = ()) -> None:
        """Decide which metrics belong to which output. Does nothing the second time.

        Where the loss of an output takes logits, `"accuracy"` counts a logit above 0 as a yes. (Keras compares it
        with ½, as if it were a probability.)
        """
        if self.is_planned:
            return
        targets, predictions = by_output.targets(y, y_pred, names), tree.leaves(y_pred)
        for given, is_weighted, what in (
            (self.given, False, "metrics"),
            (self.given_weighted, True, "weighted_metrics"),
        ):
            for index, chosen in enumerate(_metric_lists(given, y_pred, names, what)):
                for identifier in chosen:
                    metric = _metric(identifier, targets[index], predictions[index], losses[index] if losses else None)
                    name = self._log_name(by_output.prefix(names, index), metric.name, is_weighted)
                    self.planned.append((name, index, metric, is_weighted))
        self.objects = [metric for _, _, metric, _ in self.planned]
        self.is_planned = True
        self.has_named_outputs = bool(by_output.prefix(names, 0))

    def _log_name(self, prefix: str, name: str, is_weighted: bool) -> str:
        """The name in the logs: a weighted metric that is also there without weights is told apart, as in Keras."""
        plain = {one for one, *_, weighted in self.planned if not weighted}
        name = f"{prefix}weighted_{name}" if is_weighted and prefix + name in plain else prefix + name
        return by_output.unique(name, {one for one, *_ in self.planned})

    def update_state(self, y: Any, y_pred: Tree, sample_weight: Any, names: list[str], rows: Array | None) -> None:
        """Show every metric its targets and predictions.

        Args:
            rows: For each sample 1, or 0 if it is padding; None if none is.
        """
        self.plan(y, y_pred, names)
        targets, predictions = by_output.targets(y, y_pred, names), tree.leaves(y_pred)
        weights = by_output.weights(sample_weight, y_pred, names)
        for name, index, metric, is_weighted in self.planned:
            if targets[index] is None:
                raise ValueError(f"The metric {name!r} needs targets: give `y`, which is None for its output.")
            weight = _times(weights[index] if is_weighted else None, rows)
            if weight is None:
                metric.update_state(targets[index], predictions[index])
            else:
                metric.update_state(targets[index], predictions[index], sample_weight=weight)

    def result(self, chosen: Sequence[Metric]) -> dict[str, Array]:
        """The value of each metric that is chosen, by name."""
        found: dict[str, Any] = {}
        for name, _, metric, _ in self.planned:
            if metric not in chosen:
                continue
            value = metric.result()
            found.update(value if isinstance(value, dict) else {name: value})
        return found

    @property
    def names(self) -> list[str]:
        """The names in the logs, in Keras's order: by the alphabet if they begin with names of outputs."""
        found = [name for name, *_ in self.planned]
        return sorted(found) if self.has_named_outputs else found


def _metric_lists(given: Any, y_pred: Tree, names: list[str], what: str) -> list[list[Any]]:
    if len(names) == 1 and not isinstance(given, dict):
        while isinstance(given, list | tuple) and len(given) == 1 and isinstance(given[0], list | tuple):
            given = given[0]
        return [_as_list(given)]
    return [_as_list(one) for one in by_output.per_output(given, y_pred, names, what, shared=False)]


def _as_list(given: Any) -> list[Any]:
    if given is None:
        return []
    return [one for one in given if one is not None] if isinstance(given, list | tuple) else [given]


def _metric(identifier: Any, target: Any, prediction: Any, loss: Any) -> Metric:
    if not is_by_shape(identifier) or target is None:
        return named(identifier)
    metric = accuracy_for(tuple(target.shape), tuple(prediction.shape), identifier, name=identifier)
    if isinstance(metric, BinaryAccuracy) and takes_logits(loss):
        metric = MeanMetricWrapper(binary_accuracy, name=identifier, threshold=0.0)
        metric._direction = BinaryAccuracy._direction
    return metric


def _times(weight: Array | None, rows: Array | None) -> Array | None:
    if weight is None or rows is None:
        return rows if weight is None else weight
    return weight * rows.reshape((-1,) + (1,) * (weight.ndim - 1))
