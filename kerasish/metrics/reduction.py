"""Means and sums of what is seen, and of what a function makes of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Self

from kerasish import losses
from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.configurable import deserialize, is_config, serialize
from kerasish.core.names import snake_case
from kerasish.core.registry import public_objects
from kerasish.losses.loss import SHAPE_RULES, Loss
from kerasish.losses.masking import mask_of
from kerasish.losses.shapes import align
from kerasish.metrics.batch import fitted, weighted_sums, weights
from kerasish.metrics.metric import Metric


def divide_no_nan(x: Array, y: Array) -> Array:
    """`x / y`, and 0 where `y` is 0."""
    return xp.where(y == 0, xp.zeros_like(x), x / xp.where(y == 0, xp.ones_like(y), y))


class Sum(Metric):
    """The weighted sum of all values seen.

    Example:
        >>> metric = Sum()
        >>> metric.update_state([1.0, 3.0])
        >>> metric.update_state([1.0], sample_weight=[2.0])
        >>> float(metric.result())
        6.0
    """

    weights_rows = True

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_sum(name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add the values, each times the weight of its sample."""
        mask = mask_of(values)
        values = engine.asarray(values, self.dtype)
        weight = weights(sample_weight, mask, self.dtype)
        if weight is not None:
            weight = align(weight, values.shape, "sample_weight", self.name)
            values = xp.where(weight != 0, values, xp.zeros_like(values)) * weight
        self.accumulate(self.total, xp.sum(values))

    def result(self) -> Array:
        """The sum."""
        return self.total.value


class Mean(Metric):
    """The weighted mean of the values seen; of a sample with several, their mean first. 0 if there were none.

    Example:
        >>> metric = Mean()
        >>> metric.update_state([1.0, 3.0])
        >>> metric.update_state([5.0])
        >>> float(metric.result())
        3.0
    """

    weights_rows = True

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_sum(name="total")
        self.count = self.add_sum(name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add the values, each with the weight of its sample; those that are masked count for nothing."""
        mask = mask_of(values)
        self.add_values(engine.asarray(values, self.dtype), weights(sample_weight, mask, self.dtype))

    def add_values(self, values: Array, weight: Array | None) -> None:
        """Add values with their weights."""
        total, count = weighted_sums(values.astype(self.dtype), weight, self.name)
        self.accumulate(self.total, total)
        self.accumulate(self.count, count)

    def result(self) -> Array:
        """The mean."""
        return divide_no_nan(self.total.value, self.count.value)


class MeanMetricWrapper(Mean):
    """The weighted mean of `fn(y_true, y_pred, **kwargs)`, which has one value per sample.

    Args:
        fn: The function.
        name: Shown in the logs; by default the function's.
        dtype: See `Metric`.
        **kwargs: Given to `fn` at each call.

    Example:
        >>> import numpy as np
        >>> metric = MeanMetricWrapper(lambda y_true, y_pred: abs(y_true - y_pred), name="distance")
        >>> float(metric(np.array([1.0, 2.0]), np.array([1.5, 2.0]), sample_weight=[1.0, 3.0]))
        0.125
    """

    axis: Any = -1

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(name or _auto_name(fn, type(self)), dtype)
        self._fn = fn
        self._fn_kwargs = kwargs
        self._rule = SHAPE_RULES.get(fn)
        self.weights_rows = self._rule is not None
        if self._direction is None and _is_loss(fn):
            self._direction = "down"

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add the values of a batch."""
        if self._rule is not None:
            axis = self._fn_kwargs.get("axis", self.axis)
            y_true, y_pred, weight = fitted(y_true, y_pred, sample_weight, self._rule, self.name, self.dtype, axis)
            if self._fn_kwargs.get("ignore_class") is not None:
                weight = weights(weight, y_true != self._fn_kwargs["ignore_class"], self.dtype)
        else:
            weight = weights(sample_weight, mask_of(y_pred), self.dtype)
        values = engine.asarray(self._fn(y_true, y_pred, **self._fn_kwargs))
        if weight is not None and values.ndim == 0 and sample_weight is None:
            weight = None  # a function of the whole batch: it has seen what is masked, as in Keras
        self.add_values(values, weight)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, and the function's."""
        config = super().get_config()
        return config | serialize(self._fn_kwargs) if type(self) is MeanMetricWrapper else config

    def _argument(self, name: str) -> Any:
        if name == "fn":
            return self._fn
        return self._fn_kwargs[name] if name in self._fn_kwargs else super()._argument(name)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The metric that `get_config` described."""
        if "fn" in config:
            config = config | {"fn": _function(config["fn"])}
        return super().from_config(config)


def _function(x: Any) -> Any:
    """The function that a config names: one of ours by its name alone, as Keras writes them."""
    name = x.get("config") if is_config(x) and x["class_name"] == "function" else x
    found = next(
        (
            f
            for module in ("keras.metrics", "keras.losses")
            for (_, key), f in public_objects(module).items()
            if key == name
        ),
        None,
    )
    if found is not None:
        return found
    return deserialize(x) if is_config(x) else losses.get(x)


def _auto_name(fn: Any, cls: type) -> str | None:
    return None if cls is MeanMetricWrapper and not inspect.isfunction(fn) else snake_case(cls.__name__)


def _is_loss(fn: Any) -> bool:
    return isinstance(fn, Loss) or any(value is fn for value in public_objects("keras.losses").values())
