"""The loss of a model: one function for each output, weighted, summed, and tracked by name."""

from __future__ import annotations

from typing import Any

from kerasish import losses
from kerasish.backend.interface import Array, Tree
from kerasish.core import tree
from kerasish.core.stateful import Stateful
from kerasish.losses import Loss, LossFunctionWrapper
from kerasish.metrics import Mean
from kerasish.models import outputs as by_output


class CompiledLoss(Stateful):
    """What `compile(loss=..., loss_weights=...)` asks for.

    Args:
        loss: A loss, its name or a function; or a list or dict with one for each output, None for no loss.
        loss_weights: A number for each output, in a list or dict.
    """

    def __init__(self, loss: Any, loss_weights: Any = None) -> None:
        for one in tree.leaves(loss):
            losses.get(one)  # an unknown name is an error at once
        self.given = loss
        self.given_weights = loss_weights
        self.names: list[str] | None = None
        self.has_named_outputs = False
        self.is_by_key = False
        """Whether the outputs are a dict."""
        self.functions: list[Loss | None] = []
        self.loss_weights: list[float | None] = []
        self.trackers: list[Mean | None] = []

    def plan(self, y_pred: Tree, names: list[str]) -> None:
        """Decide which loss belongs to which output. Does nothing the second time."""
        if self.names is not None:
            return
        chosen = per_output_losses(self.given, y_pred, names)
        self.functions = [None if one is None else _as_loss(losses.get(one)) for one in chosen]
        self.loss_weights = by_output.per_output(self.given_weights, y_pred, names, "loss_weights", shared=True)
        several = sum(function is not None for function in self.functions) > 1
        self.trackers = []
        for index, function in enumerate(self.functions):
            tracker = None
            if several and function is not None:  # where the outputs have no names: what the user calls the loss
                called = chosen[index] if isinstance(chosen[index], str) else function.name.strip("<>")
                name = f"{by_output.prefix(names, index) or f'{called}_'}loss"
                tracker = Mean(name=by_output.unique(name, [one.name for one in self.metrics]))
            self.trackers.append(tracker)
        self.names = names
        self.has_named_outputs = bool(by_output.prefix(names, 0))
        self.is_by_key = isinstance(y_pred, dict)

    def is_per_sample(self) -> bool:
        """Whether each loss is the library's own, and a mean over samples: then padding can be left out exactly."""
        found = [function for function in self.functions if function is not None]
        return all(
            type(f).__module__.startswith("kerasish.")
            and not f.mixes_samples
            and (not isinstance(f, LossFunctionWrapper) or f.shape_rule is not None)
            for f in found
        )

    @property
    def metrics(self) -> list[Mean]:
        """The mean loss of each output, if there are several."""
        return [tracker for tracker in self.trackers if tracker is not None]

    @property
    def log_names(self) -> list[str]:
        """The names of `metrics`; for a dict of outputs, in the order in which the dict of losses was given."""
        found = [tracker.name for tracker in self.metrics]
        given = [f"{name}_loss" for name in self.given] if self.is_by_key and isinstance(self.given, dict) else []
        return sorted(found, key=lambda name: given.index(name) if name in given else len(given))

    def __call__(self, y: Any, y_pred: Tree, sample_weight: Any, names: list[str], rows: Any) -> list[Array]:
        """The weighted loss of each output that has one. `rows` counts the samples."""
        self.plan(y_pred, names)
        targets = by_output.targets(y, y_pred, names)
        weights = by_output.weights(sample_weight, y_pred, names)
        predictions = tree.leaves(y_pred)
        found = []
        for index, function in enumerate(self.functions):
            if function is None:
                continue
            if targets[index] is None:
                where = "" if len(names) == 1 else f" of output {names[index]!r}"
                raise ValueError(f"The loss {function.name!r}{where} needs targets: give `y`, which is None.")
            value = function(targets[index], predictions[index], weights[index])
            tracker, weight = self.trackers[index], self.loss_weights[index]
            if tracker is not None:
                tracker.update_state(value, sample_weight=rows)
            found.append(value if weight is None else value * weight)
        return found


def _as_loss(loss: Any) -> Loss:
    return loss if isinstance(loss, Loss) else LossFunctionWrapper(loss)


def per_output_losses(given: Any, y_pred: Tree, names: list[str]) -> list[Any]:
    """The loss given for each output; one that is neither in a list nor in a dict is for every output."""
    if isinstance(given, list | tuple) and len(names) == 1 and len(given) == 1:
        return list(given)
    return by_output.per_output(given, y_pred, names, "loss", shared=True)
