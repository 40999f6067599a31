"""Which metric a name in `compile(metrics=[...])` means."""

from __future__ import annotations

import inspect
from typing import Any

from kerasish.backend.interface import Shape
from kerasish.core.names import snake_case
from kerasish.core.registry import get_registered_object
from kerasish.losses.loss import Loss
from kerasish.metrics.accuracy import BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy
from kerasish.metrics.metric import Metric
from kerasish.metrics.names import get
from kerasish.metrics.probabilistic import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from kerasish.metrics.reduction import MeanMetricWrapper

BY_SHAPE = {"accuracy": "accuracy", "acc": "accuracy", "crossentropy": "crossentropy", "ce": "crossentropy"}
"""Names whose meaning depends on the shapes of targets and predictions; Keras takes them in any case of letters."""
_KINDS = {
    "accuracy": (BinaryAccuracy, SparseCategoricalAccuracy, CategoricalAccuracy),
    "crossentropy": (BinaryCrossentropy, SparseCategoricalCrossentropy, CategoricalCrossentropy),
}


def accuracy_for(y_true_shape: Shape, y_pred_shape: Shape, kind: str = "accuracy", name: str | None = None) -> Metric:
    """The accuracy (or the crossentropy) that fits targets and predictions of these shapes, the batch's included.

    Binary where there is one prediction per sample; sparse where the targets lack the class axis, or have a 1 for it;
    else categorical.

    Args:
        y_true_shape: Of the targets.
        y_pred_shape: Of the predictions.
        kind: `"accuracy"` or `"acc"`, `"crossentropy"` or `"ce"`.
        name: Of the metric; by default `kind`.

    Example:
        >>> accuracy_for((None,), (None, 10))
        <SparseCategoricalAccuracy name=accuracy>
    """
    if kind.lower() not in BY_SHAPE:
        raise ValueError(f"kind must be one of {', '.join(map(repr, BY_SHAPE))}; got {kind!r}.")
    binary, sparse, categorical = _KINDS[BY_SHAPE[kind.lower()]]
    if len(y_pred_shape) < 2 or y_pred_shape[-1] == 1:
        return binary(name=name or kind)
    lacks_classes = len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1
    return (sparse if lacks_classes else categorical)(name=name or kind)


def is_by_shape(identifier: Any) -> bool:
    """Whether `accuracy_for` must decide what `identifier` means."""
    return isinstance(identifier, str) and identifier.lower() in BY_SHAPE and get_registered_object(identifier) is None


def named(identifier: Any) -> Metric:
    """The metric that `identifier` means, with the name that the logs of `fit` show.

    A string is the name itself; a function gives its name; a metric has one; another callable has that of its class.

    Raises:
        ValueError: there is no such metric.

    Example:
        >>> named("mae"), named(lambda y_true, y_pred: 0.0).name
        (<MeanAbsoluteError name=mae>, 'lambda')
    """
    found = get(identifier)
    if isinstance(found, Metric):
        if isinstance(identifier, str):
            found.name = identifier
        return found
    if isinstance(found, Loss):
        return MeanMetricWrapper(found, name=found.name)
    given = found.__name__.strip("<>") if inspect.isroutine(found) else snake_case(type(found).__name__)
    return MeanMetricWrapper(found, name=identifier if isinstance(identifier, str) else given)
